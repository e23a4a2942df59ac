"""Lesson 2: the history without attention, as a mean over its purchases."""

import numpy as np

from autograder.exercise.draws import all_real, example, inputs, normal, padding, part
from autograder.exercise.vocabulary import Exercise, Misconception, Unseen

from ._attention import change_padding


def _column(mask):
    """Give a mask a last axis of length 1, as numbers: (B, Tv) -> (B, Tv, 1)."""
    return mask[..., None].astype(float)


def _masked_mean(values, mask):
    return (values * _column(mask)).sum(axis=1) / _column(mask).sum(axis=1)


draw = inputs(values=normal("B Tv Dv"), mask=padding("B Tv"))
full = inputs(values=normal("B Tv Dv"), mask=all_real("B Tv"))


exercise = Exercise(
    title="Average a history, padding left out",
    difficulty=2,
    importance=4,
    minutes=4,
    parts=(
        part(
            "a small history",
            1,
            example(values=[[[4.0, 0.0], [2.0, 1.0], [9.0, 9.0]]], mask=[[True, True, False]]),
            draw(B=1, Tv=4, Dv=3),
        ),
        part(
            "histories of unequal length",
            1,
            draw(B=2, Tv=5, Dv=3),
            draw(B=3, Tv=6, Dv=2),
            draw(B=4, Tv=(7, 9), Dv=5),
            full(B=2, Tv=4, Dv=3),
        ),
    ),
    reference=_masked_mean,
    misconceptions=(
        Misconception(
            "padding averaged too",
            lambda values, mask: np.mean(values, axis=1),
            "You averaged over every place, padding included.",
            "Which argument has your answer not used yet?",
        ),
        Misconception(
            "divided by the number of places",
            lambda values, mask: (values * _column(mask)).sum(axis=1) / values.shape[1],
            "You left the padding out of the sum but not out of the count: you divided by all places.",
            "How many purchases does each history really hold? The mask knows.",
        ),
        Misconception(
            "one count for the whole batch",
            lambda values, mask: (values * _column(mask)).sum(axis=1) / np.sum(mask),
            "You divided every history by the number of purchases in the whole batch.",
            "Each history needs a count of its own: over which axis of the mask must you add up?",
        ),
        Misconception(
            "sum instead of mean",
            lambda values, mask: (values * _column(mask)).sum(axis=1),
            "You added the real values up but did not divide by how many there are.",
            "Should a longer history give larger numbers?",
        ),
        Misconception(
            "mask inverted",
            lambda values, mask: (values * (1 - _column(mask))).sum(axis=1) / (1 - _column(mask)).sum(axis=1),
            "You averaged the padding and left the purchases out. True means a purchase.",
            "Try it by hand with the worked example: which rows did you add?",
        ),
        Misconception(
            "averaged over the batch",
            lambda values, mask: (values * _column(mask)).sum(axis=0) / np.maximum(_column(mask).sum(axis=0), 1),
            "You averaged over the users (axis 0); what shall disappear is the axis of the purchases.",
            "The values have shape (B, Tv, Dv), the result (B, Dv). Which axis is gone?",
        ),
        Misconception(
            "padding counted in part",
            lambda values, mask: values.sum(axis=1) / _column(mask).sum(axis=1),
            "You divided by the number of purchases, but the padding is still in the sum.",
            "The count is right. Which rows does your sum add up?",
        ),
    ),
    right=(
        # The mask has two axes: axis 1 is axis -1.
        lambda values, mask: np.stack([v[m].mean(axis=0) for v, m in zip(values, mask)]),
        lambda values, mask: np.einsum("btd,bt->bd", values, mask / np.sum(mask, axis=1, keepdims=True)).tolist(),
        lambda values, mask: np.mean(values, axis=1, where=mask[..., None]),
    ),
    hints=(
        "A mean is a sum divided by a count. Both must leave the padding out.",
        "`mask[:, :, None]` has shape (B, Tv, 1): it multiplies values of any width, True as 1 and False as 0.",
        "The count of each history is `mask.sum(axis=1, keepdims=True)`, of shape (B, 1).",
    ),
    unseen=(
        Unseen(
            change_padding("values"), "Padding leaks: the output changes when only the values of padded places change."
        ),
    ),
)
