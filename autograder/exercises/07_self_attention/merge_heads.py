"""Lesson 7: the heads laid side by side."""

import numpy as np

from autograder.exercise.draws import example, inputs, normal, part
from autograder.exercise.vocabulary import Exercise, Misconception


def _merge(x):
    return np.concatenate([x[:, head] for head in range(x.shape[1])], axis=-1)


draw = inputs(x=normal("B H T K"))


exercise = Exercise(
    title="Lay the heads side by side",
    difficulty=2,
    importance=5,
    minutes=3,
    parts=(
        part(
            "two items, two heads",
            1,
            example(x=[[[[1.0, 2.0], [5.0, 6.0]], [[3.0, 4.0], [7.0, 8.0]]]]),
            draw(B=1, H=2, T=4, K=3),
        ),
        part(
            "other sizes",
            1,
            draw(B=2, H=3, T=5, K=4),
            draw(B=3, H=4, T=6, K=2),
            draw(B=2, H=1, T=(3, 7), K=5),
        ),
    ),
    reference=_merge,
    misconceptions=(
        Misconception(
            "reshaped without transposing",
            lambda x: np.reshape(x, (len(x), x.shape[2], -1)),
            "The shape is right and the numbers are not: before the reshape, the heads must stand beside the width again, or items get mixed up.",
            "Undo the two steps of `split_heads`, the last one first.",
        ),
        Misconception(
            "columns dealt out in turn",
            lambda x: np.transpose(x, (0, 2, 3, 1)).reshape(len(x), x.shape[2], -1),
            "Your columns take turns between the heads; all columns of head 0 come first, then those of head 1.",
            "Just before the reshape, which must come last: the heads, or the columns within a head?",
        ),
        Misconception(
            "heads averaged",
            lambda x: np.mean(x, axis=1),
            "You averaged the heads, and what each one found is lost; they are laid side by side.",
            "The result has H times as many columns as one head.",
        ),
        Misconception(
            "heads added up",
            lambda x: np.sum(x, axis=1),
            "You added the heads up, and what each one found is lost; they are laid side by side.",
            "The result has H times as many columns as one head.",
        ),
        Misconception(
            "heads one after the other in time",
            lambda x: np.concatenate([x[:, head] for head in range(x.shape[1])], axis=1),
            "You put the heads one after the other along the length; the sequence keeps its T items, and each becomes wider.",
            "Which axis becomes longer: T or K?",
        ),
        Misconception(
            "heads left as an axis",
            lambda x: np.swapaxes(x, 1, 2),
            "You moved the heads beside the width, and they are still an axis of their own; the last two axes become one.",
            "The result has three axes. Which step makes one axis of two?",
        ),
    ),
    right=(
        lambda x: np.transpose(x, (0, 2, 1, 3)).reshape(len(x), x.shape[2], -1),
        lambda x: np.swapaxes(x, 1, 2).reshape(x.shape[0], x.shape[2], x.shape[1] * x.shape[3]).tolist(),
    ),
    hints=(
        "The same two steps as before, backwards: first the transpose, then the reshape.",
        "After the transpose the axes are (B, T, H, K): only then do the last two belong together.",
    ),
)
