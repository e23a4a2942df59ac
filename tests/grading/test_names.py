"""Is what people call a lesson understood, and nothing read into what they do not mean?"""

import json

import pytest

from autograder.grading.names import grade_ids, is_notebook, lesson_inside, lesson_meant

LESSONS = {
    "01_attention": "attention",
    "02_self_attention": "self_attention",
    "03_decoder_attention": "decoder_attention",
    "10_space_time": "space_time",
}


@pytest.mark.parametrize(
    "name, lesson",
    [
        ("01_attention", "01_attention"),
        ("1_attention", "01_attention"),
        ("Lesson 1", "01_attention"),
        ("lesson-01", "01_attention"),
        ("Lesson 1 (2)", "01_attention"),
        ("1", "01_attention"),
        ("10", "10_space_time"),
        ("ATTENTION", "01_attention"),
        ("attention (1).ipynb", "01_attention"),
        ("attention-Copy1.ipynb", "01_attention"),
        ("attention - Copy (2).ipynb", "01_attention"),
        ("attention - Kopie.ipynb", "01_attention"),
        ("attention copy 2.ipynb", "01_attention"),
        ("attention.ipynb.zip", "01_attention"),
        ("Self Attention", "02_self_attention"),
        ("02 self-attention", "02_self_attention"),
        ("space_time.ipynb", "10_space_time"),
        ("", ""),
        ("my work", ""),
        ("lesson", ""),
        ("2_attention", ""),
        ("attention_old", ""),
        ("3.14", ""),
        ("9" * 5000, ""),
    ],
)
def test_a_name_means_one_lesson_or_none(name, lesson):
    assert lesson_meant(name, LESSONS) == lesson


def test_a_name_that_fits_two_lessons_means_none():
    assert lesson_meant("tiny", {"01_tiny": "tiny", "02_tiny": "tiny"}) == ""


@pytest.mark.parametrize("name", ["a.ipynb", "a.IPYNB", "a.ipynb.txt", "a.ipynb.json"])
def test_an_ending_that_was_added_hides_no_notebook(name):
    assert is_notebook(name)


@pytest.mark.parametrize("name", ["a.py", "ipynb", "a.ipynb.html", "a.txt"])
def test_nothing_else_is_a_notebook(name):
    assert not is_notebook(name)


def test_the_cells_of_a_notebook_say_which_lesson_it_is():
    def notebook(*ids):
        return json.dumps({"cells": [{"metadata": {"nbgrader": {"grade_id": each}}} for each in ids]})

    known = {"01": grade_ids(notebook("a", "b")), "02": grade_ids(notebook("b", "c", "d"))}
    assert lesson_inside(notebook("a", "b").encode(), known) == "01"
    assert lesson_inside(notebook("c", "b").encode(), known) == "02"
    assert lesson_inside(notebook("x").encode(), known) == ""
    assert lesson_inside(b"\xff\0 no notebook", known) == ""
