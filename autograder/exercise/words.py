"""What can be said for sure of an output that is not as expected: nothing here guesses."""

from __future__ import annotations

from typing import Any

import numpy as np

from autograder.asking.answer import Reply
from autograder.exercise.values import as_array, is_numeric, kind_of, not_a_number, same, show
from autograder.exercise.vocabulary import Exercise, Inputs

NOTHING = "Your answer returned nothing (None). Does every path end in `return`?"
SKIPPED = "This was not asked: another case of your answer did not return, or ended its process."


def symptoms(exercise: Exercise, inputs: Inputs, output: Any, expected: Any) -> tuple[str, ...]:
    """Return the sentences that are sure; there may be none."""
    if output is None:
        return (NOTHING,)
    if isinstance(expected, str):
        return () if isinstance(output, str) else (f"Expected text, received {kind_of(output)}.",)
    if isinstance(expected, (dict, tuple)) or not is_numeric(expected):
        return _of_containers(exercise, output, expected)
    array, wanted = as_array(output), np.asarray(expected)
    if array is None:
        if isinstance(output, list) and not not_a_number(output):
            return ("Your answer returned a list whose rows have different lengths. All rows must be equally long.",)
        return (f"Expected {kind_of(expected)}, received {kind_of(output)}.",)
    if array.shape != wanted.shape:
        return (f"Expected shape {wanted.shape}, received shape {array.shape}.",)
    if (array.dtype == bool) != (wanted.dtype == bool):
        return (f"Expected {kind_of(wanted)}, received {kind_of(array)}.",)
    if np.isnan(array).any():
        return ("There are NaN (not a number) in your output: look for 0/0, inf - inf, or the logarithm of 0.",)
    if np.isinf(array).any() and np.isfinite(wanted).all():
        return ("There are infinite numbers in your output: look for an overflow in `exp`, or a division by 0.",)
    if np.issubdtype(array.dtype, np.integer) and np.array_equal(array, np.trunc(wanted)):
        return ("The numbers have lost their fractions: compute in floats, not in whole numbers.",)
    return tuple(prop.says for prop in exercise.properties if not prop.holds(inputs, array))


def _of_containers(exercise: Exercise, output: Any, expected: Any) -> tuple[str, ...]:
    if isinstance(expected, dict):
        if not isinstance(output, dict):
            return (f"Expected a dict with {_names(expected)}, received {kind_of(output)}.",)
        if output.keys() != expected.keys():
            return (f"Expected a dict with {_names(expected)}, received one with {_names(output)}.",)
        wrong = [key for key in expected if not same(output[key], expected[key], exercise.tolerance)]
        return (f"These entries differ: {', '.join(wrong)}.",)
    if not isinstance(output, (list, np.ndarray)):
        return (f"Expected {len(expected)} values (a tuple or list), received {kind_of(output)}.",)
    if len(output) != len(expected):
        return (f"Expected {len(expected)} values, received {len(output)}.",)
    wrong = [str(i + 1) for i, (a, b) in enumerate(zip(output, expected)) if not same(a, b, exercise.tolerance)]
    return (f"Of the {len(expected)} values that you returned, these differ: number {', '.join(wrong)}.",)


def why_no_value(exercise: Exercise, reply: Reply) -> str:
    """Say why an answer gave no value."""
    if reply.outcome == "missing" and reply.detail:
        return (
            f"`{exercise.name}` is not a function any more: the name now stands for something of type {reply.detail}. "
            "Run the cell that defines it again, and give the other thing another name."
        )
    if reply.outcome == "missing":
        return f"There is no `{exercise.name}` to ask. Run the cell that defines it, and keep its name."
    if reply.outcome == "raised":
        return f"Your answer raised an error instead of returning. {reply.detail}"
    if reply.outcome == "not plain":
        return f"You returned {reply.detail}."
    if reply.outcome == "too long":
        return f"Your answer did not return within {reply.detail} seconds. Is there a loop that never ends?"
    return f"The process that ran your answer ended before it returned. {reply.detail}".strip()


def unset(found: dict[str, Any]) -> tuple[str, ...]:
    """Say which weights of a layer could not be set, and which it has beyond the task's."""
    told = tuple(
        f"The examiner sets the weights of your layer, and could not set `{path}`: it {why}."
        for path, why in found["unset"].items()
    )
    more = ", ".join(f"{name}, shape {shape}" for name, shape in found["more"].items())
    return (*told, f"Your layer has weights that the task does not name: {more}.") if more else told


def looked_at(found: dict[str, Any]) -> tuple[str, ...]:
    """Say what is amiss with a layer as a layer."""
    told = [f"`{path}` is not trainable; every weight here is learned." for path in found.get("frozen", ())]
    told += [
        f"No gradient reaches `{path}`: training would leave it as it is. Compute with tensors all the way."
        for path in found.get("unreached", ())
    ]
    if found.get("failed"):
        told.append(
            "Your layer works alone and fails inside a `keras.Model`, where tensors have no numbers yet. "
            + found["failed"]
        )
    return tuple(told)


def show_inputs(inputs: Inputs) -> str:
    """Return the inputs as lines `name = value`."""
    return "\n".join(f"{name} = {show(value)}" for name, value in inputs.items())


def _names(mapping: dict[str, Any]) -> str:
    return ", ".join(f"{key!r}" for key in mapping) or "no keys"
