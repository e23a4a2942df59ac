"""Lesson 1: the same numbers from keras.layers.Attention."""

import numpy as np

from autograder.exercise.draws import example, inputs, normal, padding, part
from autograder.exercise.vocabulary import Exercise, Misconception

from ..shared import softmax, swap


def _scores_of(query, key):
    return query @ swap(key)


def _masked_weights(query, key, mask):
    scores = np.where(mask[:, None, :], _scores_of(query, key), -np.inf)
    return softmax(scores)


def _masked(query, value, key, mask):
    return _masked_weights(query, key, mask) @ value


def _keras(query, value, key, mask):
    return _masked(query, value, key, mask), _masked_weights(query, key, mask)


draw = inputs(query=normal("B Tq D"), value=normal("B Tv Dv"), key=normal("B Tv D"), mask=padding("B Tv"))
SMALL = {
    "query": [[[1.0, 2.0]]],
    "value": [[[1.0, 0.0], [4.0, 0.0], [0.0, 10.0]]],
    "key": [[[1.0, 0.0], [2.0, 0.0], [0.0, 2.0]]],
    "mask": [[True, True, False]],
}


exercise = Exercise(
    title="The same with keras.layers.Attention",
    difficulty=3,
    importance=5,
    minutes=4,
    tensors=True,
    parts=(
        part("context and weights", 2, example(**SMALL), draw(B=2, Tq=3, Tv=4, D=5, Dv=5)),
        part("values wider than keys", 1, draw(B=2, Tq=5, Tv=4, D=3, Dv=7)),
    ),
    reference=_keras,
    misconceptions=(
        Misconception(
            "order query, key, value",
            lambda query, value, key, mask: _keras(query, value=key, key=value, mask=mask),
            "You passed [query, key, value]; the layer takes [query, value, key].",
            "Look at the order in which the lesson's call names the three.",
        ),
        Misconception(
            "mask not passed",
            lambda query, value, key, mask: _keras(query, value, key, np.ones_like(mask)),
            "The mask did not reach the layer: padding gets weight.",
            "The layer's `mask` argument is a list of two: one mask for the query, one for the value.",
        ),
        Misconception(
            "mask inverted",
            lambda query, value, key, mask: _keras(query, value, key, ~mask),
            "The mask is the wrong way around. As in your own function, True means a real item.",
            "Pass the mask as it is.",
        ),
        Misconception(
            "weights before context",
            lambda query, value, key, mask: _keras(query, value, key, mask)[::-1],
            "You returned the weights first; the task asks for the context, then the weights, in the order in which the layer returns them.",
            "Compare the shapes: the context ends in D, the weights end in Tv.",
        ),
        Misconception(
            "context alone",
            lambda query, value, key, mask: _masked(query, value, key, mask),
            "You returned the context only; the layer hands out its weights when asked.",
            "Which argument of the call asks for the attention scores?",
        ),
    ),
    right=(
        lambda query, value, key, mask: list(_keras(query, value, key, mask)),
        lambda query, value, key, mask: (
            _masked_weights(query, key, mask) @ value,
            softmax(_scores_of(query, key) - 1e9 * (1 - mask)[:, None, :]),
        ),
    ),
    hints=(
        "Build the layer, then call it on a list: `keras.layers.Attention()([query, value, key], ...)`.",
        "The call takes `mask=[query_mask, value_mask]`; there is no query mask here, so the first is None.",
        "`return_attention_scores=True` makes the layer return the pair of context and weights.",
    ),
)
