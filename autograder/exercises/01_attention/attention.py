"""Lesson 1: the three lines for a batch."""

import numpy as np

from autograder.exercise.draws import example, inputs, normal, part
from autograder.exercise.vocabulary import Exercise, Misconception

from ..shared import softmax, swap


def _scores_of(query, key):
    return query @ swap(key)


def _attention(query, value, key):
    return softmax(_scores_of(query, key)) @ value


_SWAPPED = Misconception(
    "keys and values exchanged",
    lambda query, value, key: _attention(query, value=key, key=value),
    "You scored the query against the values and mixed the keys; the keys are for scoring, the values for mixing.",
    "The order of the arguments is query, value, key, as in Keras. Which of them does each line use?",
)


_OVER_QUERIES = Misconception(
    "softmax over the queries",
    lambda query, value, key: softmax(_scores_of(query, key), axis=1) @ value,
    "Your softmax ran over the queries (axis 1); each query spreads its weight over the values, which lie on the last axis.",
    "The scores have shape (B, Tq, Tv). Which axis must sum to one?",
)

draw = inputs(query=normal("B Tq D"), value=normal("B Tv Dv"), key=normal("B Tv D"))
SMALL = example(
    query=[[[1.0, 2.0]]], value=[[[1.0, 0.0], [4.0, 0.0], [0.0, 10.0]]], key=[[[1.0, 0.0], [2.0, 0.0], [0.0, 2.0]]]
)


exercise = Exercise(
    title="The three lines, for a batch",
    difficulty=3,
    importance=5,
    minutes=6,
    tensors=True,
    parts=(
        part("a batch", 2, SMALL, draw(B=2, Tq=3, Tv=4, D=5, Dv=5), draw(B=3, Tq=6, Tv=2, D=4, Dv=4)),
        part("values wider than keys", 1, draw(B=2, Tq=5, Tv=4, D=3, Dv=7)),
    ),
    reference=_attention,
    misconceptions=(
        _SWAPPED,
        _OVER_QUERIES,
        Misconception(
            "softmax over the batch",
            lambda query, value, key: softmax(_scores_of(query, key), axis=0) @ value,
            "Your softmax ran over the batch (axis 0), which mixes up examples that have nothing to do with each other.",
            "The scores have shape (B, Tq, Tv). Which axis must sum to one?",
        ),
        Misconception(
            "no softmax",
            lambda query, value, key: _scores_of(query, key) @ value,
            "You mixed the values by the raw scores; the second line, the softmax, is missing.",
            "Count your lines. What stands between scores and context?",
        ),
        Misconception(
            "softmax over all keys and queries",
            lambda query, value, key: softmax(_scores_of(query, key), axis=(1, 2)) @ value,
            "All weights of an example sum to one together; each of its queries needs a sum of one for itself.",
            "The scores have shape (B, Tq, Tv). Over how many axes does the softmax run?",
        ),
        Misconception(
            "scaled although not asked",
            lambda query, value, key: softmax(_scores_of(query, key) / np.sqrt(key.shape[-1])) @ value,
            "You divided the scores by the square root of D; that is right in the next section, but this exercise asks for plain dot products.",
            "Take the division out here, and keep it for `scaled_attention`.",
        ),
    ),
    right=(
        lambda query, value, key: np.einsum("bqv,bvd->bqd", softmax(np.einsum("bqd,bvd->bqv", query, key)), value),
        lambda query, value, key: np.stack([softmax(q @ np.transpose(k)) @ v for q, v, k in zip(query, value, key)]),
    ),
    hints=(
        "Write the shape of each line's result first: (B, Tq, Tv), (B, Tq, Tv), (B, Tq, D).",
        "`tf.matmul(query, key, transpose_b=True)` exchanges the last two axes of `key` before it multiplies.",
        "`tf.nn.softmax` runs over the last axis unless told otherwise. Which axis is that in the scores?",
    ),
)
