"""What a workshop costs: seconds from sign-in to a ready server, memory of each part, and of a room of thirty.

sudo .venv/bin/python bench/workshop.py [--learners 10]

Starts a workshop of its own on a free port. Learners come one after the other; each opens lesson 1, runs its imports
and a check. Memory is the proportional share (PSS): what processes share counts once in all.
"""

from __future__ import annotations

import argparse
import os
import shutil
import sys
import tempfile
import time
from pathlib import Path

import psutil
from rich.console import Console
from rich.table import Table

ROOT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT / "tests" / "workshop"), str(ROOT / "tests")]

from here import Workshop  # noqa: E402
from people import Person  # noqa: E402

ROOM = 30
MIB = 1 << 20
CELL = """
import numpy as np
import tensorflow as tf
from autograder.practice import check
def scores(query, key):
    return key @ query
check("scores")
"""


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--learners", type=int, default=10)
    learners = parser.parse_args().learners
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        for name in ("lessons", "solutions"):
            shutil.copytree(ROOT / name, root / name)
        shutil.copy(ROOT / "nbgrader_config.py", root)
        (root / "data").symlink_to(ROOT / "data")
        started = time.perf_counter()
        workshop = Workshop(root)
        try:
            workshop.wait()
            up = time.perf_counter() - started
            report(up, *measure(workshop, learners))
        finally:
            workshop.stop()


def measure(workshop: Workshop, learners: int) -> tuple[list[float], dict[str, list[float]]]:
    """Return the seconds that each learner waited, and the MiB of each process by kind."""
    people, seconds = [], []
    for number in range(1, learners + 1):
        person = Person(workshop.url)
        started = time.perf_counter()
        person.sign_in(f"Learner {'abcdefghijklmnopqrstuvwxyz'[number % 26]}{number}", workshop.code)
        person.wait_for_server()
        seconds.append(time.perf_counter() - started)
        people.append(person)
    for person in people:
        person.run(CELL, 120)
    return seconds, memory(workshop)


def memory(workshop: Workshop) -> dict[str, list[float]]:
    """Return the proportional memory, in MiB, of each process of the workshop, by kind."""
    found: dict[str, list[float]] = {}
    for process in psutil.Process(workshop.process.pid).children(recursive=True):
        kind = kind_of(" ".join(process.cmdline()))
        found.setdefault(kind, []).append(process.memory_full_info().pss / MIB)
    return found


def kind_of(command: str) -> str:
    """Return which part of a workshop a command is."""
    kinds = {
        "workshop.keeper": "keeper and first process",
        "jupyterhub.singleuser": "learner's server",
        "ipykernel": "kernel of lesson 1",
        "configurable-http-proxy": "proxy",
        "workshop.room": "room",
        "-m jupyterhub": "hub",
    }
    return next((name for word, name in kinds.items() if word in command), "other")


def report(up: float, seconds: list[float], parts: dict[str, list[float]]) -> None:
    """Print what was measured, and what follows for a room."""
    console = Console()
    cores, machine = os.cpu_count(), psutil.virtual_memory().total / MIB
    console.print(f"{cores} processors, {machine / 1024:.0f} GB. The addresses are said after {up:.1f} s.")
    console.print(
        f"From sign-in to a ready server: first {seconds[0]:.1f} s, last ({len(seconds)}th) {seconds[-1]:.1f} s."
    )
    table = Table("part", "processes", "MiB each", title="Memory, proportional share")
    for kind, sizes in sorted(parts.items(), key=lambda item: -sum(item[1])):
        table.add_row(kind, str(len(sizes)), f"{sum(sizes) / len(sizes):.0f}")
    console.print(table)
    alone = ("hub", "proxy", "room", "other")
    fixed = sum(sum(parts.get(kind, ())) for kind in alone)
    each = sum(sum(sizes) for kind, sizes in parts.items() if kind not in alone) / len(seconds)
    console.print(f"A learner in lesson 1: {each:.0f} MiB. A room of {ROOM}: {(fixed + ROOM * each) / 1024:.1f} GiB.")
    seats = int((16 * 1024 - 2048 - fixed) / each)
    console.print(f"A machine of 16 GB, 2 GB of them left to the system, seats {seats}.")


if __name__ == "__main__":
    main()
