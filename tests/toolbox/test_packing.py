"""Files whose bytes depend on the arrays alone."""

import io

import numpy as np

from autograder.toolbox.packing import keep, pack


def test_is_what_was_packed_read_back():
    arrays = {"a": np.arange(6, dtype="u1").reshape(2, 3), "b": np.array(["x", "yy"])}
    with np.load(io.BytesIO(pack(arrays)), allow_pickle=False) as found:
        assert {name: found[name].tolist() for name in found} == {"a": [[0, 1, 2], [3, 4, 5]], "b": ["x", "yy"]}


def test_does_a_check_compare_and_write_nothing(tmp_path, capsys):
    file = tmp_path / "some.npz"
    assert keep(file, b"one", check=True) == 1 and not file.exists()
    assert keep(file, b"one") == 0 and keep(file, b"one", check=True) == 0
    assert keep(file, b"two", check=True) == 1 and file.read_bytes() == b"one"
    assert capsys.readouterr().out.splitlines() == [
        "some.npz: different", "some.npz: 3 bytes", "some.npz: the same", "some.npz: different",
    ]  # fmt: skip
