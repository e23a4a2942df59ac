"""Worker processes on this machine, and a start in which nothing waits for what it does not need.

Light to import: the command line calls `begin` before it imports the rest where it knows that it will be needed.
"""

from __future__ import annotations

import contextlib
import multiprocessing
import os
import sys
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Executor, ProcessPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from autograder.kernels import Wall

_CONTEXT = multiprocessing.get_context("spawn" if sys.platform == "win32" else "forkserver")
if sys.platform != "win32":
    _CONTEXT.set_forkserver_preload(["autograder.grading.grade"])  # imported once, not once a worker


def begin(warm: bool = True) -> None:
    """Start, side by side, what a class needs first: the process that workers fork from, the parent of the
    kernels (with `warm`), and the trial of the walls. Whoever needs one of them later waits only for the rest.
    A second call does no harm."""
    if sys.platform != "win32":
        from multiprocessing import forkserver

        forkserver.ensure_running()
    from autograder.kernels import isolation  # here: imports from two threads at once would meet half-made modules

    if warm and sys.platform == "linux":
        from autograder.kernels.warm.start import connect

        with contextlib.suppress(Exception):  # the first kernel will say what is wrong
            connect().close()
    threading.Thread(target=isolation, args=(not warm,), daemon=True).start()


@dataclass(frozen=True)
class Pool:
    """Where submissions are graded.

    executor: makes a pool of workers, with the interface of concurrent.futures. walls: tries the walls there.
    """

    executor: Callable[[], Executor]
    walls: Callable[[], tuple[Wall, ...]]


@contextmanager
def process_pool(workers: int, warm: bool = True) -> Iterator[Pool]:
    """Give worker processes on this machine; without `warm`, each kernel starts anew."""

    def walls() -> tuple[Wall, ...]:
        from autograder.kernels import isolation

        begin(warm)
        return isolation(anew=not warm)

    yield Pool(lambda: ProcessPoolExecutor(workers, mp_context=_CONTEXT, initializer=_end_with_parent), walls)


def _end_with_parent() -> None:
    """Let a worker end when the grader is killed: waiting for work, it would not notice."""

    def watch() -> None:
        multiprocessing.parent_process().join()
        os._exit(1)

    threading.Thread(target=watch, daemon=True).start()


def default_workers() -> int:
    """Return the number of processors this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
