"""Lesson 7: who may look at whom."""

import numpy as np

from autograder.exercise.draws import example, inputs, part, size
from autograder.exercise.vocabulary import Exercise, Misconception


def _row_col(length):
    return np.arange(length)[:, None], np.arange(length)[None, :]


def _mask(length, relation=np.greater_equal):
    return relation(*_row_col(length))


draw = inputs(length=size("T"))


exercise = Exercise(
    title="Who may look at whom",
    difficulty=2,
    importance=5,
    minutes=4,
    parts=(
        part("few items, and many", 1, example(length=3), draw(T=(4, 40))),
        part("other lengths", 1, draw(T=6), draw(T=1), draw(T=2), draw(T=(7, 40))),
    ),
    reference=_mask,
    misconceptions=(
        Misconception(
            "an item may not see itself",
            lambda length: _mask(length, np.greater),
            "Your diagonal is False: nobody sees itself, and the first item sees nobody at all. Only what comes later is out of bounds.",
            "What is left for the softmax of the first item?",
        ),
        Misconception(
            "future instead of past",
            lambda length: _mask(length, np.less_equal),
            "Rows and columns are exchanged: your items see the future and not the past.",
            "A row is a query. How many keys may the first query see, and how many the last one?",
        ),
        Misconception(
            "mask inverted",
            lambda length: _mask(length, np.less),
            "True stands where looking is forbidden; as in lesson 1, True means that a key counts.",
            "What should the last row look like, for the item that may see everything?",
        ),
        Misconception(
            "only the item before",
            lambda length: np.isin(np.subtract(*_row_col(length)), (0, 1)),
            "Your items see themselves and the one before; all earlier ones are allowed.",
            "How many True does the last row of the example have?",
        ),
        Misconception(
            "numbers instead of True and False",
            lambda length: _mask(length).astype(float),
            "The pattern is right, but these are numbers; the mask holds True and False.",
            "A comparison gives True and False. `astype(bool)` does as well.",
        ),
        Misconception(
            "penalties instead of True and False",
            lambda length: np.where(_mask(length), 0.0, -1e9),
            "These are penalties, to be added to scores; the mask says True where a key counts, False where not.",
            "Look at the example: what stands in it?",
        ),
        Misconception(
            "one ahead",
            lambda length: _mask(length, lambda row, column: column <= row + 1),
            "Your items see one place ahead: each may look at the next one, too, and could read from it what it is to say.",
            "How many True does the first row of the example have?",
        ),
    ),
    right=(
        lambda length: np.tril(np.ones((length, length), bool)),
        lambda length: [[key <= query for key in range(length)] for query in range(length)],
    ),
    hints=(
        "Query t may look at key s when s is not later than t. That is one comparison.",
        "Two `np.arange(length)`, one as a column, one as a row, compare to a square. There is also `np.tril`.",
    ),
)
