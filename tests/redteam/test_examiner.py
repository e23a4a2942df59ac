"""Can the examiner be fooled by what comes back, whatever code sent it? No kernel: the replies are made here."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from autograder.asking.answer import Reply
from autograder.asking.wire import decode, encode
from autograder.exercise.draws import inputs, normal, part
from autograder.exercise.examine import examine
from autograder.exercise.library import all_exercises


def _drawn(exercise):
    """Whether it asks for more than a constant, as a question with options does."""
    return any(case.draw(np.random.default_rng(0)) for part in exercise.parts for case in part.cases)


EXERCISES = [one for one in all_exercises().values() if one.how == "call" and _drawn(one)]
DUMB = {
    "nothing": lambda inputs: None,
    "zero": lambda inputs: 0.0,
    "not a number": lambda inputs: float("nan"),
    "true": lambda inputs: True,
    "an empty list": lambda inputs: [],
    "an empty text": lambda inputs: "",
    "a dict": lambda inputs: {"outcome": "right", "earned": 1e9},
    "its first input": lambda inputs: next(iter(inputs.values())),
    "its last input": lambda inputs: list(inputs.values())[-1],
    "all its inputs": lambda inputs: list(inputs.values()),
    "zeros like an input": lambda inputs: np.zeros_like(np.asarray(next(iter(inputs.values())), dtype=float)),
    "equal shares": lambda inputs: np.full_like(
        array := np.atleast_1d(np.asarray(next(iter(inputs.values())), dtype=float)), 1 / max(1, array.shape[-1])
    ),
}
ODD = {
    "a huge shape without items": np.zeros((0, 2**20, 2**20)),
    "sixteen axes": np.zeros((1,) * 16),
    "one long text and many short ones": ["x" * 1_000_000, *["y"] * 5_000],
    "numbers and texts": [1.0, "a", None, [2.0]],
    "infinity": float("inf"),
    "rows of different lengths": [[1.0], [1.0, 2.0], []],
    "dicts in lists in dicts": {"a": [{"b": [{"c": []}]}]},
    "largest whole number": 2**63 - 1,
    "signalling numbers": np.array([np.nan, np.inf, -np.inf]),
    "big-endian halves": np.ones(3, dtype=">f2"),
    "characters that mean something": "\x00\x1b[2J\u202e<script>`{{ 1 }}",
}


def asks(answer):
    """Return an `ask` whose replies travel as those of a kernel do."""
    return lambda question: Reply("value", decode(encode(answer(question.inputs))))


@pytest.mark.parametrize("exercise", EXERCISES, ids=[one.name for one in EXERCISES])
@pytest.mark.parametrize("dumb", DUMB)
def test_does_an_answer_without_thought_earn_nothing(exercise, dumb):
    def answer(inputs):
        try:
            return DUMB[dumb](inputs)
        except (TypeError, ValueError):
            return None

    assert examine(exercise, asks(answer), "another seed").earned == 0


@pytest.mark.parametrize("exercise", EXERCISES, ids=[one.name for one in EXERCISES])
@pytest.mark.parametrize("odd", ODD)
def test_does_an_odd_value_earn_nothing_and_break_nothing(exercise, odd):
    assert examine(exercise, asks(lambda inputs: ODD[odd]), "a seed").earned == 0


def learnt_by_heart(exercise):
    """Return the parts that a table of the practice questions and their expected answers earns in grading."""
    table = {}

    def know(question):
        value = exercise.reference(**question.inputs)
        table[encode(question.inputs)] = value
        return Reply("value", decode(encode(value)))

    examine(exercise, know, 0)
    verdict = examine(
        exercise,
        lambda question: Reply("value", decode(encode(table.get(encode(question.inputs), 0.0)))),
        "a secret seed",
    )
    return [part.name for part in verdict.parts if part.earned]


@pytest.mark.parametrize("exercise", EXERCISES, ids=lambda exercise: exercise.name)
def test_does_knowing_the_practice_answers_by_heart_earn_nothing(exercise):
    assert learnt_by_heart(exercise) == []


ODD_OUTPUTS = (None, "x", [], {}, np.zeros((0,)), np.full((2, 2), np.nan), [["a"]], 1e308, np.zeros((1,) * 8))


@pytest.mark.parametrize("name", ["outputs", "unset", "more", "frozen", "unreached", "failed", "inside"])
def test_a_layer_that_sends_odd_things_earns_nothing(name):
    """It computes from drawn weights: what it says beside its outputs can cost points, and never earn any."""
    exercise = replace(
        all_exercises()["scores"],
        how="layer",
        weights={"kernel": "D D"},
        reference=lambda query, key, weights: key @ weights["kernel"] @ query,
        misconceptions=(),
        parts=(part("drawn", 1, inputs(query=normal("D"), key=normal("Tv D"))(D=3, Tv=4)),),
    )
    for odd in ODD_OUTPUTS:
        value = {"outputs": [np.zeros(4)] * 2, "unset": {}, "more": {}, name: odd}
        verdict = examine(exercise, lambda question, value=value: Reply("value", decode(encode(value))), "a seed")
        assert verdict.earned == 0, odd
