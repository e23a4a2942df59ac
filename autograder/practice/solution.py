"""The lesson's own answer, and why it is so, after an honest try."""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from html import escape

from autograder.course import NotACourse, find_course
from autograder.exercise.vocabulary import Exercise
from autograder.practice.lessons import Lesson, lesson_of, lessons
from autograder.practice.names import OutOfReach, UnknownName, find_exercise
from autograder.practice.notebook import FileCell, cells_of
from autograder.practice.record import Record
from autograder.practice.report import as_code

_MARK = re.compile(r"^[ \t]*### (?:BEGIN|END) SOLUTION[ \t]*\n?", re.MULTILINE)
_WHY = "Why it is so, step by step:"
_WORDS = 12  # so many words are an attempt at a question in words


@dataclass(frozen=True)
class Solution:
    """Shows an answer in a notebook; `str(solution)` is the same in plain text.

    `answer` is Python where `is_code`, else Markdown; `steps` lead to it; `meaning` is what it shows, or the
    table by which an answer in words is read.
    """

    name: str
    answer: str
    is_code: bool
    steps: tuple[str, ...]
    meaning: str

    def __str__(self) -> str:
        kind = "the lesson's answer" if self.is_code else "a model answer"
        lines = [f"{self.name}: {kind}", "", self.answer, ""]
        if self.steps:
            lines += [
                "Why it is so, step by step:",
                *(f"  {number}. {step}" for number, step in enumerate(self.steps, 1)),
                "",
            ]
        return "\n".join([*lines, self.meaning]).rstrip()

    __repr__ = __str__

    def _repr_mimebundle_(self, include=None, exclude=None) -> dict[str, str]:
        if self.is_code:
            return {"text/plain": str(self), "text/html": self._html()}
        text = f"**{self.name}: a model answer**\n\n{self.answer}\n\n{self.meaning}"
        return {"text/plain": str(self), "text/markdown": text}

    def _html(self) -> str:
        style = "border-left:4px solid #767676;padding:.5em .9em;margin:.3em 0;max-width:56em;line-height:1.45"
        pre = "margin:.4em 0;padding:.1em .5em;background:transparent;color:inherit;white-space:pre-wrap"
        name = escape(self.name)
        code = f"<pre style='{pre};font-family:monospace'>{escape(self.answer)}</pre>"
        steps = "".join(f"<li>{as_code(step)}</li>" for step in self.steps)
        why = (
            f"<p style='margin:.4em 0 0'>Why it is so, step by step:</p><ol style='margin:.2em 0'>{steps}</ol>"
            if steps
            else ""
        )
        head = f"<section aria-label='{name}: a solution' style='{style}'><strong>{name}</strong>: the lesson's answer"
        return f"{head}{code}{why}<p style='margin:.4em 0 0'>{as_code(self.meaning)}</p></section>"


def solution(name: str = "", anyway: bool = False) -> Solution | None:
    """Show the lesson's answer to an exercise, or to a question in words, and why it is so.

    First comes an honest try: a check that has seen an answer, and all hints; in words, an answer of one's own,
    saved. `anyway=True` shows it without. Where a submission is graded there is nothing to show.
    """
    if "NBGRADER_EXECUTION" in os.environ:
        print("Solutions are shown in your own notebook, not where it is graded.")
        return None
    try:
        in_words = _questions_in_words()
        asked = in_words.get(name) or find_exercise(name, "solution", in_words)
    except UnknownName as unknown:
        print(unknown)
        return None
    except OutOfReach:
        print("Solutions are shown in your own notebook, not where it is graded.")
        return None
    lacking = _lacking(asked) if isinstance(asked, Exercise) else _lacking_in_words(asked, name)
    if lacking and not anyway:
        print(f'First an honest try: {lacking} Or, to see it all the same: solution("{name}", anyway=True)')
        return None
    lesson = asked if isinstance(asked, Lesson) else lesson_of(asked.name)
    cells = {cell.name: cell for cell in _source_of(lesson)}
    found = asked.name if isinstance(asked, Exercise) else name
    if found not in cells:
        print("The lessons' answers are not on this machine; they lie in solutions/ of the course.")
        return None
    return _from_cells(asked, found, cells)


def _from_cells(asked: Exercise | Lesson, name: str, cells: dict[str, FileCell]) -> Solution:
    answer = _MARK.sub("", cells[name].source).strip("\n")
    if isinstance(asked, Exercise):
        return Solution(name, answer, True, asked.hints, cells[f"{name}-passed"].source)
    rubric = [line for line in cells[f"{name}-task"].source.splitlines() if line.startswith("|")]
    return Solution(name, answer, False, (), "\n".join(["How it is read:", "", *rubric]))


def _questions_in_words() -> dict[str, Lesson]:
    """Return each question in words with the lesson that asks it."""
    return {
        cell.name: lesson
        for lesson in lessons()
        for cell in (cells_of(lesson.notebook) if lesson.notebook else [])
        if cell.is_answer and cell.kind == "markdown"
    }


def _lacking(exercise: Exercise) -> str:
    """Say what is left to try, "" if nothing is."""
    record = Record.of(exercise.name).read()
    points, given = record["points"].get(exercise.name), record["hints"].get(exercise.name, 0)
    given = given if isinstance(given, int) else 0
    if isinstance(points, (int, float)) and points >= exercise.points:
        return ""
    told = []
    if points is None:
        told.append(f'write an answer and ask check("{exercise.name}").')
    if given < len(exercise.hints):
        told.append(
            f'read the hints: you have seen {given} of {len(exercise.hints)}, hint("{exercise.name}") gives more.'
        )
    return " Then ".join(told)


def _lacking_in_words(lesson: Lesson, name: str) -> str:
    own = next((cell.source for cell in cells_of(lesson.notebook) if cell.name == name), "")
    if len(own.split()) >= _WORDS:
        return ""
    return "write your own answer in its cell, and save the notebook (Ctrl+S)."


def lessons_answer(exercise: Exercise) -> str:
    """Return the lesson's own answer to an exercise as source text, "" where solutions/ cannot be read."""
    found = (cell.source for cell in _source_of(lesson_of(exercise.name)) if cell.name == exercise.name)
    return next(found, "")


def _source_of(lesson: Lesson | None) -> list[FileCell]:
    try:
        return cells_of(find_course().notebook(lesson.name)) if lesson else []
    except (NotACourse, OSError):
        return []
