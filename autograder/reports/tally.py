"""A class counted: for each question how many got how far, and which named mistakes they made."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from autograder.reports.questions import OUTCOMES, Question
from autograder.reports.standing import Standing


@dataclass(frozen=True)
class Mistake:
    """One named misconception, what it is in a sentence, and who made it."""

    name: str
    says: str
    students: tuple[str, ...]


@dataclass(frozen=True)
class Tally:
    """One question of one lesson, counted over all graded submissions; `outcomes` has every outcome, also zeros.

    parts: by name, how many passed it and how many were examined on it.
    """

    lesson: str
    title: str
    points: float
    outcomes: dict[str, int]
    mistakes: tuple[Mistake, ...]
    unnamed: int  # not all right, and no misconception explains it
    parts: tuple[tuple[str, int, int], ...] = ()

    @property
    def count(self) -> int:
        """How many submissions were counted."""
        return sum(self.outcomes.values())


def tally(standings: Iterable[Standing]) -> list[Tally]:
    """Count graded submissions question by question, in the order of lessons and of the notebook."""
    found: dict[tuple[str, str], list[tuple[str, Question]]] = {}
    for standing in sorted(standings, key=lambda standing: (standing.lesson, standing.student)):
        if standing.status == "graded":
            for question in standing.questions:
                found.setdefault((standing.lesson, question.grade_id), []).append((standing.student, question))
    return [_tally(lesson, asked) for (lesson, _), asked in found.items()]


def named_mistakes(question: Question) -> dict[str, str]:
    """Return the misconceptions that explain a question's wrong parts, each with its sentence."""
    parts = question.verdict.parts if question.verdict else ()
    return {part.misconception: part.says[0] for part in parts if part.misconception and part.says}


def _tally(lesson: str, asked: list[tuple[str, Question]]) -> Tally:
    outcomes = dict.fromkeys(OUTCOMES, 0)
    made: dict[str, list[str]] = {}
    says: dict[str, str] = {}
    unnamed = 0
    for student, question in asked:
        outcomes[question.outcome] += 1
        named = named_mistakes(question)
        unnamed += question.outcome in ("partly right", "wrong") and not named
        for name, sentence in named.items():
            made.setdefault(name, []).append(student)
            says.setdefault(name, sentence)
    mistakes = [Mistake(name, says[name], tuple(students)) for name, students in made.items()]
    mistakes.sort(key=lambda mistake: (-len(mistake.students), mistake.name))
    first = asked[0][1]
    return Tally(lesson, first.title, first.points, outcomes, tuple(mistakes), unnamed, _parts(asked))


def _parts(asked: list[tuple[str, Question]]) -> tuple[tuple[str, int, int], ...]:
    """Count the parts of a question, where it has several."""
    found: dict[str, list[str]] = {}
    for _, question in asked:
        for part in question.verdict.parts if question.verdict else ():
            found.setdefault(part.name, []).append(part.outcome)
    counted = tuple((name, some.count("right"), len(some)) for name, some in found.items())
    return counted if len(counted) > 1 else ()
