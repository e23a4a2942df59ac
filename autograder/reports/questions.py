"""A result as a list of questions: what every report, for one learner or for a class, is made from."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from autograder.exercise import Verdict
from autograder.grading.result import Result, Score

OUTCOMES = ("right", "partly right", "wrong", "not attempted", "to be read", "not graded")
SIGNS = {"right": "✓", "partly right": "◐", "wrong": "✗", "not attempted": "○", "to be read": "…", "not graded": "?"}


@dataclass(frozen=True)
class Question:
    """One graded cell: what it is about, what it came to, and the verdict where an examiner made one."""

    grade_id: str
    title: str
    points: float
    earned: float | None  # None: a person has yet to read it
    outcome: str  # one of OUTCOMES
    verdict: Verdict | None = None


def questions(result: Result, manual: Mapping[str, float] | None = None) -> list[Question]:
    """Return the questions of a result in the order of the notebook; `manual` points replace the computed ones."""
    verdicts = {verdict.exercise: verdict for verdict in result.verdicts}
    named = [(score, verdicts.get(score.grade_id.removesuffix("-check"))) for score in result.scores]
    # Reading a notebook takes a while, so it is read only for questions that nothing else tells of.
    cells = {} if all(verdict for _, verdict in named) else _graded_cells(result)
    return [_question(score, verdict, cells.get(score.grade_id, {}), manual or {}) for score, verdict in named]


def points_of(found: list[Question]) -> tuple[float, float, float]:
    """Return the points earned so far, the full points, and those that a person has yet to give."""
    earned = sum(question.earned or 0.0 for question in found)
    still_open = sum(question.points for question in found if question.earned is None)
    return earned, sum(question.points for question in found), still_open


def cells_of(result: Result) -> Iterator[dict[str, Any]]:
    """Yield the cells of the autograded notebook as plain dicts, with `source` as one text."""
    if result.notebook:
        for cell in json.loads(result.notebook).get("cells", ()):
            yield {**cell, "source": joined(cell.get("source", ""))}


def about(cell: dict[str, Any]) -> dict[str, Any]:
    """Return what nbgrader knows of a cell."""
    return cell.get("metadata", {}).get("nbgrader", {})


def joined(text: str | list[str]) -> str:
    """Return a notebook's text, which may be stored as a list of lines, as one text."""
    return text if isinstance(text, str) else "".join(text)


def error_of(cell: dict[str, Any]) -> tuple[str, str]:
    """Return name and message of the error that a cell ended in, or two empty texts."""
    for output in cell.get("outputs", ()):
        if output.get("output_type") == "error":
            return output.get("ename", "Error"), joined(output.get("evalue", ""))
    return "", ""


def _graded_cells(result: Result) -> dict[str, dict[str, Any]]:
    return {about(cell)["grade_id"]: cell for cell in cells_of(result) if about(cell).get("grade")}


def _question(score: Score, verdict: Verdict | None, cell: dict[str, Any], manual: Mapping[str, float]) -> Question:
    title = verdict.title if verdict else score.grade_id.removesuffix("-check").replace("_", " ")
    earned = manual.get(score.grade_id, score.earned)
    if verdict and score.grade_id not in manual:
        outcome = verdict.outcome
    elif earned is None:
        outcome = "to be read"
    elif earned >= score.points:
        outcome = "right"
    elif earned > 0:
        outcome = "partly right"
    else:
        outcome = "wrong" if score.grade_id in manual or not _untouched(cell) else "not attempted"
    return Question(score.grade_id, title, score.points, earned, outcome, verdict)


def _untouched(cell: dict[str, Any]) -> bool:
    """Tell whether a cell without points is one that nobody has answered: a stub raises, a text is as it was."""
    return bool(about(cell).get("solution")) or error_of(cell)[0] == "NotImplementedError"
