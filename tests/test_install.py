"""Setting up stops early, with a sentence, where the course cannot work."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest
from tiny import ROOT

from autograder import install
from autograder.install import Machine, refusal

LINUX = {
    **{"python": (3, 12), "implementation": "CPython", "system": "Linux", "processor": "x86_64", "wide": True},
    **{"free_threaded": False, "musl": False, "glibc": (2, 36), "macos": ()},
}
MAC = {**LINUX, "system": "Darwin", "processor": "arm64", "glibc": (), "macos": (14, 2)}
WINDOWS = {**LINUX, "system": "Windows", "processor": "amd64", "glibc": ()}


@pytest.mark.parametrize(
    "machine",
    [
        LINUX,
        {**LINUX, "processor": "aarch64"},
        {**LINUX, "python": (3, 11)},
        {**LINUX, "python": (3, 13)},
        {**LINUX, "glibc": (2, 28)},
        MAC,
        WINDOWS,
    ],
)
def test_it_goes_on_where_the_course_works(machine):
    assert refusal(Machine(**machine)) == ""


def test_it_goes_on_here():
    assert refusal(Machine()) == ""


@pytest.mark.parametrize(
    ("machine", "says"),
    [
        ({**LINUX, "python": (3, 14)}, "found 3.14. Install one and name it: make PYTHON=python3.12 learn"),
        ({**LINUX, "python": (3, 10)}, "Expected Python 3.11 to 3.13, found 3.10"),
        ({**WINDOWS, "python": (3, 14)}, r"py -3.12 autograder\install.py"),
        ({**WINDOWS, "wide": False}, "found CPython, 32-bit"),
        ({**LINUX, "implementation": "PyPy"}, "found PyPy"),
        ({**LINUX, "free_threaded": True}, "without a global lock"),
        ({**MAC, "processor": "x86_64"}, "Macs with Intel processors"),
        ({**MAC, "macos": (11, 7)}, "Expected macOS 12"),
        ({**WINDOWS, "processor": "arm64"}, "Windows on ARM"),
        ({**LINUX, "musl": True, "glibc": ()}, "Linux with musl"),
        ({**LINUX, "glibc": (2, 17)}, "Expected glibc 2.28 or newer, found 2.17"),
        ({**LINUX, "processor": "riscv64"}, "Linux on riscv64"),
        ({**LINUX, "system": "FreeBSD", "processor": "amd64"}, "FreeBSD on amd64"),
    ],
)
def test_it_stops_where_it_does_not_and_says_why(machine, says):
    assert says in refusal(Machine(**machine))


def test_a_machine_that_cannot_is_told_in_one_line(monkeypatch, capsys):
    monkeypatch.setattr(install, "refusal", lambda machine: "No.")
    assert install.main() == 1
    assert capsys.readouterr().err == "No.\n"


def test_a_full_disk_is_said_before_anything_is_made(tmp_path, monkeypatch):
    monkeypatch.setattr(install, "GIGABYTES", 10**9)
    assert "Make room" in install.install(tmp_path)
    assert not (tmp_path / ".venv").exists()


def test_a_set_up_that_fails_says_so_and_is_not_ready(tmp_path, capfd):
    (tmp_path / "requirements.txt").write_text("./there-is-no-such-folder\n")
    (tmp_path / "pyproject.toml").write_text("")
    assert "Setting up stopped" in install.install(tmp_path)
    assert not (tmp_path / ".venv" / "ready").exists()
    assert "there-is-no-such-folder" in capfd.readouterr().err


def test_what_is_ready_is_left_alone(tmp_path):
    for name in ("requirements.txt", "pyproject.toml"):
        (tmp_path / name).write_text("")
    (tmp_path / ".venv").mkdir()
    (tmp_path / ".venv" / "ready").touch()
    assert install.install(tmp_path) == ""
    assert [path.name for path in (tmp_path / ".venv").iterdir()] == ["ready"]


def test_it_needs_nothing_but_the_standard_library():
    script = "import runpy; runpy.run_path('autograder/install.py')"
    subprocess.run([sys.executable, "-I", "-S", "-c", script], cwd=ROOT, env=dict(os.environ), check=True)
