"""Lesson 3: is the whole sentence right?"""

import numpy as np

from autograder.exercise.draws import Draw, example, part
from autograder.exercise.vocabulary import Exercise, Misconception

from ._sentences import END, FIRST_WORD, tokens

KINDS = 9


def _exact(target, predicted):
    """Return which sentences are right up to and including their end, (B,)."""
    found = []
    for row, said in zip(target, predicted):
        length = int(np.flatnonzero(row == END)[0]) + 1
        found.append(row[:length].tolist() == said[:length].tolist())
    return np.array(found)


def _row(rng, kind, length):
    """Draw the target and the prediction of one sentence: kinds 0 to 2 are right, the other six wrong."""
    count = length - 1 if kind == 2 else int(rng.integers(3, length - 2))  # kind 2 has no padding
    target = np.zeros(length, np.int32)
    target[:count] = rng.permutation(np.arange(FIRST_WORD, FIRST_WORD + 9))[:count]
    target[count] = END
    said = target.copy()
    if kind == 1:  # noise after the end
        said[count + 1 :] = rng.integers(END, FIRST_WORD + 9, length - count - 1)
    elif kind == 3:  # goes on for a word
        said[count : count + 2] = (said[0], END)
    elif kind == 4:  # two words exchanged
        said[:2] = said[1::-1]
    elif kind == 5:  # padding where a word should stand
        said[count - 1] = 0
    elif kind == 6:  # a wrong word
        said[0] = FIRST_WORD + 9
    elif kind == 7:  # ends too early
        said[count - 1 : count + 1] = (END, 0)
    elif kind == 8:  # never says the end
        said[count] = 0
    return target, said


def _spoken(rng, sizes):
    """Draw sentences of all kinds, in any order."""
    rows = [_row(rng, kind, sizes["Tq"]) for kind in rng.permutation(np.arange(sizes["B"]) % KINDS)]
    target, predicted = (np.stack(side) for side in zip(*rows))
    return {"target": target, "predicted": predicted}


def _same(target, predicted):
    return target == predicted


draw = Draw(_spoken)


exercise = Exercise(
    title="Is the whole sentence right?",
    difficulty=2,
    importance=4,
    minutes=5,
    parts=(
        part(
            "numbers that fit in the head",
            1,
            example(
                target=tokens([[5, 8, 3, 0], [5, 8, 3, 0], [5, 8, 3, 0]]),
                predicted=tokens([[5, 8, 3, 7], [5, 8, 7, 3], [8, 5, 3, 0]]),
            ),
            draw(B=9, Tq=6),
        ),
        part("all that can happen", 2, draw(B=(9, 12), Tq=7), draw(B=(10, 13), Tq=9)),
    ),
    reference=_exact,
    misconceptions=(
        Misconception(
            "what follows the end counts",
            lambda target, predicted: _same(target, predicted).all(axis=1),
            "You compared whole rows; what a decoder says after its end is never read, and must not count.",
            "In the example's first row, where does the sentence end?",
        ),
        Misconception(
            "share of right tokens",
            lambda target, predicted: _same(target, predicted).mean(axis=1),
            "You returned the share of right tokens; a sentence is right as a whole or not at all.",
            "What is asked for each sentence: a number, or True or False?",
        ),
        Misconception(
            "end not compared",
            lambda target, predicted: (_same(target, predicted) | np.isin(target, (0, END))).all(axis=1),
            "You did not compare the end, so a translation that goes on with more words passes for right.",
            "Is *two weeks ago* right where *two weeks* is meant?",
        ),
        Misconception(
            "padding judged by the prediction",
            lambda target, predicted: (_same(target, predicted) | (predicted == 0)).all(axis=1),
            "You skipped the places where the *prediction* is padding; one that says nothing would be right.",
            "Who knows how long the sentence should be?",
        ),
        Misconception(
            "order ignored",
            lambda target, predicted: np.array(
                [
                    sorted(row[: list(row).index(END) + 1]) == sorted(said[: list(row).index(END) + 1])
                    for row, said in zip(target, predicted)
                ]
            ),
            "You compared which words occur, not where: *May 3* and *3 May* would count as the same.",
            "Compare place by place.",
        ),
        Misconception(
            "one right token is enough",
            lambda target, predicted: (_same(target, predicted) & (target != 0)).any(axis=1),
            "You asked whether any token is right; all of them must be.",
            "`any` or `all`?",
        ),
        Misconception(
            "one number for the batch",
            lambda target, predicted: float(_exact(target, predicted).mean()),
            "You returned the share of right sentences; here each sentence keeps its own True or False.",
            "The result has shape (B,): over which axis may you reduce?",
        ),
        Misconception(
            "wrong ones marked",
            lambda target, predicted: ~_exact(target, predicted),
            "You said True of the wrong sentences and False of the right ones.",
            "What should `exact_match` say of the example's first row?",
        ),
    ),
    right=(
        # Two axes: axis 1 is axis -1. A sum of numbers that are not negative is 0 where their mean is.
        lambda target, predicted: (_same(target, predicted) | (target == 0)).all(axis=1),
        lambda target, predicted: (~_same(target, predicted) * target).sum(axis=1) == 0,
        lambda target, predicted: [
            all(t == p for t, p in zip(row, said) if t) for row, said in zip(target.tolist(), predicted.tolist())
        ],
    ),
    hints=(
        "Which places must agree? Those where the target holds a word or its end.",
        "A place is fine if prediction and target agree there, or if the target is padding there.",
        "`np.all(..., axis=1)` asks it of every place of each row. `|` is *or* for arrays.",
    ),
)
