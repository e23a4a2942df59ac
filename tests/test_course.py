"""Where things are."""

from __future__ import annotations

import pytest

from autograder.course import Course, NotACourse, find_course

ROOT = find_course(__file__).root


def test_is_the_course_found_from_deep_inside(tiny_course, monkeypatch):
    monkeypatch.chdir(tiny_course.solutions / "01_tiny")
    assert find_course() == tiny_course


def test_is_the_course_found_that_is_named(tiny_course, monkeypatch):
    monkeypatch.chdir(ROOT)
    assert find_course(tiny_course.root / "solutions") == tiny_course
    assert find_course(str(tiny_course.root)) == tiny_course


def test_is_this_very_course_found_from_anywhere(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert find_course().root == ROOT


def test_does_a_folder_that_is_none_say_where_it_looked(tmp_path):
    with pytest.raises(NotACourse, match=rf"found none in {tmp_path} or above it.*--course FOLDER"):
        find_course(tmp_path)


def test_does_a_folder_that_does_not_exist_raise_the_same(tmp_path):
    with pytest.raises(NotACourse):
        find_course(tmp_path / "nowhere")


def test_are_lessons_listed_in_their_order(tiny_course):
    for name in ("10_late", "02_second"):
        folder = tiny_course.solutions / name
        folder.mkdir()
        (folder / f"{name[3:]}.ipynb").touch()
    (tiny_course.solutions / "03_no_notebook").mkdir()
    assert tiny_course.lesson_names() == ["01_tiny", "02_second", "10_late"]


def test_is_a_lesson_found_by_its_name(tiny_course):
    assert tiny_course.notebook("01_tiny") == tiny_course.solutions / "01_tiny" / "tiny.ipynb"


@pytest.mark.parametrize("lesson", ["02_missing", "", "../01_tiny/x"])
def test_are_the_lessons_listed_for_one_that_is_not_there(tiny_course, lesson):
    with pytest.raises(NotACourse, match="Lessons here: 01_tiny"):
        tiny_course.notebook(lesson)


def test_must_a_lesson_have_one_notebook(tiny_course):
    (tiny_course.solutions / "01_tiny" / "copy.ipynb").touch()
    with pytest.raises(NotACourse, match="Expected exactly one notebook in solutions/01_tiny, found 2"):
        tiny_course.notebook("01_tiny")


def test_does_everything_a_run_leaves_lie_in_one_folder():
    course = Course(ROOT)
    assert course.submitted.parent == course.progress.parent == course.work
    assert "work/" in (ROOT / ".gitignore").read_text().split()


def test_no_two_files_of_tests_are_called_alike():
    """One run of all tests imports each of them under its own name."""
    names = [path.name for path in ROOT.glob("tests/**/test_*.py")]
    assert sorted(names) == sorted(set(names))
