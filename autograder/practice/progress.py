"""The whole course as one picture: a row a lesson, a box an exercise."""

from __future__ import annotations

from dataclasses import dataclass
from html import escape

from autograder.exercise.vocabulary import Exercise
from autograder.practice.record import Record

_STATES = {
    # state: (sign, words, colour of the box)
    "done": ("✓", "done", "#0072b2"),
    "begun": ("◐", "begun", "#d55e00"),
    "open": ("○", "open", "#767676"),
}


@dataclass(frozen=True)
class Row:
    """One lesson: its name and each exercise with its state, one of "done", "begun", "open"."""

    lesson: str
    boxes: tuple[tuple[Exercise, str], ...]


class Progress:
    """Shows the course in a notebook; `str(progress)` is the same in plain text."""

    def __init__(self, rows: list[Row]) -> None:
        self.rows = rows

    def __str__(self) -> str:
        lines = [self._summary()]
        for row in self.rows:
            signs = "  ".join(f"{_STATES[state][0]} {exercise.name}" for exercise, state in row.boxes)
            lines.append(f"  {row.lesson}: {_done(row)} of {len(row.boxes)}   {signs}")
        return "\n".join(lines)

    __repr__ = __str__

    def _repr_mimebundle_(self, include=None, exclude=None) -> dict[str, str]:
        rows = "".join(_row_html(row) for row in self.rows)
        html = f"<p style='margin:.3em 0'>{escape(self._summary())}</p>{rows}"
        return {"text/plain": str(self), "text/html": html}

    def _summary(self) -> str:
        total = sum(len(row.boxes) for row in self.rows)
        return f"Exercises done: {sum(map(_done, self.rows))} of {total}. (✓ done, ◐ begun, ○ open)"


def progress(lesson: str = "") -> Progress:
    """Return the course, or one lesson of it, as a picture of what is done, begun and open.

    It is read from `work/progress.json`. `lesson` is the name of a notebook, e.g. "attention".
    """
    from autograder.exercises import lesson_modules, of_lesson

    points = Record().read()["points"]
    return Progress(
        [
            Row(name, tuple((each, _state(each, points)) for each in of_lesson(name)))
            for name in lesson_modules()
            if lesson in ("", name)
        ]
    )


def _state(exercise: Exercise, points: dict[str, float]) -> str:
    if exercise.name not in points:
        return "open"
    earned = points[exercise.name]
    return "done" if isinstance(earned, (int, float)) and earned >= exercise.points else "begun"


def _done(row: Row) -> int:
    return sum(state == "done" for _, state in row.boxes)


def _row_html(row: Row) -> str:
    boxes = "".join(_box_html(exercise, state) for exercise, state in row.boxes)
    head = f"<strong>{escape(row.lesson)}</strong>: {_done(row)} of {len(row.boxes)}"
    style = "display:flex;flex-wrap:wrap;gap:.4em;list-style:none;margin:.3em 0 .8em;padding:0"
    return f"<div>{head}<ul aria-label='{escape(row.lesson)}' style='{style}'>{boxes}</ul></div>"


def _box_html(exercise: Exercise, state: str) -> str:
    sign, words, colour = _STATES[state]
    fill = f"background:{colour};color:#fff" if state == "done" else "background:transparent"
    style = f"border:2px solid {colour};border-radius:.4em;margin:0;padding:.2em .6em;{fill}"
    text = f"<span aria-hidden='true'>{sign}</span> {escape(exercise.name)}"
    title = escape(exercise.title, quote=True)
    return f"<li style='{style}' title='{title}' aria-label='{escape(exercise.name)}: {words}'>{text}</li>"
