"""Which submitted cell is which cell of the lesson, also where an editor has taken the marks off.

A cell is known by its nbgrader id, else by its cell id, else by its text. What is then still missing is found by what
it defines and by what stands around it: an answer retyped in a new cell, merged into another one, or written in words
below the empty cell. Nothing is found twice, and what the lesson itself says is never taken for an answer.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property

from nbformat import NotebookNode
from rapidfuzz import fuzz

from autograder.grading.reading import Cell
from autograder.grading.statements import (
    bound,
    definitions,
    is_empty_answer,
    names_of,
    parsed,
    same_code,
    shape,
    shapes,
    tidy,
)

_ALIKE = 70  # percent: an edited cell of the lesson is more like the original than this


def grade_id(cell: NotebookNode) -> str:
    """Return a cell's nbgrader id, or "" if nbgrader does not know it."""
    about = cell.metadata.get("nbgrader", {})
    known = about.get("grade") or about.get("solution") or about.get("locked") or about.get("task")
    return about.get("grade_id", "") if known else ""


def is_answer(cell: NotebookNode) -> bool:
    """Tell whether the learner writes in this cell."""
    about = cell.metadata.get("nbgrader", {})
    return bool(about.get("solution") or about.get("task"))


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

    @cached_property
    def texts(self) -> frozenset[str]:
        """Return the texts of all cells, tidied."""
        return frozenset(tidy(cell.source) for cell in self.notebook.cells)

    @cached_property
    def shapes(self) -> frozenset[str]:
        """Return every statement that the lesson itself makes, in the form of `statements.shape`."""
        code = (cell.source for cell in self.notebook.cells if cell.cell_type == "code")
        return frozenset(each for text in code for each in shapes(text))


@dataclass
class Matched:
    """What was found: the submitted cells of each cell of the lesson, by its place there, and what answers say.

    of: the place in the lesson of each submitted cell, or None for the learner's own. answers: texts by nbgrader id,
    where a cell was found for it. merged: submitted cells (by place) that were taken as part of an answer in words.
    """

    of: list[int | None]
    answers: dict[str, str] = field(default_factory=dict)
    pictures: dict[str, dict[str, dict[str, str]]] = field(default_factory=dict)
    merged: set[int] = field(default_factory=set)
    notes: list[str] = field(default_factory=list)


def match(lesson: Lesson, submitted: Sequence[Cell]) -> Matched:
    """Find the cells of a lesson among those that were submitted."""
    found = Matched([None] * len(submitted))
    _by_ids(lesson, submitted, found)
    marked = sum(place is not None and bool(grade_id(lesson.notebook.cells[place])) for place in found.of)
    _by_text(lesson, submitted, found)
    _take_answers(lesson, submitted, found)
    for place, cell in enumerate(lesson.notebook.cells):
        if is_answer(cell) and is_open(found, cell):
            look = _code_elsewhere if cell.cell_type == "code" else _words_nearby
            look(lesson, submitted, found, place)
    _edited(lesson, submitted, found)
    known = sum(place is not None and bool(grade_id(lesson.notebook.cells[place])) for place in found.of)
    if known > marked:
        found.notes.insert(
            0,
            f"Found again by their text, by what they define, or by what stands around them: {known - marked} of the "
            "lesson's cells. They had lost their marks, as happens in Colab and VS Code.",
        )
    return found


def is_open(found: Matched, cell: NotebookNode) -> bool:
    """Tell whether an answer is missing or still as it was given out."""
    text = found.answers.get(grade_id(cell))
    return text is None or is_stub(text, cell)


def is_stub(text: str, cell: NotebookNode) -> bool:
    """Tell whether a text is that of the untouched cell, or nothing at all."""
    if not tidy(text) or tidy(text) == tidy(cell.source):
        return True
    return cell.cell_type == "code" and same_code(text, cell.source)


def _by_ids(lesson: Lesson, submitted: Sequence[Cell], found: Matched) -> None:
    cells = lesson.notebook.cells
    by_name = {grade_id(cell): place for place, cell in enumerate(cells) if grade_id(cell)}
    by_id = {cell.id: place for place, cell in enumerate(cells)}
    plain: set[int] = set()
    for number, one in enumerate(submitted):
        place = by_name.get(one.grade_id, by_id.get(one.id))
        if place is not None and not grade_id(cells[place]):
            if place in plain:  # a copy of a cell that is the learner's to change
                continue
            plain.add(place)
        found.of[number] = place


def _by_text(lesson: Lesson, submitted: Sequence[Cell], found: Matched) -> None:
    """Find cells whose text is that of the lesson, each once, in order."""
    taken = {place for place in found.of if place is not None}
    waiting: dict[str, list[int]] = {}
    for place, cell in enumerate(lesson.notebook.cells):
        if place not in taken and cell.source.strip():
            waiting.setdefault(tidy(cell.source), []).append(place)
    for number, one in enumerate(submitted):
        if found.of[number] is None and (places := waiting.get(tidy(one.text))):
            found.of[number] = places.pop(0)


def _take_answers(lesson: Lesson, submitted: Sequence[Cell], found: Matched) -> None:
    """Take each answer from its own cell; of several, from the first that is not the stub."""
    for number, one in enumerate(submitted):
        cell = None if found.of[number] is None else lesson.notebook.cells[found.of[number]]
        if cell is not None and is_answer(cell) and is_open(found, cell):
            found.answers[grade_id(cell)] = one.text
            found.pictures[grade_id(cell)] = one.pictures


def _code_elsewhere(lesson: Lesson, submitted: Sequence[Cell], found: Matched, place: int) -> None:
    """Find the last cell that defines what an untouched answer should, and did not come with the lesson."""
    cell = lesson.notebook.cells[place]
    names = names_of(cell.source)
    names = {grade_id(cell)} if grade_id(cell) in names else names
    if not names:
        _code_nearby(lesson, submitted, found, place)
        return
    candidates = [
        number
        for number, one in enumerate(submitted)
        if one.kind == "code" and names <= _answered(lesson, one.text) and not _holds(lesson, found, number, place)
    ]
    if not candidates:
        return
    number = candidates[-1]
    one, name = submitted[number], grade_id(cell)
    if found.of[number] is None and place not in found.of and place in _around(found, number):
        found.of[number] = place  # the cell itself, without its marks
        found.answers[name] = one.text
        return
    found.answers[name] = definitions(one.text)
    found.notes.append(
        f"The answer {name} was taken from cell {one.number} of your notebook, which defines it: its own cell was "
        f"{'left as it was' if place in found.of else 'missing'}."
    )


def _holds(lesson: Lesson, found: Matched, number: int, place: int) -> bool:
    """Tell whether a submitted cell is this very answer's own."""
    return found.of[number] == place and is_answer(lesson.notebook.cells[place])


def _answered(lesson: Lesson, text: str) -> set[str]:
    """Return the names that a cell binds by statements which are neither the lesson's nor empty."""
    own = (one for one in parsed(text) or () if shape(one) not in lesson.shapes and not is_empty_answer(one))
    return {name for one in own for name in bound(one)}


def _code_nearby(lesson: Lesson, submitted: Sequence[Cell], found: Matched, place: int) -> None:
    """For an answer that names nothing: the one cell of code that stands where it should, if its own is gone."""
    if place in found.of:
        return
    there = [
        number
        for number, one in enumerate(submitted)
        if found.of[number] is None and one.kind == "code" and one.text.strip() and place in _around(found, number)
    ]
    if len(there) == 1:
        found.of[there[0]] = place
        found.answers[grade_id(lesson.notebook.cells[place])] = submitted[there[0]].text


def _words_nearby(lesson: Lesson, submitted: Sequence[Cell], found: Matched, place: int) -> None:
    """For an answer in words that is empty: what was written around it, to be read by a person."""
    cell = lesson.notebook.cells[place]
    name = grade_id(cell)
    texts, pictures = [], dict(found.pictures.get(name, {}))
    for number, text in _written(lesson, submitted, found, place):
        one = submitted[number]
        texts.append(text)
        pictures |= {f"{one.number}-{key}": picture for key, picture in one.pictures.items()}
        for key in one.pictures:
            texts[-1] = texts[-1].replace(f"attachment:{key}", f"attachment:{one.number}-{key}")
        if found.of[number] is None:
            found.merged.add(number)
    if texts:
        found.answers[name], found.pictures[name] = "\n\n".join(texts), pictures
        if place in found.of:
            found.notes.append(f"The answer {name} was taken from what stands beside its own cell, which was empty.")


def _written(lesson: Lesson, submitted: Sequence[Cell], found: Matched, place: int) -> Iterator[tuple[int, str]]:
    """Yield what was written where an answer in words belongs, with the place of its cell."""
    before = next((at for at in range(place - 1, -1, -1) if grade_id(lesson.notebook.cells[at])), -1)
    for number, one in enumerate(submitted):
        of = found.of[number]
        if of is None and place in _around(found, number) and tidy(one.text) not in lesson.texts:
            words = one.kind != "code" or (parsed(one.text) is None and len(one.text.split()) >= 4)
            if words and (one.text.strip() or one.pictures):
                yield number, one.text
        elif of is not None and of == before and not is_answer(lesson.notebook.cells[of]) and one.kind != "code":
            original, text = tidy(lesson.notebook.cells[of].source), tidy(one.text)
            if original in text and len(text) > len(original):  # written into the question itself
                yield number, text.replace(original, "", 1).strip()


def _edited(lesson: Lesson, submitted: Sequence[Cell], found: Matched) -> None:
    """Find cells of the lesson that were changed and have lost their ids, by how much of their text is left."""
    cells = lesson.notebook.cells
    gone = [place for place in range(len(cells)) if place not in found.of and not grade_id(cells[place])]
    for number, one in enumerate(submitted):
        if found.of[number] is not None or number in found.merged or not one.text.strip():
            continue
        alike = [
            (fuzz.ratio(one.text, cells[place].source), -place) for place in gone if _kind(cells[place]) == one.kind
        ]
        best, place = max(alike, default=(0, 0))
        if best >= _ALIKE:
            found.of[number] = -place
            gone.remove(-place)


def _kind(cell: NotebookNode) -> str:
    return re.sub("^(?!code|raw).*", "markdown", cell.cell_type)


def _around(found: Matched, number: int) -> range:
    """Return the places of the lesson that lie between the known neighbours of a submitted cell, these included."""
    before = next((of for of in reversed(found.of[:number]) if of is not None), 0)
    after = next((of for of in found.of[number + 1 :] if of is not None), None)
    return range(before, (before if after is None else after) + 1) if after is not None else range(before, 1 << 20)
