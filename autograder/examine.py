"""From an exercise and a way to ask its answer, a verdict. Pure: the same seed and replies give the same verdict."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from autograder.answer import Ask, Question, Reply
from autograder.exercise import Case, Exercise, Inputs, Misconception, Part, PartVerdict, Verdict

SHOWN_ITEMS = 40  # arrays up to this size are shown whole


@dataclass(frozen=True)
class _Asked:
    """One case as it went: what was asked, what came back, and what should have."""

    case: Case
    inputs: Inputs
    reply: Reply
    expected: Any
    weights: dict[str, Any] | None = None

    @property
    def output(self) -> Any:
        """The output alone: a layer's reply also carries its weights."""
        return self.reply.value if self.weights is None else self.reply.value["output"]


def examine(exercise: Exercise, ask: Ask, seed: int | str = 0) -> Verdict:
    """Ask the answer every case of every part, compare with the reference, and say what is wrong.

    `seed` fixes the inputs; a grader draws it from a secret, a notebook uses the default. An answer that ran
    out of time or died is not asked again: the parts that were left count as wrong for the same reason.
    """
    asked: dict[str, list[_Asked]] = {part.name: [] for part in exercise.parts}
    stopped = None
    for part in exercise.parts:
        for case in part.cases:
            if stopped is None:
                one = _ask(exercise, part, case, ask, seed)
                asked[part.name].append(one)
                stopped = one if one.reply.outcome in ("too long", "died") else None
    everything = [one for ones in asked.values() for one in ones]
    parts = tuple(_judge(exercise, part, asked[part.name] or [stopped], everything) for part in exercise.parts)
    if stopped is None:
        parts = tuple(_leaks(exercise, verdict, asked[verdict.name], ask) for verdict in parts)
    printed = next((one.reply.printed for one in everything if one.reply.printed), "")
    return Verdict(exercise.name, exercise.title, parts, printed)


def _leaks(exercise: Exercise, verdict: PartVerdict, asked: list[_Asked], ask: Ask) -> PartVerdict:
    """Where a part is wrong and unexplained, try the changes that must not be seen, on its first case."""
    if verdict.outcome != "wrong" or verdict.misconception or any(one.reply.outcome != "value" for one in asked):
        return verdict
    one = asked[0]
    seen = []
    for unseen in exercise.unseen:
        reply = ask(_question(exercise, one.case, unseen.change(one.inputs)))
        if reply.outcome == "value" and not same(reply.value, one.reply.value, exercise.tolerance):
            seen.append(unseen.says)
    return replace(verdict, says=(*verdict.says, *seen))


def not_graded(exercise: Exercise, reason: str) -> Verdict:
    """Return the verdict for an exercise that a fault of the machinery kept from being examined."""
    parts = (PartVerdict(part.name, part.points, 0.0, "not graded", (reason,)) for part in exercise.parts)
    return Verdict(exercise.name, exercise.title, tuple(parts))


def seeded(seed: int | str, *names: str) -> np.random.Generator:
    """Return a generator that depends on the seed and on every name, and on nothing else."""
    digest = hashlib.sha256("\0".join((str(seed), *names)).encode()).digest()
    return np.random.default_rng(int.from_bytes(digest))


def same(left: Any, right: Any, tolerance: float) -> bool:
    """Tell whether two plain outputs are equal: shapes exactly, numbers within the tolerance."""
    if isinstance(right, dict):
        return (
            isinstance(left, dict)
            and left.keys() == right.keys()
            and all(same(left[k], right[k], tolerance) for k in right)
        )
    if isinstance(right, (str, type(None), bool)) and not isinstance(right, np.generic):
        return type(left) is type(right) and left == right
    if isinstance(right, tuple) or (isinstance(right, list) and not _numeric(right)):
        return (
            isinstance(left, list)
            and len(left) == len(right)
            and all(same(a, b, tolerance) for a, b in zip(left, right))
        )
    left, right = _as_array(left), np.asarray(right)
    if left is None or left.shape != right.shape:
        return False
    if right.dtype == bool or left.dtype == bool:
        return left.dtype == right.dtype and bool(np.array_equal(left, right))
    scale = max(1.0, float(np.max(np.abs(right[np.isfinite(right)]), initial=0.0)))
    return bool(np.allclose(left, right, rtol=0.0, atol=tolerance * scale, equal_nan=False))


def _ask(exercise: Exercise, part: Part, case: Case, ask: Ask, seed: int | str) -> _Asked:
    inputs = case.draw(seeded(seed, exercise.name, part.name, case.name))
    reply = ask(_question(exercise, case, inputs))
    weights = None
    if exercise.how == "layer" and reply.outcome == "value":
        value = reply.value
        whole = isinstance(value, dict) and set(value) == {"output", "weights"} and isinstance(value["weights"], dict)
        if whole and set(value["weights"]) == set(exercise.read):
            weights = value["weights"]
        else:
            reply = Reply("not plain", detail="something other than a layer's output and weights")
    if exercise.normalise and weights is None and reply.outcome == "value":
        reply = replace(reply, value=exercise.normalise(reply.value))
    expected = None
    if part.judge is None and (exercise.how == "call" or weights is not None):
        expected = _run(exercise.reference, case, inputs, weights)
    return _Asked(case, inputs, reply, expected, weights)


def _question(exercise: Exercise, case: Case, inputs: Inputs) -> Question:
    return Question(
        exercise.name, inputs, exercise.how, exercise.tensors, case.arguments, exercise.read, exercise.seconds
    )


def _run(function: Any, case: Case, inputs: Inputs, weights: dict[str, Any] | None) -> Any:
    extra = {} if weights is None else {"weights": weights, **case.arguments}
    copies = {name: value.copy() if isinstance(value, np.ndarray) else value for name, value in inputs.items()}
    with np.errstate(all="ignore"):
        return function(**copies, **extra)


def _judge(exercise: Exercise, part: Part, asked: list[_Asked], everything: list[_Asked]) -> PartVerdict:
    blank = PartVerdict(part.name, part.points, 0.0, "wrong")
    for one in asked:
        if one.reply.outcome == "not attempted":
            return replace(blank, outcome="not attempted", says=("You have not answered this yet.",))
        if one.reply.outcome != "value":
            return replace(blank, says=(_why_no_value(exercise, one.reply),), inputs=_show_inputs(one.inputs))
        fault = _fault(exercise, part, one)
        if fault is not None:
            return _explain(exercise, replace(blank, says=fault), one, _mistakes(exercise, asked, everything))
    return replace(blank, outcome="right", earned=part.points)


def _fault(exercise: Exercise, part: Part, one: _Asked) -> tuple[str, ...] | None:
    """Return None for a right output, else the sentences that can be said for sure (there may be none)."""
    if part.judge is not None:
        says = part.judge(one.inputs, one.output)
        return None if says is None else (says,)
    if same(one.output, one.expected, exercise.tolerance):
        return None
    return _symptoms(exercise, one)


def _symptoms(exercise: Exercise, one: _Asked) -> tuple[str, ...]:
    if one.output is None:
        return ("Your answer returned nothing (None). Does every path end in `return`?",)
    if isinstance(one.expected, str):
        return () if isinstance(one.output, str) else (f"Expected text, received {_kind(one.output)}.",)
    if isinstance(one.expected, (dict, tuple)) or not _numeric(one.expected):
        return _container_symptoms(one)
    output, expected = _as_array(one.output), np.asarray(one.expected)
    if output is None:
        if isinstance(one.output, list):
            return ("Your answer returned a list whose rows have different lengths. All rows must be equally long.",)
        return (f"Expected {_kind(one.expected)}, received {_kind(one.output)}.",)
    if output.shape != expected.shape:
        return (f"Expected shape {expected.shape}, received shape {output.shape}.",)
    if (output.dtype == bool) != (expected.dtype == bool):
        return (f"Expected {_kind(expected)}, received {_kind(output)}.",)
    if np.isnan(output).any():
        return ("There are NaN (not a number) in your output: look for 0/0, inf - inf, or the logarithm of 0.",)
    if np.isinf(output).any() and np.isfinite(expected).all():
        return ("There are infinite numbers in your output: look for an overflow in `exp`, or a division by 0.",)
    if np.issubdtype(output.dtype, np.integer) and np.array_equal(output, np.trunc(expected)):
        return ("The numbers have lost their fractions: compute in floats, not in whole numbers.",)
    return tuple(prop.says for prop in exercise.properties if not prop.holds(one.inputs, output))


def _container_symptoms(one: _Asked) -> tuple[str, ...]:
    output, expected = one.output, one.expected
    if isinstance(expected, dict):
        if not isinstance(output, dict):
            return (f"Expected a dict with {_names(expected)}, received {_kind(output)}.",)
        if output.keys() != expected.keys():
            return (f"Expected a dict with {_names(expected)}, received one with {_names(output)}.",)
        wrong = [key for key in expected if not same(output[key], expected[key], 1e-4)]
        return (f"These entries differ: {', '.join(wrong)}.",)
    if not isinstance(output, list):
        return (f"Expected {len(expected)} values (a tuple or list), received {_kind(output)}.",)
    if len(output) != len(expected):
        return (f"Expected {len(expected)} values, received {len(output)}.",)
    wrong = [str(i + 1) for i, (a, b) in enumerate(zip(output, expected)) if not same(a, b, 1e-4)]
    return (f"Of the {len(expected)} values that you returned, these differ: number {', '.join(wrong)}.",)


def _mistakes(exercise: Exercise, asked: list[_Asked], everything: list[_Asked]) -> list[Misconception]:
    """Return the misconceptions that explain every output of a part; if several do, those that explain all parts."""

    def explaining(
        ones: list[_Asked], mistakes: tuple[Misconception, ...] | list[Misconception]
    ) -> list[Misconception]:
        return [mistake for mistake in mistakes if all(_matches(exercise, mistake, one) for one in ones)]

    found = explaining(asked, exercise.misconceptions)
    return explaining(everything, found) if len(found) > 1 else found


def _explain(exercise: Exercise, verdict: PartVerdict, one: _Asked, found: list[Misconception]) -> PartVerdict:
    verdict = replace(verdict, inputs=_show_inputs(one.inputs), received=show(one.output))
    if exercise.reveal and one.expected is not None:
        verdict = replace(verdict, expected=show(one.expected))
    if len(found) != 1:  # none, or several that cannot be told apart here: never guess
        return verdict
    return replace(verdict, says=(found[0].says, *verdict.says), misconception=found[0].name, hint=found[0].hint)


def _matches(exercise: Exercise, mistake: Misconception, one: _Asked) -> bool:
    if one.reply.outcome != "value" or one.output is None:
        return False
    try:
        predicted = _run(mistake.answer, one.case, one.inputs, one.weights)
    except (ValueError, TypeError, IndexError, ArithmeticError):
        return False  # this belief cannot even be computed on these shapes
    if isinstance(predicted, np.ndarray) and np.isnan(predicted).any():
        received = _as_array(one.output)
        return (
            received is not None
            and received.shape == predicted.shape
            and bool(np.allclose(received, predicted, rtol=0, atol=exercise.tolerance, equal_nan=True))
        )
    return same(one.output, predicted, exercise.tolerance)


def _why_no_value(exercise: Exercise, reply: Reply) -> str:
    if reply.outcome == "missing":
        return f"There is no `{exercise.name}` to ask. Run the cell that defines it, and keep its name."
    if reply.outcome == "raised":
        return f"Your answer raised an error instead of returning. {reply.detail}"
    if reply.outcome == "not plain":
        return f"You returned {reply.detail}."
    if reply.outcome == "too long":
        return f"Your answer did not return within {reply.detail} seconds. Is there a loop that never ends?"
    return f"The process that ran your answer ended before it returned. {reply.detail}".strip()


def show(value: Any) -> str:
    """Return a short readable text for a plain value: small arrays whole, large ones by their shape."""
    if isinstance(value, (list, tuple)) and _numeric(value):
        value = np.asarray(value)
    if isinstance(value, np.ndarray):
        if value.size > SHOWN_ITEMS:
            head = np.array2string(value.ravel()[:4], precision=3, suppress_small=True, separator=", ")
            return f"shape {value.shape}, begins {head[:-1]}, ...]"
        text = np.array2string(value, precision=3, suppress_small=True, separator=", ", max_line_width=100)
        return text if value.ndim < 2 else f"shape {value.shape}\n{text}"
    if isinstance(value, float):
        return f"{value:.4g}"
    if isinstance(value, dict):
        return "\n".join(f"{key} = {show(item)}" for key, item in value.items())
    if isinstance(value, (list, tuple)) and len(value) <= 8:
        return "\n".join(f"[{i}] {show(item)}" for i, item in enumerate(value))
    text = repr(value)
    return text if len(text) <= 400 else text[:400] + " ..."


def _show_inputs(inputs: Inputs) -> str:
    return "\n".join(f"{name} = {show(value)}" for name, value in inputs.items())


def _kind(value: Any) -> str:
    if value is None:
        return "None"
    if isinstance(value, np.ndarray):
        return f"an array of {value.dtype.name}, shape {value.shape}"
    return {"str": "text", "list": "a list", "dict": "a dict", "bool": "a boolean"}.get(
        type(value).__name__, "a number"
    )


def _names(mapping: dict[str, Any]) -> str:
    return ", ".join(f"{key!r}" for key in mapping) or "no keys"


def _numeric(value: Any) -> bool:
    return _as_array(value) is not None


def _as_array(value: Any) -> np.ndarray | None:
    """Return an array of numbers or booleans, or None if the value cannot be one."""
    if isinstance(value, (str, dict)) or value is None:
        return None
    try:
        array = np.asarray(value)
    except ValueError:
        return None
    return array if array.dtype.kind in "biuf" else None
