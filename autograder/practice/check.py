"""Practice: check an answer in the notebook it was written in, and give hints one at a time."""

from __future__ import annotations

import os
import sys
from typing import Any

from autograder.asking.answer import ask_in
from autograder.exercise.vocabulary import Exercise, Verdict
from autograder.practice.record import Record
from autograder.practice.report import Report


def check(name: str) -> float | None:
    """Examine the answer called `name` in the caller's notebook and show a report.

    Under nbgrader (autograde, validate) also return the points earned, which nbgrader takes as the score;
    otherwise return nothing. Never raises for what the answer does.
    """
    namespace = sys._getframe(1).f_globals
    grading = "NBGRADER_EXECUTION" in os.environ
    exercise = _exercise(name)
    if exercise is None:
        return 0.0 if grading else None
    verdict = _examine(exercise, namespace)
    report = Report(verdict, _next_step(verdict))
    _show(report)
    if grading:
        if os.environ["NBGRADER_EXECUTION"] == "validate" and verdict.outcome != "right":
            print(report, file=sys.stderr)  # of a cell that failed, Validate shows what is on stderr, and nothing else
        return float(verdict.earned)
    Record().add(verdict)
    return None


def hint(name: str) -> None:
    """Show one more hint for the exercise called `name`; after the last, start again."""
    exercise = _exercise(name)
    if exercise is None:
        return
    given = Record().next_hint(name)
    number = given % len(exercise.hints)
    print(f"Hint {number + 1} of {len(exercise.hints)} for {name}: {exercise.hints[number]}")


def _examine(exercise: Exercise, namespace: dict[str, Any]) -> Verdict:
    from autograder.exercise.examine import examine

    return examine(exercise, ask_in(namespace))


def _exercise(name: str) -> Exercise | None:
    try:
        from autograder.exercises import UnknownExercise, find
    except ImportError:
        # A graded submission runs where references cannot be read: the examiner asks from outside.
        print(f"{name} is examined outside this process.")
        return None
    try:
        return find(name)
    except UnknownExercise as error:
        print(error)
        return None


def _next_step(verdict: Verdict) -> str:
    name = verdict.exercise
    if verdict.outcome == "right":
        return ""
    if verdict.outcome == "not attempted":
        return (
            f'replace `raise NotImplementedError` with your answer, run that cell, then this. `hint("{name}")` helps.'
        )
    return f'change the answer, run its cell, then run this one again. `hint("{name}")` gives a hint.'


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
