"""From an exercise and the replies of an answer, a verdict. Pure: the same seed and replies give the same verdict."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from autograder.asking.answer import Ask, Reply
from autograder.exercise.difference import show_both
from autograder.exercise.plan import Asked, Incomputable, Plan, put, questions, seeded
from autograder.exercise.values import as_array, close, same, show
from autograder.exercise.vocabulary import Exercise, Inputs, Misconception, Part, PartVerdict, Verdict
from autograder.exercise.words import NOTHING, SKIPPED, looked_at, show_inputs, symptoms, unset, why_no_value

__all__ = ["examine", "judge", "not_graded", "put", "questions", "seeded"]


@dataclass(frozen=True)
class _Case:
    """One case as it went: what was asked, what came back, and what was found of it."""

    asked: Asked
    reply: Reply | None

    @property
    def value(self) -> Any:
        """What is compared: the output, or a layer's outputs, one a call."""
        return self.reply.value["outputs"] if self.asked.exercise.how == "layer" else self.reply.value


def examine(exercise: Exercise, ask: Ask, seed: int | str = 0) -> Verdict:
    """Draw questions, ask them, and judge the replies."""
    plan = questions(exercise, seed)
    return judge(plan, put(plan, ask), ask)


def judge(plan: Plan, replies: list[Reply | None], ask: Ask | None = None) -> Verdict:
    """Compare the replies with the reference, and say what is wrong.

    `ask` is asked again only where an output differs that no misconception explains: does it see what it must not?
    """
    exercise = plan.exercise
    cases = [
        _Case(asked, reply and _whole(exercise, len(asked.rounds), reply)) for asked, reply in zip(plan.asked, replies)
    ]
    of_parts = [[case for case in cases if case.asked.part is part] for part in exercise.parts]
    parts = [_part(exercise, part, ones) for part, ones in zip(exercise.parts, of_parts)]
    failing = [case for found, ones in zip(parts, of_parts) if found.outcome == "wrong" for case in ones if case.reply]
    named = _explaining(exercise, failing, cases)
    for number, ones in enumerate(of_parts):
        if parts[number].outcome == "wrong" and all(one.reply and one.reply.outcome == "value" for one in ones):
            parts[number] = _explained(parts[number], named) if named else _leaks(parts[number], ones[0], ask)
    printed = next((case.reply.printed for case in cases if case.reply and case.reply.printed), "")
    return Verdict(exercise.name, exercise.title, tuple(parts), printed, _notes(cases))


def not_graded(exercise: Exercise, reason: str) -> Verdict:
    """Return the verdict for an exercise that a fault of the machinery kept from being examined."""
    parts = (PartVerdict(part.name, part.points, 0.0, "not graded", (reason,)) for part in exercise.parts)
    return Verdict(exercise.name, exercise.title, tuple(parts))


def _part(exercise: Exercise, part: Part, cases: list[_Case]) -> PartVerdict:
    blank = PartVerdict(part.name, part.points, 0.0, "wrong")
    for case in cases:
        reply = case.reply
        if reply is None:
            return replace(blank, says=(SKIPPED,))
        if reply.outcome == "not attempted":
            return replace(blank, outcome="not attempted", says=("You have not answered this yet.",))
        if reply.outcome != "value":
            return replace(blank, says=(why_no_value(exercise, reply),), inputs=show_inputs(case.asked.inputs))
        fault = _layer_fault(exercise, case) if exercise.how == "layer" else _fault(exercise, part, case)
        if fault is not None:
            return _shown(exercise, blank, fault)
    return replace(blank, outcome="right", earned=part.points)


@dataclass(frozen=True)
class _Fault:
    """What is wrong with one case: sentences that are sure (there may be none), and what to show."""

    says: tuple[str, ...]
    inputs: Inputs
    output: Any = None
    expected: Any = None


def _fault(exercise: Exercise, part: Part, case: _Case) -> _Fault | None:
    inputs, output = case.asked.inputs, case.value
    if part.judge is not None:
        says = NOTHING if output is None else part.judge(inputs, output)
        return None if says is None else _Fault((says,), inputs, output)
    if same(output, case.asked.expected, exercise.tolerance):
        return None
    return _Fault(symptoms(exercise, inputs, output, case.asked.expected), inputs, output, case.asked.expected)


def _layer_fault(exercise: Exercise, case: _Case) -> _Fault | None:
    found, asked = case.reply.value, case.asked
    amiss = unset(found)
    if found["unset"]:
        return _Fault(amiss, asked.inputs)
    for one, output, expected in zip(asked.rounds, found["outputs"], asked.expected):
        if not same(output, expected, exercise.tolerance):
            return _Fault((*amiss, *symptoms(exercise, one.inputs, output, expected)), one.inputs, output, expected)
    amiss = (*amiss, *looked_at(found))
    if "inside" in found and not same(found["inside"], asked.expected[-1], exercise.tolerance):
        amiss = (*amiss, "Inside a `keras.Model` your layer gives another output than alone.")
        return _Fault(amiss, asked.rounds[-1].inputs, found["inside"], asked.expected[-1])
    return _Fault(amiss, asked.inputs) if amiss else None


def _shown(exercise: Exercise, verdict: PartVerdict, fault: _Fault) -> PartVerdict:
    expected = ""
    received = show(fault.output) if fault.output is not None or not fault.says or fault.says[0] == NOTHING else ""
    if exercise.reveal and fault.expected is not None:
        expected, received = show_both(fault.expected, fault.output, exercise.tolerance)
    return replace(verdict, says=fault.says, inputs=show_inputs(fault.inputs), received=received, expected=expected)


def _explaining(exercise: Exercise, failing: list[_Case], cases: list[_Case]) -> Misconception | None:
    """Return the one misconception that explains every case of every failing part; None if several do, or none.

    Where several do, one that explains the cases of the right parts as well is the one.
    """
    found = [
        one for one in exercise.misconceptions if failing and all(_matches(exercise, one, each) for each in failing)
    ]
    if len(found) > 1:
        asked = [case for case in cases if case.reply]
        found = [one for one in found if all(_matches(exercise, one, each) for each in asked)]
    return found[0] if len(found) == 1 else None


def _matches(exercise: Exercise, mistake: Misconception, case: _Case) -> bool:
    """Tell whether an answer does here what this misconception does: it may also fail where that cannot be computed."""
    believed = case.asked.belief(mistake.answer)
    if believed is Incomputable:
        return case.reply.outcome == "raised"
    if case.reply.outcome != "value" or case.value is None:
        return False
    if exercise.how == "layer":
        return len(case.value) == len(believed) and all(
            _alike(exercise, got, wanted) for got, wanted in zip(case.value, believed)
        )
    return _alike(exercise, case.value, believed)


def _alike(exercise: Exercise, output: Any, believed: Any) -> bool:
    expected, received = None if isinstance(believed, tuple) else as_array(believed), as_array(output)
    if expected is not None and expected.dtype.kind == "f" and np.isnan(expected).any():
        if received is None or received.shape != expected.shape or received.dtype.kind != "f":
            return False
        lost = np.isnan(expected)
        alike = close(received, np.where(lost, 0.0, expected), exercise.tolerance)
        return bool(np.where(lost, np.isnan(received), alike).all())
    return same(output, believed, exercise.tolerance)


def _explained(verdict: PartVerdict, mistake: Misconception) -> PartVerdict:
    return replace(verdict, says=(mistake.says, *verdict.says), misconception=mistake.name, hint=mistake.hint)


def _leaks(verdict: PartVerdict, case: _Case, ask: Ask | None) -> PartVerdict:
    """Where a part is wrong and unexplained, try the changes that must not be seen, on its first case."""
    exercise, question = case.asked.exercise, case.asked.question
    if ask is None or not exercise.unseen:
        return verdict

    def differs(inputs: Inputs) -> bool:
        again = replace(question, inputs=inputs, again=(), inspect=False)
        reply = _whole(exercise, 1, ask(again))
        if reply.outcome != "value":
            return False
        before, after = case.value, reply.value
        if exercise.how == "layer":
            before, after = case.value[:1], reply.value["outputs"]
        return not same(after, before, exercise.tolerance)

    seen = tuple(unseen.says for unseen in exercise.unseen if differs(unseen.change(case.asked.inputs)))
    if seen and differs(case.asked.inputs):  # it never answers twice alike
        return verdict
    return replace(verdict, says=(*verdict.says, *seen))


def _whole(exercise: Exercise, count: int, reply: Reply) -> Reply:
    """Return the reply with its value normalised; one of a layer must hold an output for each of `count` calls."""
    if reply.outcome != "value":
        return reply
    if exercise.how != "layer":
        return replace(reply, value=exercise.normalise(reply.value)) if exercise.normalise else reply
    found = reply.value
    fits = isinstance(found, dict) and {"outputs", "unset", "more"} <= set(found) and isinstance(found["outputs"], list)
    fits = fits and all(_are_texts(found[key], dict) for key in ("unset", "more"))
    fits = fits and all(_are_texts(found.get(key, []), list) for key in ("frozen", "unreached"))
    fits = fits and isinstance(found.get("failed", ""), str)
    if not fits or not (found["unset"] or len(found["outputs"]) == count):
        return Reply("not plain", detail="something other than a layer's outputs")
    return reply


def _are_texts(found: Any, kind: type) -> bool:
    if not isinstance(found, kind):
        return False
    items = [*found, *found.values()] if kind is dict else found
    return all(isinstance(item, str) and len(item) < 1_000 for item in items)


def _notes(cases: list[_Case]) -> tuple[str, ...]:
    changed = {name: None for case in cases if case.reply for name in case.reply.changed if name in case.asked.inputs}
    if not changed:
        return ()
    names = ", ".join(f"`{name}`" for name in changed)
    return (f"Your answer writes into what it is given ({names}): its caller finds that changed. Work on a copy.",)
