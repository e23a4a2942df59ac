"""A result as a list of questions: what every report, for one learner or for a class, is made from."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from autograder.exercise.result import Result, Score
from autograder.exercise.vocabulary import Verdict

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
    by_hand: bool = False  # a person gave the points
    extra: float = 0.0  # extra credit, in `earned`


def questions(
    result: Result, manual: Mapping[str, float] | None = None, extra: Mapping[str, float] | None = None
) -> list[Question]:
    """Return the questions of a result in the order of the notebook.

    `manual` points replace the computed ones, `extra` credit comes on top of either.
    """
    verdicts = {verdict.exercise: verdict for verdict in result.verdicts}
    named = [(score, verdicts.get(score.grade_id.removesuffix("-check"))) for score in result.scores]
    unanswered = {*result.unanswered, *_untouched_tests(result, [score for score, verdict in named if not verdict])}
    found = [_question(result, score, verdict, manual or {}, unanswered) for score, verdict in named]
    return [_with_extra(question, (extra or {}).get(question.grade_id, 0.0)) for question in found]


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


def _question(
    result: Result, score: Score, verdict: Verdict | None, manual: Mapping[str, float], unanswered: set[str]
) -> Question:
    title = verdict.title if verdict else score.grade_id.removesuffix("-check").replace("_", " ")
    title = title[:1].upper() + title[1:]
    by_hand = score.grade_id in manual
    earned = manual[score.grade_id] if by_hand else score.earned
    if result.status == "not graded" and not by_hand:
        outcome, earned = "not graded", None
    elif verdict and not by_hand:
        outcome = verdict.outcome
    elif earned is None:
        outcome = "to be read"
    elif earned >= score.points:
        outcome = "right"
    elif earned > 0:
        outcome = "partly right"
    else:
        outcome = "not attempted" if score.grade_id in unanswered and not by_hand else "wrong"
    return Question(score.grade_id, title, score.points, earned, outcome, verdict, by_hand)


def _with_extra(question: Question, extra: float) -> Question:
    """Add extra credit; nbgrader counts none for an answer that nobody has read yet."""
    if not extra or question.earned is None:
        return question
    return replace(question, earned=question.earned + extra, extra=extra)


def _untouched_tests(result: Result, scores: list[Score]) -> set[str]:
    """Return the ids of plain test cells without points that met nothing but a stub, which raises."""
    wanted = {score.grade_id for score in scores if score.earned == 0}
    if not wanted:
        return set()  # reading a notebook takes a while
    cells = [cell for cell in cells_of(result) if about(cell).get("grade_id") in wanted]
    return {about(cell)["grade_id"] for cell in cells if error_of(cell)[0] == "NotImplementedError"}
