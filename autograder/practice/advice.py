"""What a learner needs to know beside the verdict: what the report is about, what grading misses, what comes next."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from autograder.exercise.vocabulary import Verdict
from autograder.practice.foresight import foreseen
from autograder.practice.history import Cell, cells_run, misnamed, outdated


@dataclass(frozen=True)
class Advice:
    """Sentences that come before the parts of a report, and the one that comes last."""

    notes: tuple[str, ...]
    next_step: str


def advise(name: str, verdict: Verdict, namespace: Mapping[str, Any]) -> Advice:
    """Return the advice on the answer called `name`."""
    cells = cells_run()
    about = _about(name, verdict, namespace, cells)
    early = [] if verdict.outcome == "not attempted" else foreseen(name, namespace, cells)
    return Advice((*about, *early), _next_step(verdict, is_there=name in namespace, is_noted=bool(about)))


def _about(name: str, verdict: Verdict, namespace: Mapping[str, Any], cells: list[Cell]) -> list[str]:
    """Say what the report is about, where that is not the answer that was written last."""
    why = outdated(name, namespace, cells)
    if why:
        return [why[0].upper() + why[1:]]
    if verdict.outcome == "right":
        return []
    meant = misnamed(name, namespace, cells, _texts_of_lesson(name), verdict.outcome == "not attempted")
    return [f"There is a `{meant}`. This check asks for `{name}`: if that is your answer, rename it."] if meant else []


def _texts_of_lesson(name: str) -> frozenset[str]:
    """Return the texts of the cells that the lesson itself has, its answers excepted."""
    from autograder.practice.lessons import lesson_of
    from autograder.practice.notebook import cells_of

    lesson = lesson_of(name)
    cells = cells_of(lesson.notebook) if lesson and lesson.notebook else []
    return frozenset(cell.source.strip() for cell in cells if not cell.is_answer)


def _next_step(verdict: Verdict, is_there: bool, is_noted: bool) -> str:
    name = verdict.exercise
    if verdict.outcome == "right" and not is_noted:
        return ""
    if is_noted and verdict.outcome in ("right", "not attempted"):
        return f'see to the note, run the cell with `{name}`, then this one again. `hint("{name}")` helps.'
    if verdict.outcome == "not attempted" and not is_there:
        return f"run the cell that defines `{name}`, then this one again."
    if verdict.outcome == "not attempted":
        return (
            f'replace `raise NotImplementedError` with your answer, run that cell, then this. `hint("{name}")` helps.'
        )
    return f'change the answer, run its cell, then run this one again. `hint("{name}")` gives a hint.'
