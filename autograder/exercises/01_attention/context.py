"""Lesson 1: the weighted sum of the values."""

import numpy as np

from autograder.exercise.draws import example, inputs, normal, part, shares
from autograder.exercise.vocabulary import Exercise, Misconception


def _scores(query, key):
    return np.einsum("d,td->t", query, key)


def _naive_softmax(scores):
    powers = np.exp(scores)
    return powers / powers.sum(axis=-1, keepdims=True)


def _context(distribution, value):
    return np.einsum("...t,td->...d", distribution, value)


def _weighted(distribution, value):
    return distribution[..., None] * value


rows = inputs(distribution=shares("Tq Tv"), value=normal("Tv Dv"))


exercise = Exercise(
    title="Mix the values by their weights",
    difficulty=2,
    importance=5,
    minutes=3,
    parts=(
        part(
            "one query",
            1,
            example(distribution=[0.5, 0.25, 0.25], value=[[4.0, 0.0], [0.0, 8.0], [2.0, 2.0]]),
            inputs(distribution=shares("Tv"), value=normal("Tv Dv"))(Tv=5, Dv=3),
        ),
        part(
            "a row of weights for each query",
            1,
            rows(Tq=2, Tv=4, Dv=3),
            rows(Tq=3, Tv=2, Dv=5),
        ),
    ),
    reference=_context,
    misconceptions=(
        Misconception(
            "only the best value",
            lambda distribution, value: value[np.argmax(distribution, axis=-1)],
            "You took the value with the largest weight; the context mixes all values, each by its weight.",
            "What becomes of the weight of 0.25 in the worked example?",
        ),
        Misconception(
            "plain mean of the values",
            lambda distribution, value: np.broadcast_to(
                np.mean(value, axis=0), (*distribution.shape[:-1], value.shape[-1])
            ),
            "You averaged the values as if all weights were equal; the distribution says how much of each to take.",
            "Does your result change when the distribution does?",
        ),
        Misconception(
            "weighted, not summed",
            _weighted,
            "You multiplied each value by its weight but did not add them up; one query gets one context vector.",
            "The context of one query has shape (D,). Over which axis must you still sum?",
        ),
        Misconception(
            "summed over the width",
            lambda distribution, value: _weighted(distribution, value).sum(axis=-1),
            "You added up the entries within each value; the sum of the context runs over the values, so that the width D stays.",
            "The context has as many entries as one value. Which axis must be gone?",
        ),
        Misconception(
            "weighted mean divided once more",
            lambda distribution, value: _context(distribution, value) / value.shape[0],
            "You divided by the number of values; the weights sum to one already, so the weighted sum is an average as it stands.",
            "Try it with all weights equal: what should come out, and what does?",
        ),
    ),
    right=(
        lambda distribution, value: distribution @ value,
        lambda distribution, value: np.tensordot(distribution, value, axes=1).tolist(),
        lambda distribution, value: _weighted(distribution, value).sum(axis=-2),
    ),
    hints=(
        "The context is a sum: the first weight times the first value, plus the second weight times the second value, and so on.",
        "A row of weights times a matrix is exactly this sum: (Tv,) @ (Tv, D) has shape (D,).",
        "The same operator serves one row of weights and many: (Tq, Tv) @ (Tv, D) has shape (Tq, D).",
    ),
)
