"""What several lessons' exercises share: NumPy arithmetic for references, and things any distribution must satisfy."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from autograder.exercise.vocabulary import Case, Exercise, Misconception, Part, Property


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


def choice(
    name: str,
    title: str,
    answer: str,
    wrong: dict[str, str],
    hints: tuple[str, ...],
    *,
    importance: int = 3,
    minutes: int = 2,
) -> Exercise:
    """Return a concept question: a function without arguments that returns the letter of one option.

    `wrong` maps each other letter to the sentence that says why not. Upper and lower case are the same.
    """
    hint = "Run the cell below the question, compare with what you predicted, and say to yourself why."

    def option(letter: str) -> Callable[[], str]:
        return lambda: letter

    return Exercise(
        name=name,
        title=title,
        difficulty=1,
        importance=importance,
        minutes=minutes,
        parts=(Part("your prediction", 1, (Case("the question", lambda rng: {}),)),),
        reference=option(answer),
        misconceptions=tuple(Misconception(f"option {key}", option(key), says, hint) for key, says in wrong.items()),
        right=(option(answer.lower()), option(f" {answer} ")),
        hints=hints,
        normalise=lambda text: text.strip().upper() if isinstance(text, str) else text,
        reveal=False,
    )
