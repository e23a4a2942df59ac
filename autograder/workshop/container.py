"""One learner's view of the machine: their home, the course, Python; not the solutions, nobody else's files.

Made of the same system calls as the walls around a submission. The difference: a home that lasts, and the network,
over which hub and browser speak with the learner's server.
"""

from __future__ import annotations

import importlib.util
import os
import resource
import signal
from dataclasses import dataclass
from pathlib import Path

from autograder.workshop.home import COURSE

_FILE = Path(__file__).parents[1] / "kernels" / "walls" / "linux.py"
# By its file: the package around it brings Jupyter, 15 MB for each learner.
_spec = importlib.util.spec_from_file_location("autograder_linux", _FILE)
linux = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(linux)

HOME = "/home"
EXCHANGE = "/srv/exchange"
SYSTEM = (
    "/usr", "/bin", "/sbin", "/lib", "/lib32", "/lib64", "/etc/alternatives", "/etc/fonts",
    "/etc/hosts", "/etc/ld.so.cache", "/etc/localtime", "/etc/mime.types", "/etc/nsswitch.conf", "/etc/resolv.conf",
    "/etc/ssl", "/etc/ca-certificates", "/etc/bash.bashrc", "/sys/devices/system/cpu",
)  # fmt: skip
_DEVICES = ("null", "zero", "full", "random", "urandom", "tty")
_SCRATCH = "size=256m,nr_inodes=16384,mode=1777"


@dataclass(frozen=True)
class Container:
    """What one learner's server is started with; all paths are the machine's.

    home, inbox: the learner's own folders. readable: what Python and the grader are made of.
    course: {name under /srv/course: path}. exchange: the course's folder in nbgrader's exchange.
    memory, disk: MiB. processes: and threads, alive at once.
    """

    name: str
    uid: int
    gid: int
    home: str
    inbox: str
    exchange: str
    folder: str
    readable: tuple[str, ...]
    course: dict[str, str]
    memory: int
    processes: int
    disk: int

    @property
    def inside_home(self) -> str:
        """Where the learner finds their home."""
        return f"{HOME}/{self.name}"


def enter(container: Container, root: str) -> None:
    """Shut the calling process, the first of its PID namespace, into the container, for good.

    `root` is an empty folder. OSError if any part cannot be done; the process must then end.
    """
    linux.unshare(linux.CLONE_NEWNS | linux.CLONE_NEWIPC | linux.CLONE_NEWUTS | linux.CLONE_NEWCGROUP)
    linux.mount("", "/", "", linux.MS_REC | linux.MS_PRIVATE)
    linux.mount("tmpfs", root, "tmpfs", linux.MS_NOSUID, "size=4m,mode=755")
    for path in (*SYSTEM, *container.readable):
        _show(path, root + path)
    for name, path in container.course.items():
        _show(path, f"{root}{COURSE}/{name}", follow=True)
    _devices(root)
    _people(container, root)
    _exchange(container, root)
    _show(container.home, root + container.inside_home, read_only=False)
    for path in ("/tmp", "/dev/shm"):
        _folder(root + path)
        linux.mount("tmpfs", root + path, "tmpfs", linux.MS_NOSUID | linux.MS_NODEV, _SCRATCH)
    _folder(root + "/proc")
    linux.mount("proc", root + "/proc", "proc", linux.MS_NOSUID | linux.MS_NODEV | linux.MS_NOEXEC)
    linux.lock_mount(root, recursive=False)
    linux.pivot_root(root)
    _limit(container)
    os.setgroups([])
    os.setresgid(container.gid, container.gid, container.gid)
    os.setresuid(container.uid, container.uid, container.uid)
    linux.set_dumpable(True)
    linux.drop_capabilities()
    linux.die_with_parent(signal.SIGKILL)
    os.umask(0o077)
    os.chdir(container.inside_home)


def _show(path: str, target: str, *, read_only: bool = True, follow: bool = False) -> None:
    """Mount what lies at `path`; a link stays a link, since libraries find their neighbours by real path."""
    if not os.path.exists(path):
        return
    if os.path.islink(path) and not follow:
        os.makedirs(os.path.dirname(target), exist_ok=True)
        if not os.path.lexists(target):
            os.symlink(os.readlink(path), target)
        return
    if os.path.isdir(path):
        _folder(target)
    else:
        _folder(os.path.dirname(target))
        if not os.path.lexists(target):
            Path(target).touch()
    linux.bind(path, target)
    linux.lock_mount(target, read_only=read_only)


def _folder(path: str) -> None:
    os.makedirs(path, mode=0o755, exist_ok=True)


def _devices(root: str) -> None:
    _folder(root + "/dev/pts")
    for device in _DEVICES:
        Path(root, "dev", device).touch()
        linux.bind(f"/dev/{device}", f"{root}/dev/{device}")
    linux.mount("devpts", root + "/dev/pts", "devpts", linux.MS_NOSUID | linux.MS_NOEXEC,
                "newinstance,ptmxmode=0666,mode=0620")  # fmt: skip
    os.symlink("pts/ptmx", root + "/dev/ptmx")
    for name, target in (("fd", "self/fd"), ("stdin", "self/fd/0"), ("stdout", "self/fd/1"),
                         ("stderr", "self/fd/2")):  # fmt: skip
        os.symlink(f"/proc/{target}", f"{root}/dev/{name}")


def _people(container: Container, root: str) -> None:
    _folder(root + "/etc")
    people = f"root:x:0:0:root:/:/bin/false\n{container.name}:x:{container.uid}:{container.gid}:"
    Path(root, "etc/passwd").write_text(f"{people}{container.name}:{container.inside_home}:/bin/bash\n", "utf-8")
    Path(root, "etc/group").write_text(f"root:x:0:\n{container.name}:x:{container.gid}:\n", "utf-8")


def _exchange(container: Container, root: str) -> None:
    """Show what is handed out and given back, and as the inbox one that is this learner's alone."""
    top = root + EXCHANGE
    _folder(top)
    linux.mount("tmpfs", top, "tmpfs", linux.MS_NOSUID | linux.MS_NODEV, "size=64k,mode=777")  # as nbgrader demands
    course = f"{top}/{os.path.basename(container.exchange)}"
    _show(f"{container.exchange}/outbound", f"{course}/outbound")
    _show(f"{container.exchange}/feedback", f"{course}/feedback")
    _show(container.inbox, f"{course}/inbound", read_only=False)


def _limit(container: Container) -> None:
    bytes_ = container.memory << 20
    for kind, most in (
        (resource.RLIMIT_DATA, bytes_ + (256 << 20)),  # of one process: what is mapped and never used counts too
        (resource.RLIMIT_NPROC, container.processes),
        (resource.RLIMIT_FSIZE, container.disk << 20),
        (resource.RLIMIT_NOFILE, 4096),
        (resource.RLIMIT_CORE, 0),
        (resource.RLIMIT_MEMLOCK, 0),
        (resource.RLIMIT_MSGQUEUE, 0),
    ):
        resource.setrlimit(kind, (most, most))
