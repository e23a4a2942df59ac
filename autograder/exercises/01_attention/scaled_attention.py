"""Lesson 1: scores divided by the root of the width."""

import numpy as np

from autograder.exercise.draws import example, inputs, normal, part
from autograder.exercise.vocabulary import Exercise, Misconception

from ..shared import softmax, swap


def _scores_of(query, key):
    return query @ swap(key)


def _attention(query, value, key):
    return softmax(_scores_of(query, key)) @ value


def _scaled_by(factor):
    """Return attention whose scores are multiplied by factor(query, value, key)."""

    def answer(query, value, key):
        return softmax(_scores_of(query, key) * factor(query, value, key)) @ value

    return answer


draw = inputs(query=normal("B Tq D"), value=normal("B Tv Dv"), key=normal("B Tv D"))
SMALL = example(
    query=[[[1.0, 2.0]]], value=[[[1.0, 0.0], [4.0, 0.0], [0.0, 10.0]]], key=[[[1.0, 0.0], [2.0, 0.0], [0.0, 2.0]]]
)


exercise = Exercise(
    title="Scale the scores by the width",
    difficulty=3,
    importance=5,
    minutes=3,
    tensors=True,
    parts=(
        part("a batch", 2, SMALL, draw(B=2, Tq=3, Tv=4, D=5, Dv=5), draw(B=3, Tq=6, Tv=2, D=4, Dv=4)),
        part("wide keys", 1, draw(B=2, Tq=3, Tv=5, D=64, Dv=4)),
    ),
    reference=_scaled_by(lambda query, value, key: key.shape[-1] ** -0.5),
    misconceptions=(
        Misconception(
            "not scaled",
            _attention,
            "The scores are not scaled: this is plain dot-product attention.",
            "Which line changes, and by which number?",
        ),
        Misconception(
            "scaled by the number of keys",
            _scaled_by(lambda query, value, key: key.shape[-2] ** -0.5),
            "You divided by the square root of the number of keys; what makes dot products large is the width D.",
            "Over which axis does a dot product add up? That axis sets the scale.",
        ),
        Misconception(
            "divided by the width itself",
            _scaled_by(lambda query, value, key: 1 / key.shape[-1]),
            "You divided by D; the standard deviation of a sum of D terms grows with the square root of D.",
            "Look again at how the measured spread grows when D becomes four times as large.",
        ),
        Misconception(
            "multiplied instead of divided",
            _scaled_by(lambda query, value, key: key.shape[-1] ** 0.5),
            "You multiplied by the square root of D, which makes large scores larger still.",
            "Should the scores shrink or grow as keys become wider?",
        ),
        Misconception(
            "scaled after the softmax",
            lambda query, value, key: _attention(query, value, key) / np.sqrt(key.shape[-1]),
            "You scaled the result; the weights are as sharp as before and no longer sum to one. The scores must shrink, before the softmax.",
            "Which of the three lines does the scaling belong to?",
        ),
    ),
    right=(
        lambda query, value, key: _attention(query / np.sqrt(query.shape[-1]), value, key),
        lambda query, value, key: np.stack(
            [softmax((q @ k.T) / np.sqrt(float(k.shape[1]))) @ v for q, v, k in zip(query, value, key)]
        ),
    ),
    hints=(
        "Only the first line changes.",
        "Divide the scores by the square root of D, where D is the length of the last axis of `key`.",
        "A shape's entries are whole numbers: `tf.math.sqrt` wants a float, `key.shape[-1] ** 0.5` is one.",
    ),
)
