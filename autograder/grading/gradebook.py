"""The one writer: nbgrader's gradebook, and the autograded notebook of each result."""

from __future__ import annotations

import contextlib
import logging
import os
import secrets
import sys
import warnings
from collections.abc import Iterable, Mapping
from datetime import datetime
from pathlib import Path

import nbformat
from nbgrader.api import Gradebook, SubmittedAssignment, SubmittedNotebook
from nbgrader.preprocessors import AssignLatePenalties, SaveCells
from sqlalchemy.exc import SAWarning

from autograder.course import Course
from autograder.exercise.result import Result
from autograder.files import write_whole
from autograder.grading.arrival import STAMP
from autograder.grading.entries import Unavailable, read_plain
from autograder.grading.matching import Lesson
from autograder.grading.reading import Unreadable
from autograder.release import nbgrader_config

SECRET = "submission_secret.txt"


class Recorder:
    """Writes results where nbgrader's tools look for them. Scores and comments given by hand are never touched."""

    def __init__(self, course: Course, db_url: str | None = None, work: Path | None = None) -> None:
        self.config = nbgrader_config(course)
        self.work = work or course.work
        default = f"sqlite:///{self.work / 'gradebook.db'}"
        self.db_url = db_url or (self.config.CourseDirectory.get("db_url", default) if work is None else default)
        self.shared = bool(self.config.CourseDirectory.get("groupshared", False))
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

    def enter(self, lesson: Lesson) -> None:
        """Enter a lesson and its cells into the gradebook, once a run, as nbgrader does when it releases it."""
        if lesson.name not in self.known:
            logging.getLogger("traitlets").setLevel(logging.WARNING)
            self.gradebook.update_or_create_assignment(lesson.name)
            SaveCells(config=self.config).preprocess(nbformat.from_dict(lesson.notebook), self._about(lesson, "."))
            self.gradebook.db.expire_all()
            self.known.add(lesson.name)

    def add(self, lesson: Lesson, result: Result, submitted_at: datetime | None) -> None:
        """Record one result. Nothing is recorded for one that was not graded: that is no zero."""
        if result.status == "not graded":
            return
        self.enter(lesson)
        gradebook, name = self.gradebook, lesson.notebook_name
        gradebook.update_or_create_student(result.student)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", SAWarning)  # nbgrader's own, at every new submission
            gradebook.update_or_create_submission(result.lesson, result.student, timestamp=submitted_at)
        self._save_scores(gradebook.find_submission_notebook(name, result.lesson, result.student), result)
        text = result.notebook if result.status == "graded" else _unreadable_notebook(lesson, result)
        folder = self.work / "autograded" / result.student / result.lesson
        write_whole(folder / f"{name}.ipynb", text)
        write_secrets(folder, self.work / "submitted" / result.student / result.lesson)
        if self.shared:
            share(folder, self.work)

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

    def settle_times(self, times: Mapping[tuple[str, str], datetime | None]) -> None:
        """Correct hand-in times, by student and lesson, where they differ from what the gradebook has."""
        for lesson in {lesson for _, lesson in times}:
            for submission in self._submissions(lesson):
                moment = times.get((submission.student_id, lesson), submission.timestamp)
                if submission.timestamp != moment:
                    submission.timestamp = moment
        self.gradebook.db.commit()

    def settle_late(self, lessons: Iterable[str]) -> None:
        """Take points off, or give them back, as the due dates and the configured rule now say."""
        rule = AssignLatePenalties(config=self.config, log=logging.getLogger("autograder.late"))
        rule.init_plugin()
        for lesson in lessons:
            for submission in self._submissions(lesson):
                for notebook in submission.notebooks:
                    late, penalty = submission.total_seconds_late, None
                    if late > 0:
                        penalty = rule.plugin_inst.late_submission_penalty(submission.student_id, notebook.score, late)
                    penalty = None if penalty is None else min(max(0.0, penalty), max(0.0, notebook.score))
                    if notebook.late_submission_penalty != penalty:
                        notebook.late_submission_penalty = penalty
        self.gradebook.db.commit()
        self.gradebook.db.expire_all()  # sums that the database computes

    def _submissions(self, lesson: str) -> list[SubmittedAssignment]:
        """Return a lesson's submissions as they are now; sums included, which are computed when they are read."""
        self.gradebook.db.expire_all()
        return self.gradebook.assignment_submissions(lesson) if lesson in self._lessons() else []

    def _lessons(self) -> set[str]:
        return {assignment.name for assignment in self.gradebook.assignments}

    def _about(self, lesson: Lesson, student: str) -> dict[str, dict[str, str]]:
        about = {"notebook": lesson.notebook_name, "assignment": lesson.name, "student": student, "db_url": self.db_url}
        return {"nbgrader": about}


def write_secrets(folder: Path, submitted: Path) -> None:
    """Put beside a page what `nbgrader release_feedback` reads: the hand-in time, and the secret of the submission.

    Where there is none, as in what came from an archive, one is made up: nobody will ask for that page, and the
    command releases the others.
    """
    for name, made_up in ((STAMP, ""), (SECRET, secrets.token_hex(64))):
        path, text = folder / name, None
        with contextlib.suppress(OSError, Unreadable, Unavailable):
            text = read_plain(submitted / name, 1_000).decode("utf-8", "replace")
        if text is None and not path.is_file():
            write_whole(path, made_up)
        elif text is not None and not (path.is_file() and path.read_text("utf-8") == text):
            write_whole(path, text)


def share(path: Path, root: Path) -> None:
    """Give a folder, what is in it, and what leads to it from `root`, to the group, as nbgrader's groupshared asks."""
    for each in (*path.rglob("*"), path, *(above for above in path.parents if above.is_relative_to(root))):
        with contextlib.suppress(OSError):
            each.chmod(each.stat().st_mode | (0o2770 if each.is_dir() else 0o660))


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
