"""How strong the walls can be on this system: found by raising them, not by asking its version."""

from __future__ import annotations

import os
import shutil
import tempfile
import traceback
from collections.abc import Callable
from enum import StrEnum
from pathlib import Path

from autograder.kernels.limits import Limits
from autograder.kernels.walls import landlock, namespaces
from autograder.kernels.warm import environment


class Level(StrEnum):
    """NAMESPACES: all walls. LANDLOCK: files, network and signals. NONE: resource limits only."""

    NAMESPACES = "namespaces"
    LANDLOCK = "landlock"
    NONE = "none"


def find() -> tuple[Level, str]:
    """The strongest level that can be had, and why no stronger one.

    Call from a process without threads. AUTOGRADER_WALLS=landlock or =none asks for less.
    """
    wanted = Level(os.environ.get("AUTOGRADER_WALLS", Level.NAMESPACES))
    folder = Path(tempfile.mkdtemp(dir=environment.runtime_folder()))
    try:
        reason = f"AUTOGRADER_WALLS is {wanted}"
        if wanted is Level.NAMESPACES:
            reason = _failure(lambda: _try_namespaces(folder))
            if not reason:
                return Level.NAMESPACES, ""
        if wanted is not Level.NONE and landlock.available():
            failure = _failure(lambda: _try_landlock(folder))
            if not failure:
                return Level.LANDLOCK, reason
            reason += "\n" + failure
        return Level.NONE, reason
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _try_namespaces(folder: Path) -> None:
    namespaces.enter_process_namespace()
    reason = _failure(
        lambda: namespaces.raise_walls(root=folder, scratch=None, readable=(), hidden=(), limits=Limits())
    )
    if reason:
        raise OSError(reason)


def _try_landlock(folder: Path) -> None:
    landlock.enter(folder, None, Limits())
    landlock.raise_walls(folder, (), ())


def _failure(attempt: Callable[[], None]) -> str:
    """Why `attempt` fails in a fork of this process, or nothing."""
    reader, writer = os.pipe()
    child = os.fork()
    if child == 0:
        message = ""
        try:
            attempt()
        except BaseException:
            message = traceback.format_exc(limit=-1).strip().splitlines()[-1]
        finally:
            os.write(writer, message.encode())
            os._exit(0)
    os.close(writer)
    with os.fdopen(reader, "rb") as pipe:
        message = pipe.read().decode()
    _, status = os.waitpid(child, 0)
    return message or (f"wait status {status}" if status else "")
