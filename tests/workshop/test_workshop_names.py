"""Names that people type, lists of names, and codes."""

from __future__ import annotations

import pytest

from autograder.workshop.codes import new_code, same_code
from autograder.workshop.names import OddName, account_name, read_names


@pytest.mark.parametrize(
    "shown, account",
    [
        ("Ada Lovelace", "ada-lovelace"),
        ("  zoë  müller ", "zoe-muller"),
        ("Zoe Muller", "zoe-muller"),
        ("O'Brien", "o-brien"),
        ("王伟", "王伟"),
        ("Иван Петров", "иван-петров"),
        ("../../etc", "etc"),
        ("a+b", "a-b"),
    ],
)
def test_a_name_becomes_an_account_that_a_folder_can_bear(shown, account):
    assert account_name(shown) == account


@pytest.mark.parametrize("shown", ["", "   ", "???", "123", "..", "x" * 33, "\x00", "+"])
def test_a_name_that_cannot_be_one_is_refused_with_a_sentence(shown):
    with pytest.raises(OddName, match="Expected a name"):
        account_name(shown)


def test_a_list_of_names_is_read_with_remarks_and_blank_lines(tmp_path):
    path = tmp_path / "names.txt"
    path.write_text("# group 1\nAda Lovelace\n\nZoë Müller,\n", "utf-8")
    assert read_names(path) == {"ada-lovelace": "Ada Lovelace", "zoe-muller": "Zoë Müller"}


def test_all_that_is_wrong_with_a_list_is_told_at_once(tmp_path):
    path = tmp_path / "names.txt"
    path.write_text("José\nJose\n???\ninstructor\nAda\n", "utf-8")
    with pytest.raises(OddName) as error:
        read_names(path)
    said = str(error.value)
    assert "line 2: 'Jose' and 'José' are both jose" in said
    assert "line 3" in said
    assert "line 4: 'instructor' is the instructor's own name" in said
    assert "line 5" not in said


def test_an_empty_list_and_one_that_is_no_text_are_refused(tmp_path):
    path = tmp_path / "names.txt"
    path.write_text("# nobody\n")
    with pytest.raises(OddName, match="there is no name"):
        read_names(path)
    path.write_bytes(b"Jos\xe9\n")
    with pytest.raises(OddName, match="UTF-8"):
        read_names(path)


def test_a_code_is_right_however_it_is_typed():
    code = new_code()
    assert same_code(code, code)
    assert same_code(f" {code.upper().replace('-', ' ')} ", code)
    assert not same_code(code[:-1], code)
    assert not same_code("", code)
    assert not same_code("", "")


def test_codes_differ():
    assert len({new_code() for _ in range(100)}) == 100
