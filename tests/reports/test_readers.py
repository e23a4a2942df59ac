"""Is it said who else can read what a class hands in?"""

import os

import pytest

from autograder.course import Course
from autograder.reports.readers import open_to_others, readers_table

pytestmark = pytest.mark.skipif(os.name == "nt", reason="Windows has other rights")


@pytest.fixture
def course(tmp_path):
    for path in (tmp_path, *tmp_path.parents):
        if path.stat().st_uid == os.getuid() and len(path.parts) > 2:
            path.chmod(0o755)
    made = Course(tmp_path)
    made.make_work()
    made.solutions.mkdir(mode=0o700)
    (made.work / "grades.csv").write_text("ada,5")
    (made.work / "grades.csv").chmod(0o600)
    return made


def names(course):
    return {each.name: each.who for each in open_to_others(course)}


def test_as_it_is_made_nobody_else_can_read_anything(course):
    assert names(course) == {}
    assert "Nobody else" in readers_table(course).caption


@pytest.mark.parametrize(
    "path", ["work/submitted", "work/feedback", "work/grades.csv", "work/gradebook.db", "solutions"]
)
def test_what_is_open_is_named_with_what_closes_it(course, path):
    (course.root / path).chmod(0o755)
    (found,) = open_to_others(course)
    assert (found.name, found.who) == (path, "everybody")
    assert found.remedy.startswith("chmod") and path in found.remedy


def test_what_lies_in_a_closed_folder_is_closed(course):
    (course.root / "work" / "grades.csv").chmod(0o644)
    course.work.chmod(0o700)
    assert names(course) == {}
