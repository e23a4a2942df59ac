"""Does the gradebook hold what was found, and keep what people wrote?"""

import shutil
from datetime import datetime

import pytest
from nbgrader.api import Gradebook

from autograder.exercise.result import Result, Score
from autograder.grading.gradebook import Recorder
from autograder.grading.rebuild import load_lesson

SCORES = (
    Score("scores-check", 2, 1.0),
    Score("distribution-check", 3, 3.0),
    Score("double-test", 1, 0.0),
    Score("words", 3, None),
)


@pytest.fixture
def record(tiny_course, empty_gradebook):
    tiny_course.work.mkdir()
    shutil.copy(empty_gradebook, tiny_course.work / "gradebook.db")
    lesson = load_lesson(tiny_course, "01_tiny")
    url = f"sqlite:///{tiny_course.work / 'gradebook.db'}"

    def add(status="graded", scores=SCORES, submitted_at=None, prepare=None, **more):
        notebook = '{"cells": [], "metadata": {}, "nbformat": 4, "nbformat_minor": 5}' if status == "graded" else ""
        with Recorder(tiny_course, work=tiny_course.work) as recorder:
            if prepare:
                prepare(recorder.gradebook)
            recorder.add(
                lesson, Result("ada", "01_tiny", status, scores=scores, notebook=notebook, **more), submitted_at
            )
        return Gradebook(url, "attention")

    return add


def test_are_scores_written_cell_by_cell(record):
    with record() as gradebook:
        submission = gradebook.find_submission("01_tiny", "ada")
        assert (submission.score, submission.max_score, submission.needs_manual_grade) == (4, 9, True)


def test_are_scores_and_comments_given_by_hand_kept(record):
    with record() as gradebook:
        gradebook.find_grade("words", "tiny", "01_tiny", "ada").manual_score = 2.5
        gradebook.find_comment("words", "tiny", "01_tiny", "ada").manual_comment = "Well put."
        gradebook.db.commit()
    with record() as gradebook:
        assert gradebook.find_grade("words", "tiny", "01_tiny", "ada").score == 2.5
        assert gradebook.find_comment("words", "tiny", "01_tiny", "ada").comment == "Well put."


def test_does_what_was_not_graded_leave_no_zero(record):
    with record() as gradebook, record(status="not graded", reason="no kernel") as again:
        assert again.find_submission("01_tiny", "ada").score == gradebook.find_submission("01_tiny", "ada").score == 4


def test_does_an_unreadable_submission_earn_nothing_and_say_why(record, tiny_course):
    nothing = tuple(Score(score.grade_id, score.points, 0.0) for score in SCORES)
    with record(status="unreadable", scores=nothing, reason="It is no notebook.") as gradebook:
        assert gradebook.find_submission("01_tiny", "ada").score == 0
    written = (tiny_course.work / "autograded" / "ada" / "01_tiny" / "tiny.ipynb").read_text()
    assert "It is no notebook." in written


def test_is_a_late_submission_counted_late(record):
    def due(gradebook):
        gradebook.update_or_create_assignment("01_tiny", duedate=datetime(2026, 1, 1))

    with record(submitted_at=datetime(2026, 1, 1, 0, 1), prepare=due) as gradebook:
        assert gradebook.find_submission("01_tiny", "ada").total_seconds_late == 60
