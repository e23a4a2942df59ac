"""What a lesson's outputs become on another processor: told cell by cell."""

from __future__ import annotations

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_notebook, new_output

from tests.processors import differences, environment

PRINTS = 'import os\nprint(os.environ.get("ONEDNN_MAX_CPU_ISA"), os.environ["TF_NUM_INTRAOP_THREADS"])'


@pytest.fixture
def notebook(tmp_path):
    """Return the path of a notebook whose second cell prints what its processor is held to: stored are AVX and 2."""
    says = new_output("stream", name="stdout", text="AVX 2\n")
    answers = new_output("execute_result", data={"text/plain": "False"}, execution_count=1)
    cells = [
        new_code_cell("1 + 1 > 2", id="first", execution_count=1, outputs=[answers]),
        new_code_cell(PRINTS, id="second", execution_count=2, outputs=[says]),
    ]
    path = tmp_path / "one.ipynb"
    nbformat.write(new_notebook(cells=cells), path)
    return path


def found(notebook, isa, threads):
    return list(differences(notebook, environment(isa, threads, notebook.parent), notebook.parent))


def test_is_nothing_told_where_all_is_as_stored(notebook):
    assert found(notebook, "AVX", 2) == []


def test_is_a_cell_that_differs_told_by_its_name_with_what_was_stored_and_what_came(notebook):
    ((cell, how),) = found(notebook, "SSE41", 1)
    assert cell == "second"
    assert "AVX 2" in how
    assert "SSE41 1" in how


def test_is_a_processor_of_its_own_not_held_back(notebook, monkeypatch):
    monkeypatch.setenv("ONEDNN_MAX_CPU_ISA", "AVX")
    ((_, how),) = found(notebook, "own", 2)
    assert "None 2" in how
