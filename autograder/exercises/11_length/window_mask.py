"""Lesson 11: a window that slides. Beltagy et al. (2020), section 3.1; causal, as in Jiang et al. (2023)."""

import numpy as np

from autograder.exercise.draws import example, inputs, part, size
from autograder.exercise.vocabulary import Exercise, Misconception


def _distance(length):
    return np.arange(length)[:, None] - np.arange(length)


def _mask(length, window):
    distance = _distance(length)
    return (distance >= 0) & (distance < window)


draw = inputs(length=size("T"), window=size("W"))


exercise = Exercise(
    title="The last W tokens",
    difficulty=2,
    importance=4,
    minutes=4,
    parts=(
        part(
            "a short window",
            1,
            example(length=3, window=2),
            draw(T=(7, 16), W=(3, 6)),
        ),
        part(
            "other windows",
            1,
            draw(T=(6, 14), W=(1, 2)),
            draw(T=(5, 9), W=(2, 4)),
            draw(T=(3, 9), W=(10, 13)),
        ),
    ),
    reference=_mask,
    misconceptions=(
        Misconception(
            "one token too many",
            lambda length, window: (_distance(length) >= 0) & (_distance(length) <= window),
            "A query of yours sees W tokens before it and itself, W + 1 in all; the window holds W, the query included.",
            "How many True has the last row of `window_mask(9, 3)`?",
        ),
        Misconception(
            "a window to both sides",
            lambda length, window: np.abs(_distance(length)) < window,
            "Your window reaches into the future as well; a query sees itself and what came before.",
            "Is there a True above the diagonal?",
        ),
        Misconception(
            "no window",
            lambda length, window: _distance(length) >= 0,
            "Your queries see all of the past; the window should end after W tokens.",
            "How many True has the last row of `window_mask(9, 3)`?",
        ),
        Misconception(
            "rows and columns exchanged",
            lambda length, window: _mask(length, window).T,
            "Your rows are keys and your columns queries: the window looks into the future.",
            "Row 0 is the first query. Which keys may it see?",
        ),
        Misconception(
            "blocks side by side",
            lambda length, window: (
                (_distance(length) >= 0) & (np.arange(length)[:, None] // window == np.arange(length) // window)
            ),
            "You cut the sequence into blocks of W; a window slides along with its query.",
            "What does the first query of your second block see of the token just before it?",
        ),
        Misconception(
            "mask inverted",
            lambda length, window: ~_mask(length, window),
            "True means that a query may look; yours is True where it may not.",
            "May a query look at itself?",
        ),
    ),
    right=(
        lambda length, window: (
            np.tril(np.ones((length, length), bool)) & ~np.tril(np.ones((length, length), bool), -window)
        ),
        lambda length, window: [[q - window < k <= q for k in range(length)] for q in range(length)],
    ),
    hints=(
        "The distance of query t and key s is t - s. For all pairs at once: `place[:, None] - place`.",
        "A key is seen if its distance is at least 0 and less than W.",
    ),
)
