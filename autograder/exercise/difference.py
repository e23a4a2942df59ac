"""Show an expected and a received value so that nobody takes one for the other."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from autograder.exercise.values import as_array, close, is_numeric, same, show

_AROUND = 12  # characters of a text that are shown on each side of a difference


def show_both(expected: Any, received: Any, tolerance: float) -> tuple[str, str]:
    """Return short texts for two plain values that are not the same.

    Where a text is cut, or both are equal, each has one more line: the first place where the values differ, and
    what stands there, in so many digits that one sees the difference.
    """
    texts = show(expected), show(received)
    if texts[0] != texts[1] and not any(" ..." in text for text in texts):
        return texts
    found = next(_differences(expected, received, tolerance, ""), None)
    if found is None:
        return texts
    place, left, right = found
    label = f"first difference, at {place}: ".replace("at the ", "in the ") if place else "more exactly: "
    return f"{texts[0]}\n{label}{left}", f"{texts[1]}\n{label}{right}"


def _differences(expected: Any, received: Any, tolerance: float, place: str) -> Iterator[tuple[str, str, str]]:
    """Yield the places where two values differ, with what stands in each; nothing where their forms differ."""
    if isinstance(expected, str) and isinstance(received, str):
        if expected != received:
            yield _between_texts(expected, received, place)
    elif isinstance(expected, dict) and isinstance(received, dict):
        if expected.keys() != received.keys():
            yield f"the keys of {place}" if place else "the keys", str(list(expected)), str(list(received))
        for key in (key for key in expected if key in received):
            yield from _differences(expected[key], received[key], tolerance, f"{place}[{key!r}]")
    elif is_numeric(expected) and is_numeric(received):
        yield from _between_numbers(expected, received, tolerance, place)
    elif _is_list(expected) and _is_list(received):
        for i, (left, right) in enumerate(zip(expected, received)):
            if not same(right, left, tolerance):
                yield from _differences(left, right, tolerance, f"{place}[{i}]")
        if len(expected) != len(received):
            i = min(len(expected), len(received))
            sides = (show(side[i]) if i < len(side) else "nothing" for side in (expected, received))
            yield (f"{place}[{i}]", *sides)
    elif not same(received, expected, tolerance):
        yield place, _with_kind(expected), _with_kind(received)


def _between_texts(expected: str, received: str, place: str) -> tuple[str, str, str]:
    shorter = min(len(expected), len(received))
    at = next((i for i in range(shorter) if expected[i] != received[i]), shorter)
    left, right = (repr(text[max(0, at - _AROUND) : at + _AROUND]) for text in (expected, received))
    return f"{place} character {at + 1}".strip(), left, right


def _between_numbers(expected: Any, received: Any, tolerance: float, place: str) -> Iterator[tuple[str, str, str]]:
    left, right = as_array(expected), as_array(received)
    if left.shape != right.shape:
        yield f"the shape of {place}" if place else "the shape", str(left.shape), str(right.shape)
        return
    if (left.dtype == bool) != (right.dtype == bool):
        yield place, *(f"{side.ravel()[:1].tolist()} of type {side.dtype}" for side in (left, right))
        return
    with np.errstate(all="ignore"):
        off = np.abs(left.astype(np.float64) - right.astype(np.float64))
    off = np.where(left == right, 0.0, np.where(np.isnan(off), np.inf, off))
    if not off.any():
        return
    differs = ~close(right, left, tolerance)
    first = np.argmax(differs) if differs.any() else np.argmax(off)
    index = np.unravel_index(first, left.shape)
    where = f"{place}[{', '.join(map(str, index))}]" if index else place
    yield where, *_digits(left[index].item(), right[index].item())


def _digits(left: float, right: float) -> tuple[str, str]:
    """Return both numbers in at least four digits, and so many more that they look different."""
    if all(isinstance(side, (int, bool)) for side in (left, right)):
        return str(left), str(right)
    for digits in range(4, 18):
        texts = f"{left:.{digits}g}", f"{right:.{digits}g}"
        if texts[0] != texts[1]:
            return texts
    return f"{left!r} ({type(left).__name__})", f"{right!r} ({type(right).__name__})"


def _is_list(value: Any) -> bool:
    return isinstance(value, (list, tuple)) or (isinstance(value, np.ndarray) and value.ndim > 0)


def _with_kind(value: Any) -> str:
    return f"{show(value)} ({type(value).__name__})"
