"""All exercises of the course, one module a lesson, named as the lesson's notebook.

A module holds `EXERCISES`, a tuple of Exercise. Nothing else is needed to add one: this package finds it.
"""

from __future__ import annotations

import importlib
import pkgutil
from functools import cache

from autograder.exercise.vocabulary import Exercise


class UnknownExercise(LookupError):
    """No exercise has this name; the message lists those that exist."""


@cache
def all_exercises() -> dict[str, Exercise]:
    """Return every exercise of the course by name, in the order of the modules."""
    found: dict[str, Exercise] = {}
    for lesson in lesson_modules():
        for exercise in of_lesson(lesson):
            if exercise.name in found:
                raise ValueError(f"Two exercises are named {exercise.name!r}; names are unique in the course.")
            found[exercise.name] = exercise
    return found


def lesson_modules() -> list[str]:
    """Return the names of the modules in this package that hold exercises."""
    return sorted(module.name for module in pkgutil.iter_modules(__path__) if not module.name.startswith("_"))


def of_lesson(lesson: str) -> tuple[Exercise, ...]:
    """Return the exercises of one lesson, e.g. `attention`, in the order in which the notebook has them."""
    return importlib.import_module(f"{__name__}.{lesson}").EXERCISES


def find(name: str) -> Exercise:
    """Return the exercise of this name; raise UnknownExercise, listing the names there are.

    Lessons after the one that has it are not even imported: a check has 0.2 s, and one lesson needs no other.
    """
    for lesson in lesson_modules():
        for exercise in of_lesson(lesson):
            if isinstance(name, str) and exercise.name == name:
                return exercise
    raise UnknownExercise(
        f"Expected the name of an exercise, received {name!r}. There are: {', '.join(all_exercises())}."
    )
