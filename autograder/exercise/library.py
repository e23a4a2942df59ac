"""The exercises of a course: a folder a lesson, a module an exercise, loaded by path.

    FOLDER/shared.py                 what several exercises share: `from ..shared import softmax`
    FOLDER/01_attention/__init__.py  ORDER, the names of the lesson's exercises in the order of its notebook
    FOLDER/01_attention/scores.py    `exercise = Exercise(...)`, which is called scores because the file is

FOLDER is what the course's nbgrader_config.py says: `c.Exercises.folder = "..."`, seen from the course's root.
"""

from __future__ import annotations

import importlib
import importlib.machinery
import importlib.util
import sys
from dataclasses import replace
from functools import cache
from pathlib import Path
from types import ModuleType

from autograder.course import NotACourse, exercises_folder, find_course
from autograder.exercise.vocabulary import Exercise

_PACKAGE = "course_exercises"
_UNCONVERTED = "unconverted"  # a module that holds a lesson's exercises all together, as EXERCISES


class UnknownExercise(LookupError):
    """No exercise has this name; the message lists those that exist."""


def find(name: str, folder: Path | None = None) -> Exercise:
    """Return the exercise of this name; raise UnknownExercise, listing the names there are.

    Only its own module is loaded: a check has 0.2 s, and one exercise needs no other.
    """
    folder = folder or default_folder()
    if isinstance(name, str) and name.isidentifier():
        for lesson in lesson_names(folder):
            if (folder / lesson / f"{name}.py").is_file() and name != _UNCONVERTED:
                return _load(folder, lesson, name)
            for exercise in _unconverted(folder, lesson):
                if exercise.name == name:
                    return exercise
    known = ", ".join(all_exercises(folder)) or "none in this course"
    raise UnknownExercise(f"Expected the name of an exercise, received {name!r}. There are: {known}.")


def all_exercises(folder: Path | None = None) -> dict[str, Exercise]:
    """Return every exercise of the course by name, in the order of lessons and notebooks."""
    folder = folder or default_folder()
    found: dict[str, Exercise] = {}
    for lesson in lesson_names(folder):
        for exercise in of_lesson(lesson, folder):
            if exercise.name in found:
                raise ValueError(f"Two exercises are named {exercise.name!r}; names are unique in the course.")
            found[exercise.name] = exercise
    return found


def lesson_names(folder: Path | None = None) -> list[str]:
    """Return the names of the lessons that have exercises, in order, e.g. `01_attention`."""
    folder = folder or default_folder()
    return sorted(path.parent.name for path in folder.glob("*/__init__.py")) if folder else []


def of_lesson(lesson: str, folder: Path | None = None) -> tuple[Exercise, ...]:
    """Return the exercises of one lesson, e.g. `01_attention`, in the order in which the notebook has them."""
    folder = folder or default_folder()
    if lesson not in lesson_names(folder):
        return ()
    if together := _unconverted(folder, lesson):
        return together
    return tuple(_load(folder, lesson, name) for name in _module(folder, lesson).ORDER)


def default_folder() -> Path | None:
    """Return where the exercises lie of the course that the current folder belongs to; None if it has none."""
    try:
        return exercises_folder(find_course())
    except NotACourse:
        return None


@cache
def _load(folder: Path, lesson: str, name: str) -> Exercise:
    exercise = _module(folder, lesson, name).exercise
    return replace(exercise, name=name)


@cache
def _unconverted(folder: Path, lesson: str) -> tuple[Exercise, ...]:
    if not (folder / lesson / f"{_UNCONVERTED}.py").is_file():
        return ()
    return _module(folder, lesson, _UNCONVERTED).EXERCISES


def _module(folder: Path, *names: str) -> ModuleType:
    """Import a module below a folder that need not be on the path, as course_exercises.LESSON.NAME."""
    package = sys.modules.get(_PACKAGE)
    if package is None or list(package.__path__) != [str(folder)]:
        for known in [name for name in sys.modules if name.split(".")[0] == _PACKAGE]:
            del sys.modules[known]  # another course's
        spec = importlib.machinery.ModuleSpec(_PACKAGE, None, is_package=True)
        spec.submodule_search_locations = [str(folder)]
        sys.modules[_PACKAGE] = importlib.util.module_from_spec(spec)
    return importlib.import_module(".".join((_PACKAGE, *names)))
