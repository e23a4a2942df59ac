"""Does the gradebook hold what was found, and keep what people wrote?"""

import shutil
from datetime import datetime

import pytest
from nbgrader.api import Gradebook

from autograder.exercise.result import Result, Score
from autograder.grading.gradebook import Recorder, write_secrets
from autograder.grading.rebuild import load_lesson
from autograder.grading.standings import standings
from autograder.grading.store import Store

SCORES = (
    Score("scores-check", 2, 1.0),
    Score("distribution-check", 3, 3.0),
    Score("double-test", 1, 0.0),
    Score("words", 3, None),
)


@pytest.fixture
def record(tiny_course, empty_gradebook):
    tiny_course.make_work()
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


def test_every_late_submission_pays_on_the_first_run_and_is_paid_back(tiny_course, empty_gradebook):
    tiny_course.make_work()
    shutil.copy(empty_gradebook, tiny_course.work / "gradebook.db")
    config = tiny_course.root / "nbgrader_config.py"
    config.write_text(f'{config.read_text()}\nc.LateSubmissionPlugin.penalty_method = "zero"\n')
    lesson, store = load_lesson(tiny_course, "01_tiny"), Store(tiny_course.work / "results")
    blank = '{"cells": [], "metadata": {}, "nbformat": 4, "nbformat_minor": 5}'

    def earned(recorder):
        recorder.settle_late(["01_tiny"])
        found = standings(recorder.gradebook, store, tiny_course.work, {"01_tiny": lesson})
        return {each.student: (each.earned, each.penalty) for each in found}

    with Recorder(tiny_course) as recorder:
        recorder.enter(lesson)
        recorder.gradebook.update_or_create_assignment("01_tiny", duedate=datetime(2026, 1, 1))
        for number in range(4):
            result = Result(f"s{number}", "01_tiny", "graded", scores=SCORES, notebook=blank)
            recorder.add(lesson, result, datetime(2026, 1, 2))
        assert earned(recorder) == {f"s{number}": (0.0, 4.0) for number in range(4)}
    with Recorder(tiny_course) as recorder:
        recorder.gradebook.update_or_create_assignment("01_tiny", duedate=datetime(2026, 1, 3))
        assert earned(recorder) == {f"s{number}": (4.0, 0.0) for number in range(4)}


def test_a_time_that_is_corrected_is_corrected_for_that_one_only(record, tiny_course):
    with record(submitted_at=datetime(2026, 1, 1)):
        pass
    with Recorder(tiny_course) as recorder:
        recorder.settle_times({("ada", "01_tiny"): datetime(2026, 1, 2, 3, 4, 5, 6), ("bob", "01_tiny"): None})
    with Recorder(tiny_course) as recorder:
        assert recorder.gradebook.find_submission("01_tiny", "ada").timestamp == datetime(2026, 1, 2, 3, 4, 5, 6)


def test_a_group_that_shares_the_course_can_write_what_was_graded(tiny_course, empty_gradebook, record):
    config = tiny_course.root / "nbgrader_config.py"
    config.write_text(f"{config.read_text()}\nc.CourseDirectory.groupshared = True\n")
    with record():
        folder = tiny_course.work / "autograded" / "ada" / "01_tiny"
    assert folder.stat().st_mode & 0o2770 == folder.parent.stat().st_mode & 0o2770 == 0o2770
    assert all(path.stat().st_mode & 0o660 == 0o660 for path in folder.iterdir())


def test_beside_a_page_lies_what_releases_it(record, tiny_course):
    submitted = tiny_course.submitted / "ada" / "01_tiny"
    submitted.mkdir(parents=True)
    (submitted / "submission_secret.txt").write_text("the secret of the submission")
    with record():
        folder = tiny_course.work / "autograded" / "ada" / "01_tiny"
    assert (folder / "submission_secret.txt").read_text() == "the secret of the submission"
    assert (folder / "timestamp.txt").read_text() == ""
    made_up = tiny_course.work / "feedback" / "bob" / "01_tiny"
    write_secrets(made_up, tiny_course.submitted / "bob" / "01_tiny")
    first = (made_up / "submission_secret.txt").read_text()
    write_secrets(made_up, tiny_course.submitted / "bob" / "01_tiny")
    assert len(first) == 128 and (made_up / "submission_secret.txt").read_text() == first
