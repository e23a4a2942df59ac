"""The keeper of one kernel: starts it, counts what it uses, and says how it died.

The keeper is a process between the warm parent and the kernel, outside the kernel's namespaces.
It lives exactly as long as its kernel: it ends the kernel when the grader hangs up, and the kernel
dies with it.
"""

from __future__ import annotations

import contextlib
import os
import select
import signal
import socket
import time
from collections.abc import Callable
from pathlib import Path

import psutil

from autograder.kernels.limits import OVERHEAD_BYTES, Limits
from autograder.kernels.walls import linux, namespaces
from autograder.kernels.walls.level import Level
from autograder.kernels.warm import child, protocol
from autograder.kernels.warm.relay import Relay

Body = Callable[[protocol.Request, dict[str, int]], None]

_SAMPLE_SECONDS = 0.05
_NEARLY_ALL = 0.7  # at the last look; what is asked for next is not seen
_RESIDENT = ("RssAnon:", "RssShmem:")
_DATA = ("VmData:",)  # what RLIMIT_DATA counts
_SOCKET_BYTES = 416 << 10  # the most that waits in the buffer of one, by Linux's default
_FREE_SOCKETS = 64  # more than any exercise needs
_TICKS = os.sysconf("SC_CLK_TCK")


def keep(link: socket.socket, level: Level, body: Body = child.run_kernel) -> None:
    """Serve one request that comes over `link`, from the start of its kernel to its end.

    level: the walls that this system allows. body: what runs within them.
    """
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    try:
        request, descriptors = protocol.receive_request(link)
        protocol.send(link, event="accepted")
    except (EOFError, OSError):
        return  # The grader has gone.
    walled = level if request.walled else None
    poll, relay = select.poll(), None
    if walled and request.connection:
        relay = Relay(descriptors, request.root.parent, poll)
        descriptors = {channel: own.fileno() for channel, own in relay.inner.items()}
    report, report_end = os.pipe()
    try:
        if walled is Level.NAMESPACES:
            namespaces.enter_process_namespace()
        elif walled:
            linux.adopt_orphans()
        kernel = os.fork()
    except OSError as error:
        protocol.send(link, event="failed", reason=str(error))
        return
    if kernel == 0:
        _become_kernel(request, walled, descriptors, report_end, body)
    os.close(report_end)
    for descriptor in descriptors.values():
        os.close(descriptor)  # The kernel's; a connection there must end with it.
    failure = _read_all(report)
    if failure:
        os.waitpid(kernel, 0)
        protocol.send(link, event="failed", reason=failure)
        return
    # A grader that has gone meanwhile is noticed by the watch.
    with contextlib.suppress(OSError):
        protocol.send(link, event="started", pid=kernel, level=walled)
    cause, status = _Watch(kernel, link, walled, request.limits, poll, relay).run()
    with contextlib.suppress(OSError):
        protocol.send(link, event="died", cause=cause, status=status)


def _become_kernel(
    request: protocol.Request,
    level: Level | None,
    descriptors: dict[str, int],
    report: int,
    body: Body,
) -> None:
    """In the fork: raise the walls, report a failure or none by closing `report`, run."""
    code = 1
    try:
        child.prepare(request, level, [*descriptors.values(), report])
        if _has_hung_up(report):
            os._exit(1)  # The keeper died before the kernel could ask to die with it.
        os.close(report)
        report = -1
        body(request, descriptors)
        code = 0
    except SystemExit as end:
        code = end.code if isinstance(end.code, int) else int(end.code is not None)
    except BaseException as error:
        if report >= 0:
            os.write(report, f"{type(error).__name__}: {error}".encode()[:2000])
    finally:
        os._exit(code)


def _has_hung_up(pipe: int) -> bool:
    poll = select.poll()
    poll.register(pipe, select.POLLOUT)
    return any(event & select.POLLERR for _, event in poll.poll(0))


def _read_all(pipe: int) -> str:
    with os.fdopen(pipe, "rb") as reader:
        return reader.read().decode(errors="replace")


class _Watch:
    """Ends the kernel when it should end, and knows why it did."""

    def __init__(
        self,
        kernel: int,
        link: socket.socket,
        level: Level | None,
        limits: Limits,
        poll: select.poll,
        relay: Relay | None,
    ) -> None:
        self.poll, self.relay = poll, relay
        self.kernel, self.link, self.level, self.limits = kernel, link, level, limits
        self.started = time.monotonic()
        self.cause: str | None = None
        self.most_memory = limits.memory_bytes + OVERHEAD_BYTES
        self.most_data = 0  # that one process has been seen to have
        # The kernel's own /proc lists its namespace and nothing else.
        own_proc = level is Level.NAMESPACES
        self.proc = f"/proc/{kernel}/root/proc" if own_proc else "/proc"
        status = self._read("1" if own_proc else str(kernel), "status")
        self.loaded, self.loaded_data = _sum_fields(status, _RESIDENT), _sum_fields(status, _DATA)

    def run(self) -> tuple[str, int]:
        """(cause of death, wait status). Returns when no process of the kernel is left."""
        ended = os.pidfd_open(self.kernel)
        self.poll.register(ended, select.POLLIN)
        self.poll.register(self.link, select.POLLIN)
        pause = int(_SAMPLE_SECONDS * 1000) if self.level else None
        measured = self.started
        while True:
            events = dict(self.poll.poll(pause))
            if ended in events:
                break
            if self.link.fileno() in events:
                self._obey()
            for descriptor, event in events.items():
                if self.relay and self.relay.handle(descriptor, event):
                    self._count()
            if self.level and time.monotonic() - measured >= _SAMPLE_SECONDS:
                self._measure()
                measured = time.monotonic()
        self.poll.unregister(ended)
        self.poll.unregister(self.link)
        if self.relay and self.cause is None:
            self.relay.drain()
        # For a PID namespace this returns only after its last process is gone.
        _, status = os.waitpid(self.kernel, 0)
        if self.level in (Level.LANDLOCK, Level.NONE):
            self._hunt()
        return self.cause or self._describe(status), status

    def _describe(self, status: int) -> str:
        if os.WIFEXITED(status):
            return f"exit {os.WEXITSTATUS(status)}"
        number = os.WTERMSIG(status)
        # Python and NumPy raise MemoryError at the limit; native code may give up altogether.
        crashed = number in (signal.SIGABRT, signal.SIGSEGV, signal.SIGBUS)
        if crashed and self.most_data > _NEARLY_ALL * self.most_memory:
            return "memory"
        return f"signal {number}"

    def _end(self, cause: str) -> None:
        self.cause = self.cause or cause
        self._signal(signal.SIGKILL)

    def _signal(self, number: int) -> None:
        if self.level:
            os.kill(self.kernel, number)
        else:
            # A person's own kernel: as Jupyter does, with what it has started.
            os.killpg(self.kernel, number)

    def _obey(self) -> None:
        try:
            order = protocol.receive(self.link)
        except OSError:
            order = None
        if order is None or order["signal"] == signal.SIGKILL:
            self._end("shutdown")
        else:
            self._signal(order["signal"])

    def _count(self) -> None:
        if self.relay.carried > self.limits.traffic_bytes:
            self._end("output")

    def _hunt(self) -> None:
        """Kill what the kernel left behind, where no namespace does it for us."""
        while members := self._members():
            for name in members:
                with contextlib.suppress(ProcessLookupError):
                    os.kill(int(name), signal.SIGKILL)
            with contextlib.suppress(ChildProcessError):
                while os.waitpid(-1, os.WNOHANG)[0]:
                    pass

    def _measure(self) -> None:
        if time.monotonic() - self.started > self.limits.wall_seconds:
            return self._end("wall")
        memory, ticks = 0, 0
        members = self._members()
        for name in members:
            status = self._read(name, "status")
            memory += max(0, _sum_fields(status, _RESIDENT) - self.loaded)
            self.most_data = max(self.most_data, _sum_fields(status, _DATA) - self.loaded_data)
            ticks += self._ticks_of(name)
        if ticks / _TICKS > self.limits.cpu_seconds:
            return self._end("cpu")
        # Pages that forks share were counted once for each of them: look closer only when it matters.
        most = self.most_memory - self._in_sockets()
        if memory > most and (len(members) == 1 or sum(map(self._share_of, members)) > most):
            return self._end("memory")

    def _members(self) -> list[str]:
        if self.level is not Level.NAMESPACES:
            return [str(process.pid) for process in psutil.Process().children(recursive=True)]
        try:
            return [name for name in os.listdir(self.proc) if name.isdecimal()]
        except OSError:
            return []  # It ended meanwhile.

    def _read(self, name: str, file: str) -> str:
        try:
            return Path(self.proc, name, file).read_text()
        except OSError:
            return ""  # It ended meanwhile.

    def _share_of(self, name: str) -> int:
        return _sum_fields(self._read(name, "smaps_rollup"), ("Pss_Anon:", "Pss_Shmem:"))

    def _in_sockets(self) -> int:
        """The most that its socket pairs may hold: the system's memory, which counts for no process."""
        if self.level is not Level.NAMESPACES:
            return 0  # Not a network namespace of its own: all sockets of the machine would be counted.
        sockets = self._read("1", "net/unix").count("\n")
        return max(0, sockets - _FREE_SOCKETS) * _SOCKET_BYTES

    def _ticks_of(self, name: str) -> int:
        stat = self._read(name, "stat")
        # The name in brackets may hold anything: count fields after the last bracket.
        return sum(map(int, stat.rpartition(")")[2].split()[11:15]))


def _sum_fields(text: str, names: tuple[str, ...]) -> int:
    """The sum in bytes of /proc lines such as `RssAnon:   1234 kB`."""
    lines = (line.split() for line in text.splitlines())
    return 1024 * sum(int(line[1]) for line in lines if line and line[0] in names)
