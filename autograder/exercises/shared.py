"""What several lessons' exercises share: NumPy arithmetic for references, and things any distribution must satisfy."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from autograder.exercise.choice import choice as make_choice
from autograder.exercise.vocabulary import Exercise, Property


def f64(*arrays: np.ndarray) -> tuple[np.ndarray, ...]:
    """Return the arrays in float64, in which references are worked out."""
    return tuple(np.asarray(array, dtype=np.float64) for array in arrays)


def swap(array: np.ndarray) -> np.ndarray:
    """Exchange the last two axes."""
    return np.swapaxes(array, -1, -2)


def small(**arrays: list) -> dict[str, np.ndarray]:
    """Return the inputs of an example that fits in the head: masks as booleans, all else in float32."""
    return {name: np.array(array, bool if "mask" in name else np.float32) for name, array in arrays.items()}


def softmax(scores: np.ndarray, axis: int | tuple[int, ...] | None = -1) -> np.ndarray:
    """Return exp(scores) normalised to sum to one along `axis`, in float64, safe for large scores."""
    scores = np.asarray(scores, dtype=np.float64)
    powers = np.exp(scores - scores.max(axis=axis, keepdims=True))
    return powers / powers.sum(axis=axis, keepdims=True)


def sigmoid(x: np.ndarray) -> np.ndarray:
    """Return 1 / (1 + exp(-x))."""
    return 1 / (1 + np.exp(-x))


def gru(x, state, kernel, recurrent_kernel, bias) -> np.ndarray:
    """Return the next state of Keras's GRU cell (reset_after=True): (B, X), (B, D) -> (B, D)."""
    x, state, kernel, recurrent_kernel, bias = f64(x, state, kernel, recurrent_kernel, bias)
    z, r, h = np.split(x @ kernel + bias[0], 3, axis=-1)
    rz, rr, rh = np.split(state @ recurrent_kernel + bias[1], 3, axis=-1)
    z, r = sigmoid(z + rz), sigmoid(r + rr)
    return z * state + (1 - z) * np.tanh(h + r * rh)


def normal(rng: np.random.Generator, *shape: int) -> np.ndarray:
    """Draw float32 numbers from a standard normal distribution."""
    return rng.standard_normal(shape).astype(np.float32)


def some_padding(rng: np.random.Generator, batch: int, length: int) -> np.ndarray:
    """Draw a mask of shape (batch, length), True for real items: each row keeps at least one and pads at least one."""
    keep = rng.integers(1, length, size=batch)
    keep[:2] = (length - 1, 1)[: len(keep)]  # rows that differ, so that a mask applied to the wrong row shows
    return np.arange(length) < keep[:, None]


rows_sum_to_one = Property(
    lambda inputs, output: bool(np.allclose(output.sum(-1), 1, atol=1e-3)),
    "Each row of a distribution sums to one; yours do not.",
)
not_negative = Property(
    lambda inputs, output: bool((output >= 0).all()),
    "A weight of a distribution is never negative; some of yours are.",
)


def choice(name: str, *about, **more) -> Exercise:
    """Return a concept question of a lesson that is not yet converted."""
    return replace(make_choice(*about, **more), name=name)
