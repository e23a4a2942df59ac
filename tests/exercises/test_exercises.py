"""Every exercise of the course, in its three states and with every misconception."""

from types import SimpleNamespace

import numpy as np
import pytest

from autograder.asking.answer import ask_in
from autograder.exercise.examine import examine
from autograder.exercises import all_exercises

EXERCISES = list(all_exercises().values())
SEEDS = (0, 1, "a submission")


def verdict(exercise, answer, seed=0):
    answer = as_layer(exercise, answer) if exercise.how == "layer" else answer
    return examine(exercise, ask_in({exercise.name: answer}), seed)


def as_layer(exercise, answer):
    """Return a layer that computes `answer` from weights drawn anew each time that it is called."""
    rng = np.random.default_rng(0)

    class Layer(SimpleNamespace):
        def __init__(self, **arguments):
            super().__init__()
            self.arguments = arguments

        def __call__(self, **inputs):
            weights = exercise.weights(rng, inputs, **self.arguments)
            for path, value in weights.items():
                *owners, name = path.split(".")
                place = self
                for owner in owners:
                    place = place.__dict__.setdefault(owner, SimpleNamespace())
                setattr(place, name, value)
            return answer(**inputs, weights=weights, **self.arguments)

    return Layer


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
        found = verdict(exercise, lambda **inputs: np.full((2, 2), 0.123))
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
