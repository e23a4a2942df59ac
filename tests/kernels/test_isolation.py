"""What `isolation` reports, at each strength of walls."""

from __future__ import annotations

import os

import pytest

from autograder.kernels import isolation


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
    isolation.cache_clear()
    walls = isolation()
    isolation.cache_clear()
    fallen = {wall.name for wall in walls if not wall.holds}
    if level == "landlock":
        # Root's processes are not counted; another user's can be slowed down by each other.
        missing = missing | ({"process count"} if os.getuid() == 0 else {"other processes"})
    assert fallen | {"process count"} == missing | {"process count"}
    assert all(wall.remedy and level in wall.detail for wall in walls if not wall.holds)


def test_other_systems_are_reported_as_not_isolated(monkeypatch):
    monkeypatch.setattr("sys.platform", "darwin")
    isolation.cache_clear()
    walls = isolation()
    isolation.cache_clear()
    assert walls and not any(wall.holds for wall in walls)
