"""Lesson 5: how much of a batch is padding."""

import numpy as np

from autograder.exercise.draws import example, inputs, part, size, whole
from autograder.exercise.vocabulary import Exercise, Misconception


def _share(lengths, size):
    batches = [lengths[start : start + size] for start in range(0, len(lengths), size)]
    places = sum(max(batch) * len(batch) for batch in batches)
    return 1 - sum(map(int, lengths)) / places


def _padding(lengths, size):
    lengths = [int(length) for length in lengths]
    return np.array([_share(lengths, size), _share(sorted(lengths), size)])


def _each_way(share):
    """Return an answer that takes a share in both orders."""
    return lambda lengths, size: np.array(
        [share([int(n) for n in lengths], size), share(sorted(int(n) for n in lengths), size)]
    )


def _in_batches(lengths, size):
    return [lengths[start : start + size] for start in range(0, len(lengths), size)]


_PADDING_WRONG = (
    _each_way(lambda lengths, size: 1 - sum(lengths) / (max(lengths) * len(lengths))),
    _each_way(lambda lengths, size: float(np.mean([_share(part, size) for part in _in_batches(lengths, size)]))),
    _each_way(lambda lengths, size: (lambda share: share / (1 - share))(_share(lengths, size))),
    _each_way(lambda lengths, size: _share(lengths[: len(lengths) // size * size], size)),
    lambda lengths, size: _padding(lengths, size)[::-1],
    _each_way(lambda lengths, size: 1 - _share(lengths, size)),
)


def _by_rows(parts):
    padding = sum(float((part.max() - part).sum()) for part in parts)
    return padding / sum(part.max() * len(part) for part in parts)


draw = inputs(lengths=whole("N", 2, 15), size=size("size"))


exercise = Exercise(
    title="How much of a batch is padding?",
    difficulty=2,
    importance=4,
    minutes=6,
    parts=(
        part("a few sentences", 1, example(lengths=[2, 6, 3, 5, 4], size=2), draw(N=7, size=2)),
        part(
            "more sentences",
            1,
            draw(N=18, size=4),
            draw(N=(31, 34), size=5),
            draw(N=12, size=3),  # no batch is smaller
            draw(N=(3, 6), size=8),  # one batch, not full
        ),
    ),
    reference=_padding,
    misconceptions=(
        Misconception(
            "padded to the longest of all",
            _PADDING_WRONG[0],
            "You padded every sentence to the longest of all; a batch is only as long as the longest sentence in it.",
            "How long is the first batch of the worked example, and how long the second?",
        ),
        Misconception(
            "mean over batches",
            _PADDING_WRONG[1],
            "You averaged the shares of the batches; long batches have more places and must weigh more. Count places first, divide once.",
            "How many places are there in all batches together, and how many hold a word?",
        ),
        Misconception(
            "padding for each word",
            _PADDING_WRONG[2],
            "You divided the padding by the number of words; a share is part of the whole, and the whole is all places.",
            "Can your number exceed 1? Can a share?",
        ),
        Misconception(
            "last batch dropped",
            _PADDING_WRONG[3],
            "You left out the last batch because it is not full; its sentences count too.",
            "Five sentences in batches of two: how many batches?",
        ),
        Misconception(
            "the two exchanged",
            _PADDING_WRONG[4],
            "You returned the sorted share first; asked first is the share in the order given.",
            "Which of the two should be smaller?",
        ),
        Misconception(
            "share of the words",
            _PADDING_WRONG[5],
            "That is the share of places that hold a word; asked is the rest.",
            "One of two numbers that sum to one.",
        ),
    ),
    right=(
        lambda lengths, size: tuple(
            1
            - sum(order) / sum(max(order[i : i + size]) * len(order[i : i + size]) for i in range(0, len(order), size))
            for order in (list(map(int, lengths)), sorted(map(int, lengths)))
        ),
        lambda lengths, size: [
            _by_rows(np.split(order, range(size, len(order), size))) for order in (lengths, np.sort(lengths))
        ],
    ),
    hints=(
        "A batch of b sentences has b times its longest length as places.",
        "Add up the places of all batches and the lengths of all sentences; one minus their quotient is the share.",
        "`range(0, len(lengths), size)` gives where each batch begins, also the last one. `np.sort` sorts.",
    ),
)
