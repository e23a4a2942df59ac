"""A tiny course, made anew for each test that asks for it."""

from __future__ import annotations

import json
import shutil
import signal
import sys
from pathlib import Path

import nbformat
import pytest
from tiny import RIGHT, ROOT, tiny_notebook

from autograder.course import Course


@pytest.fixture(scope="session", autouse=True)
def interrupts():
    """Let an interrupt be one, also where all tests were started in the background of a shell."""
    signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture(autouse=True)
def main_module():
    """Give back `__main__`, in whose place IPython puts a module of its own: worker processes look for it."""
    main = sys.modules["__main__"]
    yield
    sys.modules["__main__"] = main


@pytest.fixture
def tiny_course(tmp_path) -> Course:
    """A course of one lesson, `01_tiny`, in a folder of its own."""
    shutil.copy(ROOT / "nbgrader_config.py", tmp_path)
    folder = tmp_path / "solutions" / "01_tiny"
    folder.mkdir(parents=True)
    nbformat.write(tiny_notebook(), folder / "tiny.ipynb")
    return Course(tmp_path)


@pytest.fixture
def hand_in(tiny_course):
    """Hand in the lesson with right answers, some of them replaced: hand_in("ada", scores="...")."""
    from autograder.grading.rebuild import load_lesson

    blank = json.loads(nbformat.writes(load_lesson(tiny_course, "01_tiny").notebook))

    def add(student, **answers):
        content = json.loads(json.dumps(blank))
        texts = {**RIGHT, "double": "def double(x):\n    return x + x", **answers}
        for each in content["cells"]:
            each["source"] = texts.get(each["id"], each["source"])
        folder = tiny_course.submitted / student / "01_tiny"
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "tiny.ipynb").write_text(json.dumps(content))

    return add


@pytest.fixture(scope="session")
def empty_gradebook(tmp_path_factory) -> Path:
    """An empty gradebook to copy: nbgrader takes seconds to make one."""
    from nbgrader.api import Gradebook

    from autograder.grading.gradebook import put_alembic_on_path

    put_alembic_on_path()
    path = tmp_path_factory.mktemp("gradebook") / "gradebook.db"
    Gradebook(f"sqlite:///{path}").close()
    return path
