"""A result as the gradebook has it now: what the grader found, and what people and the calendar have added."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property

from autograder.exercise.result import Result
from autograder.reports.questions import Question, questions


@dataclass(frozen=True)
class Standing:
    """One student's lesson.

    manual, extra, comments: what a person gave, by grade id. penalty: points taken off for lateness. submitted_at, due:
    UTC; None where nobody knows, or where there is no due date. marked_late: late by the archive that it came in.
    """

    result: Result
    manual: Mapping[str, float] = field(default_factory=dict)
    extra: Mapping[str, float] = field(default_factory=dict)
    comments: Mapping[str, str] = field(default_factory=dict)
    penalty: float = 0.0
    submitted_at: datetime | None = None
    due: datetime | None = None
    marked_late: bool = False

    @property
    def student(self) -> str:
        """The student's id."""
        return self.result.student

    @property
    def lesson(self) -> str:
        """The lesson's name."""
        return self.result.lesson

    @property
    def status(self) -> str:
        """The result's status: "graded", "unreadable" or "not graded"."""
        return self.result.status

    @cached_property
    def questions(self) -> list[Question]:
        """The graded cells in the order of the notebook, points given by hand and extra credit in them."""
        return questions(self.result, self.manual, self.extra)

    @property
    def points(self) -> float:
        """Full points, those to be given by hand included."""
        return self.result.points

    @property
    def earned(self) -> float:
        """Points earned so far, what was taken off for lateness not counted."""
        if self.status == "not graded":
            return 0.0
        return max(0.0, sum(question.earned or 0.0 for question in self.questions) - self.penalty)

    @property
    def open_points(self) -> float:
        """Points that a person has yet to give."""
        if self.status == "not graded":
            return 0.0  # that is for the grader to do
        return sum(question.points for question in self.questions if question.earned is None)

    @property
    def share(self) -> float | None:
        """The percentage of the points that could be earned so far; None where there are none."""
        possible = self.points - self.open_points
        return 100 * self.earned / possible if possible > 0 and self.status == "graded" else None

    @property
    def seconds_late(self) -> float:
        """How long after the due date it was handed in; 0 where one of the two is unknown."""
        if self.submitted_at is None or self.due is None:
            return 0.0
        return max(0.0, (self.submitted_at - self.due).total_seconds())

    @property
    def late(self) -> str:
        """Say that it is late, and by how much; "" if it is not, or if there is nothing to be late for."""
        if self.seconds_late:
            return f"late by {span(self.seconds_late)}"
        if self.marked_late:
            return "late, as marked where it was collected"
        return "hand-in time unknown" if self.due and not self.submitted_at else ""


def span(seconds: float) -> str:
    """Return a length of time in words, in its largest unit: 90 -> "2 min"."""
    for size, unit in ((86_400, "d"), (3_600, "h"), (60, "min")):
        if seconds >= size:
            return f"{seconds / size:.0f} {unit}"
    return f"{max(1, round(seconds))} s"


def clock(moment: datetime | None) -> str:
    """Return a moment as text, UTC, to the minute; "" for none."""
    return f"{moment:%Y-%m-%d %H:%M} UTC" if moment else ""
