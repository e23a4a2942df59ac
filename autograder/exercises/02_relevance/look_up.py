"""Lesson 2: one query a look, through keras.layers.Attention."""

import numpy as np

from autograder.exercise.draws import all_real, example, inputs, normal, part
from autograder.exercise.vocabulary import Exercise, Misconception, Unseen

from ..shared import softmax
from ._attention import attend, change_padding, each_asks_all, look_up


def _spoken_order(target, values, keys, mask):
    """Ask the values and mix the keys: a value comes out only where both are equally wide."""
    return look_up(target, values=keys, keys=values, mask=mask)


def _lengths(rng, sizes):
    """Draw a mask of rows that differ in length, the shortest with one real place, all with padding."""
    kept = np.linspace(1, sizes["Tv"] - 1, sizes["B"]).astype(int)
    return np.arange(sizes["Tv"]) < rng.permutation(kept)[:, None]


full = inputs(target=normal("B D"), values=normal("B Tv Dv"), keys=normal("B Tv D"), mask=all_real("B Tv"))
draw = inputs(target=normal("B D"), values=normal("B Tv Dv"), keys=normal("B Tv D"), mask=_lengths)
SMALL = {"target": [[1.0, 2.0]], "keys": [[[1.0, 0.0], [2.0, 0.0], [0.0, 2.0]]]}


exercise = Exercise(
    title="Look one target up in each history",
    difficulty=3,
    importance=5,
    minutes=6,
    tensors=True,
    parts=(
        part(
            "full histories",
            2,
            example(**SMALL, values=[[[-1.0, 1.0], [0.0, 0.0], [1.0, 0.0]]], mask=[[True, True, True]]),
            full(B=3, Tv=5, D=4, Dv=4),  # keys as wide as values: only there can their exchange be computed
            full(B=2, Tv=(6, 8), D=3, Dv=3),
        ),
        part(
            "short histories",
            1,
            example(**SMALL, values=[[[-1.0], [0.0], [1.0]]], mask=[[True, True, False]]),
            draw(B=3, Tv=6, D=5, Dv=4),
            draw(B=4, Tv=7, D=2, Dv=6),
        ),
    ),
    reference=look_up,
    misconceptions=(
        Misconception(
            "every question to every history",
            each_asks_all,
            "The query went in without its sequence axis: every history was asked every look's question, and B contexts came out where one was wanted.",
            "Look again at the first measurement of this section. What must the shape of the query be?",
        ),
        Misconception(
            "the first look's question for all",
            lambda target, values, keys, mask: each_asks_all(target, values, keys, mask)[:, 0],
            "Every history was asked the first look's question: the query went in without its sequence axis, and the first of B contexts was kept.",
            "The shape is right now, the numbers are not. Put the axis on before the layer, and take it off after.",
        ),
        Misconception(
            "all questions averaged",
            lambda target, values, keys, mask: each_asks_all(target, values, keys, mask).mean(axis=1),
            "Every history was asked every look's question and the contexts were averaged: the query went in without its sequence axis.",
            "An example's result must not depend on who else is in the batch. Where do the others come in?",
        ),
        Misconception(
            "query axis left on",
            lambda target, values, keys, mask: look_up(target, values, keys, mask)[:, None],
            "The context still has its query axis: there was one query, so take that axis off.",
            "The shape wanted is (B, Dv). Which axis of length 1 is left?",
        ),
        Misconception(
            "keys mixed instead of values",
            lambda target, values, keys, mask: look_up(target, keys, keys, mask),
            "You mixed the descriptions; what comes out should be what was thought of the purchases.",
            "Check the order of the layer's list: query, value, key.",
        ),
        Misconception(
            "order query, key, value",
            _spoken_order,
            "You passed [query, key, value], so the values were asked and the keys mixed; where they are as wide as each other nothing complains, elsewhere the matrix sizes do not fit and an error is raised.",
            "People say query, key, value; the layer has an order of its own. What does `help(keras.layers.Attention)` say of its list?",
        ),
        Misconception(
            "mask not passed",
            lambda target, values, keys, mask: look_up(target, values, keys, np.ones_like(mask)),
            "The mask did not reach the layer: padded places get weight.",
            "`mask` of the call is a list: the queries' first (here None), then the one of the history.",
        ),
        Misconception(
            "mask inverted",
            lambda target, values, keys, mask: look_up(target, values, keys, ~mask),
            "The mask is the wrong way around: only padding was attended to. True means a purchase.",
            "Pass the mask as it is.",
        ),
        Misconception(
            "scaled although not asked",
            lambda target, values, keys, mask: look_up(target / target.shape[-1] ** 0.5, values, keys, mask),
            "You divided the scores by the square root of the width; `keras.layers.Attention` as it comes does not, and the task's example does not.",
            "The example's scores are 1, 2 and 4. What are yours?",
        ),
        Misconception(
            "all purchases weighted alike",
            lambda target, values, keys, mask: look_up(0 * target, values, keys, mask),
            "All purchases have the same weight in your answer: it is a masked mean, and does not depend on the target.",
            "Does your answer change when the target does?",
        ),
    ),
    right=(
        # The axis taken off has length 1: its sum is its mean. A target has two axes: -1 is 1.
        lambda target, values, keys, mask: attend(
            np.reshape(target, (-1, 1, target.shape[-1])), values, keys, mask
        ).sum(axis=1),
        lambda target, values, keys, mask: [
            (softmax(k[m] @ q) @ v[m]).tolist() for q, v, k, m in zip(target, values, keys, mask)
        ],
    ),
    hints=(
        "`target[:, None, :]` has shape (B, 1, D): each look asks one question.",
        "The layer takes a list in the order query, value, key, and `mask=[None, mask]`.",
        "What comes back has shape (B, 1, Dv). `context[:, 0]` takes the query axis off.",
    ),
    unseen=(
        Unseen(
            change_padding("values"), "Padding leaks: the output changes when only the values of padded places change."
        ),
    ),
)
