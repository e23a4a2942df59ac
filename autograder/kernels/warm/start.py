"""Finding this environment's warm parent, or starting it."""

from __future__ import annotations

import contextlib
import fcntl
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

from autograder.kernels.warm import environment

_START_SECONDS = 20.0  # to listen; importing comes after
_MOST_LOG_BYTES = 1 << 20


def connect() -> socket.socket:
    """A connection to this environment's warm parent, which is started if there is none.

    RuntimeError, with the end of the parent's log, if it cannot be started.
    """
    address = environment.address()
    try:
        return _dial(address)
    except (FileNotFoundError, ConnectionRefusedError):
        pass
    with start_lock(address.parent):
        try:
            return _dial(address)
        except (FileNotFoundError, ConnectionRefusedError):
            _spawn(address)
        return _dial(address)


@contextlib.contextmanager
def start_lock(folder: Path) -> Iterator[None]:
    """Two graders that start at once start one parent; one that leaves takes no other's place."""
    with open(folder / "start.lock", "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _dial(address: Path) -> socket.socket:
    link = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    try:
        link.connect(str(address))
    except OSError:
        link.close()
        raise
    return link


def _spawn(address: Path) -> None:
    log_file = address.with_suffix(".log")
    if log_file.exists() and log_file.stat().st_size > _MOST_LOG_BYTES:
        log_file.unlink()
    with open(log_file, "ab") as log:
        try:
            # Returns as soon as the parent listens, in a process of its own.
            subprocess.run(
                # -P: the folder it is started from is not searched for modules.
                [sys.executable, "-P", "-m", "autograder.kernels.warm.parent", str(address)],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
                cwd=address.parent,
                env=environment.parent_variables(address.parent),
                timeout=_START_SECONDS,
                check=True,
            )
        except subprocess.SubprocessError as error:
            end = log_file.read_text(errors="replace")[-2000:]
            raise RuntimeError(f"the warm parent does not start: {error}\n{end}") from error
