"""The keeper of one learner's server: starts it in a container, starts it again when it dies, keeps it within caps.

python -m autograder.workshop.keeper CONTAINER.json COMMAND ...

Root runs it, outside the container; it outlives the hub, so a hub that is killed costs no learner anything.
"""

from __future__ import annotations

import contextlib
import json
import os
import signal
import sys
import tempfile
import time
from pathlib import Path

from autograder.workshop.container import Container, enter, linux
from autograder.workshop.home import lay_out_home
from autograder.workshop.post import deliver
from autograder.workshop.told import tell

NOTE = "what_happened.txt"
LOG = ".server.log"  # in the home, so that it counts as theirs
_PAUSE = 0.5  # seconds between two looks at memory and post
_LOOKS_A_DISK = 20  # looks at memory for one at the disk
_SHORTEST_LIFE = 5.0  # a server that dies sooner is not started again: something else is wrong
_GRACE = 10.0  # seconds to end in
_MOST_FILES = 50_000


def main(arguments: list[str]) -> int:
    """Keep one server until a signal or its own good end; return its status."""
    about = json.loads(Path(arguments[0]).read_text("utf-8"))
    container = Container(**{**about, "readable": tuple(about["readable"])})
    keeper = Keeper(container, arguments[1:])
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, keeper.stop)
    return keeper.keep()


class Keeper:
    """Watches over one container."""

    def __init__(self, container: Container, command: list[str]) -> None:
        self.container = container
        self.command = command
        self.first = 0  # the process id of the container's first process
        self.deadline: float | None = None
        self.killed: set[int] = set()

    def stop(self, *_) -> None:
        """Ask the server to end, and remember when to stop asking."""
        self.deadline = self.deadline or time.monotonic() + _GRACE
        with contextlib.suppress(ProcessLookupError):
            os.kill(self.first, signal.SIGTERM)

    def keep(self) -> int:
        """Start the server, and again whenever it dies; return the status of the last one."""
        while True:
            started = time.monotonic()
            status = self._one_life()
            if self.deadline is not None or status == 0 or time.monotonic() - started < _SHORTEST_LIFE:
                return status
            self._tell("The server ended unexpectedly and was started again; files are as they were saved.")

    def _one_life(self) -> int:
        self.first = start(self.container, self.command)
        looks = 0
        while True:
            ended, status = os.waitpid(self.first, os.WNOHANG)
            self._deliver()
            if ended:
                return os.waitstatus_to_exitcode(status)
            if self.deadline is not None and time.monotonic() > self.deadline:
                os.kill(self.first, signal.SIGKILL)
            self._watch_memory()
            if looks % _LOOKS_A_DISK == 0:
                self._watch_disk()
            looks += 1
            time.sleep(_PAUSE)

    def _deliver(self) -> None:
        try:
            for sentence in deliver(
                Path(self.container.inbox),
                Path(self.container.exchange, "inbound"),
                self.container.name,
                self.container.uid,
            ):
                self._tell(sentence)
        except OSError as error:
            self._tell(f"A submission waits, since it could not be passed on: {error.strerror}. It is tried again.")

    def _watch_memory(self) -> None:
        """End the largest process where all together hold too much; the server itself goes last."""
        pids, most = descendants(self.first), self.container.memory << 20
        if sum(map(_memory, pids)) <= most:
            return
        held = {pid: _share(pid) for pid in pids}  # what forked processes still share counts once
        if sum(held.values()) <= most:
            return
        server = _child(self.first)
        largest = max(held, key=lambda pid: (pid != server, held[pid]))
        if largest in self.killed:  # it is on its way
            return
        self.killed.add(largest)
        with contextlib.suppress(ProcessLookupError):
            os.kill(largest, signal.SIGKILL)
        self._tell(f"More than {self.container.memory} MB of memory were in use: the largest program was ended.")

    def _watch_disk(self) -> None:
        """End all but the server where the home is full, so that it grows no further."""
        if not _is_full(self.container):
            return
        server = _child(self.first)
        others = [pid for pid in descendants(self.first) if pid not in (server, self.first)]
        for pid in others:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        if others:
            most = f"{self.container.disk} MB or {_MOST_FILES} files"
            self._tell(f"The home holds more than {most}: running programs were ended. Delete what is not needed.")

    def _tell(self, sentence: str) -> None:
        """Say it to the instructor's page, and in a file of the learner's."""
        tell(Path(self.container.folder), self.container.name, sentence)
        note = Path(self.container.home, NOTE)
        with contextlib.suppress(OSError):
            flags = os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_NOFOLLOW | os.O_NONBLOCK
            descriptor = os.open(note, flags, 0o644)
            with open(descriptor, "a", encoding="utf-8") as file:
                if os.fstat(descriptor).st_nlink == 1 and os.fstat(descriptor).st_size < 1 << 16:
                    file.write(f"{time.strftime('%H:%M:%S')} {sentence}\n")
                    os.fchown(descriptor, self.container.uid, self.container.gid)


def start(container: Container, command: list[str]) -> int:
    """Start a command in a container; return the process id, outside, of the container's first process."""
    with tempfile.TemporaryDirectory(prefix="workshop-") as root:
        ready, done = os.pipe()
        linux.unshare(linux.CLONE_NEWPID)
        first = os.fork()
        if first == 0:
            os.close(ready)
            _be_first(container, command, root, done)
        linux.leave_process_namespace()
        os.close(done)
        os.read(ready, 1)  # until the new root is in place, or the process has ended
        os.close(ready)
    return first


def _be_first(container: Container, command: list[str], root: str, done: int) -> None:
    """Be the container's first process: start the server, collect what ends, end with it."""
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        Path("/proc/self/oom_score_adj").write_text("500")
        enter(container, root)
        lay_out_home(Path(container.inside_home))
        server = os.fork()
        if server == 0:
            signal.signal(signal.SIGINT, signal.SIG_DFL)
            log = os.open(LOG, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW, 0o600)
            os.dup2(log, 1)
            os.dup2(log, 2)
            os.execvpe(command[0], command, dict(os.environ))
        os.write(done, b"1")
        os.close(done)
        signal.signal(signal.SIGTERM, lambda *_: os.kill(server, signal.SIGTERM))
        while True:
            ended, status = os.wait()
            if ended == server:
                code = os.waitstatus_to_exitcode(status)
                os._exit(code if code >= 0 else 128 - code)
    except BaseException as error:
        print(f"The container of {container.name} could not be made: {error}", file=sys.stderr, flush=True)
        os._exit(70)


def descendants(pid: int) -> list[int]:
    """Return a process and all that come from it."""
    found, open_ = [], [pid]
    while open_:
        each = open_.pop()
        found.append(each)
        with contextlib.suppress(OSError, ValueError):
            for task in os.listdir(f"/proc/{each}/task"):
                with contextlib.suppress(OSError):
                    open_ += map(int, Path(f"/proc/{each}/task/{task}/children").read_text().split())
    return found


def _child(pid: int) -> int:
    """Return a process's first child, 0 where it has none."""
    with contextlib.suppress(OSError, IndexError, ValueError):
        return int(Path(f"/proc/{pid}/task/{pid}/children").read_text().split()[0])
    return 0


def _memory(pid: int) -> int:
    """Return the bytes that a process holds, files aside: quick, and too much where processes share."""
    return _sum(f"/proc/{pid}/status", ("RssAnon", "RssShmem", "VmSwap"))


def _share(pid: int) -> int:
    """Return the same with what is shared divided among those who share it: exact, and slower."""
    return _sum(f"/proc/{pid}/smaps_rollup", ("Pss_Anon", "Pss_Shmem", "SwapPss"))


def _sum(path: str, keys: tuple[str, ...]) -> int:
    with contextlib.suppress(OSError):
        lines = dict(line.split(":", 1) for line in Path(path).read_text().splitlines() if ":" in line)
        return sum(int(lines[key].split()[0]) << 10 for key in keys if key in lines)
    return 0


def _is_full(container: Container) -> bool:
    left, files = container.disk << 20, _MOST_FILES
    for folder, _, names in os.walk(container.home):
        for name in names:
            with contextlib.suppress(OSError):
                left -= os.lstat(os.path.join(folder, name)).st_blocks * 512
        files -= len(names) + 1
        if left < 0 or files < 0:
            return True
    return False


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
