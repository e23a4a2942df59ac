"""Weaker walls, for systems that forbid namespaces (many containers, Ubuntu's AppArmor).

Files: Landlock, through `sandlock`. Network: no system call makes a socket (seccomp). Signals and
other processes' memory: Landlock. What does not hold here, `isolation()` finds out and says: the
scratch has no size cap, processes are counted with all others of the same user, and what outlives
its parent is hunted down by the keeper rather than ended by the kernel.
"""

from __future__ import annotations

import os
import resource
import shutil
import signal
from collections.abc import Iterable
from pathlib import Path

import psutil

from autograder.kernels.limits import Limits
from autograder.kernels.walls import linux, namespaces, seccomp

_PROC = ("self", "cpuinfo", "meminfo", "stat", "filesystems")
_LEAST_ABI = 6  # of Landlock: the first that also scopes signals and abstract sockets


def available() -> bool:
    """Whether Landlock (Linux 6.12) and the system call filter can be used here."""
    try:
        import sandlock

        return sandlock.landlock_abi_version() >= _LEAST_ABI and seccomp.supported()
    except (ImportError, OSError):
        return False


def enter(home: Path, scratch: Path | None, limits: Limits) -> None:
    """Make `home` the working directory, with a copy of `scratch`, and set the resource limits.

    This much is possible everywhere on Linux; alone it is no wall.
    """
    Path("/proc/self/oom_score_adj").write_text("1000")
    if scratch is not None:
        shutil.copytree(scratch, home, symlinks=True, dirs_exist_ok=True)
    os.chdir(home)
    namespaces.limit_resources(limits)
    own = os.getuid()
    others = sum(
        process.info["num_threads"] or 0
        for process in psutil.process_iter(["uids", "num_threads"])
        if process.info["uids"] and process.info["uids"].real == own
    )
    namespaces.limit(resource.RLIMIT_NPROC, others + limits.processes)


def raise_walls(home: Path, readable: Iterable[Path], hidden: Iterable[Path]) -> None:
    """Confine the calling process for good. Call `enter` first; SandlockError or OSError."""
    import sandlock

    out_of_sight = {path.resolve() for path in hidden} | {namespaces.OWN_PACKAGE}
    shown = [*map(Path, namespaces.SYSTEM), *namespaces.interpreter_paths(), *readable]
    paths = [path for top in shown if top.exists() for path in _without(top.resolve(), out_of_sight)]
    paths += [Path("/proc", name) for name in _PROC]
    paths += [Path("/dev", name) for name in namespaces.DEVICES]
    sandlock.confine(sandlock.Sandbox(fs_readable=[str(path) for path in paths], fs_writable=[str(home), "/dev/null"]))
    linux.drop_capabilities()
    seccomp.install()
    linux.die_with_parent(signal.SIGKILL)


def _without(path: Path, hidden: set[Path]) -> list[Path]:
    """`path`, or what is left of it: Landlock allows and cannot deny, so its parts are allowed."""
    if path in hidden:
        return []
    if any(path in inner.parents for inner in hidden):
        return [part for child in path.iterdir() for part in _without(child, hidden)]
    return [path]
