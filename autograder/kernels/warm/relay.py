"""Carries the bytes between a grader and a kernel, and counts what the kernel sends.

ZeroMQ caps the size of one frame, but a message may have any number of frames and is held in memory
until its last has come: without this a learner could fill the grader's memory.
"""

from __future__ import annotations

import contextlib
import select
import socket
import time
from dataclasses import dataclass, field
from pathlib import Path

_CHUNK = 1 << 16
_DRAIN_SECONDS = 1.0


@dataclass
class _End:
    """One connection: what came in at its peer waits in `pending` until it can be sent here."""

    socket: socket.socket
    from_kernel: bool
    peer: _End | None = None
    pending: bytearray = field(default_factory=bytearray)
    ended: bool = False  # nothing more will come in here


class Relay:
    """Joins each connection that a grader makes on `outer` with one to the kernel.

    outer: the grader's listening sockets by channel. folder: where the kernel's own, `inner`, are
    bound; the kernel need not be able to reach it. poll: told of all sockets of the relay.
    """

    def __init__(self, outer: dict[str, int], folder: Path, poll: select.poll) -> None:
        self.carried = 0  # bytes from the kernel to the grader
        self._poll = poll
        self._ends: dict[int, _End] = {}
        self._listeners: dict[int, tuple[socket.socket, str]] = {}
        self.inner: dict[str, socket.socket] = {}
        for channel, descriptor in outer.items():
            listener = socket.socket(fileno=descriptor)
            listener.setblocking(False)
            address = str(folder / f"k-{channel}")
            own = socket.socket(socket.AF_UNIX)
            own.bind(address)
            own.listen()
            self.inner[channel] = own
            self._listeners[descriptor] = (listener, address)
            poll.register(descriptor, select.POLLIN)

    def handle(self, descriptor: int, event: int) -> bool:
        """Act on an event that `poll` reported; whether it was one of the relay's."""
        if descriptor in self._listeners:
            self._join(*self._listeners[descriptor])
        elif descriptor in self._ends:
            end = self._ends[descriptor]
            if event & select.POLLOUT:
                self._flush(end)
            if event & (select.POLLIN | select.POLLHUP | select.POLLERR):
                self._take(end)
        else:
            return False
        return True

    def drain(self) -> None:
        """Deliver what a kernel said before it died, for a short time at most."""
        deadline = time.monotonic() + _DRAIN_SECONDS
        while any(end.from_kernel for end in self._ends.values()) and time.monotonic() < deadline:
            for descriptor, event in self._poll.poll(10):
                self.handle(descriptor, event)

    def _join(self, listener: socket.socket, address: str) -> None:
        try:
            connection, _ = listener.accept()
        except BlockingIOError:
            return
        own = socket.socket(socket.AF_UNIX)
        own.setblocking(False)
        try:
            own.connect(address)
        except OSError:  # a kernel may close what it is called on: then nobody answers, and nobody waits
            own.close()
            connection.close()
            return
        outer, inner = _End(connection, from_kernel=False), _End(own, from_kernel=True)
        outer.peer, inner.peer = inner, outer
        for end in (outer, inner):
            end.socket.setblocking(False)
            self._ends[end.socket.fileno()] = end
            self._watch(end)

    def _watch(self, end: _End) -> None:
        if end.ended:
            return
        # Nothing more is taken in while the last has not been passed on: memory stays small.
        wanted = 0 if end.peer.pending else select.POLLIN
        self._poll.register(end.socket, wanted | (select.POLLOUT if end.pending else 0))

    def _take(self, end: _End) -> None:
        try:
            data = end.socket.recv(_CHUNK)
        except BlockingIOError:
            return
        except OSError:
            data = b""
        if not data:
            end.ended = True
            # What it said last is still delivered.
            return self._poll.unregister(end.socket) if end.peer.pending else self._part(end)
        if end.from_kernel:
            self.carried += len(data)
        end.peer.pending += data
        self._flush(end.peer)

    def _flush(self, end: _End) -> None:
        try:
            sent = end.socket.send(end.pending)
            del end.pending[:sent]
        except BlockingIOError:
            pass
        except OSError:
            return self._part(end)
        if end.peer.ended and not end.pending:
            return self._part(end)
        self._watch(end)
        self._watch(end.peer)

    def _part(self, end: _End) -> None:
        for one in (end, end.peer):
            if self._ends.pop(one.socket.fileno(), None):
                with contextlib.suppress(KeyError):
                    self._poll.unregister(one.socket)
                one.socket.close()
