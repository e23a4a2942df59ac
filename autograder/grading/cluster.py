"""Grade on many machines: the same function on a Dask cluster, through the interface of concurrent.futures."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace

from autograder.course import CannotDo
from autograder.grading.pool import Pool
from autograder.kernels import Wall, isolation


class NoCluster(CannotDo):
    """There is no cluster to be had; the message says why and what to do."""


@contextmanager
def cluster_pool(address: str) -> Iterator[Pool]:
    """Give the workers of the Dask cluster whose scheduler listens at `address`, e.g. tcp://host:8786.

    Workers need this environment, the course's data/ at the same path, and one thread each. A worker that is
    lost has its submissions graded by another. Raise NoCluster if `distributed` is missing or nobody answers.
    """
    try:
        from distributed import Client
    except ImportError:
        raise NoCluster('Grading on a cluster needs Dask: pip install "attention-course[cluster]".') from None
    try:
        client = Client(address, timeout="10s")
    except (OSError, ValueError) as error:
        raise NoCluster(f"Expected a Dask scheduler at {address}; {error}. Start one with `dask scheduler`.") from None
    with client:
        if not client.scheduler_info()["workers"]:
            raise NoCluster(f"The scheduler at {address} has no workers. Start some with `dask worker {address}`.")
        yield Pool(lambda: client.get_executor(pure=False), lambda: common(client.run(isolation, on_error="return")))


def common(found: dict[str, tuple[Wall, ...] | Exception]) -> tuple[Wall, ...]:
    """Return the walls that many machines have: one that is missing on any is missing. `found` is by machine.

    A machine that was lost meanwhile does not count. Raise NoCluster if none is left.
    """
    there = {machine: here for machine, here in found.items() if not isinstance(here, Exception)}
    if not there:
        raise NoCluster(f"None of the {len(found)} workers tried its walls. Look at the workers' own logs.")
    walls: dict[str, Wall] = {}
    for machine, here in there.items():
        for wall in here:
            if wall.name not in walls or (walls[wall.name].holds and not wall.holds):
                walls[wall.name] = replace(wall, detail=f"{machine}: {wall.detail}")
    return tuple(walls.values())
