"""Draw the questions of an exercise, once, and put them to an answer.

The same seed gives the same questions everywhere.
"""

from __future__ import annotations

import hashlib
import inspect
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np

from autograder.asking.answer import Ask, Question, Reply
from autograder.exercise.draws import lengths
from autograder.exercise.values import same
from autograder.exercise.vocabulary import Case, Draft, Exercise, Function, Inputs, Part

INCOMPUTABLE = (ValueError, TypeError, LookupError, ArithmeticError, AttributeError)
DRAWS = 40  # so often cases are drawn again until they tell all misconceptions apart
_LESS = 2.0  # seconds for a question after one ran out of time
_DEATHS = 2  # an answer that ended so many processes is asked no more


@dataclass(frozen=True)
class Asked:
    """One case as it is asked: its part, its question, and all that is needed to know what should come back."""

    exercise: Exercise
    part: Part
    rounds: tuple[Draft, ...]  # a layer is called twice, anything else once
    weights: tuple[dict[str, np.ndarray], ...]
    question: Question

    @property
    def inputs(self) -> Inputs:
        """The inputs of the first call."""
        return self.question.inputs

    @cached_property
    def expected(self) -> Any:
        """What the reference returns; for a layer a list, one output a call."""
        return None if self.part.judge else self.outputs_of(self.exercise.reference)

    def outputs_of(self, function: Function) -> Any:
        """Return what a reference or a misconception returns here."""
        if self.exercise.how == "call":
            return _call(function, self.inputs)
        pairs = zip(self.rounds, self.weights)
        return [_named(function, {**one.inputs, "weights": weights, **one.arguments}) for one, weights in pairs]

    def belief(self, function: Function) -> Any:
        """Return what a misconception returns here, or `_Incomputable` where it cannot even be computed."""
        try:
            return self.outputs_of(function)
        except INCOMPUTABLE:
            return Incomputable


class Incomputable:
    """Stands for the output of a belief that cannot be computed on these shapes."""


@dataclass(frozen=True)
class Plan:
    """All that is asked of one answer, in order."""

    exercise: Exercise
    asked: tuple[Asked, ...]

    @property
    def questions(self) -> list[Question]:
        """The questions alone, for those who would rather send all at once."""
        return [one.question for one in self.asked]


def questions(exercise: Exercise, seed: int | str = 0) -> Plan:
    """Draw what is asked with this seed. `seed` is a secret in grading, 0 in a notebook.

    With `apart`, draw again until the cases tell every misconception from the reference and from each other.
    """
    plan = _draw(exercise, seed, 0)
    if exercise.apart:
        attempt = 1
        while attempt < DRAWS and not are_apart(plan):
            plan = _draw(exercise, seed, attempt)
            attempt += 1
    return plan


def put(plan: Plan, ask: Ask) -> list[Reply | None]:
    """Ask the questions; None stands for one that was not asked, because its part was lost already.

    What does not return, or ends its process, costs its own part and no other.
    """
    replies: list[Reply | None] = []
    lost: set[str] = set()
    late, deaths = False, 0
    for one in plan.asked:
        if one.part.name in lost or deaths >= _DEATHS:
            replies.append(None)
            continue
        question = one.question
        if late:
            question = replace(question, seconds=min(question.seconds, _LESS))
        replies.append(ask(question))
        if replies[-1].outcome in ("too long", "died"):
            lost.add(one.part.name)
            late = late or replies[-1].outcome == "too long"
            deaths += replies[-1].outcome == "died"
    return replies


def seeded(seed: int | str, *names: str) -> np.random.Generator:
    """Return a generator that depends on the seed and on every name, and on nothing else."""
    digest = hashlib.sha256("\0".join((str(seed), *names)).encode()).digest()
    return np.random.default_rng(int.from_bytes(digest))


def are_apart(plan: Plan) -> bool:
    """Tell whether the cases tell every misconception from the reference and from every other."""
    cases = [one for one in plan.asked if one.part.judge is None]
    if not cases or not any(one.inputs for one in cases):
        return True  # a judge decides, or there is nothing to draw
    beliefs = [[one.belief(mistake.answer) for one in cases] for mistake in plan.exercise.misconceptions]
    right = [one.expected for one in cases]
    return all(
        _differ(plan.exercise, beliefs[i], other) for i in range(len(beliefs)) for other in (right, *beliefs[:i])
    )


def _differ(exercise: Exercise, left: list[Any], right: list[Any]) -> bool:
    return any(not agree(exercise, a, b) for a, b in zip(left, right))


def agree(exercise: Exercise, left: Any, right: Any) -> bool:
    """Tell whether two beliefs have the same output; NaN equals NaN here."""
    if left is Incomputable or right is Incomputable:
        return left is right
    several = isinstance(right, tuple) or (isinstance(right, list) and exercise.how == "layer")
    if several and isinstance(left, (tuple, list)):
        return len(left) == len(right) and all(agree(exercise, *pair) for pair in zip(left, right))
    if several or isinstance(left, tuple):
        return False
    if isinstance(right, float) and isinstance(left, float):
        left, right = np.asarray(left), np.asarray(right)
    if isinstance(right, np.ndarray) and isinstance(left, np.ndarray) and right.dtype.kind == left.dtype.kind == "f":
        if left.shape != right.shape or not np.array_equal(np.isnan(left), np.isnan(right)):
            return False
        left, right = np.nan_to_num(left, nan=0.0, posinf=None), np.nan_to_num(right, nan=0.0, posinf=None)
    return same(left, right, 3 * exercise.tolerance)


def _draw(exercise: Exercise, seed: int | str, attempt: int) -> Plan:
    again = (f"again {attempt}",) if attempt else ()
    asked = []
    for part in exercise.parts:
        for case in part.cases:
            rng = seeded(seed, exercise.name, part.name, case.name, *again)
            asked.append(_asked(exercise, part, case, rng, inspect=case is exercise.parts[-1].cases[-1]))
    return Plan(exercise, tuple(asked))


def _asked(exercise: Exercise, part: Part, case: Case, rng: np.random.Generator, inspect: bool) -> Asked:
    draft = case.draft(rng)
    if exercise.how == "call":
        question = Question(
            exercise.name, _in_order(exercise, draft.inputs), tensors=exercise.tensors, seconds=exercise.seconds
        )
        return Asked(exercise, part, (draft,), ({},), question)
    rounds = (draft, draft.again)
    weights = tuple(_weights(exercise, one, rng) for one in rounds)
    question = Question(
        exercise.name,
        draft.inputs,
        "layer",
        exercise.tensors,
        draft.arguments,
        weights[0],
        tuple({"inputs": one.inputs, "weights": each} for one, each in zip(rounds[1:], weights[1:])),
        inspect,
        exercise.seconds,
    )
    return Asked(exercise, part, rounds, weights, question)


def _in_order(exercise: Exercise, inputs: Inputs) -> Inputs:
    """Return the inputs in the order of the task's signature, in which they are passed."""
    named = {name: inputs[name] for name in exercise.order if name in inputs}
    return named if len(named) == len(inputs) else inputs


def _weights(exercise: Exercise, draft: Draft, rng: np.random.Generator) -> dict[str, np.ndarray]:
    """Draw weights for a layer, in float32: as the exercise says, or by the axes of each."""
    if isinstance(exercise.weights, Callable):
        drawn = exercise.weights(rng, draft.inputs, **draft.arguments)
        return {path: np.asarray(value, np.float32) for path, value in drawn.items()}
    return {path: _weight(path, lengths(axes, draft.sizes), rng) for path, axes in (exercise.weights or {}).items()}


def _weight(path: str, shape: tuple[int, ...], rng: np.random.Generator) -> np.ndarray:
    """Draw one weight at the scale of trained ones: kernels by their width, gains around 1, biases around 0."""
    noise = rng.standard_normal(shape)
    if path.endswith("gamma"):
        noise = 1 + 0.3 * noise
    elif path.endswith("kernel"):
        noise /= max(1, shape[0]) ** 0.5
    elif not path.endswith("embeddings"):
        noise /= 2
    return noise.astype(np.float32)


def _call(function: Function, inputs: Inputs) -> Any:
    with np.errstate(all="ignore"):
        values = {name: in_float64(value) for name, value in inputs.items()}
        return function(**values) if takes_any(function) else function(*values.values())


def takes_any(function: Function) -> bool:
    """Tell whether an author's function takes what it does not name (**rest), and so has to be called by keyword."""
    return any(each.kind is each.VAR_KEYWORD for each in inspect.signature(function).parameters.values())


def _named(function: Function, inputs: Inputs) -> Any:
    with np.errstate(all="ignore"):
        return function(**{name: in_float64(value) for name, value in inputs.items()})


def in_float64(value: Any) -> Any:
    """Return a copy, arrays of floats in float64, in which references are worked out."""
    if isinstance(value, np.ndarray):
        return value.astype(np.float64) if value.dtype.kind == "f" else value.copy()
    if isinstance(value, dict):
        return {name: in_float64(each) for name, each in value.items()}
    return [in_float64(each) for each in value] if isinstance(value, list) else value
