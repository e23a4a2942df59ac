"""The system calls that the walls need and Python 3.11 does not offer.

Thin: each function is one call, takes Python values and raises OSError.
"""

from __future__ import annotations

import ctypes
import os
from pathlib import Path

CLONE_NEWNS = 0x00020000
CLONE_NEWCGROUP = 0x02000000
CLONE_NEWUTS = 0x04000000
CLONE_NEWIPC = 0x08000000
CLONE_NEWUSER = 0x10000000
CLONE_NEWPID = 0x20000000
CLONE_NEWNET = 0x40000000
CLONE_NEWTIME = 0x00000080

MS_NOSUID, MS_NODEV, MS_NOEXEC = 2, 4, 8
MS_BIND, MS_REC, MS_PRIVATE = 4096, 16384, 1 << 18
MNT_DETACH = 2

_MOUNT_ATTR_RDONLY, _MOUNT_ATTR_NOSUID, _MOUNT_ATTR_NODEV = 1, 2, 4
_AT_FDCWD, _AT_RECURSIVE = -100, 0x8000
_SYS_MOUNT_SETATTR = 442  # the same on every architecture
_SYS_PIVOT_ROOT = {"x86_64": 155, "aarch64": 41}

_PR_SET_PDEATHSIG, _PR_SET_DUMPABLE, _PR_SET_NO_NEW_PRIVS = 1, 4, 38
_PR_SET_CHILD_SUBREAPER = 36
_CAPABILITY_VERSION_3 = 0x20080522

_libc = ctypes.CDLL(None, use_errno=True)


def _check(result: int, what: str) -> int:
    if result < 0:
        number = ctypes.get_errno()
        raise OSError(number, f"{what}: {os.strerror(number)}")
    return result


def unshare(flags: int) -> None:
    """Move this process (for CLONE_NEWPID: its next child) into new namespaces."""
    _check(_libc.unshare(flags), f"unshare({flags:#x})")


def leave_process_namespace() -> None:
    """Let the next child be born beside this process again, after `unshare(CLONE_NEWPID)`."""
    with open("/proc/self/ns/pid") as own:
        _check(_libc.setns(own.fileno(), CLONE_NEWPID), "setns to the own PID namespace")


def mount(source: str, target: str, kind: str, flags: int = 0, options: str = "") -> None:
    _check(
        _libc.mount(source.encode(), target.encode(), kind.encode(), ctypes.c_ulong(flags), options.encode()),
        f"mount {source} on {target}",
    )


def bind(source: str, target: str) -> None:
    """Show `source` (with what is mounted below it) at `target` too."""
    mount(source, target, "", MS_BIND | MS_REC)


def lock_mount(target: str, *, read_only: bool = True, recursive: bool = True) -> None:
    """Forbid set-uid programs and devices below a mount, and writing unless told otherwise.

    mount_setattr (Linux 5.12) only adds to the flags that are there; the older remount would have
    to repeat the flags that a container has locked.
    """
    attributes = _MOUNT_ATTR_NOSUID | _MOUNT_ATTR_NODEV | (_MOUNT_ATTR_RDONLY if read_only else 0)
    block = (ctypes.c_uint64 * 4)(attributes, 0, 0, 0)
    _check(
        _libc.syscall(
            ctypes.c_long(_SYS_MOUNT_SETATTR),
            ctypes.c_int(_AT_FDCWD),
            ctypes.c_char_p(target.encode()),
            ctypes.c_uint(_AT_RECURSIVE if recursive else 0),
            block,
            ctypes.c_size_t(ctypes.sizeof(block)),
        ),
        f"mount_setattr {target}",
    )


def pivot_root(new_root: str) -> None:
    """Make `new_root` the root of this mount namespace and let go of the old one."""
    os.chdir(new_root)
    number = _SYS_PIVOT_ROOT[os.uname().machine]
    _check(_libc.syscall(ctypes.c_long(number), b".", b"."), "pivot_root")
    # The old root now lies on top of the new one, at ".".
    _check(_libc.umount2(b".", MNT_DETACH), "umount the old root")
    os.chdir("/")


def map_ids(inside: int, uid: int, gid: int) -> None:
    """Say who `inside` is outside the user namespace that this process has just made."""
    own = Path("/proc/self")
    (own / "setgroups").write_text("deny")
    (own / "uid_map").write_text(f"{inside} {uid} 1")
    (own / "gid_map").write_text(f"{inside} {gid} 1")


def is_root_of_machine() -> bool:
    """Whether this process is root outside every user namespace, or in a container's own."""
    # Within a namespace made by `map_ids` exactly one user exists.
    return os.geteuid() == 0 and Path("/proc/self/uid_map").read_text().split()[2] != "1"


def drop_capabilities() -> None:
    """Give up every capability for good: execve cannot bring one back."""
    _check(_libc.prctl(_PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0), "no_new_privs")
    header = (ctypes.c_uint32 * 2)(_CAPABILITY_VERSION_3, 0)
    none = (ctypes.c_uint32 * 6)()
    _check(_libc.capset(header, none), "capset")


def set_dumpable(on: bool) -> None:
    """Whether /proc/self belongs to this process's user (needed to write one's own id map)."""
    _check(_libc.prctl(_PR_SET_DUMPABLE, int(on), 0, 0, 0), "set_dumpable")


def adopt_orphans() -> None:
    """Become the parent of descendants whose own parent has ended."""
    _check(_libc.prctl(_PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0), "child subreaper")


def die_with_parent(signal_number: int) -> None:
    """Ask for a signal when the parent process ends. Changing user forgets it: call this last."""
    _check(_libc.prctl(_PR_SET_PDEATHSIG, signal_number, 0, 0, 0), "parent death signal")
