"""What `isolation` reports, at each strength of walls."""

from __future__ import annotations

import functools
import os
import sys
import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from autograder.kernels import isolation
from autograder.kernels.isolation import attempt


@pytest.mark.parametrize(
    ("level", "missing"),
    [
        pytest.param("namespaces", set(), id="all walls"),
        pytest.param("landlock", {"scratch size"}, id="no namespaces"),
        pytest.param(
            "none",
            {"scratch size", "process count", "reading files", "writing files", "network",
             "other processes"},
            id="limits only",
        ),
    ],
)  # fmt: skip
def test_each_wall_is_reported_as_it_is(light_parent, monkeypatch, level, missing):
    monkeypatch.setenv("AUTOGRADER_WALLS", level)
    attempt.cache_clear()
    walls = isolation()
    attempt.cache_clear()
    fallen = {wall.name for wall in walls if not wall.holds}
    if level == "landlock":
        # Root's processes are not counted; another user's can be slowed down by each other.
        missing = missing | ({"process count"} if os.getuid() == 0 else {"other processes"})
    assert fallen | {"process count"} == missing | {"process count"}
    assert all(wall.remedy and level in wall.detail for wall in walls if not wall.holds)


def test_two_who_ask_at_once_share_one_attempt(monkeypatch):
    tried = []

    @functools.cache
    def slow():
        tried.append(time.sleep(0.05))
        return ()

    monkeypatch.setattr(sys.modules["autograder.kernels.isolation"], "attempt", slow)
    with ThreadPoolExecutor(2) as threads:
        assert list(threads.map(lambda _: isolation(), range(2))) == [(), ()]
    assert len(tried) == 1


def test_other_systems_are_reported_as_not_isolated(monkeypatch):
    monkeypatch.setattr("sys.platform", "darwin")
    attempt.cache_clear()
    walls = isolation()
    attempt.cache_clear()
    assert walls and not any(wall.holds for wall in walls)
