"""From an exercise and a way to ask its answer, a verdict. Pure: the same seed and replies give the same verdict."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from autograder.asking.answer import Ask, Question, Reply
from autograder.exercise.difference import show_both
from autograder.exercise.values import as_array, is_numeric, kind_of, not_a_number, same, show
from autograder.exercise.vocabulary import Case, Exercise, Inputs, Misconception, Part, PartVerdict, Verdict

_NOTHING = "Your answer returned nothing (None). Does every path end in `return`?"
_INCOMPUTABLE = (ValueError, TypeError, LookupError, ArithmeticError, AttributeError)


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


def questions(exercise: Exercise, seed: int | str = 0) -> list[Question]:
    """Return what `examine` will ask with this seed, in order, for those who would rather ask all at once."""
    pairs = [(part, case) for part in exercise.parts for case in part.cases]
    return [_question(exercise, case, _drawn(exercise, part, case, seed)) for part, case in pairs]


def _leaks(exercise: Exercise, verdict: PartVerdict, asked: list[_Asked], ask: Ask) -> PartVerdict:
    """Where a part is wrong and unexplained, try the changes that must not be seen, on its first case."""
    if verdict.outcome != "wrong" or verdict.misconception or any(one.reply.outcome != "value" for one in asked):
        return verdict
    one = asked[0]

    def differs(inputs: Inputs) -> bool:
        again = _reply(exercise, ask(_question(exercise, one.case, inputs)))
        return again.outcome == "value" and not same(again.value, one.reply.value, exercise.tolerance)

    seen = tuple(unseen.says for unseen in exercise.unseen if differs(unseen.change(one.inputs)))
    if seen and differs(one.inputs):  # it never answers twice alike: random, or a layer with new weights
        return verdict
    return replace(verdict, says=(*verdict.says, *seen))


def not_graded(exercise: Exercise, reason: str) -> Verdict:
    """Return the verdict for an exercise that a fault of the machinery kept from being examined."""
    parts = (PartVerdict(part.name, part.points, 0.0, "not graded", (reason,)) for part in exercise.parts)
    return Verdict(exercise.name, exercise.title, tuple(parts))


def seeded(seed: int | str, *names: str) -> np.random.Generator:
    """Return a generator that depends on the seed and on every name, and on nothing else."""
    digest = hashlib.sha256("\0".join((str(seed), *names)).encode()).digest()
    return np.random.default_rng(int.from_bytes(digest))


def _ask(exercise: Exercise, part: Part, case: Case, ask: Ask, seed: int | str) -> _Asked:
    inputs = _drawn(exercise, part, case, seed)
    reply = _reply(exercise, ask(_question(exercise, case, inputs)))
    weights = reply.value["weights"] if exercise.how == "layer" and reply.outcome == "value" else None
    expected = None
    if part.judge is None and (exercise.how == "call" or weights is not None):
        try:
            expected = _run(exercise.reference, case, inputs, weights)
        except _INCOMPUTABLE:
            if weights is None:
                raise
            found = ", ".join(f"{path} is {kind_of(value)}" for path, value in weights.items())
            return _Asked(
                case, inputs, Reply("not plain", detail=f"a layer whose weights do not fit together: {found}"), None
            )
    return _Asked(case, inputs, reply, expected, weights)


def _reply(exercise: Exercise, reply: Reply) -> Reply:
    """Return the reply with its value normalised; one of a layer must hold an output and the weights asked for."""
    if reply.outcome != "value":
        return reply
    value = reply.value
    if exercise.how == "layer":
        whole = isinstance(value, dict) and set(value) == {"output", "weights"} and isinstance(value["weights"], dict)
        if whole and set(value["weights"]) == set(exercise.read):
            return reply
        return Reply("not plain", detail="something other than a layer's output and weights")
    return replace(reply, value=exercise.normalise(value)) if exercise.normalise else reply


def _drawn(exercise: Exercise, part: Part, case: Case, seed: int | str) -> Inputs:
    return case.draw(seeded(seed, exercise.name, part.name, case.name))


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
        says = _NOTHING if one.output is None else part.judge(one.inputs, one.output)
        return None if says is None else (says,)
    if same(one.output, one.expected, exercise.tolerance):
        return None
    return _symptoms(exercise, one)


def _symptoms(exercise: Exercise, one: _Asked) -> tuple[str, ...]:
    if one.output is None:
        return (_NOTHING,)
    if isinstance(one.expected, str):
        return () if isinstance(one.output, str) else (f"Expected text, received {kind_of(one.output)}.",)
    if isinstance(one.expected, (dict, tuple)) or not is_numeric(one.expected):
        return _container_symptoms(exercise, one)
    output, expected = as_array(one.output), np.asarray(one.expected)
    if output is None:
        if isinstance(one.output, list) and not not_a_number(one.output):
            return ("Your answer returned a list whose rows have different lengths. All rows must be equally long.",)
        return (f"Expected {kind_of(one.expected)}, received {kind_of(one.output)}.",)
    if output.shape != expected.shape:
        return (f"Expected shape {expected.shape}, received shape {output.shape}.",)
    if (output.dtype == bool) != (expected.dtype == bool):
        return (f"Expected {kind_of(expected)}, received {kind_of(output)}.",)
    if np.isnan(output).any():
        return ("There are NaN (not a number) in your output: look for 0/0, inf - inf, or the logarithm of 0.",)
    if np.isinf(output).any() and np.isfinite(expected).all():
        return ("There are infinite numbers in your output: look for an overflow in `exp`, or a division by 0.",)
    if np.issubdtype(output.dtype, np.integer) and np.array_equal(output, np.trunc(expected)):
        return ("The numbers have lost their fractions: compute in floats, not in whole numbers.",)
    return tuple(prop.says for prop in exercise.properties if not prop.holds(one.inputs, output))


def _container_symptoms(exercise: Exercise, one: _Asked) -> tuple[str, ...]:
    output, expected = one.output, one.expected
    if isinstance(expected, dict):
        if not isinstance(output, dict):
            return (f"Expected a dict with {_names(expected)}, received {kind_of(output)}.",)
        if output.keys() != expected.keys():
            return (f"Expected a dict with {_names(expected)}, received one with {_names(output)}.",)
        wrong = [key for key in expected if not same(output[key], expected[key], exercise.tolerance)]
        return (f"These entries differ: {', '.join(wrong)}.",)
    if not isinstance(output, list):
        return (f"Expected {len(expected)} values (a tuple or list), received {kind_of(output)}.",)
    if len(output) != len(expected):
        return (f"Expected {len(expected)} values, received {len(output)}.",)
    wrong = [str(i + 1) for i, (a, b) in enumerate(zip(output, expected)) if not same(a, b, exercise.tolerance)]
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
    expected, received = "", show(one.output)
    if exercise.reveal and one.expected is not None:
        expected, received = show_both(one.expected, one.output, exercise.tolerance)
    verdict = replace(verdict, inputs=_show_inputs(one.inputs), expected=expected, received=received)
    if len(found) != 1:  # none, or several that cannot be told apart here: never guess
        return verdict
    return replace(verdict, says=(found[0].says, *verdict.says), misconception=found[0].name, hint=found[0].hint)


def _matches(exercise: Exercise, mistake: Misconception, one: _Asked) -> bool:
    if one.reply.outcome != "value" or one.output is None:
        return False
    try:
        predicted = _run(mistake.answer, one.case, one.inputs, one.weights)
    except _INCOMPUTABLE:
        return False  # this belief cannot even be computed on these shapes
    if isinstance(predicted, np.ndarray) and np.isnan(predicted).any():
        received = as_array(one.output)
        return (
            received is not None
            and received.shape == predicted.shape
            and bool(np.allclose(received, predicted, rtol=0, atol=exercise.tolerance, equal_nan=True))
        )
    return same(one.output, predicted, exercise.tolerance)


def _why_no_value(exercise: Exercise, reply: Reply) -> str:
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


def _show_inputs(inputs: Inputs) -> str:
    return "\n".join(f"{name} = {show(value)}" for name, value in inputs.items())


def _names(mapping: dict[str, Any]) -> str:
    return ", ".join(f"{key!r}" for key in mapping) or "no keys"
