"""Lesson 11: rotary positions. Su et al. (2021), equations 14 and 15."""

import numpy as np

from autograder.exercise.draws import example, inputs, normal, one_of, part, uniform
from autograder.exercise.vocabulary import Exercise, Misconception


def _angles(x, places, base):
    width = x.shape[-1]
    return places[:, None] * base ** (-np.arange(0, width, 2) / width)


def _turned(x, angles):
    left, right, result = x[:, 0::2], x[:, 1::2], np.empty_like(x)
    result[:, 0::2] = left * np.cos(angles) - right * np.sin(angles)
    result[:, 1::2] = left * np.sin(angles) + right * np.cos(angles)
    return result


def _rotated(x, places, base):
    return _turned(x, _angles(x, places, base))


def _halves(x, places, base):
    angles, half = _angles(x, places, base), x.shape[-1] // 2
    left, right = x[:, :half], x[:, half:]
    turned = (left * np.cos(angles) - right * np.sin(angles), left * np.sin(angles) + right * np.cos(angles))
    return np.concatenate(turned, axis=-1)


def _one_speed(x, places, base):
    return _turned(x, np.repeat(places[:, None], x.shape[-1] // 2, axis=1))


def _counted(x, places, base):
    return _rotated(x, np.arange(len(x), dtype=float), base)


def _added(x, places, base):
    angles, waves = _angles(x, places, base), np.empty_like(x)
    waves[:, 0::2], waves[:, 1::2] = np.sin(angles), np.cos(angles)
    return x + waves


def _by_complex(x, places, base):
    turned = (x[:, 0::2] + 1j * x[:, 1::2]) * np.exp(1j * _angles(x, places, base))
    return np.stack([turned.real, turned.imag], axis=-1).reshape(x.shape)


def _by_matrix(x, places, base):
    rows = []
    for row, angles in zip(x, _angles(x, places, base)):
        pairs = [
            np.array([[np.cos(a), -np.sin(a)], [np.sin(a), np.cos(a)]]) @ pair
            for a, pair in zip(angles, row.reshape(-1, 2))
        ]
        rows.append(np.concatenate(pairs))
    return np.array(rows)


draw = inputs(x=normal("T K"), places=uniform("T", 0.0, 9.0), base=one_of(10.0, 100.0, 10_000.0))


exercise = Exercise(
    title="Turn by place",
    difficulty=4,
    importance=4,
    minutes=10,
    parts=(
        part(
            "a few tokens",
            2,
            example(x=[[1.0, 0.0, 1.0, 0.0], [0.0, 2.0, 1.0, 1.0]], places=[1.5707964, 3.1415927], base=1.0),
            draw(T=3, K=4),
        ),
        part("other widths", 2, draw(T=5, K=6), draw(T=4, K=10), draw(T=7, K=2)),
    ),
    reference=_rotated,
    misconceptions=(
        Misconception(
            "halves instead of neighbors",
            _halves,
            "You paired column i with column i + K/2. Many programs do; here a pair is two neighboring columns, 2i and 2i + 1.",
            "Which columns does `x[:, 0::2]` take?",
        ),
        Misconception(
            "turned the other way",
            lambda x, places, base: _turned(x, -_angles(x, places, base)),
            "You turned by minus the angle: the signs of the two sines are exchanged.",
            "What becomes of (1, 0) after a quarter turn, in the cell above and in yours?",
        ),
        Misconception(
            "all pairs at one speed",
            _one_speed,
            "All your pairs turn by the place itself; pair i turns more slowly, by the factor base^(-2i/K).",
            "What does `base` change in your result?",
        ),
        Misconception(
            "exponent of half the size",
            lambda x, places, base: _turned(x, places[:, None] * base ** (-np.arange(x.shape[-1] // 2) / x.shape[-1])),
            "Your exponent is -i/K; it is -2i/K.",
            "For K = 4 and base 100, by which factor is the second pair slower than the first? It should be 10.",
        ),
        Misconception(
            "places counted from zero",
            _counted,
            "You took the number of the row as its place; `places` says where each row stands.",
            "Does your result change when `places` does?",
        ),
        Misconception(
            "waves added",
            _added,
            "You added sines and cosines, as lesson 7 does. Here the numbers themselves are turned.",
            "What should become of a row of zeros?",
        ),
    ),
    right=(_by_complex, _by_matrix),
    hints=(
        "Angles first: one for each row and each pair, shape (T, K/2). `np.arange(0, K, 2)` is 2i for every pair.",
        "`left = x[:, 0::2]` and `right = x[:, 1::2]` are the two columns of every pair.",
        "The new left is left · cos - right · sin, the new right left · sin + right · cos. Write them back into columns 0::2 and 1::2.",
    ),
)
