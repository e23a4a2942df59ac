"""Lesson 1: attention that gives padding no weight."""

import numpy as np

from autograder.exercise.draws import example, inputs, normal, padding, part
from autograder.exercise.vocabulary import Exercise, Misconception, Unseen

from ..shared import softmax, swap


def _scores_of(query, key):
    return query @ swap(key)


def _attention(query, value, key):
    return softmax(_scores_of(query, key)) @ value


def _masked_weights(query, key, mask):
    scores = np.where(mask[:, None, :], _scores_of(query, key), -np.inf)
    return softmax(scores)


def _masked(query, value, key, mask):
    return _masked_weights(query, key, mask) @ value


def _after_softmax(query, value, key, mask):
    return (softmax(_scores_of(query, key)) * mask[:, None, :]) @ value


def _renormalized(query, value, key, mask):
    kept = softmax(_scores_of(query, key)).astype(np.float32) * mask[:, None, :]
    return (kept / kept.sum(axis=-1, keepdims=True)) @ value


draw = inputs(query=normal("B Tq D"), value=normal("B Tv Dv"), key=normal("B Tv D"), mask=padding("B Tv"))
SMALL = {
    "query": [[[1.0, 2.0]]],
    "value": [[[1.0, 0.0], [4.0, 0.0], [0.0, 10.0]]],
    "key": [[[1.0, 0.0], [2.0, 0.0], [0.0, 2.0]]],
    "mask": [[True, True, False]],
}


def _one_real(rng, inputs):
    """Leave exactly one real item in each row, nowhere the first."""
    rows, length = inputs["mask"].shape
    return {**inputs, "mask": np.arange(length) == rng.permutation(np.arange(1, length))[:rows, None]}


def _all_real(rng, inputs):
    return {**inputs, "mask": np.ones_like(inputs["mask"])}


def _loud(rng, inputs):
    """Let padding score 150 for every query: beside it, real weights vanish in 32-bit floats."""
    inputs["query"][:, :, 0] = 1.0
    inputs["key"][~inputs["mask"]] = (150.0, 0.0, 0.0, 0.0, 0.0)
    return inputs


exercise = Exercise(
    title="Keep padding out",
    difficulty=4,
    importance=5,
    minutes=6,
    tensors=True,
    parts=(
        part(
            "some padding",
            1,
            example(**SMALL),
            draw(B=2, Tq=3, Tv=4, D=5, Dv=5),
            draw(B=3, Tq=4, Tv=6, D=2, Dv=2),
        ),
        part("all but one masked", 1, draw.then(_one_real)(B=2, Tq=3, Tv=5, D=4, Dv=4)),
        part("nothing masked", 1, draw.then(_all_real)(B=2, Tq=3, Tv=4, D=5, Dv=5)),
        part(
            "padding with large scores",
            1,
            example(**{**SMALL, "key": [[[1.0, 0.0], [2.0, 0.0], [0.0, 100.0]]]}),
            draw.then(_loud)(B=2, Tq=3, Tv=4, D=5, Dv=5),
        ),
    ),
    reference=_masked,
    misconceptions=(
        Misconception(
            "mask inverted",
            lambda query, value, key, mask: _masked(query, value, key, ~mask),
            "Your mask is the wrong way around: the padding gets the weight, the real items none. True means a real item.",
            "In `tf.where(mask, a, b)`, which of the two is taken where the mask is True?",
        ),
        Misconception(
            "mask after the softmax",
            _after_softmax,
            "You removed the padding's weights after the softmax; what is left no longer sums to one.",
            "Look again at the row sums in the section on masks. Before which line must the mask come?",
        ),
        Misconception(
            "renormalized after the softmax",
            _renormalized,
            "You masked after the softmax and divided by what was left. Beside padding with a large score nothing is left, and 0/0 is not a number.",
            "The section on masks lets padding score 200 and shows this happen. Before which line must the mask come?",
        ),
        Misconception(
            "scores multiplied by the mask",
            lambda query, value, key, mask: softmax(_scores_of(query, key) * mask[:, None, :]) @ value,
            "You set the padding's scores to zero, and exp(0) is 1: the padding still gets weight.",
            "Which score has a weight of zero? It is not zero.",
        ),
        Misconception(
            "mask not used",
            lambda query, value, key, mask: _attention(query, value, key),
            "The mask changes nothing in your answer: the padding is attended to like any other item.",
            "Between which two of the three lines does the mask come in?",
        ),
        Misconception(
            "mask added as it is",
            lambda query, value, key, mask: softmax(_scores_of(query, key) + mask[:, None, :]) @ value,
            "You added the mask, which lifts the real items' scores by 1; the padding's weight shrinks by a factor of e, not to zero.",
            "How low must a score be for a weight of zero?",
        ),
    ),
    right=(
        lambda query, value, key, mask: softmax(_scores_of(query, key) + (1.0 - mask)[:, None, :] * -1e9) @ value,
        lambda query, value, key, mask: (lambda kept: (kept / kept.sum(-1, keepdims=True)) @ value)(
            np.exp(_scores_of(query, key)) * mask[:, None, :]
        ),
    ),
    hints=(
        "The mask has shape (B, Tv), the scores (B, Tq, Tv). Give the mask a length-1 axis where Tq is: `mask[:, None, :]`.",
        "A score of minus infinity has a weight of exp(-inf) = 0. A large negative number such as -1e9 does as well.",
        "`tf.where(condition, a, b)` takes `a` where the condition is True and `b` elsewhere.",
    ),
    unseen=(
        Unseen(
            lambda inputs: {
                **inputs,
                "value": np.where(inputs["mask"][:, :, None], inputs["value"], 99.0).astype(np.float32),
            },
            "Padding leaks: the output changes when only the values of padded items change.",
        ),
    ),
)
