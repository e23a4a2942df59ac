"""What a check says when what answers is not what was written last."""

from __future__ import annotations

import pytest
from IPython.utils.capture import capture_output

STUB = "def scores(query, key):\n    raise NotImplementedError  # your answer here"
RIGHT = "def scores(query, key):\n    return key @ query"
WRONG = "def scores(query, key):\n    return query * key"
BROKEN = "def scores(query, key)\n    return key @ query"
FAILS = "import not_there\n\ndef scores(query, key):\n    return key @ query"


@pytest.fixture
def said(shell):
    """Run cells as a notebook does, then check("scores"); return the report as text."""

    def run(*cells, name="scores"):
        shell.run_cell("from autograder.practice import check", store_history=True)
        with capture_output():
            for cell in cells:
                shell.run_cell(cell, store_history=True)
        with capture_output() as captured:
            shell.run_cell(f"check({name!r})", store_history=True)
        assert captured.stderr == ""
        return captured.outputs[0].data["text/plain"]

    return run


class TestOutdated:
    @pytest.mark.parametrize("before", [STUB, WRONG, RIGHT], ids=["stub", "wrong", "right"])
    def test_is_it_said_that_the_last_cell_is_no_python(self, said, before):
        found = said(before, BROKEN)
        assert "Note: The last cell that defines `scores` did not run, so what answers here is an earlier one." in found
        assert "SyntaxError: expected ':' in line 1 (`def scores(query, key)`)" in found

    @pytest.mark.parametrize("before", [STUB, WRONG, RIGHT], ids=["stub", "wrong", "right"])
    def test_is_it_said_that_the_last_cell_failed(self, said, before):
        assert "ended in an error before it got there, so what answers here is an earlier one." in said(before, FAILS)

    @pytest.mark.parametrize("cell", [BROKEN, FAILS], ids=["no Python", "fails"])
    def test_is_it_said_that_nothing_answers_yet(self, said, cell):
        found = said(cell)
        assert found.startswith("scores: not attempted yet")
        assert "so nothing answers yet." in found

    @pytest.mark.parametrize(
        "cells",
        [
            (STUB,),
            (RIGHT,),
            (STUB, WRONG, RIGHT),
            (BROKEN, RIGHT),
            (FAILS, RIGHT),
            (WRONG, RIGHT, WRONG, RIGHT),
            (STUB, "scores = lambda query, key: key @ query"),
            (STUB, RIGHT.replace("scores", "mine"), "scores = mine"),
            (STUB, f"import functools\n\n@functools.lru_cache\n{RIGHT}"),
            (STUB, f"%%time\n{RIGHT}"),
            (STUB, f"!true\n{RIGHT}"),
            (RIGHT, "scores(1"),
        ],
    )
    def test_is_nothing_said_of_an_answer_that_is_the_last(self, said, cells):
        assert "Note" not in said(*cells)

    def test_is_a_class_of_an_earlier_cell_told_too(self, said):
        layer = "class BahdanauAttention:\n    def __init__(self, units):\n        raise NotImplementedError"
        assert "what answers here is an earlier one" in said(layer, f"1/0\n{layer}  # mine", name="BahdanauAttention")


class TestMisnamed:
    @pytest.mark.parametrize(
        "cells, meant",
        [
            ((STUB, RIGHT.replace("scores", "score")), "score"),
            ((RIGHT.replace("scores", "Scores"),), "Scores"),
            ((STUB, RIGHT.replace("scores", "dot_products")), "dot_products"),
            ((STUB, "x = 1", WRONG.replace("scores", "my_scores")), "my_scores"),
        ],
    )
    def test_is_the_function_named_that_was_probably_meant(self, said, cells, meant):
        found = said(*cells)
        assert found.startswith("scores: not attempted yet")
        assert f"There is a `{meant}`. This check asks for `scores`: if that is your answer, rename it." in found

    def test_is_it_named_too_where_an_earlier_wrong_answer_answers(self, said):
        found = said(WRONG, RIGHT.replace("scores", "score"))
        assert found.startswith("scores: not right yet")
        assert "There is a `score`." in found

    @pytest.mark.parametrize(
        "cells",
        [
            (WRONG, RIGHT.replace("scores", "dot_products")),
            (RIGHT, WRONG.replace("scores", "score")),
            (STUB, "def plot(weights):\n    pass"),
            (RIGHT.replace("scores", "score"), RIGHT),
            (RIGHT.replace("scores", "score"), STUB),
            (STUB, BROKEN.replace("scores", "score")),
        ],
        ids=["a helper", "the answer is right", "another thing", "renamed already", "before the stub", "never ran"],
    )
    def test_is_none_named_that_was_not_meant(self, said, cells):
        assert "There is a" not in said(*cells)

    def test_is_a_function_of_the_lesson_itself_not_taken_for_an_answer(self, said, notebook_of):
        """Lesson 1 defines `attend` below `attention`, with the same parameters."""
        stub = "def attention(query, value, key):\n    raise NotImplementedError"
        assert "There is a" not in said(
            "import tensorflow as tf", stub, notebook_of("01_attention")["einsum"], name="attention"
        )
