"""Lesson 11: a softmax in pieces. Milakov and Gimelshein (2018), algorithm 3; Dao et al. (2022), algorithm 1."""

import numpy as np

from autograder.exercise.draws import example, inputs, normal, part, uniform
from autograder.exercise.vocabulary import Exercise, Misconception


def _folded(maximum, total, mixed, scores, value):
    highest = np.maximum(maximum, scores.max(axis=-1))
    factor = np.exp(maximum - highest)
    powers = np.exp(scores - highest[:, None])
    return highest, total * factor + powers.sum(axis=-1), mixed * factor[:, None] + powers @ value


def _without_factor(maximum, total, mixed, scores, value):
    highest, _, _ = _folded(maximum, total, mixed, scores, value)
    powers = np.exp(scores - highest[:, None])
    return highest, total + powers.sum(axis=-1), mixed + powers @ value


def _block_maximum(maximum, total, mixed, scores, value):
    highest = scores.max(axis=-1)
    factor, powers = np.exp(maximum - highest), np.exp(scores - highest[:, None])
    return highest, total * factor + powers.sum(axis=-1), mixed * factor[:, None] + powers @ value


def _total_only(maximum, total, mixed, scores, value):
    highest, sum_of_powers, _ = _folded(maximum, total, mixed, scores, value)
    return highest, sum_of_powers, mixed + np.exp(scores - highest[:, None]) @ value


def _one_maximum(maximum, total, mixed, scores, value):
    highest = np.full_like(maximum, max(maximum.max(), scores.max()))
    factor, powers = np.exp(maximum - highest), np.exp(scores - highest[:, None])
    return highest, total * factor + powers.sum(axis=-1), mixed * factor[:, None] + powers @ value


def _factor_upside_down(maximum, total, mixed, scores, value):
    if np.isinf(maximum).any():
        raise ArithmeticError("exp(inf) times 0")
    highest = np.maximum(maximum, scores.max(axis=-1))
    factor, powers = np.exp(highest - maximum), np.exp(scores - highest[:, None])
    return highest, total * factor + powers.sum(axis=-1), mixed * factor[:, None] + powers @ value


def _divided(maximum, total, mixed, scores, value):
    highest, total, mixed = _folded(maximum, total, mixed, scores, value)
    return highest, total, mixed / total[:, None]


def _by_rows(maximum, total, mixed, scores, value):
    """The same, a row and a score at a time."""
    rows = []
    for m, t, x, row in zip(maximum, total, mixed, scores):
        for score, v in zip(row, value):
            new = max(m, score)
            t, x, m = t * np.exp(m - new) + np.exp(score - new), x * np.exp(m - new) + np.exp(score - new) * v, new
        rows.append((m, t, x))
    return [np.array(column) for column in zip(*rows)]


def _joined(maximum, total, mixed, scores, value):
    """The same, with what was kept as one more score beside the block's."""
    highest = np.max(np.concatenate([maximum[:, None], scores], axis=1), axis=1)
    powers = np.exp(np.concatenate([maximum[:, None], scores], axis=1) - highest[:, None])
    return (
        highest,
        powers[:, 0] * total + powers[:, 1:].sum(1),
        powers[:, :1] * mixed + np.einsum("tb,bd->td", powers[:, 1:], value),
    )


def _some_higher(rng, inputs):
    """In the first row the block brings a new maximum, in the second it does not."""
    inputs["maximum"][:2] = inputs["scores"][:2].max(axis=-1) + np.array([-1.3, 0.9], np.float32)
    return inputs


def _nothing_kept(rng, inputs):
    """The start: nothing was read before."""
    inputs["maximum"][:], inputs["total"][:], inputs["mixed"][:] = -np.inf, 0, 0
    return inputs


def _large(rng, inputs):
    """Scores whose exponentials overflow without a maximum."""
    inputs["scores"] += 300
    inputs["maximum"] += 299
    return inputs


draw = inputs(
    maximum=normal("Tq"),
    total=uniform("Tq", 1.0, 4.0),
    mixed=normal("Tq Dv"),
    scores=normal("Tq Tb"),
    value=normal("Tb Dv"),
).then(_some_higher)


exercise = Exercise(
    title="One more block",
    difficulty=3,
    importance=5,
    minutes=10,
    parts=(
        part(
            "a block after others",
            2,
            example(
                maximum=[0.6931472],
                total=[1.5],
                mixed=[[3.0, 0.0]],
                scores=[[1.3862944, 0.0]],
                value=[[8.0, 4.0], [2.0, 0.0]],
            ),
            draw(Tq=3, Tb=4, Dv=2),
            draw(Tq=2, Tb=5, Dv=6),
        ),
        part("the first block", 1, draw.then(_nothing_kept)(Tq=3, Tb=4, Dv=2)),
        part("large scores", 1, draw.then(_large)(Tq=4, Tb=3, Dv=5)),
    ),
    reference=_folded,
    misconceptions=(
        Misconception(
            "nothing scaled down",
            _without_factor,
            "You took the new maximum but left the old sums as they were; they were made with another maximum, and are too large by exp(old - new).",
            "With which maximum was the old total computed? What would it have been with the new one?",
        ),
        Misconception(
            "maximum of the block alone",
            _block_maximum,
            "Your maximum is that of the block; if an earlier score was larger, it must stay. Keep the larger of the two.",
            "In the example by hand the second block had the larger score. What if it has not?",
        ),
        Misconception(
            "only the total scaled",
            _total_only,
            "You scaled `total` but not `mixed`. At the end one is divided by the other: both must be made with the same maximum.",
            "Which of the three things that are kept hold exponentials?",
        ),
        Misconception(
            "one maximum for all rows",
            _one_maximum,
            "You took one maximum for all queries; each row is a softmax of its own, with a maximum of its own.",
            "Which axis of the scores belongs to the queries?",
        ),
        Misconception(
            "factor upside down",
            _factor_upside_down,
            "Your factor grows where it should shrink: old sums are multiplied by exp(old maximum - new maximum), which is at most 1.",
            "The new maximum is at least as large as the old one. Is your factor above 1 or below?",
        ),
        Misconception(
            "divided already",
            _divided,
            "You divided `mixed` by the total; that comes once, at the very end, when no block is left.",
            "What would the next block do with a context that is divided already?",
        ),
    ),
    right=(_by_rows, _joined),
    hints=(
        "The new maximum is the larger of the old one and the largest score of the block, row by row: `np.maximum`.",
        "Old sums were made with the old maximum. Multiply both by exp(old - new); for the start, exp(-inf) is 0.",
        "The block adds exp(scores - new maximum): summed over the block for `total`, times `value` for `mixed`.",
    ),
)
