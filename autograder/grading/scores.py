"""The points of each graded cell: our verdict's, nbgrader's reading of a plain test, or none yet."""

from __future__ import annotations

import re

from autograder.exercise.result import Score
from autograder.exercise.vocabulary import PartVerdict, Verdict
from autograder.grading.matching import Lesson, grade_id, is_answer
from autograder.grading.rebuild import checked_exercise
from autograder.grading.run import Run

_OUR_CHECK = re.compile(r"^\s*from autograder\.practice import [^\n]*\bcheck\b", re.MULTILINE)


def full_points(lesson: Lesson) -> tuple[Score, ...]:
    """Return the graded cells of a lesson with their full points, none of them earned."""
    graded = [cell for cell in lesson.notebook.cells if grade_id(cell) and cell.metadata.nbgrader.get("grade")]
    return tuple(Score(grade_id(cell), float(cell.metadata.nbgrader.points), 0.0) for cell in graded)


def with_unknown(found: Run, lesson: Lesson) -> Run:
    """Put a verdict, "not graded", on each check that names an exercise which this course does not have.

    Another course's own function of that name is an ordinary test.
    """
    if not any(_OUR_CHECK.search(cell.source) for cell in lesson.notebook.cells if cell.cell_type == "code"):
        return found
    for cell in lesson.notebook.cells:
        name = checked_exercise(cell)
        if name and name not in found.verdicts:
            why = f"The lesson's check names the exercise `{name}`, which this course does not have."
            part = PartVerdict("the exercise", float(cell.metadata.nbgrader.points), 0.0, "not graded", (why,))
            found.verdicts[name] = Verdict(name, name.replace("_", " "), (part,))
            found.notes.append(f"{why} It was not graded.")
    return found


def scores(found: Run, unanswered: tuple[str, ...]) -> tuple[Score, ...]:
    """Return every graded cell's points: our verdict's, else as nbgrader reads them.

    None where a person has to grade: an answer in words, and what the grader knows nothing of.
    """
    found_scores = []
    for cell in found.notebook.cells:
        name = grade_id(cell)
        if name and cell.metadata.nbgrader.get("grade"):
            if verdict := found.verdicts.get(checked_exercise(cell)):
                earned = None if verdict.outcome == "not graded" else verdict.earned
            elif is_answer(cell):
                earned = 0.0 if name in unanswered else None
            else:
                earned = _read_points(cell)
            points = float(cell.metadata.nbgrader.points)
            found_scores.append(Score(name, points, None if earned is None else float(earned)))
    return tuple(found_scores)


def _read_points(cell) -> float | None:
    """Return the points that a plain test cell's outputs are worth, or None if a person must look at it."""
    from nbgrader.utils import determine_grade  # slow to import, and few workers need it

    try:
        return determine_grade(cell)[0]
    except ValueError:  # more points than it has
        return None
