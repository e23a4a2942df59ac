"""Is the sample class what its table says it is?"""

from __future__ import annotations

import json
import re
from contextlib import suppress
from dataclasses import replace
from functools import cache

import nbformat
import pytest

from autograder.asking.answer import ask_in
from autograder.course import find_course
from autograder.exercise.examine import examine
from autograder.exercise.library import of_lesson
from autograder.release import generate_into
from autograder.sample import EXPECTED, LESSON, make_sample_class
from autograder.sample_answers import BROKEN, MISTAKES

EXERCISES = of_lesson("01_attention")
GRADED = [student for student, expected in EXPECTED.items() if expected.status == "graded"]
# The process would end; what happens then is for the tests of grading, which have one to spare.
TRIED = [student for student in GRADED if student != "leaves-early"]
SENTENCES = {
    "syntax-error": "There is no `distribution` to ask",  # grading puts the cell's own error in its place
    "endless-loop": "did not return within",
    "raises": "raised an error",
    "returns-none": "returned nothing (None)",
    "wrong-dtype": "text",
    "ragged-list": "rows have different lengths",
    "symbolic-tensor": "symbolic Keras tensor",
    "something-huge": "MiB can be checked",
}
COURSE = find_course(__file__)
pytestmark = pytest.mark.filterwarnings("ignore::RuntimeWarning", "ignore:careful:UserWarning", "ignore::SyntaxWarning")


@pytest.fixture(scope="module")
def sample(tmp_path_factory):
    folder = tmp_path_factory.mktemp("sample")
    return folder, make_sample_class(COURSE, folder)


@pytest.fixture(scope="module")
def verdicts(sample):
    """Run a student's answers here, and examine each exercise; once for each student."""
    import keras
    import numpy as np
    import tensorflow as tf

    folder, _ = sample
    names = {exercise.name for exercise in EXERCISES}

    @cache
    def verdicts(student):
        namespace = {"np": np, "tf": tf, "keras": keras}
        for cell in nbformat.read(folder / student / LESSON / "attention.ipynb", as_version=4).cells:
            if cell.metadata.get("nbgrader", {}).get("grade_id") in names:
                with suppress(SyntaxError):
                    exec(cell.source, namespace)
        seconds = 0.2 if student == "endless-loop" else 10
        return {each.name: examine(replace(each, seconds=seconds), ask_in(namespace), student) for each in EXERCISES}

    return verdicts


def test_is_every_student_there_once_in_an_own_folder(sample):
    folder, written = sample
    assert [path.parent.parent for path in written] == [folder] * len(written)
    assert {path.name for path in written} == {LESSON}
    assert sorted(path.parent.name for path in written) == sorted(EXPECTED)
    assert len(EXPECTED) >= 24


def test_does_the_same_course_give_the_same_bytes(sample, tmp_path):
    folder, _ = sample
    make_sample_class(COURSE, tmp_path)
    for path in folder.rglob("*.ipynb"):
        assert path.read_bytes() == (tmp_path / path.relative_to(folder)).read_bytes()


def test_is_the_blank_one_what_nbgrader_releases(sample, tmp_path):
    folder, _ = sample
    released = nbformat.read(generate_into(COURSE, LESSON, tmp_path), as_version=4)
    blank = nbformat.read(folder / "blank" / LESSON / "attention.ipynb", as_version=4)
    assert blank == released


def test_are_all_but_the_broken_files_valid_notebooks(sample):
    folder, _ = sample
    found = {path.parent.parent.name: path for path in folder.rglob("*.ipynb")}
    assert set(EXPECTED) - set(found) == {"no-notebook"}
    for student, path in found.items():
        if student == "not-json":
            with pytest.raises(json.JSONDecodeError):
                json.loads(path.read_text("utf-8"))
        else:
            nbformat.validate(nbformat.read(path, as_version=4))
            assert "BEGIN SOLUTION" not in path.read_text("utf-8")


def test_has_every_exercise_an_expected_number_of_points():
    names = {exercise.name for exercise in EXERCISES}
    assert all(set(EXPECTED[student].earned) == names for student in GRADED)


@pytest.mark.parametrize("student", TRIED)
def test_does_each_student_earn_what_is_right_by_construction(student, verdicts):
    found = {name: verdict.earned for name, verdict in verdicts(student).items()}
    assert found == dict(EXPECTED[student].earned)


@pytest.mark.parametrize("mistake", MISTAKES, ids=lambda mistake: mistake.misconception)
def test_is_exactly_the_one_misconception_named(mistake, verdicts):
    slug = "-".join(re.findall("[a-z]+", mistake.misconception.lower()))
    for name, verdict in verdicts(f"mistake-{slug}").items():
        named = {part.misconception for part in verdict.parts} - {""}
        assert named == ({mistake.misconception} if name == mistake.exercise else set())


@pytest.mark.parametrize("student", SENTENCES)
def test_does_each_broken_answer_get_a_sentence_of_its_own(student, verdicts):
    exercise = next(one.exercise for one in BROKEN if one.student == student)
    parts = verdicts(student)[exercise].parts
    assert any(SENTENCES[student] in sentence for part in parts for sentence in part.says), parts[0].says


def test_has_every_broken_answer_a_sentence():
    assert {one.student for one in BROKEN} == {*SENTENCES, "leaves-early"}
