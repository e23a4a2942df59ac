"""From what a learner calls an exercise to the exercise, or to a sentence that says what was meant."""

from __future__ import annotations

import difflib
from collections.abc import Iterable
from typing import Any

from autograder.exercise.vocabulary import Exercise


class UnknownName(LookupError):
    """No exercise is meant by this; the message says what to write."""


class OutOfReach(LookupError):
    """Exercises cannot be read here: a graded submission is examined from outside."""


def find_exercise(given: Any, call: str, others: Iterable[str] = ()) -> Exercise:
    """Return the exercise of this name. `call` is what was called, e.g. "check"; it also takes `others`.

    Raise UnknownName, with what was probably meant, or OutOfReach where a submission is graded.
    """
    try:
        from autograder.exercise.library import UnknownExercise, find
    except ImportError:
        raise OutOfReach(f"{given} is examined outside this process.") from None
    try:
        return find(given)
    except UnknownExercise:
        raise UnknownName(_meant(given, call, others)) from None


def _meant(given: Any, call: str, others: Iterable[str]) -> str:
    from autograder.exercise.library import all_exercises
    from autograder.practice.lessons import lessons

    known = list(all_exercises())
    own = getattr(given, "__name__", None)
    if own in known:
        return f'Write the name between quotes: {call}("{own}").'
    if not isinstance(given, str) or not given.strip():
        return f'Expected the name of an exercise between quotes, such as {call}("{known[0]}"). progress() lists them.'
    for lesson in lessons():
        if lesson.is_called(given):
            return f'{given} is a lesson: progress("{lesson.name}") lists its exercises, and {call} takes one of them.'
    close = near(given, [*known, *others])
    if close:
        return f'There is no exercise {given!r}. Did you mean {call}("{close}")?'
    return f"There is no exercise {given!r}. progress() lists all of them, lesson by lesson."


def near(given: str, known: list[str]) -> str:
    """Return the known name that is most like what was given, "" if none is."""
    alike = {name.lower().replace("_", ""): name for name in known}
    wanted = given.strip().lower().replace("_", "").replace(" ", "").replace("-", "")
    found = difflib.get_close_matches(wanted, alike, 1, 0.6)
    return alike[found[0]] if found else ""
