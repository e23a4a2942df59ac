"""What `isolation` reports, at each strength of walls."""

from __future__ import annotations

import functools
import os
import sys
import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from autograder.kernels import isolation
from autograder.kernels.trial.isolation import Wall, attempt, of_this_parent
from autograder.kernels.warm import environment


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
    walls = isolation(anew=True)
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

    monkeypatch.setattr(sys.modules["autograder.kernels.trial.isolation"], "attempt", slow)
    with ThreadPoolExecutor(2) as threads:
        assert list(threads.map(lambda _: isolation(anew=True), range(2))) == [(), ()]
    assert len(tried) == 1


@pytest.fixture
def tried(monkeypatch, tmp_path):
    """Count how often walls are tried, where a warm parent listens at tmp_path/parent.sock and nothing is known."""
    count = []

    def attempt():
        count.append("tried")
        return (Wall("network", holds="holds" in os.environ, detail=f"try {len(count)}"),)

    monkeypatch.setattr(sys.modules["autograder.kernels.trial.isolation"], "attempt", attempt)
    monkeypatch.setattr(environment, "address", lambda: tmp_path / "parent.sock")
    monkeypatch.setenv("holds", "yes")
    (tmp_path / "parent.sock").touch()
    of_this_parent.cache_clear()
    yield count
    of_this_parent.cache_clear()


def ask_in_another_process():
    of_this_parent.cache_clear()
    return isolation()


def test_is_a_trial_kept_while_the_parent_lives(tried):
    assert ask_in_another_process() == ask_in_another_process()
    assert len(tried) == 1


def test_is_another_parent_tried_anew(tried, tmp_path):
    ask_in_another_process()
    (tmp_path / "other").touch()
    (tmp_path / "other").replace(tmp_path / "parent.sock")
    assert [wall.detail for wall in ask_in_another_process()] == ["try 2"]


def test_is_a_missing_wall_tried_again(tried, monkeypatch):
    monkeypatch.delenv("holds")
    ask_in_another_process()
    ask_in_another_process()
    assert len(tried) == 2


def test_does_a_spoilt_note_do_no_harm(tried, tmp_path):
    ask_in_another_process()
    (tmp_path / "parent.walls").write_text("[1")
    assert ask_in_another_process()[0].holds and len(tried) == 2


def test_other_systems_are_reported_as_not_isolated(monkeypatch):
    monkeypatch.setattr("sys.platform", "darwin")
    attempt.cache_clear()
    walls = isolation(anew=True)
    attempt.cache_clear()
    assert walls and not any(wall.holds for wall in walls)
