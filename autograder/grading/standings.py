"""The class as the gradebook has it: every result, with what people and the calendar have added to it."""

from __future__ import annotations

import json
from collections import defaultdict
from dataclasses import replace
from pathlib import Path

from nbgrader.api import (
    Assignment,
    BaseCell,
    Comment,
    Grade,
    Gradebook,
    Student,
    SubmittedAssignment,
    SubmittedNotebook,
)

from autograder.exercise.result import Result, Score
from autograder.grading.matching import Lesson, grade_id
from autograder.grading.store import Record, Store
from autograder.reports.standing import Standing

COLLECTED = "collected.json"  # in work/: who handed in what, as the archives that were collected name them
Key = tuple[str, str]  # student, lesson


def standings(gradebook: Gradebook, store: Store, work: Path, lessons: dict[str, Lesson]) -> list[Standing]:
    """Return everybody who is in the gradebook or could not be graded, by lesson and student."""
    records = {(record.student, record.lesson): record for record in store.records()}
    times, grades, comments = _times(gradebook), _grades(gradebook), _comments(gradebook)
    marks = collected(work)
    found = []
    for student, lesson in sorted({*times, *records}, key=lambda key: (key[1], key[0])):
        if lesson not in lessons:
            continue  # another course's, or of a lesson that is no more
        key, record = (student, lesson), records.get((student, lesson))
        result = _result(store, record, lessons[lesson], student, grades.get(key, {}))
        given = grades.get(key, {})
        submitted_at, due, penalty = times.get(key, (None, None, 0.0))
        found.append(
            Standing(
                result,
                {name: manual for name, (_, manual, _) in given.items() if manual is not None},
                {name: extra for name, (_, _, extra) in given.items() if extra},
                comments.get(key, {}),
                penalty,
                submitted_at,
                due,
                bool(marks.get(lesson, {}).get(student, {}).get("late")),
            )
        )
    return found


def collected(work: Path) -> dict[str, dict[str, dict]]:
    """Return what the collected archives say, by lesson and student: {"late": bool, "moodle": name, ...}."""
    try:
        found = json.loads((work / COLLECTED).read_text("utf-8"))
    except (OSError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}


def with_notebook(standing: Standing, store: Store, work: Path, notebook_name: str) -> Standing:
    """Return a standing whose result has its notebook, for a page that shows the answers."""
    record = store.record(standing.student, standing.lesson)
    text = store.notebook(record.key) if record and record.key else ""
    if not text and standing.status == "graded":
        path = work / "autograded" / standing.student / standing.lesson / f"{notebook_name}.ipynb"
        text = path.read_text("utf-8") if path.is_file() else ""
    return replace(standing, result=replace(standing.result, notebook=text))


def _result(store: Store, record: Record | None, lesson: Lesson, student: str, given: dict) -> Result:
    """Return what was found; for what another program has graded, the points that the gradebook has."""
    if record and record.key and (result := store.get(record.key)):
        return result
    if record and not record.key:
        return Result(student, lesson.name, "not graded", record.reason, _scores(lesson, {}))
    return Result(student, lesson.name, "graded", scores=_scores(lesson, given))


def _scores(lesson: Lesson, given: dict) -> tuple[Score, ...]:
    cells = [cell for name, cell in lesson.ids.items() if cell.metadata.nbgrader.get("grade")]
    return tuple(
        Score(grade_id(cell), float(cell.metadata.nbgrader.points), given.get(grade_id(cell), (0.0,))[0])
        for cell in cells
    )


def _times(gradebook: Gradebook) -> dict[Key, tuple]:
    """Return hand-in time, due date with extension, and penalty, of every submission."""
    query = gradebook.db.query(SubmittedAssignment, Student.id, Assignment.name, Assignment.duedate)
    query = query.join(Student, SubmittedAssignment.student_id == Student.id)
    query = query.join(Assignment, SubmittedAssignment.assignment_id == Assignment.id)
    return {
        (student, lesson): (
            each.timestamp,
            due + each.extension if due and each.extension else due,
            each.late_submission_penalty or 0.0,
        )
        for each, student, lesson, due in query.all()
    }


def _grades(gradebook: Gradebook) -> dict[Key, dict[str, tuple]]:
    """Return the computed points, those given by hand, and extra credit, by cell, of every submission."""
    found: dict[Key, dict[str, tuple]] = defaultdict(dict)
    columns = (Grade.auto_score, Grade.manual_score, Grade.extra_credit)
    for student, lesson, cell, *points in _of_cells(gradebook, Grade, *columns):
        found[student, lesson][cell] = tuple(points)
    return found


def _comments(gradebook: Gradebook) -> dict[Key, dict[str, str]]:
    """Return what people wrote, by cell, of every submission."""
    found: dict[Key, dict[str, str]] = defaultdict(dict)
    for student, lesson, cell, text in _of_cells(gradebook, Comment, Comment.manual_comment):
        if text:
            found[student, lesson][cell] = text
    return found


def _of_cells(gradebook: Gradebook, kind: type, *columns) -> list[tuple]:
    query = gradebook.db.query(SubmittedAssignment.student_id, Assignment.name, BaseCell.name, *columns)
    query = query.select_from(kind).join(SubmittedNotebook, kind.notebook_id == SubmittedNotebook.id)
    query = query.join(SubmittedAssignment, SubmittedNotebook.assignment_id == SubmittedAssignment.id)
    query = query.join(Assignment, SubmittedAssignment.assignment_id == Assignment.id)
    return query.join(BaseCell, kind.cell_id == BaseCell.id).all()
