"""The attempts that `isolation` makes from within the walls."""

from __future__ import annotations

import errno
import json
import os
import signal
import socket
import tempfile
import time
import traceback
from collections.abc import Callable
from pathlib import Path

from autograder.kernels.limits import MIB, Limits
from autograder.kernels.walls.level import Level
from autograder.kernels.warm import keeper, protocol

Verdict = tuple[bool, str]
_ORPHAN_SECONDS = 3.0


class Run:
    """One attempt in a kernel's place, with a keeper of its own; starts at once.

    attempt(say): runs within the walls; `say` is a descriptor that leads out of them.
    """

    def __init__(self, folder: Path, level: str, limits: Limits, attempt: Callable[[int], object]) -> None:
        root = Path(tempfile.mkdtemp(dir=folder))
        self.link, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self.ear, mouth = socket.socketpair()
        request = protocol.Request(connection={}, root=root, scratch=None, limits=limits)
        self.keeper = os.fork()
        if self.keeper == 0:
            try:
                self.link.close()
                self.ear.close()
                mouth.close()
                keeper.keep(theirs, Level(level), lambda _, ways: attempt(ways["shell"]))
            except BaseException:
                traceback.print_exc()
            finally:
                os._exit(0)
        theirs.close()
        protocol.send_request(self.link, request, dict.fromkeys(protocol.CHANNELS, mouth))
        mouth.close()

    def result(self) -> tuple[str, str]:
        """(cause of death, what it said), once nothing is left that could say more."""
        cause = "keeper lost"
        while message := protocol.receive(self.link):
            cause = message.get("cause") or message.get("reason") or cause
        said = b""
        while part := self.ear.recv(1 << 16):
            said += part
        os.waitpid(self.keeper, 0)
        self.link.close()
        self.ear.close()
        return cause, said.decode()


class Targets:
    """What lies outside and must stay out of reach: a file, three listeners, a process."""

    def __init__(self, folder: Path) -> None:
        self.canary = folder / "canary"
        self.process = os.getpid()
        self.listeners = [
            (socket.AF_INET, ("127.0.0.1", 0)),
            (socket.AF_UNIX, f"\0autograder-{os.getpid()}"),
            (socket.AF_UNIX, str(folder / "listener")),
        ]

    def __enter__(self) -> Targets:
        self.sockets = []
        self.addresses = []
        for family, address in self.listeners:
            listener = socket.socket(family)
            listener.bind(address)
            listener.listen()
            self.sockets.append(listener)
            self.addresses.append((family, listener.getsockname()))
        return self

    def __exit__(self, *_: object) -> None:
        for listener in self.sockets:
            listener.close()


def try_acts(targets: Targets) -> Callable[[int], None]:
    """All attempts that their maker survives, in one run; says the verdicts as JSON."""

    def attempt(say: int) -> None:
        verdicts = {
            "reading files": _read(targets),
            "writing files": _write(targets),
            "network": _connect(targets),
            "other processes": _meddle(targets),
            "environment": _environment(),
            "scratch size": _fill(),
            "process count": _multiply(),
        }
        os.write(say, json.dumps(verdicts).encode())

    return attempt


def _refused(act: Callable[[], object], what: str) -> Verdict:
    try:
        act()
    except OSError as error:
        return True, f"{what}: {error.strerror}"
    return False, f"{what} was possible"


def _all(*verdicts: Verdict) -> Verdict:
    failed = [detail for holds, detail in verdicts if not holds]
    return not failed, "; ".join(failed or [detail for _, detail in verdicts])


def _read(targets: Targets) -> Verdict:
    return _all(
        _refused(targets.canary.read_text, "reading a file outside"),
        _refused(Path(__file__).read_text, "reading the grader's source"),
        _refused(lambda: os.listdir(targets.canary.parent), "listing the runtime folder"),
    )


def _write(targets: Targets) -> Verdict:
    return _all(
        _refused(lambda: targets.canary.with_name("new").write_text(""), "making a file outside"),
        _refused(lambda: targets.canary.write_text(""), "changing a file outside"),
        _refused(_make_at_root, "making a folder at the root"),
    )


def _make_at_root() -> None:
    folder = Path("/autograder-probe")
    folder.mkdir()
    folder.rmdir()


def _connect(targets: Targets) -> Verdict:
    def dial(family: int, address: object) -> None:
        with socket.socket(family) as caller:
            caller.connect(address)

    names = ("TCP to this machine", "an abstract Unix socket", "a Unix socket")
    return _all(
        *(
            _refused(lambda target=target: dial(*target), name)
            for name, target in zip(names, targets.addresses, strict=True)
        )
    )


def _meddle(targets: Targets) -> Verdict:
    return _all(
        _refused(lambda: os.kill(targets.process, 0), "signalling a process outside"),
        _refused(Path(f"/proc/{targets.process}/environ").read_text, "reading its environment"),
        _refused(lambda: os.setpriority(os.PRIO_PROCESS, targets.process, 19), "slowing it down"),
    )


def _environment() -> Verdict:
    seen = "AUTOGRADER_CANARY" in os.environ or b"CANARY" in Path("/proc/self/environ").read_bytes()
    return not seen, "a variable of the grader's is " + ("seen" if seen else "not there")


def _fill() -> Verdict:
    """Several files, because the cap on one file alone would be no cap."""
    part = bytes(MIB)
    try:
        for number in range(8):
            Path(f"part{number}").write_bytes(part)
    except OSError as error:
        return error.errno in (errno.ENOSPC, errno.EDQUOT), f"filling it: {error.strerror}"
    return False, "twice its size could be written"


def _multiply() -> Verdict:
    children = []
    try:
        for _ in range(60):
            child = os.fork()
            if child == 0:
                signal.pause()
                os._exit(0)
            children.append(child)
    except BlockingIOError:
        return True, f"refused after {len(children)} processes"
    finally:
        for child in children:
            os.kill(child, signal.SIGKILL)
            os.waitpid(child, 0)
    return False, f"{len(children)} processes could be started, more than twice the limit"


def hog_memory(_: int) -> None:
    """Several processes that stay below the cap for one, and exceed that for all together."""
    for _ in range(3):
        if os.fork() == 0:
            held = [bytearray(b"x" * (2 * MIB)) for _ in range(60)]
            time.sleep(5)
            os._exit(len(held))
    time.sleep(5)


def spin(_: int) -> None:
    """Two processes that compute for ever."""
    os.fork()
    end = time.monotonic() + 5
    while time.monotonic() < end:
        pass


def sleep(_: int) -> None:
    """Do nothing for a long time."""
    time.sleep(5)


def leave_orphan(say: int) -> None:
    """End while a grandchild in a session of its own waits to speak.

    It waits long, so that a busy machine is not taken for a wall that fell.
    """
    if os.fork() == 0:
        os.setsid()
        if os.fork() == 0:
            time.sleep(_ORPHAN_SECONDS)
            os.write(say, b"alive")
        os._exit(0)
    time.sleep(0.1)
