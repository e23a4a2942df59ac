"""Is what was handed in found, and read without trust?"""

import os
from datetime import UTC, datetime

import pytest

from autograder.grading.rebuild import Unreadable
from autograder.grading.submissions import find_submissions, left_over


@pytest.fixture
def hand_in(tiny_course):
    def add(student, text="{}", name="tiny.ipynb"):
        folder = tiny_course.submitted / student / "01_tiny"
        folder.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text)
        return folder / name

    return add


def found(course, **which):
    return [each.student for each in find_submissions(course, course.submitted, **which)]


def test_are_submissions_found_in_order(tiny_course, hand_in):
    for student in ("bob", "ada"):
        hand_in(student)
    assert found(tiny_course) == ["ada", "bob"]
    assert found(tiny_course, students=("bob",)) == ["bob"]
    assert found(tiny_course, lessons=("02_other",)) == []


def test_is_what_cannot_be_graded_named(tiny_course, hand_in):
    hand_in("ada")
    (tiny_course.submitted / "bob" / "1_tiny").mkdir(parents=True)
    (tiny_course.submitted / "cy").mkdir()
    (tiny_course.submitted / "notes.txt").touch()
    (tiny_course.submitted / ".DS_Store").touch()
    assert left_over(tiny_course, tiny_course.submitted) == ["bob/1_tiny", "cy", "notes.txt"]


def test_is_a_link_refused(tiny_course, hand_in):
    target = hand_in("ada")
    (tiny_course.submitted / "bob" / "01_tiny").mkdir(parents=True)
    (tiny_course.submitted / "bob" / "01_tiny" / "tiny.ipynb").symlink_to(target)
    bob = next(iter(find_submissions(tiny_course, tiny_course.submitted, ("bob",))))
    with pytest.raises(Unreadable, match="link"):
        bob.read()


def test_is_a_pipe_refused_without_waiting(tiny_course):
    folder = tiny_course.submitted / "bob" / "01_tiny"
    folder.mkdir(parents=True)
    os.mkfifo(folder / "tiny.ipynb")
    with pytest.raises(Unreadable, match="ordinary file"):
        next(iter(find_submissions(tiny_course, tiny_course.submitted))).read()


def test_does_a_wrong_file_name_get_told(tiny_course, hand_in):
    hand_in("ada", name="Untitled.ipynb")
    with pytest.raises(Unreadable, match=r"Expected tiny.ipynb; there is Untitled.ipynb"):
        next(iter(find_submissions(tiny_course, tiny_course.submitted))).read()


def test_is_the_time_the_file_systems_and_not_a_text_files(tiny_course, hand_in):
    path = hand_in("ada")
    path.with_name("timestamp.txt").write_text("1999-01-01 00:00:00 UTC")
    os.utime(path, (1_700_000_000, 1_700_000_000))
    ada = next(iter(find_submissions(tiny_course, tiny_course.submitted)))
    assert ada.submitted_at(tiny_course) == datetime.fromtimestamp(1_700_000_000, UTC).replace(tzinfo=None)


def test_does_the_exchange_know_better_than_the_file(tiny_course, hand_in):
    path = hand_in("ada")
    os.utime(path, (1_000_000_000, 1_000_000_000))
    inbound = tiny_course.work / "exchange" / "attention" / "inbound" / "ada+01_tiny+2020-01-01 00:00:00 UTC+x"
    inbound.mkdir(parents=True)
    ada = next(iter(find_submissions(tiny_course, tiny_course.submitted)))
    assert ada.submitted_at(tiny_course).year >= 2024


def test_do_only_allowed_files_get_in_beside_the_lessons_own(tiny_course, hand_in):
    folder = hand_in("ada").parent
    (tiny_course.solutions / "01_tiny" / "table.csv").write_text("from the lesson")
    for name in ("table.csv", "helper.py", "numpy.py"):
        (folder / name).write_text("from the learner")
    ada = next(iter(find_submissions(tiny_course, tiny_course.submitted)))
    assert dict(ada.files(tiny_course, ["helper.py"])) == {
        "table.csv": b"from the lesson",
        "helper.py": b"from the learner",
    }


def test_does_an_allowed_name_lead_nowhere_else(tiny_course, hand_in):
    folder = hand_in("ada").parent
    (folder / "helper.py").symlink_to(tiny_course.solutions / "01_tiny" / "tiny.ipynb")
    ada = next(iter(find_submissions(tiny_course, tiny_course.submitted)))
    assert ada.files(tiny_course, ["helper.py", "../../../nbgrader_config.py", "absent.py"]) == ()
