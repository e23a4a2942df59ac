"""The whole course as one picture: a row a lesson, a box an exercise, and the place to go on."""

from __future__ import annotations

import os
from dataclasses import dataclass
from html import escape

from autograder.exercise.vocabulary import Exercise
from autograder.practice.lessons import Lesson, lesson_of, lessons
from autograder.practice.record import Record

_STATES = {
    # state: (sign, words, colour of the box)
    "done": ("✓", "done", "#0072b2"),
    "begun": ("◐", "begun", "#d55e00"),
    "open": ("○", "open", "#767676"),
}


@dataclass(frozen=True)
class Row:
    """One lesson, and each of its exercises with its state, one of "done", "begun", "open"."""

    lesson: Lesson
    boxes: tuple[tuple[Exercise, str], ...]

    @property
    def done(self) -> int:
        """How many exercises are done."""
        return sum(state == "done" for _, state in self.boxes)

    @property
    def head(self) -> str:
        """The lesson's title, and how much of it is done."""
        return f"{self.lesson.title}: {self.done} of {len(self.boxes)}"

    @property
    def next(self) -> Exercise | None:
        """The first exercise that is not done."""
        return next((exercise for exercise, state in self.boxes if state != "done"), None)


class Progress:
    """Shows the course in a notebook; `str(progress)` is the same in plain text."""

    def __init__(self, rows: list[Row]) -> None:
        self.rows = rows

    def __str__(self) -> str:
        lines = [self._summary(), self._go_on()]
        for row in self.rows:
            signs = "  ".join(f"{_STATES[state][0]} {exercise.name}" for exercise, state in row.boxes)
            lines.append(f"  {row.head}   {signs}")
        return "\n".join(lines)

    __repr__ = __str__

    def _repr_mimebundle_(self, include=None, exclude=None) -> dict[str, str]:
        rows = "".join(_row_html(row) for row in self.rows)
        html = f"<p style='margin:.3em 0'>{escape(self._summary())}</p>{self._go_on_html()}{rows}"
        return {"text/plain": str(self), "text/html": html}

    def _summary(self) -> str:
        total = sum(len(row.boxes) for row in self.rows)
        return f"Exercises done: {sum(row.done for row in self.rows)} of {total}. (✓ done, ◐ begun, ○ open)"

    def _next(self) -> Row | None:
        return next((row for row in self.rows if row.next), None)

    def _go_on(self) -> str:
        row = self._next()
        if row is None:
            return "All of it is done."
        return f"{self._verb()} here: {row.lesson.title}, {row.next.name} ({row.next.title})"

    def _verb(self) -> str:
        untouched = all(state == "open" for row in self.rows for _, state in row.boxes)
        return "Begin" if untouched else "Go on"

    def _go_on_html(self) -> str:
        row = self._next()
        style = "margin:.3em 0 .8em"
        if row is None:
            return f"<p style='{style}'><strong>{self._go_on()}</strong></p>"
        text = f"{escape(row.lesson.title)}, <code>{escape(row.next.name)}</code>"
        place = _linked(text, row.lesson.link(row.next))
        return f"<p style='{style}'><strong>{self._verb()} here:</strong> {place} ({escape(row.next.title)})</p>"


def progress(lesson: str | int = "") -> Progress | None:
    """Return the course, or one lesson of it, as a picture of what is done, begun and open.

    `lesson` may be "01_attention", "attention" or 1. It is read from `work/progress.json`. For what is no lesson,
    say which there are, and return nothing.
    """
    known = lessons()
    if "NBGRADER_EXECUTION" in os.environ or not known:  # the record here is that of whoever grades
        print("Progress is shown in your own notebook, not where it is graded.")
        return None
    chosen = [each for each in known if lesson == "" or each.is_called(lesson)]
    points = Record().read()["points"]
    rows = [Row(each, tuple((one, _state(one, points)) for one in each.exercises)) for each in chosen]
    rows = [row for row in rows if row.boxes]
    if rows:
        return Progress(rows)
    print(_no_exercises(lesson, chosen, known))
    return None


def _no_exercises(given: str | int, chosen: list[Lesson], known: list[Lesson]) -> str:
    if chosen:
        return f"{chosen[0].name} has no exercises."
    if isinstance(given, str) and (found := lesson_of(given)):
        return f'{given} is an exercise of {found.name}: progress("{found.name}") shows them all.'
    names = ", ".join(each.name for each in known)
    return f"There is no lesson {given!r}. There are: {names}. A number will do: progress(1)."


def _state(exercise: Exercise, points: dict[str, float]) -> str:
    if exercise.name not in points:
        return "open"
    earned = points[exercise.name]
    return "done" if isinstance(earned, (int, float)) and earned >= exercise.points else "begun"


def _row_html(row: Row) -> str:
    boxes = "".join(_box_html(row.lesson, exercise, state) for exercise, state in row.boxes)
    head = f"<strong>{escape(row.lesson.title)}</strong>: {row.done} of {len(row.boxes)}"
    style = "display:flex;flex-wrap:wrap;gap:.4em;list-style:none;margin:.3em 0 .8em;padding:0"
    return f"<div>{head}<ul aria-label='{escape(row.lesson.title)}' style='{style}'>{boxes}</ul></div>"


def _box_html(lesson: Lesson, exercise: Exercise, state: str) -> str:
    sign, words, colour = _STATES[state]
    fill = f"background:{colour};color:#fff" if state == "done" else "background:transparent"
    style = f"border:2px solid {colour};border-radius:.4em;margin:0;padding:.2em .6em;{fill}"
    text = f"<span aria-hidden='true'>{sign}</span> {escape(exercise.name)}"
    title = escape(exercise.title, quote=True)
    name = escape(exercise.name)
    return (
        f"<li style='{style}' title='{title}' aria-label='{name}: {words}'>{_linked(text, lesson.link(exercise))}</li>"
    )


def _linked(html: str, address: str) -> str:
    if not address:
        return html
    return f"<a style='color:inherit;text-decoration:underline' href='{escape(address, quote=True)}'>{html}</a>"
