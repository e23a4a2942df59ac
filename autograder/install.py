"""Set the course up in .venv: look at the machine, install what requirements.txt names, say what to do next.

`python3 autograder/install.py`. Whatever Python there is runs it, so it needs the standard library only, and stops
with one sentence where the course cannot work: TensorFlow is not made for every Python and every machine.
"""

from __future__ import annotations

import os
import platform
import shutil
import subprocess
import sys
import sysconfig
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
OLDEST, NEWEST = (3, 11), (3, 13)
OLDEST_GLIBC, OLDEST_MACOS = (2, 28), (12, 0)
GIGABYTES = 2.5
WORKS = "The course works on Linux (x86-64 and ARM, glibc 2.28 or newer), on Macs with Apple's own processors "
WORKS += "(macOS 12 or newer) and on Windows (x86-64). Elsewhere, open it in GitHub Codespaces."


class Machine:
    """What decides whether the requirements can be installed: this machine, or one that is described."""

    def __init__(self, **known: object) -> None:
        self.python = tuple(sys.version_info[:2])
        self.implementation = platform.python_implementation()
        self.system = platform.system()
        self.processor = platform.machine().lower()
        self.wide = sys.maxsize > 2**32
        self.free_threaded = bool(sysconfig.get_config_var("Py_GIL_DISABLED"))
        self.musl = "musl" in str(sysconfig.get_config_var("SOABI") or sysconfig.get_config_var("HOST_GNU_TYPE"))
        self.glibc = _numbers(platform.libc_ver()[1])
        self.macos = _numbers(platform.mac_ver()[0])
        self.__dict__.update(known)


def refusal(machine: Machine) -> str:
    """Return why the course cannot be installed there and what to do, or "" if it can."""
    pythons = f"Python {'.'.join(map(str, OLDEST))} to {'.'.join(map(str, NEWEST))}"
    other = (
        "Install one and name it: py -3.12 autograder\\install.py"
        if machine.system == "Windows"
        else "Install one and name it: make PYTHON=python3.12 learn"
    )
    if not OLDEST <= machine.python <= NEWEST:
        return f"Expected {pythons}, found {'.'.join(map(str, machine.python))}. {other}"
    if machine.implementation != "CPython" or machine.free_threaded or not machine.wide:
        found = machine.implementation + (" without a global lock" if machine.free_threaded else "")
        return f"Expected the usual 64-bit {pythons}, found {found}, {64 if machine.wide else 32}-bit. {other}"
    if (machine.system, machine.processor) == ("Darwin", "x86_64"):
        return (
            "There is no TensorFlow for Macs with Intel processors any more. (On an Apple processor this means that "
            f"your Python is one for Intel: install the one for Apple silicon.) {WORKS}"
        )
    if (machine.system, machine.processor) == ("Windows", "arm64"):
        return (
            "There is no TensorFlow for Windows on ARM. Install the x86-64 Python, which Windows translates, "
            f"or use the Windows Subsystem for Linux. {WORKS}"
        )
    if machine.musl:
        return f"There is no TensorFlow for Linux with musl, such as Alpine. Use a container with Debian. {WORKS}"
    if machine.system == "Linux" and machine.glibc and machine.glibc < OLDEST_GLIBC:
        return f"Expected glibc 2.28 or newer, found {'.'.join(map(str, machine.glibc))}. {WORKS}"
    if machine.system == "Darwin" and machine.macos and machine.macos < OLDEST_MACOS:
        return f"Expected macOS 12 or newer, found {'.'.join(map(str, machine.macos))}. {WORKS}"
    processors = {"Linux": ("x86_64", "aarch64"), "Darwin": ("arm64",), "Windows": ("amd64",)}
    if machine.processor not in processors.get(machine.system, ()):
        return f"There is no TensorFlow for {machine.system} on {machine.processor}. {WORKS}"
    return ""


def install(root: Path) -> str:
    """Set up .venv in a course, or bring it up to date; return what went wrong, or ""."""
    tools = root / ".venv" / ("Scripts" if os.name == "nt" else "bin")
    ready, wanted = root / ".venv" / "ready", (root / "requirements.txt", root / "pyproject.toml")
    if ready.exists() and all(ready.stat().st_mtime >= each.stat().st_mtime for each in wanted):
        return ""
    free = shutil.disk_usage(root).free / 1e9
    if not ready.exists() and free < GIGABYTES:
        return f"Expected {GIGABYTES} GB of free space for .venv, found {free:.1f}. Make room, then run this again."
    pip = [str(tools / "python"), "-m", "pip", "--disable-pip-version-check"]
    steps = [
        ("Making .venv.", [sys.executable, "-m", "venv", "--clear", str(root / ".venv")]),
        (
            "Installing the requirements: about 0.5 GB to download, a few minutes.",
            [*pip, "install", "--quiet", "-r", str(wanted[0]), "-e", str(root)],
        ),
        ("Adding the course's kernel.", [str(tools / "autograder"), "kernel"]),
    ]
    for says, command in steps[1:] if _works([*pip, "--version"]) else steps:
        print(says, flush=True)
        if subprocess.call(command, cwd=str(root)):
            return "Setting up stopped; the lines above say why. Once that is mended, run this again: it goes on."
    ready.touch()
    return ""


def _works(command: list[str]) -> bool:
    try:
        return not subprocess.call(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    except OSError:
        return False


def main() -> int:
    """Install; return 0, or 1 after saying in a sentence why not."""
    try:
        stopped = refusal(Machine()) or install(ROOT)
    except KeyboardInterrupt:
        stopped = "Stopped. The same command goes on from there."
    if stopped:
        print(stopped, file=sys.stderr)
        return 1
    print("Ready. Next: " + (".venv\\Scripts\\autograder learn" if os.name == "nt" else "make learn"))
    return 0


def _numbers(version: str) -> tuple[int, ...]:
    return tuple(int(number) for number in version.split(".")[:2] if number.isdecimal())


if __name__ == "__main__":
    sys.exit(main())
