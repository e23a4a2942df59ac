"""The lessons as a learner meets them: their order, their titles, and the way to each cell."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

from autograder.course import NotACourse, find_course
from autograder.exercise.vocabulary import Exercise
from autograder.practice.notebook import cells_of


@dataclass(frozen=True)
class Lesson:
    """One lesson of the course: `name`, e.g. "01_attention", and its notebook, if there is one."""

    name: str
    notebook: Path | None

    @property
    def number(self) -> int | None:
        """The number that the name begins with."""
        digits = self.name.split("_")[0]
        return int(digits) if digits.isdecimal() else None

    @property
    def stem(self) -> str:
        """The name without its number."""
        return self.name.split("_", 1)[1] if self.number is not None and "_" in self.name else self.name

    @property
    def title(self) -> str:
        """The number, and the heading of the notebook where that can be read, else the name in words."""
        cells = cells_of(self.notebook) if self.notebook else []
        lines = [line for cell in cells if cell.kind == "markdown" for line in cell.source.splitlines()]
        heading = next((line[2:].strip() for line in lines if line.startswith("# ")), "")
        title = heading or self.stem.replace("_", " ").capitalize()
        return title if self.number is None else f"{self.number}. {title}"

    @property
    def exercises(self) -> tuple[Exercise, ...]:
        """The exercises, in the order of the notebook."""
        try:
            from autograder.exercise.library import of_lesson
        except ImportError:  # a submission is graded here: its exercises are out of reach
            return ()
        return of_lesson(self.name)

    def link(self, exercise: Exercise) -> str:
        """Return the address of an exercise's cell, seen from the current folder; "" if there is no notebook.

        JupyterLab goes to the cell that the fragment names; others open the notebook.
        """
        if self.notebook is None:
            return ""
        path = os.path.relpath(self.notebook, Path.cwd()).replace(os.sep, "/")
        return f"{quote(path)}#cell-id={quote(exercise.name)}-task"

    def is_called(self, name: object) -> bool:
        """Tell whether somebody who says `name` means this lesson: "01_attention", "attention", 1 or "1"."""
        wanted = str(name).strip().lower()
        return wanted in (self.name.lower(), self.stem.lower()) or (wanted.isdecimal() and int(wanted) == self.number)


def lessons() -> list[Lesson]:
    """Return all lessons in order, with the notebooks that lie beside the current one, where that is a lesson's.

    There are none where a submission is graded.
    """
    tree = _tree()
    if tree is not None:
        return [Lesson(name, _notebook(tree / name)) for name in _names(tree)]
    try:
        from autograder.exercise.library import lesson_names
    except ImportError:
        return []
    return [Lesson(name, None) for name in lesson_names()]


def lesson_of(exercise: str) -> Lesson | None:
    """Return the lesson that an exercise belongs to, None if no lesson has it."""
    for lesson in lessons():
        if any(each.name == exercise for each in lesson.exercises):
            return lesson
    return None


def is_elsewhere(exercise: str) -> bool:
    """Tell whether the current notebook is one of the course's, but not of the lesson that has this exercise."""
    here = next((lesson for lesson in lessons() if lesson.name == Path.cwd().name), None)
    return here is not None and all(each.name != exercise for each in here.exercises)


def _tree() -> Path | None:
    """Return the folder whose folders are the lessons; a learner may have a copy of them beside the course's."""
    here = Path.cwd()
    places = [here.parent, here]
    try:
        course = find_course()
        places += [course.lessons, course.solutions]
    except (NotACourse, OSError):
        pass
    return next((place for place in places if _names(place)), None)


def _names(tree: Path) -> list[str]:
    try:
        found = sorted(path.parent.name for path in tree.glob("[0-9]*_*/*.ipynb"))
    except OSError:
        return []
    return list(dict.fromkeys(found))


def _notebook(folder: Path) -> Path:
    stem = Lesson(folder.name, None).stem
    own = folder / f"{stem}.ipynb"
    return own if own.is_file() else min(folder.glob("*.ipynb"))
