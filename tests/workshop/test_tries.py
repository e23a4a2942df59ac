"""What the room makes of the tries it was told."""

from __future__ import annotations

import json

import pytest

from autograder.workshop.room import tries as tries_module
from autograder.workshop.room.tries import NOW, STUCK_FROM, Share, Tries

UNSUMMED = "products left unsummed"


@pytest.fixture
def tries(tmp_path):
    return Tries(tmp_path / "tries.sqlite")


def test_the_last_try_says_where_somebody_is(tries):
    tries.add("ada", "scores", "right", "", 0)
    tries.add("ada", "distribution", "wrong", "", 60)
    (place,) = tries.places(now=180)
    assert (place.exercise, place.outcome, place.tries, place.minutes, place.passed) == (
        "distribution",
        "wrong",
        1,
        2,
        1,
    )


def test_many_tries_of_one_exercise_without_passing_is_stuck_until_it_passes(tries):
    for second in range(STUCK_FROM):
        tries.add("ada", "scores", "wrong", UNSUMMED, second)
    tries.add("bob", "scores", "wrong", "", 0)
    first, second = tries.places(now=10)
    assert (first.name, first.stuck, first.tries) == ("ada", True, STUCK_FROM)
    assert not second.stuck
    assert not tries.places(now=NOW + 10)[0].stuck, "who tried long ago is not stuck now"
    tries.add("ada", "scores", "right", "", 20)
    assert not any(place.stuck for place in tries.places(now=21))


def test_shares_count_learners_and_not_tries(tries):
    for name, outcome in (("ada", "wrong"), ("ada", "right"), ("ada", "right"), ("bob", "partly right")):
        tries.add(name, "scores", outcome, "", 1)
    assert tries.shares() == [Share("scores", 2, 1)]
    assert tries.shares()[0].percent == 50


def test_misconceptions_of_now_are_counted_by_learner(tries):
    tries.add("old", "scores", "wrong", UNSUMMED, 0)
    for name in ("ada", "ada", "bob"):
        tries.add(name, "scores", "wrong", UNSUMMED, 5000)
    assert tries.misconceptions(now=5001) == [("scores", UNSUMMED, 2)]


def test_who_leaves_is_forgotten(tries):
    tries.add("ada", "scores", "wrong", UNSUMMED)
    tries.forget("ada")
    assert tries.places() == tries.shares() == tries.misconceptions() == []


def test_of_one_learner_only_the_last_tries_are_kept(tries, monkeypatch):
    monkeypatch.setattr(tries_module, "MOST_ROWS", 3)
    for second in range(10):
        tries.add("ada", "scores", "wrong", "", second)
    assert tries.places(now=10)[0].tries == 3


def test_a_restart_loses_nothing(tmp_path):
    Tries(tmp_path / "tries.sqlite").add("ada", "scores", "right", "")
    assert Tries(tmp_path / "tries.sqlite").shares() == [Share("scores", 1, 1)]


def test_the_room_takes_only_words_that_the_course_knows():
    service = pytest.importorskip("autograder.workshop.room.service", reason="No JupyterHub.")

    def asked(**about):
        told = {"exercise": "scores", "outcome": "wrong", "misconception": UNSUMMED, **about}
        return service.read_try(json.dumps(told).encode())

    assert asked() == ("scores", "wrong", UNSUMMED)
    for odd in ({"exercise": "rude words"}, {"outcome": "rude"}, {"misconception": "rude"}, {"misconception": ["x"]}):
        with pytest.raises(ValueError):
            asked(**odd)
    for body in (b"", b"[]", b"{}", b"\xff", b'"' + b"x" * 5000 + b'"'):
        with pytest.raises(ValueError):
            service.read_try(body)
