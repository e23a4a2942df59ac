"""Lesson 5: inputs that are drawn until wrong answers differ from the right one."""

from collections.abc import Callable

import numpy as np

from autograder.exercise.draws import Draw


def told_apart(make: Callable, right: Callable, wrong: tuple[Callable, ...]) -> Draw:
    """Return a draw of `make(rng, sizes)` on which every wrong answer differs from the right one.

    Raise ValueError where 10,000 tries find none.
    """

    def draw(rng, sizes):
        for _ in range(10_000):
            inputs = make(rng, sizes)
            expected = as_lists(right(*inputs.values()))
            if all(as_lists(answer(*inputs.values())) != expected for answer in wrong):
                return inputs
        raise ValueError("Expected inputs that tell the answers apart, found none.")

    return Draw(draw)


def as_lists(output):
    """Return arrays, tuples and numbers as plain lists and numbers, which compare with ==."""
    return np.asarray(output).tolist()
