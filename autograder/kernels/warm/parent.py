"""The warm parent: one process that has imported everything and forks a kernel per request.

It runs no TensorFlow operation, starts no thread and makes no ZeroMQ context: after any of these a
fork could deadlock. Run as `python -m autograder.kernels.warm.parent SOCKET`, by `start.connect` only.
"""

from __future__ import annotations

import gc
import importlib
import os
import signal
import socket
import sys
import time
import traceback
from pathlib import Path

from autograder.kernels.walls import level
from autograder.kernels.warm import environment, keeper, start

_IDLE_SECONDS = 600.0  # AUTOGRADER_IDLE_SECONDS overrides
_LOOK_SECONDS = 15.0  # how often it looks whether it is still the right one


def serve(address: Path) -> None:
    """Be the warm parent of this environment until nobody needs it any longer."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    listener = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    address.unlink(missing_ok=True)  # Left by one that was killed; we were started under the lock.
    listener.bind(str(address))
    listener.listen(256)
    if os.fork():
        os._exit(0)  # Whoever started us need not wait for the imports, nor for our end.
    born_as, inode = address.stem, address.stat().st_ino
    idle_seconds = float(os.environ.get("AUTOGRADER_IDLE_SECONDS", _IDLE_SECONDS))
    import_all(environment.preload())
    strength, reason = level.find()
    if reason:
        print(f"walls: {strength}, because: {reason}", file=sys.stderr, flush=True)
    # Keepers report to their graders; nobody waits for them here.
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    last = time.monotonic()
    listener.settimeout(min(_LOOK_SECONDS, idle_seconds / 2))
    while True:
        try:
            link, _ = listener.accept()
        except TimeoutError:
            idle = time.monotonic() - last
            if idle > idle_seconds or environment.key() != born_as:
                break
            continue
        _fork_keeper(listener, link, strength)
        last = time.monotonic()
    with start.start_lock(address.parent):
        if address.exists() and address.stat().st_ino == inode:
            address.unlink()
            for kind in (".log", ".walls"):
                address.with_suffix(kind).unlink(missing_ok=True)
        # Whoever came before the name was gone is still served.
        listener.settimeout(0)
        try:
            while True:
                _fork_keeper(listener, listener.accept()[0], strength)
        except BlockingIOError:
            pass


def import_all(names: list[str]) -> None:
    """Import what is installed of `names`; failures go to the log."""
    for name in names:
        try:
            importlib.import_module(name)
        except ModuleNotFoundError as error:
            if error.name is None or not name.startswith(error.name):
                traceback.print_exc()
        except Exception:
            traceback.print_exc()  # A kernel without it is still a kernel; the log says why.
    # Forks share every object alive now: collecting them would only copy their pages.
    gc.collect()
    gc.freeze()


def _fork_keeper(listener: socket.socket, link: socket.socket, strength: level.Level) -> None:
    if os.fork() == 0:
        try:
            listener.close()
            keeper.keep(link, strength)
        except BaseException:
            traceback.print_exc()
        finally:
            os._exit(0)
    link.close()


if __name__ == "__main__":
    serve(Path(sys.argv[1]))
