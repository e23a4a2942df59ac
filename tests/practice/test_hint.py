"""Hints come one at a time."""

from __future__ import annotations

import pytest

from autograder.exercise.library import all_exercises, find
from autograder.practice import hint


def hints(capsys, name, times):
    for _ in range(times):
        hint(name)
    return capsys.readouterr().out.splitlines()


@pytest.mark.parametrize("name", all_exercises())
def test_is_one_more_hint_given_at_each_call_and_then_the_first_again(capsys, name):
    expected = [f"Hint {i} of {len(find(name).hints)} for {name}: {text}" for i, text in enumerate(find(name).hints, 1)]
    assert hints(capsys, name, len(expected) + 1) == [*expected, expected[0]]


def test_does_each_exercise_count_its_own_hints(capsys):
    hint("scores")
    hint("context")
    hint("scores")
    assert [line[:10] for line in capsys.readouterr().out.splitlines()] == ["Hint 1 of ", "Hint 1 of ", "Hint 2 of "]


def test_are_hints_remembered_from_one_session_to_the_next(capsys, record):
    hint("scores")
    assert record.read()["hints"] == {"scores": 1}


@pytest.mark.parametrize("given", ["score", "Scores", " scores ", "scroes"])
def test_is_the_name_told_that_was_probably_meant(capsys, given):
    hint(given)
    assert 'Did you mean hint("scores")?' in capsys.readouterr().out


def test_is_it_told_what_hint_wants(capsys):
    hint()
    assert 'such as hint("scores")' in capsys.readouterr().out


@pytest.mark.parametrize("text", ["", "not json", '{"hints": {"scores": "many"}}', '{"hints": 3}', "[" * 100_000])
def test_does_a_damaged_record_cost_only_the_count(capsys, record, text):
    record.path.parent.mkdir()
    record.path.write_text(text)
    given = [line for line in hints(capsys, "scores", 2) if line.startswith("Hint")]
    assert [line[:6] for line in given] == ["Hint 1", "Hint 2"]
