"""The same road for `nbgrader autograde`, `generate_feedback` and formgrader's buttons: steps for nbgrader's lists."""

from __future__ import annotations

import logging
from functools import cache
from pathlib import Path

import nbformat
from nbconvert.exporters import HTMLExporter, NotebookExporter
from nbformat import NotebookNode
from nbgrader.api import Gradebook
from nbgrader.converters.base import NbGraderException
from nbgrader.preprocessors import NbGraderPreprocessor, SaveAutoGrades

from autograder.course import Course, find_course
from autograder.grading.arrival import STAMP, Arrivals, is_time, settle
from autograder.grading.entries import Unavailable
from autograder.grading.giveback import page_of
from autograder.grading.grade import Jobs, grade_one
from autograder.grading.gradebook import Recorder
from autograder.grading.process import Settings
from autograder.grading.reading import Unreadable
from autograder.grading.rebuild import load_lesson, rebuild
from autograder.grading.store import Record, Store
from autograder.grading.submissions import Submission
from autograder.kernels import isolation

_Resources = dict


class Rebuild(NbGraderPreprocessor):
    """Sanitise nothing: put the learner's text into a pristine copy of the lesson."""

    def preprocess(self, nb: NotebookNode, resources: _Resources) -> tuple[NotebookNode, _Resources]:
        course, submission, about = _submission(self, resources)
        lesson = load_lesson(course, submission.lesson)
        try:
            data = submission.read(lesson)
            rebuilt = rebuild(lesson, data)
        except (Unreadable, Unavailable) as error:
            raise NbGraderException(str(error)) from None
        store = Store(course.work / "results")
        moment = Arrivals(course, store).of(submission.student, submission.lesson, submission.folder, data)
        with Gradebook(about["db_url"]) as gradebook:  # not what timestamp.txt says: a learner can write that
            gradebook.update_or_create_submission(submission.lesson, submission.student, timestamp=moment)
        settle(submission.folder, moment)
        return rebuilt.notebook, resources


class Examine(NbGraderPreprocessor):
    """Execute nothing here: run the notebook in a walled kernel and examine its answers from outside."""

    def preprocess(self, nb: NotebookNode, resources: _Resources) -> tuple[NotebookNode, _Resources]:
        course, submission, _ = _submission(self, resources)
        held = _every_wall_holds(self.log)
        jobs = Jobs(course, Settings(readable=course.readable, isolated=held))
        job, store = jobs.of(submission), Store(course.work / "results")
        key = jobs.key(job)
        result = grade_one(job)
        if result.status != "graded":
            raise NbGraderException(result.reason)
        store.put(key, result)
        store.set_record(Record(submission.student, submission.lesson, key))
        for note in result.notes:
            self.log.warning("%s/%s: %s", submission.student, submission.lesson, note)
        return nbformat.reads(result.notebook, as_version=4), resources


class SaveScores(SaveAutoGrades):
    """Save what nbgrader reads off the cells, and no zero for what could not be graded: a person has to."""

    def preprocess(self, nb: NotebookNode, resources: _Resources) -> tuple[NotebookNode, _Resources]:
        nb, resources = super().preprocess(nb, resources)
        course, submission, about = _submission(self, resources)
        store = Store(course.work / "results")
        record = store.record(submission.student, submission.lesson)
        scores = {score.grade_id: score.earned for score in store.get(record.key).scores}
        with Gradebook(about["db_url"]) as gradebook:
            found = gradebook.find_submission_notebook(about["notebook"], submission.lesson, submission.student)
            for grade in found.grades:
                if grade.name in scores and scores[grade.name] is None:
                    grade.auto_score, grade.needs_manual_grade = None, True
            gradebook.db.commit()
        return nb, resources


class Submitted(NotebookExporter):
    """Reads no submitted notebook: what counts is found and read with care by Rebuild, whatever lies there.

    nbgrader would wait for ever for a pipe, and give up at what is no notebook.
    """

    def from_filename(self, filename: str, resources: _Resources | None = None, **options):
        """Return a converted notebook: an empty one for what was submitted, the file for what Rebuild has made."""
        if getattr(self.parent, "_sanitizing", False):
            return self.from_notebook_node(nbformat.v4.new_notebook(), resources=resources, **options)
        return super().from_filename(filename, resources=resources, **options)


class FeedbackPage(HTMLExporter):
    """Makes our page of feedback: there is one kind of it, whichever command wrote it."""

    def from_filename(self, filename: str, resources: _Resources | None = None, **options):
        """Return the page of the student whose autograded notebook this is."""
        about = resources["nbgrader"]
        course = find_course(Path(filename).parent)
        page = page_of(course, about["student"], about["assignment"], about["notebook"])
        return page, {**resources, "output_extension": ".html"}


def prepare(assignment: str, student: str, notebooks: list[str]) -> None:
    """Make ready what `nbgrader autograde` needs: the lesson in the gradebook, and a timestamp.txt that is one."""
    for folder in {Path(notebook).parent for notebook in notebooks}:
        course = find_course(folder)
        with Recorder(course) as recorder:
            recorder.enter(load_lesson(course, folder.name))
        if not is_time(folder / STAMP):
            settle(folder, None)


def _submission(step: NbGraderPreprocessor, resources: _Resources) -> tuple[Course, Submission, dict]:
    course, about = find_course(step.config.CourseDirectory.get("root")), resources["nbgrader"]
    folder = course.submitted / about["student"] / about["assignment"]
    return course, Submission(about["student"], about["assignment"], folder, about["notebook"]), about


@cache
def _every_wall_holds(log: logging.Logger) -> bool:
    """Tell whether a submission is isolated here; say so, once, if it is not."""
    missing = [wall.name for wall in isolation() if not wall.holds]
    if missing:
        log.warning(
            "Not isolated: %s. Grades are marked so; `autograder doctor` says how to get it.", ", ".join(missing)
        )
    return not missing
