"""The walls around one submission, raised by its own process before any line of the learner's.

What each rests on:
- files: a new root that holds read-only mounts of an allowlist and nothing else (mount namespace);
- scratch: one tmpfs of fixed size in that root, all of it gone with the process;
- network: an empty network namespace, and no system call to make a socket (seccomp);
- other processes: a PID namespace whose first process is the kernel, so that its end is the end of
  all; its own /proc shows nothing else;
- shared memory, semaphores, host name: namespaces of their own;
- processes and threads: RLIMIT_NPROC, which Linux counts per user namespace, in one of our own;
- memory of one process: RLIMIT_DATA; of all together: the keeper, which also counts time;
- privileges: an ordinary user inside, no capability, none to gain.

Everything is done by system calls that either hold or raise: there is no half-raised wall.
"""

from __future__ import annotations

import os
import resource
import shutil
import signal
import site
import socket
import stat
import sys
import sysconfig
from collections.abc import Iterable
from pathlib import Path

from autograder.kernels.limits import OVERHEAD_BYTES, Limits
from autograder.kernels.walls import linux, seccomp

HOME = "/home/learner"
"""The working directory inside the walls: the same for every submission, so that nothing in an
output depends on whose it is or where it was graded."""

_INSIDE_ID = 1000
_NOBODY = 65534  # whom a grader that runs as root turns into
_MOST_FILES = 16384  # in the scratch: each costs the kernel memory that its size cap does not count
_MOST_OPEN_FILES = 1024

SYSTEM = (
    "/usr/lib", "/usr/lib32", "/usr/lib64", "/lib", "/lib32", "/lib64", "/bin", "/usr/bin",
    "/usr/share/fonts", "/usr/share/fontconfig", "/usr/share/zoneinfo", "/etc/fonts",
    "/etc/ld.so.cache", "/etc/localtime", "/etc/alternatives", "/sys/devices/system/cpu",
)  # fmt: skip
OWN_PACKAGE = Path(__file__).resolve().parents[2]
"""Wherever it is installed, its sources and the exercises beside them stay outside."""
DEVICES = ("null", "zero", "full", "random", "urandom")


def interpreter_paths() -> list[Path]:
    """What Python and its installed libraries need to be able to read."""
    paths = [Path(base, part) for base in (sys.base_prefix, sys.prefix) for part in ("lib", "bin")]
    paths += [Path(sysconfig.get_path(name)) for name in ("stdlib", "purelib", "platlib")]
    paths += [Path(folder) for folder in site.getsitepackages()]
    if site.ENABLE_USER_SITE:
        paths.append(Path(site.getusersitepackages()))
    paths.append(Path(sys.prefix, "pyvenv.cfg"))
    return [path for path in dict.fromkeys(paths) if path.exists()]


def enter_process_namespace() -> None:
    """In the keeper: put its next child into a PID namespace of its own.

    Root may do so; other users make a user namespace first. OSError where neither is allowed.
    """
    uid, gid = os.geteuid(), os.getegid()
    if uid == 0:
        linux.unshare(linux.CLONE_NEWPID)
    else:
        linux.unshare(linux.CLONE_NEWUSER | linux.CLONE_NEWPID)
        linux.map_ids(0, uid, gid)


def raise_walls(
    *,
    root: Path,
    scratch: Path | None,
    readable: Iterable[Path],
    hidden: Iterable[Path],
    limits: Limits,
) -> None:
    """Wall in the calling process, the first of its PID namespace, for good.

    root: an empty folder outside, where the new root is put together.
    scratch: its files are copied into the working directory (HOME); None for an empty one.
    OSError if any part of it cannot be done; the process must then end.
    """
    as_root = linux.is_root_of_machine()
    # A kernel must die before anything else when memory runs short.
    Path("/proc/self/oom_score_adj").write_text("1000")
    linux.unshare(
        linux.CLONE_NEWNS | linux.CLONE_NEWNET | linux.CLONE_NEWIPC
        | linux.CLONE_NEWUTS | linux.CLONE_NEWCGROUP
    )  # fmt: skip
    socket.sethostname("learner")
    linux.mount("", "/", "", linux.MS_REC | linux.MS_PRIVATE)
    _build_root(str(root), scratch, readable, hidden, limits, _NOBODY if as_root else None)
    linux.pivot_root(str(root))
    os.chdir(HOME)
    limit_resources(limits)
    if as_root:
        os.setgroups([])
        os.setresgid(_NOBODY, _NOBODY, _NOBODY)
        os.setresuid(_NOBODY, _NOBODY, _NOBODY)
        linux.set_dumpable(True)
    uid, gid = os.geteuid(), os.getegid()
    linux.unshare(linux.CLONE_NEWUSER)
    linux.map_ids(_INSIDE_ID, uid, gid)
    # After the namespace: what was in force when it was made would bind the whole machine's user.
    limit(resource.RLIMIT_NPROC, limits.processes)
    linux.drop_capabilities()
    seccomp.install()
    linux.die_with_parent(signal.SIGKILL)


def _build_root(
    root: str,
    scratch: Path | None,
    readable: Iterable[Path],
    hidden: Iterable[Path],
    limits: Limits,
    owner: int | None,
) -> None:
    linux.mount(
        "tmpfs", root, "tmpfs", linux.MS_NOSUID | linux.MS_NODEV,
        f"size={limits.scratch_bytes},nr_inodes={_MOST_FILES},mode=755",
    )  # fmt: skip
    if scratch is not None:
        shutil.copytree(scratch, root + HOME, symlinks=True)
    for path in (HOME, "/tmp", "/dev/shm"):
        os.makedirs(root + path, exist_ok=True)
        os.chmod(root + path, 0o700 if path == HOME else 0o1777)
    if owner is not None:
        for folder, folders, files in os.walk(root + HOME):
            for name in (folder, *folders, *files):
                os.chown(os.path.join(folder, name), owner, owner, follow_symlinks=False)

    _show_allowed(root, readable, hidden, everyone=owner is not None)

    for device in DEVICES:
        Path(root, "dev", device).touch()
        linux.bind(f"/dev/{device}", f"{root}/dev/{device}")
    for name, target in (("fd", "self/fd"), ("stdin", "self/fd/0"), ("stdout", "self/fd/1"),
                         ("stderr", "self/fd/2")):  # fmt: skip
        os.symlink(f"/proc/{target}", f"{root}/dev/{name}")
    os.makedirs(f"{root}/etc", exist_ok=True)
    Path(root, "etc/passwd").write_text(f"learner:x:{_INSIDE_ID}:{_INSIDE_ID}:learner:{HOME}:/bin/sh\n")
    Path(root, "etc/group").write_text(f"learner:x:{_INSIDE_ID}:\n")
    os.makedirs(f"{root}/proc")
    linux.mount("proc", f"{root}/proc", "proc", linux.MS_NOSUID | linux.MS_NODEV | linux.MS_NOEXEC)

    # Only these three stay writable: the rest of the same tmpfs becomes read-only.
    for path in (HOME, "/tmp", "/dev/shm"):
        linux.bind(root + path, root + path)
    linux.lock_mount(root, recursive=False)


def _show_allowed(root: str, readable: Iterable[Path], hidden: Iterable[Path], everyone: bool) -> None:
    """Mount the allowlist; of two nested entries the deeper one decides."""
    shown = {Path(path) for path in SYSTEM if os.path.exists(path)}
    shown |= {*interpreter_paths(), *map(_absolute, readable)}
    covered = {path.resolve() for path in hidden} | {OWN_PACKAGE}
    state: dict[Path, bool] = {}  # path -> is it shown
    blank: list[str] = []

    def nearest(path: Path) -> bool:
        return next((state[above] for above in path.parents if above in state), False)

    for path in sorted(shown | covered, key=lambda path: (len(path.parts), path)):
        target = root + str(path)
        if path in covered:
            state[path] = False
            if nearest(path) and path.is_dir():
                linux.mount("tmpfs", target, "tmpfs", 0, "size=64k,mode=755")
                blank.append(target)
            elif nearest(path) and path.exists():
                linux.bind("/dev/null", target)
            continue
        real = path.resolve()
        if real != path and not os.path.lexists(target):
            # A link stays a link: libraries find their neighbours by real path.
            os.makedirs(os.path.dirname(target), exist_ok=True)
            os.symlink(real, target)
            target, path = root + str(real), real
        if path in state or nearest(path):
            continue
        if everyone and not _is_open_to_all(path):
            raise PermissionError(f"{path} must be readable by all users: started by root, kernels run as nobody")
        if path.is_dir():
            os.makedirs(target, exist_ok=True)
        else:
            os.makedirs(os.path.dirname(target), exist_ok=True)
            Path(target).touch()
        linux.bind(str(path), target)
        linux.lock_mount(target)
        state[path] = True
    for target in blank:
        linux.lock_mount(target, recursive=False)


def _is_open_to_all(path: Path) -> bool:
    needed = stat.S_IROTH | (stat.S_IXOTH if path.is_dir() else 0)
    return path.stat().st_mode & needed == needed


def _absolute(path: Path) -> Path:
    return Path(os.path.abspath(path))


def limit(kind: int, most: int) -> None:
    """Set one resource limit so that it cannot be raised again."""
    resource.setrlimit(kind, (most, most))


def limit_resources(limits: Limits) -> None:
    """Set the limits that the system counts for each process alone."""
    status = Path("/proc/self/status").read_text()
    loaded = int(status.split("VmData:")[1].split()[0]) * 1024
    limit(resource.RLIMIT_DATA, loaded + limits.memory_bytes + OVERHEAD_BYTES)
    limit(resource.RLIMIT_FSIZE, limits.scratch_bytes)
    limit(resource.RLIMIT_NOFILE, _MOST_OPEN_FILES)
    limit(resource.RLIMIT_CORE, 0)
    limit(resource.RLIMIT_MEMLOCK, 0)
    limit(resource.RLIMIT_MSGQUEUE, 0)
    # The keeper counts all processes together and says why; this holds even if it could not.
    limit(resource.RLIMIT_CPU, int(limits.cpu_seconds) + 5)
