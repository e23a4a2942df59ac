"""Rebuild a submission: the pristine notebook, and of the submitted file the text of the learner's cells only.

No metadata, tag, output, kernel name, cell type, points or schema version of the submission gets past here.

Rules, in the order in which they decide (`matching` finds which cell is which):

- Locked cells come from the lesson, whatever the submission says; a missing one returns to its place.
- An answer's text is that of the first of its cells that differs from the untouched stub. Further copies
  run in their place as the learner's own cells, so a later definition takes effect where it stands.
- Where an answer is missing or still the stub, the last cell that defines its name counts.
- A changed cell of the lesson that runs when grading follows the lesson's own, as a cell of the learner's.
- All other cells are the learner's to change: their text is kept, in the submitted order, after the last cell with
  an nbgrader id that precedes them. One of the lesson's that was deleted returns at the end of its section.
"""

from __future__ import annotations

import copy
import re
from dataclasses import dataclass

import nbformat
from nbformat import NotebookNode

from autograder.course import Course
from autograder.grading.matching import Lesson, Matched, grade_id, is_answer, is_stub, match
from autograder.grading.reading import Cell, Unreadable, read_cells
from autograder.grading.statements import same_code, tidy

PRACTICE = "practice"  # the tag of cells that only practise: long training, plots; not run when grading
EDITED = "edited"  # the tag of cells that only practise and that the learner has changed
OWN = "own-"  # how the ids of the learner's own cells begin
HIDDEN_TESTS = "### BEGIN HIDDEN TESTS"  # nbgrader's mark
_HIDDEN = re.compile(rf"^{HIDDEN_TESTS}.*?(### END HIDDEN TESTS|\Z)", re.MULTILINE | re.DOTALL)
_CHECK = re.compile(r"""\s*check\(\s*(["'])(\w+)\1\s*\)\s*""")


@dataclass(frozen=True)
class Rebuilt:
    """A notebook to run, and what was done to get it."""

    notebook: NotebookNode
    notes: tuple[str, ...] = ()
    unanswered: tuple[str, ...] = ()  # ids of the answers that are still the stub


def checked_exercise(cell: NotebookNode) -> str:
    """Return the name of the exercise that a locked check cell asks for, or "" if it is no such cell."""
    found = _CHECK.fullmatch(cell.source) if cell.cell_type == "code" and grade_id(cell) else None
    return found[2] if found and cell.metadata.nbgrader.get("grade") and not is_answer(cell) else ""


def load_lesson(course: Course, name: str) -> Lesson:
    """Read a lesson from solutions/ and take the answers out, keeping hidden tests, with nbgrader's own steps."""
    from nbgrader.preprocessors import ClearOutput, ClearSolutions, ComputeChecksums, LockCells

    from autograder.release import nbgrader_config

    path = course.notebook(name)
    notebook = _with_ids(nbformat.read(path, as_version=4))
    config, resources = nbgrader_config(course), {}
    for step in (LockCells, ClearSolutions, ClearOutput, ComputeChecksums):
        notebook, resources = step(config=config).preprocess(notebook, resources)
    return Lesson(name, path.stem, notebook)


def rebuild(lesson: Lesson, data: bytes) -> Rebuilt:
    """Put the learner's text into a pristine copy of the lesson; raise Unreadable if there is none to be had."""
    submitted = read_cells(data)
    matched = match(lesson, submitted)
    cells, known = lesson.notebook.cells, lesson.ids
    seen = {grade_id(cells[place]) for place in matched.of if place is not None} - {""}
    if not seen and not matched.answers and known:
        expected = ", ".join(list(known)[:3])
        raise Unreadable(
            f"Expected the notebook of {lesson.name} (with cells {expected}, ...), found none of its cells. "
            "Is this the notebook of another lesson?"
        )
    notes = [*matched.notes, *_changes(lesson, submitted, matched)]
    notes += [
        f"The cell {name} was missing and was put back." for name in known if name not in {*seen, *matched.answers}
    ]
    notes += [f"Cell {one.number} of your notebook {note}." for one in submitted for note in one.notes]
    own = _own(lesson, submitted, matched)
    notebook = nbformat.v4.new_notebook(
        cells=_assemble(lesson, matched, own), metadata=copy.deepcopy(lesson.notebook.metadata)
    )
    unanswered = (
        name
        for name, cell in known.items()
        if is_answer(cell) and is_stub(matched.answers.get(name, cell.source), cell) and not matched.pictures.get(name)
    )
    return Rebuilt(notebook, tuple(dict.fromkeys(notes)), tuple(unanswered))


def _with_ids(notebook: NotebookNode) -> NotebookNode:
    """Give every cell an id of its own, the same at each call: notebooks before format 4.5 have none."""
    taken: set[str] = set()
    for number, cell in enumerate(notebook.cells, 1):
        if not cell.get("id") or cell.id in taken:
            cell.id = f"cell-{number}"
        taken.add(cell.id)
    notebook.nbformat_minor = max(5, notebook.nbformat_minor)
    return notebook


def _changes(lesson: Lesson, submitted: list[Cell], matched: Matched) -> list[str]:
    """Say which cells were there twice, and which locked ones had been changed."""
    notes, seen = [], set()
    for one, place in zip(submitted, matched.of):
        cell = None if place is None else lesson.notebook.cells[place]
        name = "" if cell is None else grade_id(cell)
        if name in seen:
            notes.append(f"The cell {name} was there more than once.")
        elif name and not is_answer(cell) and not _same(one.text, cell):
            notes.append(f"The locked cell {name} had been changed; the lesson's own was used.")
        seen |= {name} - {""}
    return notes


def _same(text: str, cell: NotebookNode) -> bool:
    given_out = _HIDDEN.sub("", cell.source)  # hidden tests are not
    originals = (cell.source, given_out)
    return any(tidy(text) == tidy(one) or (cell.cell_type == "code" and same_code(text, one)) for one in originals)


def _own(lesson: Lesson, submitted: list[Cell], matched: Matched) -> dict[str, list[tuple[Cell, int | None]]]:
    """Return the cells that the learner may change, by the nbgrader id of the cell that they come after.

    With each goes its place in the lesson, or None for one that is the learner's own.
    """
    own: dict[str, list[tuple[Cell, int | None]]] = {}
    after, seen = "", set()
    for number, (one, place) in enumerate(zip(submitted, matched.of)):
        cell = None if place is None else lesson.notebook.cells[place]
        name = "" if cell is None else grade_id(cell)
        if not name:
            if number not in matched.merged:
                own.setdefault(after, []).append((one, place))
            continue
        again = name in seen
        if not again:
            seen.add(name)
            after = name
        if is_answer(cell) and again and one.text != matched.answers.get(name) and not is_stub(one.text, cell):
            own.setdefault(after, []).append((one, None))
    return own


def _assemble(lesson: Lesson, matched: Matched, own: dict[str, list[tuple[Cell, int | None]]]) -> list[NotebookNode]:
    kept = {place for some in own.values() for _, place in some if place is not None}
    cells: list[NotebookNode] = []

    def add_own(after: str) -> None:
        for mine, place in own.get(after, ()):
            original = None if place is None else copy.deepcopy(lesson.notebook.cells[place])
            edited = original is not None and original.cell_type == "code" and not _same(mine.text, original)
            if original is not None and _is_run(original):
                cells.append(original)
                if not edited:
                    continue
                original = None
            cell = original if original is not None else _new_cell(mine.kind, f"{OWN}{len(cells)}")
            if original is not None and edited:
                cell.metadata.tags = [*cell.metadata.get("tags", ()), EDITED]
            cell.source = mine.text
            if mine.pictures and cell.cell_type != "code":
                cell.attachments = mine.pictures
            cells.append(cell)

    add_own("")
    for place, cell in enumerate(lesson.notebook.cells):
        name = grade_id(cell)
        if name:
            fresh = copy.deepcopy(cell)
            if is_answer(cell):
                fresh.source = matched.answers.get(name, cell.source)
                if matched.pictures.get(name) and cell.cell_type != "code":
                    fresh.attachments = matched.pictures[name]
            cells.append(fresh)
            add_own(name)
        elif place not in kept:
            cells.append(copy.deepcopy(cell))
    return cells


def _is_run(cell: NotebookNode) -> bool:
    """Tell whether a cell of the lesson runs when grading: its own text then always does."""
    return cell.cell_type == "code" and PRACTICE not in cell.metadata.get("tags", ())


def _new_cell(kind: str, cell_id: str) -> NotebookNode:
    make = {"code": nbformat.v4.new_code_cell, "raw": nbformat.v4.new_raw_cell}.get(kind, nbformat.v4.new_markdown_cell)
    return make(id=cell_id)
