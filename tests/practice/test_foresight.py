"""What a check says early of what grading will not have."""

from __future__ import annotations

import json
import sys
import types

import pytest
from IPython.utils.capture import capture_output

RIGHT = "def scores(query, key):\n    return key @ query"


@pytest.fixture
def said(shell):
    """Run cells as a notebook does, then check("scores"); return the notes of the report."""

    def run(*cells):
        shell.run_cell("from autograder.practice import check\nimport numpy as np", store_history=True)
        with capture_output():
            for cell in cells:
                shell.run_cell(cell, store_history=True)
        with capture_output() as captured:
            shell.run_cell("check('scores')", store_history=True)
        lines = captured.outputs[0].data["text/plain"].splitlines()
        return [line.strip() for line in lines if line.startswith("  Note: ")]

    return run


@pytest.fixture
def stranger(monkeypatch):
    """A library that is installed here and that the course does not ask for."""
    module = types.ModuleType("stranger")
    exec("def double(x):\n    return 2 * x", module.__dict__)
    module.double.__module__ = "stranger"
    monkeypatch.setitem(sys.modules, "stranger", module)


class TestLibrary:
    @pytest.mark.parametrize(
        "cells",
        [
            ("import stranger", "def scores(query, key):\n    stranger.double(1)\n    return key @ query"),
            ("import stranger as st", "def scores(query, key):\n    return st.double(key @ query) / 2"),
            ("from stranger import double", "def scores(query, key):\n    return double(key @ query) / 2"),
            ("def scores(query, key):\n    import stranger\n    return key @ query",),
            (
                "import stranger",
                "def helped(x):\n    return stranger.double(x) / 2",
                RIGHT.replace("key @", "helped(key) @"),
            ),
        ],
        ids=["module", "other name", "function", "inside", "in a helper"],
    )
    def test_is_it_told_which_grading_will_not_have(self, said, stranger, cells):
        (note,) = said(*cells)
        assert note.startswith("Note: `scores` uses the library `stranger`, which is not one of the course's")

    @pytest.mark.parametrize(
        "cell",
        [
            RIGHT,
            "import math, collections, tensorflow as tf\n"
            + RIGHT.replace("return", "math.sqrt(4); tf.ones(1); return"),
            "import rapidfuzz\n" + RIGHT.replace("return", "rapidfuzz.distance; return"),
            "import PIL\n" + RIGHT.replace("return", "PIL; return"),
            "import stranger\n" + RIGHT,
        ],
        ids=["none", "the course's", "one it asks for", "one that comes along", "not used by the answer"],
    )
    def test_is_nothing_said_of_libraries_that_will_be_there(self, said, stranger, cell):
        assert said(cell) == []


class TestInput:
    def test_is_it_told_that_nobody_types(self, said):
        (note,) = said("def scores(query, key):\n    if len(key) > 99: input()\n    return key @ query")
        assert note.startswith("Note: `scores` calls `input()`, and where it is graded nobody is there to type")

    def test_is_a_parameter_of_that_name_none(self, said):
        assert said("def helped(input):\n    return input\n" + RIGHT.replace("key @", "helped(key) @")) == []


class TestPractice:
    HELPER = "def helped(x):\n    return np.asarray(x)"
    USES = RIGHT.replace("key @", "helped(key) @")

    @pytest.fixture
    def notebook(self, tmp_path, monkeypatch):
        """A notebook with one cell for practice, saved where Jupyter says."""

        def save(text, tags):
            cell = {"cell_type": "code", "id": "a", "metadata": {"tags": tags}, "source": text.splitlines(True)}
            (tmp_path / "mine.ipynb").write_text(json.dumps({"cells": [cell]}))

        monkeypatch.chdir(tmp_path)
        monkeypatch.setenv("JPY_SESSION_NAME", str(tmp_path / "mine.ipynb"))
        return save

    @pytest.mark.parametrize("cell", [HELPER, "helped = lambda x: np.asarray(x)"], ids=["function", "assignment"])
    def test_is_a_name_told_that_only_a_practice_cell_defines(self, said, notebook, cell):
        notebook(cell, ["practice"])
        (note,) = said(cell, self.USES)
        assert note.startswith("Note: `scores` uses `helped` from a cell that is only for practice")

    def test_is_nothing_said_of_a_cell_that_counts(self, said, notebook):
        notebook(self.HELPER, [])
        assert said(self.HELPER, self.USES) == []

    def test_is_nothing_said_where_the_answers_own_cell_defines_it(self, said, notebook):
        notebook(self.HELPER, ["practice"])
        assert said(self.HELPER, f"{self.HELPER}  # mine\n\n{self.USES}") == []
