"""Lesson 5: tables of logarithms in which a search has something to find."""

import numpy as np

_CUT = np.array(
    [
        [0.10, 0.50, 0.40],  # after the start
        [0.50, 0.10, 0.40],  # token 1 ends, or leads to token 2
        [0.10, 0.80, 0.10],  # token 2 leads to token 1
    ]
)
_TRAP = np.array(
    [
        [0.001, 0.549, 0.450],  # after the start: token 1 looks better
        [0.300, 0.350, 0.350],  # but leads nowhere in particular
        [0.900, 0.050, 0.050],  # token 2 leads to a sure end
    ]
)
SMALL_TRAP = np.log(_TRAP).round(2)
SMALL_CUT = np.log(_CUT).round(3)  # the third cut decides: by the sum [1, 0] stays, by the quotient [2, 1, 2] does


def _logarithms(rng, chances):
    """Return the logarithms in float32, all tokens but 0 in any order."""
    order = np.concatenate([[0], 1 + rng.permutation(len(chances) - 1)])
    return np.log(chances / chances.sum(axis=1, keepdims=True))[order][:, order].astype(np.float32)


def any_table(rng, tokens, end=0.6):
    """Draw a table without an empty translation; the higher `end`, the sooner translations end."""
    scores = 1.6 * rng.standard_normal((tokens, tokens))
    scores[0, 0] = -9.0
    scores[1:, 0] += end
    return _logarithms(rng, np.exp(scores))


def trap(rng):
    """Draw a trap for the greedy among five tokens."""
    chances = rng.uniform(0.15, 0.2, (5, 5))
    chances[0] = [0.001, 0.5, 0.42, 0.04, 0.03]
    chances[2] = [0.9, *rng.uniform(0.01, 0.03, 4)]
    return _logarithms(rng, chances)


def cut(rng):
    """Draw a table of five tokens in which it may matter by what the beam is cut."""
    chances = rng.uniform(0.005, 0.015, (5, 5))
    chances[:3, :3] = _CUT + rng.uniform(-0.03, 0.03, (3, 3))
    return _logarithms(rng, chances)


def three_lengths(rng):
    """Draw a table with three ways: of 2, 3 and 5 tokens. The plain sum prefers the second, the quotient the last."""
    chances = np.full((8, 8), 0.0005)
    for previous, token in ((1, 0), (2, 3), (3, 0), (4, 5), (5, 6), (6, 7), (7, 0)):
        chances[previous, token] = 0.98
    chances[0, [1, 2, 4]] = np.array([0.29, 0.37, 0.33]) + rng.uniform(-0.01, 0.01, 3)
    return _logarithms(rng, chances)
