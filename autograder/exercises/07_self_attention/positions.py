"""Lesson 7: sines and cosines that tell places apart."""

import numpy as np

from autograder.exercise.draws import example, inputs, part, size
from autograder.exercise.vocabulary import Exercise, Misconception


def _angles(length, width, *, column=lambda c: 2 * (c // 2), first=0, base=10000.0):
    place = np.arange(first, first + length, dtype=np.float64)[:, None]
    return place / base ** (column(np.arange(width)) / width)


def _interleaved(angles):
    return np.where(np.arange(angles.shape[1]) % 2 == 0, np.sin(angles), np.cos(angles))


def _positions(length, width):
    return _interleaved(_angles(length, width))


def _halves(length, width):
    angles = _angles(length, width)[:, ::2]
    return np.concatenate([np.sin(angles), np.cos(angles)], axis=-1)


def _loop_positions(length, width):
    table = np.zeros((length, width))
    for pos in range(length):
        for i in range(width // 2):
            table[pos, 2 * i] = np.sin(pos * 10000 ** (-2 * i / width))
            table[pos, 2 * i + 1] = np.cos(pos * 10000 ** (-2 * i / width))
    return table


def _complex_positions(length, width):
    turned = np.exp(1j * _angles(length, width)[:, ::2])
    return np.stack([turned.imag, turned.real], axis=-1).reshape(length, width)


# P pairs of columns: the width is even.
draw = inputs(length=size("T"), width=lambda rng, sizes: 2 * sizes["P"])


exercise = Exercise(
    title="A number for every place",
    difficulty=3,
    importance=4,
    minutes=8,
    parts=(
        part("two places", 1, example(length=2, width=4), draw(T=2, P=(3, 200))),
        part(
            "other sizes",
            3,
            draw(T=5, P=3),
            draw(T=(30, 40), P=5),
            draw(T=3, P=(20, 120)),
            draw(T=1, P=1),
            draw(T=(41, 300), P=4),
        ),
    ),
    reference=_positions,
    misconceptions=(
        Misconception(
            "sines in one half, cosines in the other",
            _halves,
            "Your sines fill the first half of the columns, your cosines the second. Some programs do so, and it works; the paper, and this task, take turns: sine, cosine, sine, cosine.",
            "In the formula, column 2i holds a sine. Which column holds the cosine of the same angle?",
        ),
        Misconception(
            "cosine first",
            lambda length, width: np.where(
                np.arange(width) % 2 == 0, np.cos(_angles(length, width)), np.sin(_angles(length, width))
            ),
            "Sine and cosine have changed places: even columns, beginning with column 0, hold sines.",
            "What are the sine and the cosine of 0? Look at place 0 of the example.",
        ),
        Misconception(
            "every column an angle of its own",
            lambda length, width: _interleaved(_angles(length, width, column=lambda c: c)),
            "Each of your columns turns at a speed of its own; a sine and its cosine share one angle, so columns 2i and 2i + 1 have the same divisor.",
            "How many different divisors are there for width 4?",
        ),
        Misconception(
            "exponent half as large",
            lambda length, width: _interleaved(_angles(length, width, column=lambda c: c // 2)),
            "Your exponent is i / D where the formula has 2i / D, so the last columns turn much too fast.",
            "For width 4, what is the divisor of the second pair? The example says.",
        ),
        Misconception(
            "exponent twice as large",
            lambda length, width: _interleaved(_angles(length, width, column=lambda c: 4 * (c // 2))),
            "You doubled twice: in the formula i counts pairs, so the columns of pair i are 2i and 2i + 1, and the exponent is 2i / D.",
            "For width 4, what is the divisor of the second pair? The example says.",
        ),
        Misconception(
            "places counted from one",
            lambda length, width: _interleaved(_angles(length, width, first=1)),
            "Your first place is 1; it should be 0.",
            "What are the sine and the cosine of 0? Look at place 0 of the example.",
        ),
        Misconception(
            "multiplied instead of divided",
            lambda length, width: _interleaved(
                np.arange(length)[:, None] * 10000.0 ** (2 * (np.arange(width) // 2) / width)
            ),
            "You multiplied the place by the power; dividing makes each pair slower than the one before.",
            "Should the last pair turn faster or slower than the first?",
        ),
        Misconception(
            "places across, columns down",
            lambda length, width: _positions(length, width).T,
            "Your table lies on its side: one row for each place, one column for each number.",
            "What will be added to x, of shape (T, D)?",
        ),
    ),
    right=(_loop_positions, lambda length, width: _complex_positions(length, width).astype(np.float32)),
    hints=(
        "First the angles: a column of places, `np.arange(length)[:, None]`, divided by a row of width / 2 divisors. Which shape comes out?",
        "The exponents 2i / D of the pairs are `np.arange(0, width, 2) / width`.",
        "Make a table of zeros and fill every second column at once: `table[:, 0::2]` are the columns 0, 2, 4, and so on.",
    ),
)
