"""Rebuild a submission: the pristine notebook, and of the submitted file the text of the learner's cells only.

No metadata, tag, output, kernel name, cell type, points or schema version of the submission gets past here.

Rules, in the order in which they decide:

- A cell of the submission *is* a cell of the lesson when it carries its nbgrader id or, failing that, its cell id.
- Locked cells come from the lesson, whatever the submission says; a missing one returns to its place.
- An answer's text is that of the first cell with its id that differs from the untouched stub. Further copies
  run in their place as the learner's own cells, so a later definition takes effect where it stands.
- Cells without an nbgrader id are the learner's to change: their text is kept, in the submitted order, after the
  last cell with an id that precedes them. One that was deleted returns at the end of its section.
"""

from __future__ import annotations

import copy
import json
import re
from dataclasses import dataclass, replace
from typing import Any

import nbformat
from nbformat import NotebookNode

from autograder.course import Course

MAX_FILE_BYTES = 20 * 2**20
MAX_CELLS = 600
MAX_CELL_CHARACTERS = 200_000
PRACTICE = "practice"  # the tag of cells that only practise: long training, plots; not run when grading
HIDDEN_TESTS = "### BEGIN HIDDEN TESTS"  # nbgrader's mark
_SAVE = "Save it in Jupyter and submit again."
_CHECK = re.compile(r"""\s*check\(\s*(["'])(\w+)\1\s*\)\s*""")


class Unreadable(Exception):
    """A submission is not a notebook that can be graded; the message says why, to the learner."""


@dataclass(frozen=True)
class Lesson:
    """A lesson as grading needs it: the notebook with the answers taken out and all tests still in."""

    name: str
    notebook_name: str
    notebook: NotebookNode

    @property
    def ids(self) -> dict[str, NotebookNode]:
        """Return the cells that nbgrader knows, by their nbgrader id."""
        return {grade_id(cell): cell for cell in self.notebook.cells if grade_id(cell)}


@dataclass(frozen=True)
class Rebuilt:
    """A notebook to run, and what was done to get it."""

    notebook: NotebookNode
    notes: tuple[str, ...] = ()
    unanswered: tuple[str, ...] = ()  # ids of the answers that are still the stub


@dataclass(frozen=True)
class _Cell:
    """All that is ever read of a submitted cell."""

    id: str
    grade_id: str
    kind: str
    text: str


def grade_id(cell: NotebookNode) -> str:
    """Return a cell's nbgrader id, or "" if nbgrader does not know it."""
    about = cell.metadata.get("nbgrader", {})
    known = about.get("grade") or about.get("solution") or about.get("locked") or about.get("task")
    return about.get("grade_id", "") if known else ""


def is_answer(cell: NotebookNode) -> bool:
    """Tell whether the learner writes in this cell."""
    about = cell.metadata.get("nbgrader", {})
    return bool(about.get("solution") or about.get("task"))


def checked_exercise(cell: NotebookNode) -> str:
    """Return the name of the exercise that a locked check cell asks for, or "" if it is no such cell."""
    found = _CHECK.fullmatch(cell.source) if cell.cell_type == "code" and grade_id(cell) else None
    return found[2] if found and cell.metadata.nbgrader.get("grade") and not is_answer(cell) else ""


def load_lesson(course: Course, name: str) -> Lesson:
    """Read a lesson from solutions/ and take the answers out, keeping hidden tests, with nbgrader's own steps."""
    from nbgrader.preprocessors import ClearOutput, ClearSolutions, ComputeChecksums, LockCells

    from autograder.release import nbgrader_config

    path = course.notebook(name)
    notebook = nbformat.read(path, as_version=4)
    config, resources = nbgrader_config(course), {}
    for step in (LockCells, ClearSolutions, ClearOutput, ComputeChecksums):
        notebook, resources = step(config=config).preprocess(notebook, resources)
    return Lesson(name, path.stem, notebook)


def rebuild(lesson: Lesson, data: bytes) -> Rebuilt:
    """Put the learner's text into a pristine copy of the lesson; raise Unreadable if there is none to be had."""
    submitted = _read(data)
    known, by_cell_id = lesson.ids, {cell.id: cell for cell in lesson.notebook.cells}
    stubs = {name: cell.source for name, cell in known.items()}
    answers: dict[str, str] = {}
    own: dict[str, list[_Cell]] = {}  # by the nbgrader id of the cell they come after
    notes, seen, place = [], set(), ""
    for cell in submitted:
        name, text = cell.grade_id, cell.text
        if name not in known:
            name = grade_id(by_cell_id[cell.id]) if cell.id in by_cell_id else ""
        if not name:
            own.setdefault(place, []).append(cell)
            continue
        first, place = name not in seen, name if name not in seen else place
        seen.add(name)
        if is_answer(known[name]):
            if name not in answers or answers[name] == stubs[name]:
                answers[name] = text
            elif text != stubs[name]:
                own.setdefault(place, []).append(replace(cell, id=""))
        if not first:
            notes.append(f"The cell {name} was there more than once.")
        elif not is_answer(known[name]) and text.strip() != known[name].source.strip():
            notes.append(f"The locked cell {name} had been changed; the lesson's own was used.")
    if not seen and known:
        expected = ", ".join(list(known)[:3])
        raise Unreadable(
            f"Expected the notebook of {lesson.name} (with cells {expected}, ...), found none of its cells. "
            "Is this the notebook of another lesson?"
        )
    notes += [f"The cell {name} was missing and was put back." for name in known if name not in seen]
    cells = _assemble(lesson, answers, own)
    notebook = nbformat.v4.new_notebook(cells=cells, metadata=copy.deepcopy(lesson.notebook.metadata))
    unanswered = (
        name for name, cell in known.items() if is_answer(cell) and answers.get(name, stubs[name]) == stubs[name]
    )
    return Rebuilt(notebook, tuple(dict.fromkeys(notes)), tuple(unanswered))


def _assemble(lesson: Lesson, answers: dict[str, str], own: dict[str, list[_Cell]]) -> list[NotebookNode]:
    kept = {key for cells in own.values() for cell in cells for key in (cell.id, cell.text)}
    plain = {key: cell for cell in lesson.notebook.cells if not grade_id(cell) for key in (cell.source, cell.id)}
    cells: list[NotebookNode] = []
    used: set[str] = set()

    def add_own(place: str) -> None:
        for mine in own.get(place, ()):
            original = plain.get(mine.id) or plain.get(mine.text)
            if original is not None and original.id not in used:
                used.add(original.id)
                cell = copy.deepcopy(original)
            else:
                cell = _new_cell(mine.kind, f"own-{len(cells)}")
            cell.source = mine.text
            cells.append(cell)

    add_own("")
    for cell in lesson.notebook.cells:
        name = grade_id(cell)
        if name:
            fresh = copy.deepcopy(cell)
            fresh.source = answers.get(name, cell.source) if is_answer(cell) else cell.source
            cells.append(fresh)
            add_own(name)
        elif cell.id not in kept and cell.source not in kept:
            cells.append(copy.deepcopy(cell))
    return cells


def _new_cell(kind: str, cell_id: str) -> NotebookNode:
    make = {"code": nbformat.v4.new_code_cell, "raw": nbformat.v4.new_raw_cell}.get(kind, nbformat.v4.new_markdown_cell)
    return make(id=cell_id)


def _read(data: bytes) -> list[_Cell]:
    if len(data) > MAX_FILE_BYTES:
        raise Unreadable(
            f"The file has {len(data) / 2**20:.1f} MB; at most {MAX_FILE_BYTES // 2**20} MB are graded. "
            "Clear the outputs, save, and submit again."
        )
    try:
        content = json.loads(data.decode("utf-8-sig"))
    except (UnicodeDecodeError, ValueError, RecursionError):
        raise Unreadable(f"The file is not a notebook: it does not hold valid JSON. {_SAVE}") from None
    cells = content.get("cells") if isinstance(content, dict) else None
    if not isinstance(cells, list):
        raise Unreadable(f"The file is not a notebook of format 4: it has no list of cells. {_SAVE}")
    if len(cells) > MAX_CELLS:
        raise Unreadable(f"The notebook has {len(cells):,} cells; at most {MAX_CELLS} are graded. Remove some.")
    found = [_read_cell(cell, number) for number, cell in enumerate(cells, 1)]
    return [cell for cell in found if cell is not None]


def _read_cell(cell: Any, number: int) -> _Cell | None:
    if not isinstance(cell, dict):
        return None
    text = cell.get("source", "")
    if isinstance(text, list):
        text = "".join(line for line in text if isinstance(line, str))
    if not isinstance(text, str):
        text = ""
    if len(text) > MAX_CELL_CHARACTERS:
        raise Unreadable(
            f"Cell {number} has {len(text):,} characters; at most {MAX_CELL_CHARACTERS:,} are graded. Shorten it."
        )
    text = text.encode("utf-8", "replace").decode()  # lone surrogates cannot be stored
    metadata = cell.get("metadata")
    about = metadata.get("nbgrader") if isinstance(metadata, dict) else None
    name = about.get("grade_id") if isinstance(about, dict) else None
    cell_id, kind = cell.get("id"), cell.get("cell_type")
    return _Cell(
        cell_id if isinstance(cell_id, str) else "",
        name if isinstance(name, str) else "",
        kind if kind in ("code", "markdown", "raw") else "markdown",
        text,
    )
