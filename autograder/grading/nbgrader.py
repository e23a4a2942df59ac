"""The same road for `nbgrader autograde` and formgrader's Autograde button: two steps for nbgrader's lists."""

from __future__ import annotations

import nbformat
from nbformat import NotebookNode
from nbgrader.api import Gradebook
from nbgrader.converters.base import NbGraderException
from nbgrader.preprocessors import NbGraderPreprocessor

from autograder.course import find_course
from autograder.grading.rebuild import Rebuilt, Unreadable, load_lesson, rebuild
from autograder.grading.run import run
from autograder.grading.session import Settings
from autograder.grading.store import secret_of, seed_for
from autograder.grading.submissions import Submission

_Resources = dict


class Rebuild(NbGraderPreprocessor):
    """Sanitise nothing: put the learner's text into a pristine copy of the lesson."""

    def preprocess(self, nb: NotebookNode, resources: _Resources) -> tuple[NotebookNode, _Resources]:
        course, about = find_course(self.config.CourseDirectory.get("root")), resources["nbgrader"]
        folder = course.submitted / about["student"] / about["assignment"]
        submission = Submission(about["student"], about["assignment"], folder, about["notebook"])
        try:
            rebuilt = rebuild(load_lesson(course, about["assignment"]), submission.read())
        except Unreadable as error:
            raise NbGraderException(str(error)) from None
        submitted_at = submission.submitted_at(course)
        if submitted_at:  # not what timestamp.txt says: a learner can write that
            with Gradebook(about["db_url"]) as gradebook:
                gradebook.update_or_create_submission(about["assignment"], about["student"], timestamp=submitted_at)
        return rebuilt.notebook, resources


class Examine(NbGraderPreprocessor):
    """Execute nothing here: run the notebook in a walled kernel and examine its answers from outside."""

    def preprocess(self, nb: NotebookNode, resources: _Resources) -> tuple[NotebookNode, _Resources]:
        course, about = find_course(self.config.CourseDirectory.get("root")), resources["nbgrader"]
        data = nbformat.writes(nb, version=4).encode()
        seed = seed_for(secret_of(course), about["student"], about["assignment"], data)
        found = run(Rebuilt(nb), seed, Settings(readable=course.readable))
        for note in found.notes:
            self.log.warning("%s/%s: %s", about["student"], about["assignment"], note)
        return found.notebook, resources
