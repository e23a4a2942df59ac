"""From solutions/ to lessons/, on a tiny course."""

from __future__ import annotations

import json

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_output

from autograder.release import AuthoringError, as_stored, execute, generate, generate_into

STUB = "raise NotImplementedError  # your answer here"
# Every cell of the tiny lesson as a learner gets it: id, type, locked, text.
RELEASED = [
    ("title", "markdown", None, "# A tiny lesson"),
    ("imports", "code", None, "import numpy as np\nfrom autograder.practice import check"),
    ("scores-task", "markdown", True, "Write `scores`."),
    ("scores", "code", False, f'def scores(query, key):\n    """Return one score a key."""\n    {STUB}'),
    ("scores-check", "code", True, 'check("scores")'),
    ("distribution", "code", False, f"def distribution(scores):\n    {STUB}"),
    ("distribution-check", "code", True, 'check("distribution")'),
    ("demo", "code", None, "print(1 + 1)"),
    ("double", "code", False, f"def double(x):\n    {STUB}"),
    ("double-test", "code", True, "assert double(2) == 4"),
    ("words", "markdown", False, "*Double-click and write your answer here.*"),
]


def contents(folder):
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def change(course, edit):
    """Edit the tiny solution in place."""
    path = course.notebook("01_tiny")
    notebook = nbformat.read(path, 4)
    edit(notebook)
    path.write_text(as_stored(notebook), "utf-8", newline="\n")
    return path


class TestGenerate:
    def test_is_the_lesson_as_a_learner_should_get_it(self, tiny_course):
        generate(tiny_course)
        released = nbformat.read(tiny_course.lessons / "01_tiny" / "tiny.ipynb", 4)
        found = [
            (cell.id, cell.cell_type, cell.metadata.get("nbgrader", {}).get("locked"), cell.source)
            for cell in released.cells
        ]
        assert found == RELEASED

    def test_are_outputs_and_counters_taken_out(self, tiny_course):
        def run(notebook):
            cell = notebook.cells[1]
            cell.outputs, cell.execution_count = [new_output("stream", text="here\n")], 7

        change(tiny_course, run)
        generate(tiny_course)
        released = nbformat.read(tiny_course.lessons / "01_tiny" / "tiny.ipynb", 4)
        assert all((cell.outputs, cell.execution_count) == ([], None) for cell in released.cells if "outputs" in cell)

    def test_are_only_lessons_made(self, tiny_course):
        generate(tiny_course)
        assert list(contents(tiny_course.lessons)) == ["01_tiny/tiny.ipynb"]
        gradebook = tiny_course.work / "gradebook.db"
        assert not gradebook.exists() or gradebook.stat().st_size == 0  # empty: it is there so that only we may read it

    def test_are_lessons_the_same_bytes_the_second_time(self, tiny_course):
        generate(tiny_course)
        before = contents(tiny_course.lessons)
        generate(tiny_course)
        assert contents(tiny_course.lessons) == before

    def test_is_the_source_left_alone(self, tiny_course):
        before = contents(tiny_course.solutions)
        generate(tiny_course)
        assert contents(tiny_course.solutions) == before

    def test_does_a_lesson_disappear_that_has_no_source_any_more(self, tiny_course):
        (tiny_course.lessons / "02_old").mkdir(parents=True)
        (tiny_course.lessons / "02_old" / "old.ipynb").touch()
        (tiny_course.lessons / "stray.txt").touch()
        generate(tiny_course)
        assert list(contents(tiny_course.lessons)) == ["01_tiny/tiny.ipynb"]

    def test_does_a_renamed_notebook_leave_no_second_one(self, tiny_course):
        generate(tiny_course)
        source = tiny_course.notebook("01_tiny")
        source.rename(source.with_name("small.ipynb"))
        generate(tiny_course)
        assert list(contents(tiny_course.lessons)) == ["01_tiny/small.ipynb"]

    def test_does_a_file_beside_the_notebook_come_along(self, tiny_course):
        (tiny_course.solutions / "01_tiny" / "picture.svg").write_text("<svg/>")
        generate(tiny_course)
        assert (tiny_course.lessons / "01_tiny" / "picture.svg").read_text() == "<svg/>"

    def test_is_each_lesson_reported(self, tiny_course):
        lines = []
        generate(tiny_course, lines.append)
        assert lines == ["01_tiny"]

    @pytest.mark.parametrize(
        "edit",
        [
            lambda notebook: notebook.cells[3].update(source="### BEGIN SOLUTION\n1"),
            lambda notebook: notebook.cells[4].metadata.nbgrader.update(grade_id="scores"),
        ],
        ids=["a mark that is not closed", "two cells with one id"],
    )
    def test_is_a_lesson_that_cannot_be_released_named(self, tiny_course, edit):
        change(tiny_course, edit)
        with pytest.raises(AuthoringError, match="nbgrader could not release 01_tiny"):
            generate(tiny_course)

    def test_are_the_lessons_kept_when_one_cannot_be_released(self, tiny_course):
        generate(tiny_course)
        before = contents(tiny_course.lessons)
        change(tiny_course, lambda notebook: notebook.cells[3].update(source="### BEGIN SOLUTION\n1"))
        with pytest.raises(AuthoringError):
            generate(tiny_course)
        assert contents(tiny_course.lessons) == before

    def test_is_the_path_of_the_notebook_returned(self, tiny_course, tmp_path):
        path = generate_into(tiny_course, "01_tiny", tmp_path / "elsewhere")
        assert path == tmp_path / "elsewhere" / "01_tiny" / "tiny.ipynb"
        assert path.is_file()


class TestExecute:
    def test_are_outputs_stored_and_nothing_else(self, tiny_course):
        """The second time changes nothing: no times, no counters of earlier runs."""
        path = tiny_course.notebook("01_tiny")
        assert execute(tiny_course, "01_tiny") is True
        stored = path.read_bytes()
        outputs = {cell.id: cell.get("outputs") for cell in nbformat.read(path, 4).cells}
        assert outputs["demo"][0].text == "2\n"
        assert outputs["scores-check"][0].data["text/plain"].startswith("scores: all right, 2 of 2 points")
        assert all("execution" not in cell.metadata for cell in nbformat.read(path, 4).cells)
        assert list(json.loads(stored)["metadata"]) == ["kernelspec"]
        assert not tiny_course.progress.exists()
        assert execute(tiny_course, "01_tiny") is False
        assert path.read_bytes() == stored

    def test_does_a_measured_output_alone_leave_the_file_as_it_was(self, tiny_course):
        timed = new_code_cell("import time\ntime.time_ns()", id="timed", metadata={"tags": ["nbval-ignore-output"]})
        path = change(tiny_course, lambda notebook: notebook.cells.insert(2, timed))
        assert execute(tiny_course, "01_tiny") is True
        stored = path.read_bytes()
        assert execute(tiny_course, "01_tiny") is False
        assert path.read_bytes() == stored

    def test_is_a_measured_output_stored_when_its_words_change(self, tiny_course):
        """Else a cell that says something new would keep what it said before."""
        timed = new_code_cell('import time\nprint("took", time.time_ns())', id="timed", metadata={})
        timed.metadata["tags"] = ["nbval-ignore-output"]
        change(tiny_course, lambda notebook: notebook.cells.insert(2, timed))
        execute(tiny_course, "01_tiny")

        def say_more(notebook):
            notebook.cells[2].source = notebook.cells[2].source.replace("took", "it took")

        path = change(tiny_course, say_more)
        assert execute(tiny_course, "01_tiny") is True
        assert nbformat.read(path, 4).cells[2].outputs[0].text.startswith("it took ")

    def test_does_a_cell_that_fails_leave_the_file_as_it_was(self, tiny_course):
        path = change(tiny_course, lambda notebook: notebook.cells.insert(0, new_code_cell("1 / 0", id="broken")))
        before = path.read_bytes()
        with pytest.raises(AuthoringError) as caught:
            execute(tiny_course, "01_tiny")
        assert path.read_bytes() == before
        assert str(caught.value).startswith("tiny.ipynb: the cell broken failed.")
        assert "1 / 0" in str(caught.value)
        assert "ZeroDivisionError: division by zero" in str(caught.value)
        assert "\x1b" not in str(caught.value)

    def test_does_a_kernel_that_dies_leave_the_file_as_it_was(self, tiny_course):
        source = "import os\nos._exit(1)"
        path = change(tiny_course, lambda notebook: notebook.cells.insert(0, new_code_cell(source, id="deadly")))
        before = path.read_bytes()
        with pytest.raises(AuthoringError, match="the cell deadly failed"):
            execute(tiny_course, "01_tiny")
        assert path.read_bytes() == before


def test_does_a_folded_cell_stay_folded_when_run_and_in_what_learners_get(tiny_course):
    """As JupyterLab writes it: the code, the outputs, or both."""
    folded = {"jupyter": {"source_hidden": True, "outputs_hidden": True}}

    def fold(notebook):
        next(cell for cell in notebook.cells if cell.id == "demo").metadata.update(folded)

    path = change(tiny_course, fold)
    assert execute(tiny_course, "01_tiny")
    generate(tiny_course)
    for notebook in (path, tiny_course.lessons / "01_tiny" / "tiny.ipynb"):
        demo = next(cell for cell in nbformat.read(notebook, 4).cells if cell.id == "demo")
        assert demo.metadata == folded
