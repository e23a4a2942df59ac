"""A record of its own for each test, and a place outside any grading."""

import nbformat
import pytest
from IPython.core.interactiveshell import InteractiveShell

from autograder.course import find_course
from autograder.practice.record import Record


@pytest.fixture(autouse=True)
def record(tmp_path, monkeypatch) -> Record:
    """The learner's record, in a folder of this test."""
    path = tmp_path / "work" / "progress.json"
    monkeypatch.setenv("AUTOGRADER_PROGRESS", str(path))
    monkeypatch.delenv("NBGRADER_EXECUTION", raising=False)
    monkeypatch.setattr(Record, "_unsaved", {})
    monkeypatch.setattr(Record, "_said", set())
    return Record(path)


@pytest.fixture
def shell():
    """What runs a notebook's cells."""
    shell = InteractiveShell.instance()
    yield shell
    shell.reset()
    InteractiveShell.clear_instance()


@pytest.fixture
def notebook_of():
    """Return the sources of a lesson's cells by id."""

    def read(lesson: str) -> dict[str, str]:
        notebook = nbformat.read(find_course(__file__).notebook(lesson), 4)
        return {cell.id: cell.source for cell in notebook.cells}

    return read
