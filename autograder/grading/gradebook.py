"""The one writer: nbgrader's gradebook, the autograded notebook and the feedback page of each result."""

from __future__ import annotations

import logging
import os
import sys
import warnings
from collections.abc import Iterable
from datetime import datetime
from pathlib import Path

import nbformat
from nbgrader.api import Gradebook, MissingEntry, SubmittedNotebook
from nbgrader.preprocessors import AssignLatePenalties, SaveCells
from sqlalchemy.exc import SAWarning

from autograder.course import Course
from autograder.exercise.result import Result
from autograder.files import write_whole
from autograder.grading.rebuild import Lesson
from autograder.release import nbgrader_config
from autograder.reports.feedback import feedback_page


class Recorder:
    """Writes results where nbgrader's tools look for them. Scores and comments given by hand are never touched."""

    def __init__(self, course: Course, db_url: str | None = None, work: Path | None = None) -> None:
        self.config = nbgrader_config(course)
        self.work = work or course.work
        default = f"sqlite:///{self.work / 'gradebook.db'}"
        self.db_url = db_url or (self.config.CourseDirectory.get("db_url", default) if work is None else default)
        self.work.mkdir(parents=True, exist_ok=True)
        put_alembic_on_path()
        self.gradebook = Gradebook(self.db_url, self.config.CourseDirectory.get("course_id", ""))
        self.gradebook.db().expire_on_commit = False  # nobody else writes while we do: no need to read all again
        self.known: set[str] = set()

    def __enter__(self) -> Recorder:
        return self

    def __exit__(self, *about: object) -> None:
        self.gradebook.close()

    @property
    def is_empty(self) -> bool:
        """Tell whether the gradebook has no assignment yet."""
        return not self.gradebook.assignments

    def add(self, lesson: Lesson, result: Result, submitted_at: datetime | None) -> None:
        """Record one result. Nothing is recorded for one that was not graded: that is no zero."""
        if result.status == "not graded":
            self._write_feedback(lesson, result)
            return
        self._know(lesson)
        gradebook, name = self.gradebook, lesson.notebook_name
        gradebook.update_or_create_student(result.student)
        timestamp = {"timestamp": submitted_at} if submitted_at else {}
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", SAWarning)  # nbgrader's own, at every new submission
            submission = gradebook.update_or_create_submission(result.lesson, result.student, **timestamp)
        self._save_scores(gradebook.find_submission_notebook(name, result.lesson, result.student), result)
        text = result.notebook if result.status == "graded" else _unreadable_notebook(lesson, result)
        if submission.assignment.duedate:
            AssignLatePenalties(config=self.config).preprocess(
                nbformat.v4.new_notebook(), self._about(lesson, result.student)
            )
        write_whole(self.work / "autograded" / result.student / result.lesson / f"{name}.ipynb", text)
        self._write_feedback(lesson, result)

    def _save_scores(self, found: SubmittedNotebook, result: Result) -> None:
        """Write what nbgrader's SaveAutoGrades writes, in one transaction instead of one a cell."""
        scores = {score.grade_id: score for score in result.scores}
        for grade in found.grades:
            if grade.name in scores:
                grade.auto_score = scores[grade.name].earned
                grade.needs_manual_grade = grade.manual_score is not None or grade.auto_score is None
        for comment in found.comments:
            comment.auto_comment = "No response." if comment.name in result.unanswered else None
        self.gradebook.db.commit()

    def _write_feedback(self, lesson: Lesson, result: Result) -> None:
        comments, manual, late = self._by_hand(lesson, result)
        path = self.work / "feedback" / result.student / result.lesson / f"{lesson.notebook_name}.html"
        write_whole(path, feedback_page(result, comments, manual, late))

    def late_penalties(self, lessons: Iterable[str]) -> dict[tuple[str, str], float]:
        """Return the points taken off for lateness, by student and lesson, where there are any."""
        found = (
            (submission.student_id, lesson, sum(each.late_submission_penalty or 0 for each in submission.notebooks))
            for lesson in lessons
            if any(known.name == lesson and known.duedate for known in self.gradebook.assignments)
            for submission in self.gradebook.assignment_submissions(lesson)
        )
        return {(student, lesson): penalty for student, lesson, penalty in found if penalty}

    def _by_hand(self, lesson: Lesson, result: Result) -> tuple[dict[str, str], dict[str, float], float]:
        """Return the comments and scores that people gave, by cell, and the points taken off for lateness."""
        try:
            found = self.gradebook.find_submission_notebook(lesson.notebook_name, result.lesson, result.student)
        except MissingEntry:
            return {}, {}, 0.0
        comments = {comment.name: comment.manual_comment for comment in found.comments if comment.manual_comment}
        scores = {grade.name: grade.manual_score for grade in found.grades if grade.manual_score is not None}
        return comments, scores, found.late_submission_penalty or 0.0

    def _know(self, lesson: Lesson) -> None:
        """Enter a lesson and its cells into the gradebook, once a run, as nbgrader does when it releases it."""
        if lesson.name not in self.known:
            logging.getLogger("traitlets").setLevel(logging.WARNING)
            self.gradebook.update_or_create_assignment(lesson.name)
            SaveCells(config=self.config).preprocess(nbformat.from_dict(lesson.notebook), self._about(lesson, "."))
            self.gradebook.db.expire_all()
            self.known.add(lesson.name)

    def _about(self, lesson: Lesson, student: str) -> dict[str, dict[str, str]]:
        about = {"notebook": lesson.notebook_name, "assignment": lesson.name, "student": student, "db_url": self.db_url}
        return {"nbgrader": about}


def put_alembic_on_path() -> None:
    """Let nbgrader find `alembic`, which it calls by name for a new gradebook, without an activated environment."""
    tools = str(Path(sys.executable).parent)
    if tools not in os.environ.get("PATH", "").split(os.pathsep):
        os.environ["PATH"] = os.pathsep.join((tools, os.environ.get("PATH", "")))


def _unreadable_notebook(lesson: Lesson, result: Result) -> str:
    """Return the blank lesson under a line that says why there is nothing of the learner's in it."""
    reason = nbformat.v4.new_markdown_cell(f"**This submission could not be read.** {result.reason}", id="unreadable")
    notebook = nbformat.v4.new_notebook(cells=[reason, *lesson.notebook.cells], metadata=lesson.notebook.metadata)
    return nbformat.writes(notebook, version=4)
