"""What a grader and the keeper of a kernel say to each other.

One Unix socket (SEQPACKET: one message, one packet) per kernel. The grader sends a Request with
the five listening sockets of the kernel, later signals; the keeper answers with events. Closing
the connection ends the kernel: nobody who has died needs its kernel any longer.
"""

from __future__ import annotations

import dataclasses
import json
import socket
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from autograder.kernels.limits import Limits

CHANNELS = ("shell", "iopub", "stdin", "control", "hb")
_MOST_BYTES = 1 << 20


@dataclass(frozen=True)
class Request:
    """One kernel to start.

    connection: a Jupyter connection file's content, transport `ipc`.
    root: an empty folder to build the kernel's file system in.
    scratch: with walls, files to begin with (copied) or None; without, the working directory.
    environment: the whole environment of the kernel; nothing is added but what names the scratch.
    """

    connection: dict[str, Any]
    root: Path
    scratch: Path | None
    readable: tuple[Path, ...] = ()
    hidden: tuple[Path, ...] = ()
    limits: Limits = field(default_factory=Limits)
    walled: bool = True
    environment: dict[str, str] = field(default_factory=dict)


def send_request(link: socket.socket, request: Request, listeners: dict[str, socket.socket]) -> None:
    """Send `request` with the kernel's listening sockets, one for each of CHANNELS."""
    text = json.dumps(dataclasses.asdict(request), default=str)
    socket.send_fds(link, [text.encode()], [listeners[name].fileno() for name in CHANNELS])


def receive_request(link: socket.socket) -> tuple[Request, dict[str, int]]:
    """The request and the descriptors of its listening sockets. EOFError if none came."""
    packet, descriptors, _, _ = socket.recv_fds(link, _MOST_BYTES, len(CHANNELS))
    if not packet:
        raise EOFError("the grader went away before it asked for a kernel")
    values = json.loads(packet)
    values["root"] = Path(values["root"])
    values["scratch"] = values["scratch"] and Path(values["scratch"])
    values["readable"] = tuple(map(Path, values["readable"]))
    values["hidden"] = tuple(map(Path, values["hidden"]))
    values["limits"] = Limits(**values["limits"])
    return Request(**values), dict(zip(CHANNELS, descriptors, strict=True))


def send(link: socket.socket, **message: Any) -> None:
    """Send one event or order; OSError if the other end has gone."""
    link.send(json.dumps(message).encode())


def receive(link: socket.socket) -> dict[str, Any] | None:
    """The next message, or None at the end. BlockingIOError from a non-blocking socket."""
    packet = link.recv(_MOST_BYTES)
    return json.loads(packet) if packet else None
