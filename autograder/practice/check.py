"""Practice: check an answer in the notebook it was written in, and give hints one at a time."""

from __future__ import annotations

import os
import sys
from dataclasses import replace
from typing import Any

from autograder.asking.answer import ask_in
from autograder.exercise.vocabulary import Exercise, Verdict
from autograder.practice.advice import advise
from autograder.practice.names import OutOfReach, UnknownName, find_exercise
from autograder.practice.record import Record
from autograder.practice.report import Report
from autograder.practice.room import tell_room


def check(name: str = "") -> float | None:
    """Examine the answer called `name` in the caller's notebook and show a report.

    Under nbgrader (autograde, validate) also return the points earned, which nbgrader takes as the score;
    otherwise return nothing. Never raises for what the answer does.
    """
    namespace = sys._getframe(1).f_globals
    nothing = 0.0 if _grading() else None
    try:
        exercise = find_exercise(name, "check")
        verdict = examine_here(exercise, namespace)
        advice = advise(exercise.name, verdict, namespace)
        report = Report(verdict, advice.next_step, advice.notes)
        _show(report)
        if not _grading():
            Record.of(exercise.name).add(verdict)
            tell_room(verdict)
    except (UnknownName, OutOfReach) as found:
        print(found)
        return nothing
    except KeyboardInterrupt:
        print(f"{name}: the check was stopped. Nothing changed; run this cell again when you like.")
        return nothing
    if not _grading():
        return None
    if os.environ["NBGRADER_EXECUTION"] == "validate" and verdict.outcome != "right":
        print(report, file=sys.stderr)  # of a cell that failed, Validate shows what is on stderr, and nothing else
    return float(verdict.earned)


def hint(name: str = "") -> None:
    """Show one more hint for the exercise called `name`; after the last, start again."""
    try:
        exercise = find_exercise(name, "hint")
    except (UnknownName, OutOfReach) as found:
        print(found)
        return
    given = Record.of(exercise.name).next_hint(exercise.name)
    number = given % len(exercise.hints)
    print(f"Hint {number + 1} of {len(exercise.hints)} for {exercise.name}: {exercise.hints[number]}")


def _grading() -> bool:
    return "NBGRADER_EXECUTION" in os.environ


def examine_here(exercise: Exercise, namespace: dict[str, Any]) -> Verdict:
    """Examine an answer; one that is not there was not attempted."""
    from autograder.exercise.examine import examine

    verdict = examine(exercise, ask_in(namespace))
    if namespace.get(exercise.name) is not None:
        return verdict
    return replace(verdict, parts=tuple(replace(part, outcome="not attempted") for part in verdict.parts))


def _show(report: Report) -> None:
    try:
        from IPython import get_ipython
        from IPython.display import display
    except ImportError:
        get_ipython = lambda: None
    if get_ipython() is None:
        print(report)
    else:
        display(report)
