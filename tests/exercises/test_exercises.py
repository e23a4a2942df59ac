"""Every exercise of the course, in its three states and with every misconception."""

import itertools

import numpy as np
import pytest

from autograder.exercise.library import all_exercises
from tests.exercises.answers import verdict

EXERCISES = list(all_exercises().values())
SEEDS = (0, 1, "a submission")


def each(attribute):
    return [
        pytest.param(exercise, item, id=f"{exercise.name}-{getattr(item, 'name', number)}")
        for exercise in EXERCISES
        for number, item in enumerate(getattr(exercise, attribute))
    ]


@pytest.mark.parametrize("exercise", EXERCISES, ids=lambda exercise: exercise.name)
class TestEachExercise:
    def test_is_the_reference_right(self, exercise):
        for seed in SEEDS:
            assert verdict(exercise, exercise.reference, seed).outcome == "right"

    def test_is_an_untouched_answer_not_attempted(self, exercise):
        def stub(*args, **kwargs):
            raise NotImplementedError

        found = verdict(exercise, stub)
        assert (found.outcome, found.earned) == ("not attempted", 0)

    def test_are_there_enough_wrong_and_right_answers(self, exercise):
        assert len(exercise.misconceptions) >= 4
        assert len(exercise.right) >= 2
        assert len(exercise.hints) >= 2

    def test_is_an_answer_that_returns_noise_wrong(self, exercise):
        found = verdict(exercise, lambda *inputs, **named: np.full((2, 2), 0.123))
        assert found.earned == 0


@pytest.mark.parametrize("exercise, answer", each("right"))
def test_is_a_right_answer_written_differently_right(exercise, answer):
    for seed in SEEDS:
        assert verdict(exercise, answer, seed).outcome == "right"


@pytest.mark.parametrize("exercise, mistake", each("misconceptions"))
def test_is_each_misconception_named(exercise, mistake):
    for seed in SEEDS:
        found = verdict(exercise, mistake.answer, seed)
        assert found.earned < found.points
        named = {part.misconception for part in found.parts if part.outcome == "wrong"}
        assert mistake.name in named
        assert named <= {mistake.name, ""}
        for part in found.parts:
            assert part.expected != part.received or not part.expected, "two values that differ look the same"


NUMBERS = {"two": 2, "three": 3, "four": 4, "five": 5, "six": 6, "seven": 7, "eight": 8, "nine": 9, "ten": 10}
LEADS = {"length", "mask", "frames", "lengths", "hypotheses"}  # what counts the items, looks, clips, sentences


def sizes(value):
    """Return every length that a value has, and every whole number that it is."""
    if isinstance(value, np.ndarray):
        return {*value.shape}
    if isinstance(value, (int, float)):
        return {value}
    items = list(value.values()) if isinstance(value, dict) else value if isinstance(value, (list, tuple)) else []
    return {len(items)}.union(*map(sizes, items))


@pytest.mark.parametrize("exercise", EXERCISES, ids=lambda exercise: exercise.name)
def test_does_no_name_of_a_part_contradict_what_is_asked(exercise):
    """A number in it is a length, or a number, that every question of the part has; one that leads, its first."""
    for part in exercise.parts:
        said = [NUMBERS[word] for word in part.name.replace(",", "").split() if word in NUMBERS]
        for case, seed in itertools.product(part.cases, range(5)):
            inputs = {**case.draw(np.random.default_rng(seed)), **case.arguments}
            assert set(said) <= sizes(inputs), (part.name, case.name)
            for name in LEADS & inputs.keys() if part.name.split()[0] in NUMBERS else ():
                value = inputs[name]
                first = value if isinstance(value, int) else len(value) if np.ndim(value) else None
                assert first in (None, said[0], 1), (part.name, case.name, name)
