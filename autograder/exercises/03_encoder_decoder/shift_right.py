"""Lesson 3: the decoder's input is its target, shifted right."""

import numpy as np

from autograder.exercise.draws import example, inputs, one_of, part
from autograder.exercise.vocabulary import Exercise, Misconception

from ._sentences import END, TARGET, sentences


def _shift(target, start):
    shifted = np.empty_like(target)
    shifted[:, 0], shifted[:, 1:] = start, target[:, :-1]
    return shifted


def _overwrite(target, start):
    target = target.copy()
    target[:, 0] = start
    return target


draw = inputs(target=sentences("B Tq"), start=one_of(14, 17, 21))
other = inputs(target=sentences("B Tq"), start=one_of(2, 15, 19))


exercise = Exercise(
    title="Shift the target right",
    difficulty=1,
    importance=5,
    minutes=4,
    parts=(
        part("two sentences", 1, example(target=TARGET, start=2), draw(B=2, Tq=6, V=13)),
        part("other sizes", 1, other(B=3, Tq=5, V=13), draw(B=2, Tq=7, V=13), other(B=(4, 6), Tq=8, V=11)),
    ),
    reference=_shift,
    misconceptions=(
        Misconception(
            "shifted left",
            lambda target, start: np.concatenate([target[:, 1:], np.full((len(target), 1), start, np.int32)], axis=1),
            "You shifted the other way: at each step your decoder would read the token after the one that it is to say.",
            "At the first step nothing has been said yet. Which token stands for that, and in which column?",
        ),
        Misconception(
            "nothing dropped",
            lambda target, start: np.insert(target, 0, start, axis=1),
            "You put the start in front but dropped nothing, so your input is one step longer than the target.",
            "After the last token there is no further step. Which column has nothing left to predict?",
        ),
        Misconception(
            "start written over the first token",
            _overwrite,
            "You wrote the start over the first token; it belongs in front of it, and every token moves one place on.",
            "Which token should the decoder have read before it says the second one?",
        ),
        Misconception(
            "rolled around",
            lambda target, start: np.roll(target, 1, axis=1),
            "You rolled the rows: what fell out on the right came in on the left, where the start should be.",
            "`np.roll` loses nothing; here one column must go and another must come.",
        ),
        Misconception(
            "shifted along the batch",
            lambda target, start: np.concatenate([np.full((1, target.shape[1]), start, np.int32), target[:-1]], axis=0),
            "You moved whole sentences down; each sentence must move to the right within its own row.",
            "The target has shape (B, Tq). Along which axis does time run?",
        ),
        Misconception(
            "target itself",
            lambda target, start: target,
            "You returned the target as it is: at each step the decoder would read the very token that it is to say.",
            "What could a decoder learn that is shown the answer?",
        ),
        Misconception(
            "end taken out",
            lambda target, start: _shift(np.where(target == END, 0, target), start),
            "You took the end out of what the decoder reads; every token moves one place on, the end too.",
            "In the example's second row, the end stands in the third place of the result.",
        ),
    ),
    right=(
        # A target has two axes: axis 1 is axis -1.
        lambda target, start: np.insert(target, 0, start, axis=1)[:, :-1],
        lambda target, start: [[start, *(int(token) for token in row[:-1])] for row in target],
        lambda target, start: np.pad(target[:, :-1], ((0, 0), (1, 0)), constant_values=start),
    ),
    hints=(
        "Write the second row by hand. Target: 7, end, padding, padding. What has been said before each of the four?",
        "The last column of the target is never read. `target[:, :-1]` leaves it out.",
        "Make a column of shape (B, 1) with `np.full` and join it in front with `np.concatenate(..., axis=1)`.",
    ),
)
