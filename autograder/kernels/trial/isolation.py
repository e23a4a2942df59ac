"""Which walls hold on this machine: each is attacked from within, in a real child.

Run as `python -m autograder.kernels.trial.isolation` it prints what it found as JSON; `isolation` does
so in a new interpreter, because only a process without threads may fork as kernels do.
"""

from __future__ import annotations

import contextlib
import dataclasses
import functools
import json
import os
import subprocess
import sys
import threading
from dataclasses import dataclass
from pathlib import Path

from autograder.files import write_whole
from autograder.kernels.warm import environment

_TRYING = threading.Lock()
_PROBE_SECONDS = 60.0
_NAMES = ("reading files", "writing files", "scratch size", "network", "other processes",
          "environment", "process count", "memory", "processor time", "wall time",
          "survivors")  # fmt: skip
_REMEDY = (
    "Allow user namespaces, or grade as root or in a virtual machine. Ubuntu: sysctl -w "
    "kernel.apparmor_restrict_unprivileged_userns=0. Elsewhere: sysctl -w "
    "user.max_user_namespaces=10000. In Docker: run with --privileged, or --security-opt "
    "seccomp=unconfined --security-opt systempaths=unconfined --security-opt apparmor=unconfined."
)
_NOT_LINUX = "Grade on Linux: in a virtual machine, in WSL 2, or in a Linux container."


@dataclass(frozen=True)
class Wall:
    """One wall: whether it held against an attempt to break it, what happened, what would help."""

    name: str
    holds: bool
    detail: str
    remedy: str = ""


def isolation(anew: bool = False) -> tuple[Wall, ...]:
    """Every wall, tried on this machine (about a second).

    The answer is kept for this process and, unless `anew`, for as long as the warm parent lives: at its start it
    finds out how strong walls can be, and a kernel that cannot raise those does not run.
    """
    with _TRYING:  # whoever asks meanwhile waits for the same answer
        return attempt() if anew or sys.platform != "linux" else of_this_parent()


@functools.cache
def of_this_parent() -> tuple[Wall, ...]:
    """Every wall as tried since this environment's warm parent started; a missing one is tried again."""
    address = environment.address()
    try:
        found = address.stat()
        parent = [found.st_ino, found.st_ctime_ns]
    except OSError:
        return attempt()
    note = address.with_suffix(".walls")
    with contextlib.suppress(OSError, ValueError, TypeError):
        known, walls = json.loads(note.read_text("utf-8"))
        if known == parent:
            return tuple(Wall(*wall) for wall in walls)
    walls = attempt()
    if all(wall.holds for wall in walls):
        write_whole(note, json.dumps([parent, [dataclasses.astuple(wall) for wall in walls]]))
    return walls


@functools.cache
def attempt() -> tuple[Wall, ...]:
    """Attack every wall; kept, so that a machine is tried once a process."""
    if sys.platform != "linux":
        return tuple(Wall(name, False, "this system has no walls", _NOT_LINUX) for name in _NAMES)
    folder = environment.runtime_folder()
    try:
        done = subprocess.run(
            [sys.executable, "-P", "-m", "autograder.kernels.trial.isolation"],
            capture_output=True, text=True, check=True, timeout=_PROBE_SECONDS, cwd=folder,
            env=environment.parent_variables(folder),
        )  # fmt: skip
        found = json.loads(done.stdout)
    except (subprocess.SubprocessError, ValueError) as error:
        detail = f"the attempt failed: {error} {getattr(error, 'stderr', '') or ''}"[-500:]
        return tuple(Wall(name, False, detail, _REMEDY) for name in _NAMES)
    return tuple(Wall(name, *found[name], remedy="" if found[name][0] else _REMEDY) for name in _NAMES)


def _main() -> None:
    import shutil
    import tempfile

    from autograder.kernels.walls import level

    strength, reason = level.find()
    os.environ["AUTOGRADER_CANARY"] = "secret"
    folder = Path(tempfile.mkdtemp(dir=environment.runtime_folder()))
    try:
        found = _attack(folder, strength)
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    if reason:
        found = {name: (holds, detail if holds else f"{detail} [{reason}]") for name, (holds, detail) in found.items()}
    json.dump(found, sys.stdout)


def _attack(folder: Path, strength: str) -> dict[str, tuple[bool, str]]:
    from autograder.kernels.limits import MIB, Limits
    from autograder.kernels.trial import probes

    (folder / "canary").write_text("secret")
    small = Limits(memory_bytes=64 * MIB, processes=24, scratch_bytes=4 * MIB)
    with probes.Targets(folder) as targets:
        runs = {
            "acts": probes.Run(folder, strength, small, probes.try_acts(targets)),
            "memory": probes.Run(folder, strength, small, probes.hog_memory),
            "processor time": probes.Run(folder, strength, dataclasses.replace(small, cpu_seconds=0.2), probes.spin),
            "wall time": probes.Run(folder, strength, dataclasses.replace(small, wall_seconds=0.2), probes.sleep),
            "survivors": probes.Run(folder, strength, small, probes.leave_orphan),
        }
        results = {name: run.result() for name, run in runs.items()}
    cause, said = results.pop("acts")
    try:
        found = {name: tuple(verdict) for name, verdict in json.loads(said).items()}
    except ValueError:
        found = {name: (False, f"the attempt ended early: {cause}") for name in _NAMES}
    for name, wanted in (("memory", "memory"), ("processor time", "cpu"), ("wall time", "wall")):
        cause, _ = results[name]
        found[name] = (cause == wanted, f"a submission over the limit ended by: {cause}")
    cause, said = results["survivors"]
    # The orphan would have spoken after its parent's death.
    found["survivors"] = (said == "" and cause == "exit 0", "an orphan in a session of its own "
                          + ("spoke after" if said else "did not outlive") + " its kernel")  # fmt: skip
    return found


if __name__ == "__main__":
    _main()
