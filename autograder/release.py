"""From solutions/ to lessons/: run the source notebooks, take the answers out, list the exercises."""

from __future__ import annotations

import copy
import logging
import os
import re
import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import nbformat
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError, CellTimeoutError, DeadKernelError
from nbformat import NotebookNode

from autograder.course import CannotDo, Course, NotACourse
from autograder.files import write_whole
from autograder.lab.copies import committed, files_in, is_known, is_made, note_made, rescue
from autograder.lab.merge import same_text

CELL_SECONDS = 300
_MEASURES = "nbval-ignore-output"
_KERNEL = {"display_name": "Python 3 (ipykernel)", "language": "python", "name": "python3"}


class AuthoringError(CannotDo):
    """A notebook could not be run or released; the message says which and why."""


def execute(course: Course, lesson: str) -> bool:
    """Run a solution and store its outputs. Return whether the file changed.

    Nothing that varies from run to run (times, versions, counters of earlier runs) is stored, so a file does
    not change when nothing did; where a cell tagged `nbval-ignore-output` only measures other numbers or draws
    another picture, that is stored with other changes and not alone.
    Raise AuthoringError if a cell fails; the file then stays as it was.
    """
    path = course.notebook(lesson)
    before = path.read_text("utf-8")
    notebook = nbformat.reads(before, as_version=4)
    started = [""]
    with tempfile.TemporaryDirectory() as folder, _environment(AUTOGRADER_PROGRESS=str(Path(folder, "progress.json"))):
        client = NotebookClient(
            notebook,
            kernel_name=_KERNEL["name"],
            resources={"metadata": {"path": str(path.parent)}},
            record_timing=False,
            timeout=CELL_SECONDS,
            coalesce_streams=True,
            on_cell_start=lambda cell, cell_index: started.append(cell.id),
            extra_arguments=["--IPKernelApp.log_level=ERROR"],  # it warns of the open port of its own transport
        )
        try:
            client.execute()
        except (CellExecutionError, CellTimeoutError, DeadKernelError) as error:
            message = re.sub(r"\x1b\[[0-9;]*m", "", str(error))
            raise AuthoringError(f"{path.name}: the cell {started[-1]} failed.\n{message}") from None
        except RuntimeError as error:
            raise AuthoringError(f"{path.name}: no kernel could be started. {error}") from None
    after = as_stored(notebook)
    if as_stored(_with_measured_of(notebook, before)) == before:
        return False
    path.write_text(after, "utf-8", newline="\n")
    return True


def _with_measured_of(notebook: NotebookNode, stored: str) -> NotebookNode:
    """Return a notebook with the stored outputs in the cells that nbval does not compare, where only numbers differ."""
    outputs = {cell.id: cell.get("outputs", []) for cell in nbformat.reads(stored, as_version=4).cells}
    measured = copy.deepcopy(notebook)
    for cell in measured.cells:
        if _MEASURES in cell.metadata.get("tags", ()) and _words(cell.outputs) == _words(outputs[cell.id]):
            cell.outputs = outputs[cell.id]
    return measured


def _words(outputs: list[NotebookNode]) -> list[str]:
    """Return the words of some outputs: no numbers, and of a picture only its text."""
    texts = [output.get("text", "") or output.get("data", {}).get("text/plain", "") for output in outputs]
    return [re.sub(r"[\s\d.,:%+-]+", " ", text) for text in texts]


def as_stored(notebook: NotebookNode) -> str:
    """Return the text of a notebook as it is kept in git."""
    notebook.metadata = NotebookNode(kernelspec=NotebookNode(_KERNEL))
    for cell in notebook.cells:
        cell.metadata.pop("execution", None)
        cell.metadata.pop("trusted", None)
    return nbformat.writes(notebook, version=4) + "\n"


def generate(course: Course, report: Callable[[str], None] = lambda line: None) -> None:
    """Make lessons/ anew from solutions/ with nbgrader; what has no source any more is removed.

    What somebody wrote in lessons/ goes to the learner's own copies first.
    """
    with tempfile.TemporaryDirectory() as folder:
        fresh = Path(folder, "lessons")
        for lesson in course.lesson_names():
            generate_into(course, lesson, fresh)
            report(lesson)
        for place in sorted(files_in(course.lessons)):
            data, source = (course.lessons / place).read_bytes(), fresh / place
            base = source.read_bytes() if source.is_file() else data
            if not (source.is_file() and base == data) and not is_known(course, place, data):
                report(rescue(course, place, data, base))
        for old in sorted(course.lessons.rglob("*"), reverse=True):  # what lies in a folder before the folder
            if not (fresh / old.relative_to(course.lessons)).exists():
                old.rmdir() if old.is_dir() and not old.is_symlink() else old.unlink()
        shutil.copytree(fresh, course.lessons, dirs_exist_ok=True)
        note_made(course)


def take_out(course: Course) -> list[str]:
    """Take what somebody wrote in lessons/ to the learner's own copies, and make those lessons as they were.

    Return a sentence for each. A lesson that somebody only ran is made as git knows it: git pulls over nothing else.
    """
    says: list[str] = []
    with tempfile.TemporaryDirectory() as folder:
        for place in sorted(files_in(course.lessons)):
            file, head, fresh = course.lessons / place, committed(course, place), Path(folder, place)
            data = file.read_bytes()
            if is_known(course, place, data):
                if head is not None and same_text(data, head) and not is_made(course, place, data):
                    write_whole(file, head)
                continue
            try:
                if not fresh.parent.exists():
                    generate_into(course, place.parts[0], Path(folder))
            except (AuthoringError, NotACourse) as error:
                says.append(str(error))
                continue
            if fresh.is_file():  # else it is a file of the learner's own: nothing stands in its way
                if not same_text(data, fresh.read_bytes()):
                    says.append(rescue(course, place, data, fresh.read_bytes()))
                write_whole(file, fresh.read_bytes())
    return says


def generate_into(course: Course, lesson: str, folder: Path) -> Path:
    """Release one lesson into `folder` as nbgrader would; return the path of its notebook."""
    from nbgrader.converters import GenerateAssignment
    from nbgrader.converters.base import NbGraderException
    from nbgrader.coursedir import CourseDirectory

    config = nbgrader_config(course)
    config.CourseDirectory.release_directory = str(folder.resolve())
    config.CourseDirectory.assignment_id = lesson
    config.GenerateAssignment.force = True
    config.GenerateAssignment.no_database = True
    config.SaveCells.enabled = False
    step = GenerateAssignment(coursedir=CourseDirectory(config=config), config=config)
    said = _Said(logging.ERROR)
    step.log.addHandler(said)
    try:
        step.start()
    except (NbGraderException, SystemExit):
        raise AuthoringError(f"nbgrader could not release {lesson}:\n" + "\n".join(said.lines)) from None
    finally:
        step.log.removeHandler(said)
    return folder / lesson / course.notebook(lesson).name


class _Said(logging.Handler):
    """Keeps what nbgrader logs, which says more than the exception that follows."""

    def __init__(self, level: int) -> None:
        super().__init__(level)
        self.lines: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.lines.append(record.getMessage())


def nbgrader_config(course: Course):
    """Return the course's nbgrader configuration as a traitlets Config."""
    from traitlets.config import PyFileConfigLoader

    return PyFileConfigLoader("nbgrader_config.py", path=str(course.root)).load_config()


@contextmanager
def _environment(**values: str) -> Iterator[None]:
    """Set environment variables, which kernels inherit, for a while."""
    before = {name: os.environ.get(name) for name in values}
    os.environ.update(values)
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value


def catalogue() -> str:
    """Return a Markdown table of every exercise, lesson by lesson, from the exercises themselves."""
    from autograder.exercise.library import lesson_names, of_lesson

    lines = []
    for lesson in lesson_names():
        lines += [
            f"## {lesson}",
            "",
            "| exercise | | points | difficulty | minutes | mistakes it names |",
            "|-|-|-|-|-|-|",
        ]
        for each in of_lesson(lesson):
            mistakes = "; ".join(mistake.name for mistake in each.misconceptions)
            dots = "●" * each.difficulty + "○" * (5 - each.difficulty)
            lines.append(f"| `{each.name}` | {each.title} | {each.points:g} | {dots} | {each.minutes} | {mistakes} |")
        lines.append("")
    return "\n".join(lines).rstrip()
