"""The weaker walls, where namespaces are forbidden."""

from __future__ import annotations

import psutil
import pytest


@pytest.fixture
def walled(light_parent, monkeypatch, kernel):
    monkeypatch.setenv("AUTOGRADER_WALLS", "landlock")
    return kernel


@pytest.mark.parametrize(
    "attack",
    [
        pytest.param(f"open({__file__!r}).read()", id="a file of the course"),
        pytest.param("import socket; socket.socket()", id="a socket"),
        pytest.param("import os; os.kill(os.getppid(), 0)", id="its keeper"),
        pytest.param("import os; open(f'/proc/{os.getppid()}/environ').read()", id="its memory"),
        pytest.param("open('../x', 'w')", id="a file beside the scratch"),
    ],
)
def test_attack_fails(walled, attack):
    assert "Error" in walled().run(attack).error


def test_hidden_folder_within_a_readable_one_stays_hidden(walled, tmp_path):
    (tmp_path / "solutions").mkdir()
    (tmp_path / "data").write_text("data")
    one = walled(readable=(tmp_path,), hidden=(tmp_path / "solutions",))
    assert one.run(f"print(open('{tmp_path}/data').read())").text == "data"
    assert "Error" in one.run(f"import os; os.listdir('{tmp_path}/solutions')").error


def test_orphans_are_hunted_down(walled):
    one = walled()
    reply = one.run(
        "import os, time\nif os.fork() == 0:\n    os.setsid()\n    if os.fork() == 0:\n"
        "        open('pid', 'w').write(str(os.getpid()))\n        time.sleep(60)\n    os._exit(0)\n"
        "time.sleep(0.3); print(open('pid').read())"
    )
    one._do(one.manager.shutdown_kernel())
    assert not psutil.pid_exists(int(reply.text))
