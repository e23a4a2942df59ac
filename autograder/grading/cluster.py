"""Grade on many machines: the same function on a Dask cluster, through the interface of concurrent.futures."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import Executor
from contextlib import contextmanager


class NoCluster(Exception):
    """There is no cluster to be had; the message says why and what to do."""


@contextmanager
def cluster_pool(address: str) -> Iterator[Callable[[], Executor]]:
    """Give a maker of executors on the Dask cluster whose scheduler listens at `address`, e.g. tcp://host:8786.

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
        yield lambda: client.get_executor(pure=False)
