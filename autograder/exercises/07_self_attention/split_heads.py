"""Lesson 7: the width cut into heads."""

import numpy as np

from autograder.exercise.draws import example, inputs, normal, part, size
from autograder.exercise.vocabulary import Exercise, Misconception

from ..shared import swap


def _split(x, heads):
    return np.stack(np.split(x, heads, axis=-1), axis=1)


def _reshaped(x, heads):
    batch, length, width = x.shape
    return np.reshape(x, (batch, heads, length, width // heads))


def _dealt(x, heads):
    """Deal the columns out like cards: head h gets the columns h, h + H, h + 2H."""
    return np.stack([x[:, :, head::heads] for head in range(heads)], axis=1)


def _cut_in_time(x, heads):
    return np.stack(np.split(x, heads, axis=1), axis=1)


draw = inputs(x=normal("B T H*K"), heads=size("H"))


exercise = Exercise(
    title="Cut the width into heads",
    difficulty=2,
    importance=5,
    minutes=5,
    parts=(
        part(
            "two items, two heads",
            1,
            example(x=[[[1.0, 2.0, 3.0, 4.0], [5.0, 6.0, 7.0, 8.0]]], heads=2),
            draw(B=1, T=4, H=2, K=3),
        ),
        part(
            "other sizes",
            1,
            draw(B=2, T=6, H=3, K=4),
            draw(B=3, T=8, H=4, K=2),
            draw(B=2, T=(3, 7), H=1, K=5),
        ),
    ),
    reference=_split,
    misconceptions=(
        Misconception(
            "reshaped without transposing",
            _reshaped,
            "The shape is right and the numbers are not: a reshape alone cuts the items up, so that a head holds pieces of some items and nothing of others.",
            "A reshape only cuts up the last axis safely. Cut D into two axes first; then move one of them.",
        ),
        Misconception(
            "columns dealt out in turn",
            _dealt,
            "Your heads take the columns in turn, like cards that are dealt; here head 0 holds the first K columns, head 1 the next K.",
            "When D becomes two axes, which comes first: the heads, or the columns within a head?",
        ),
        Misconception(
            "heads left beside the width",
            lambda x, heads: np.swapaxes(_split(x, heads), 1, 2),
            "You have cut, but the heads still stand after the length: attention works on the last two axes, which must be T and K.",
            "Which two axes have to change places?",
        ),
        Misconception(
            "length and width exchanged",
            lambda x, heads: swap(_split(x, heads)),
            "Your heads are in place, but within each one length and width have changed places.",
            "The result is (B, H, T, K). In which order do your last two axes stand?",
        ),
        Misconception(
            "length cut instead of width",
            _cut_in_time,
            "You cut the sequence into stretches; every head must see all items, and some columns of each.",
            "Which axis becomes shorter: T or D?",
        ),
        Misconception(
            "heads before the batch",
            lambda x, heads: np.stack(np.split(x, heads, axis=-1)),
            "Your heads stand before the batch: the result is (H, B, T, K), and the batch must stay the first axis.",
            "In which order does the task name the four axes?",
        ),
    ),
    right=(
        lambda x, heads: np.reshape(x, (*x.shape[:2], heads, -1)).transpose(0, 2, 1, 3),
        lambda x, heads: np.moveaxis(np.reshape(x, (len(x), x.shape[1], heads, -1)), 2, 1).tolist(),
    ),
    hints=(
        "Two steps: one reshape that turns D into H and K, and one transpose.",
        "After the reshape the axes are (B, T, H, K), numbered 0, 1, 2, 3. `np.transpose(a, axes)` takes the new order of the old numbers.",
        "In a reshape, -1 stands for the length that is left: here D divided by the heads.",
    ),
)
