"""What `isolation` reports, at each strength of walls."""

from __future__ import annotations

import pytest

from autograder.kernels import isolation


@pytest.mark.parametrize(
    ("level", "missing"),
    [
        pytest.param("namespaces", set(), id="all walls"),
        pytest.param("landlock", {"scratch size", "process count"}, id="no namespaces"),
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
    # Root is not counted by RLIMIT_NPROC, other users are: without namespaces that may hold.
    fallen = {wall.name for wall in walls if not wall.holds}
    assert fallen | {"process count"} == missing | {"process count"}
    assert all(wall.remedy and level in wall.detail for wall in walls if not wall.holds)


def test_other_systems_are_reported_as_not_isolated(monkeypatch):
    monkeypatch.setattr("sys.platform", "darwin")
    isolation.cache_clear()
    walls = isolation()
    isolation.cache_clear()
    assert walls and not any(wall.holds for wall in walls)
