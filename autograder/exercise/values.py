"""Plain values: tell whether two are equal, say what one is, show it."""

from __future__ import annotations

from typing import Any

import numpy as np

SHOWN_ITEMS = 40  # arrays up to this size are shown whole
SHOWN_CHARACTERS = 1_500
SHOWN_LINES = 8  # of a list that has arrays in it
LINE = 100  # characters of a list or a text that are shown
FLOAT32 = 1e-6  # what float32 may lose of numbers near 1


def same(left: Any, right: Any, tolerance: float) -> bool:
    """Tell whether two plain outputs are equal: shapes exactly, each number within the tolerance at its own size.

    An array will do where several values are expected. A number that is infinite or NaN equals none but an
    infinite one that is expected.
    """
    if isinstance(right, dict):
        return (
            isinstance(left, dict)
            and left.keys() == right.keys()
            and all(same(left[k], right[k], tolerance) for k in right)
        )
    if isinstance(right, (str, type(None), bool)) and not isinstance(right, np.generic):
        return type(left) is type(right) and left == right
    if isinstance(right, tuple) or (isinstance(right, list) and not is_numeric(right)):
        if isinstance(left, np.ndarray) and left.ndim:
            left = left.tolist() if left.ndim == 1 else list(left)
        return (
            isinstance(left, list)
            and len(left) == len(right)
            and all(same(a, b, tolerance) for a, b in zip(left, right))
        )
    left, right = as_array(left), np.asarray(right)
    if left is None or left.shape != right.shape:
        return False
    if right.dtype == bool or left.dtype == bool:
        return left.dtype == right.dtype and bool(np.array_equal(left, right))
    return bool(close(left, right, tolerance).all())


def close(left: np.ndarray, right: np.ndarray, tolerance: float) -> np.ndarray:
    """Tell for each entry whether it equals the expected one within what float32 can do at that entry's size.

    An entry may be off by the tolerance times its own size, or times the usual size of all (their median, at most 1)
    where it is smaller: what is nearly zero is the difference of such numbers.
    """
    left, right = left.astype(np.float64), right.astype(np.float64)
    sizes = np.abs(right)
    counted = sizes[np.isfinite(sizes) & (sizes > 0)]
    usual = min(1.0, float(np.median(counted))) if counted.size else 0.0
    with np.errstate(invalid="ignore"):  # inf - inf
        off = np.abs(left - right) <= tolerance * np.maximum(sizes, usual) + min(tolerance, FLOAT32)
    return np.where(np.isfinite(right), np.isfinite(left) & off, left == right)


def show(value: Any) -> str:
    """Return a short text for a plain value: small arrays whole, large ones by their shape, a list on a line."""
    text = _shown(value)
    return text if len(text) <= SHOWN_CHARACTERS else text[:SHOWN_CHARACTERS] + " ..."


def _shown(value: Any) -> str:
    if isinstance(value, (list, tuple)) and is_numeric(value):
        value = np.asarray(value)
    if isinstance(value, np.ndarray):
        if value.size > SHOWN_ITEMS:
            head = np.array2string(value.ravel()[:4], precision=3, suppress_small=True, separator=", ")
            return f"shape {value.shape}, begins {head[:-1]}, ...]"
        text = np.array2string(value, precision=3, suppress_small=True, separator=", ", max_line_width=100)
        return text if value.ndim < 2 else f"shape {value.shape}\n{text}"
    if isinstance(value, (float, np.floating)):
        return f"{float(value):.4g}"
    if isinstance(value, dict):
        return "\n".join(f"{key} = {_shown(item)}" for key, item in value.items())
    if isinstance(value, (list, tuple)):
        return _shown_list(value)
    text = repr(value)
    return text if len(text) <= LINE else f"{text[:LINE]} ... ({len(value):,} characters)"


def _shown_list(items: list[Any] | tuple[Any, ...]) -> str:
    """Return a list on one line, cut after the items that fit; one with arrays in it a line an item."""
    if any(isinstance(item, (np.ndarray, dict)) for item in items):
        lines = [f"[{i}] {_shown(item)}" for i, item in enumerate(items[:SHOWN_LINES])]
        return "\n".join([*lines, f"... ({len(items):,} in all)"] if len(items) > SHOWN_LINES else lines)
    shown, room = [], LINE
    for item in items:
        text = " ".join(_shown(item).split("\n"))
        if len(text) > room and shown:
            break
        shown.append(text if len(text) <= LINE else f"{text[:LINE]} ...")
        room -= len(text) + 2
    cut = f", ... ({len(items):,} in all)" if len(shown) < len(items) else ""
    return f"[{', '.join(shown)}{cut}]"


def kind_of(value: Any) -> str:
    """Return a value's kind in words, e.g. "an array of float64, shape (2,)"."""
    if value is None:
        return "None"
    if isinstance(value, np.ndarray):
        return f"an array of {value.dtype.name}, shape {value.shape}"
    if isinstance(value, list):
        stranger = not_a_number(value)
        return f"a list with {stranger} in it" if stranger else "a list"
    return {"str": "text", "dict": "a dict", "bool": "a boolean"}.get(type(value).__name__, "a number")


def not_a_number(items: list[Any]) -> str:
    """Return what a list holds, however deep, that is no number; "" if all are."""
    found = (not_a_number(item) if isinstance(item, list) else kind_of(item) for item in items)
    return next((kind for kind in found if kind in ("text", "a dict", "None")), "")


def is_numeric(value: Any) -> bool:
    """Tell whether a value is a number, a boolean, or an array or rectangular list of these."""
    return as_array(value) is not None


def as_array(value: Any) -> np.ndarray | None:
    """Return an array of numbers or booleans, or None if the value cannot be one."""
    if isinstance(value, (str, dict)) or value is None:
        return None
    if isinstance(value, list) and not_a_number(value):
        return None  # of one long text among many short ones NumPy would make an array of gigabytes
    try:
        array = np.asarray(value)
    except ValueError:
        return None
    return array if array.dtype.kind in "biuf" else None
