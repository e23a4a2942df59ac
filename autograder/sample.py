"""A class to try the grader on: what students hand in for lesson 1, right, wrong and broken, and what each earns."""

from __future__ import annotations

import copy
import json
import re
import textwrap
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import nbformat
from nbformat import NotebookNode
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook

from autograder.course import Course
from autograder.exercise.library import of_lesson
from autograder.exercise.vocabulary import Exercise
from autograder.grading.rebuild import load_lesson
from autograder.release import nbgrader_config
from autograder.sample_answers import BROKEN, EINSUM, HELPER, LOOPS, MISTAKES, PRINTS, WARNS, Broken, Wrong

LESSON = "01_attention"
_EXERCISES = of_lesson(LESSON)
_MARKED = re.compile(r"^( *)### BEGIN SOLUTION\n(.*?)^ *### END SOLUTION *\n?", re.MULTILINE | re.DOTALL)


@dataclass(frozen=True)
class Expected:
    """What grading must come to: a status, and the points of every exercise whose answer a program judges."""

    status: str = "graded"
    earned: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True)
class _Lesson:
    """The released notebook, and for every answer cell its source with the solution marked."""

    blank: NotebookNode
    sources: Mapping[str, str]


def make_sample_class(course: Course, folder: Path) -> list[Path]:
    """Write the sample class as `folder/STUDENT/01_attention/attention.ipynb`; return the folders of the submissions.

    The same course gives the same bytes. What is there already under these names is replaced.
    """
    lesson, name = _read(course), course.notebook(LESSON).name
    written = []
    for student, content in _class(lesson).items():
        place = folder / student / LESSON
        place.mkdir(parents=True, exist_ok=True)
        (place / name).unlink(missing_ok=True)
        if content is not None:
            (place / name).write_text(content, "utf-8", newline="\n")
        written.append(place)
    return written


def _read(course: Course) -> _Lesson:
    from nbgrader.preprocessors import ClearHiddenTests, ClearMarkScheme, ComputeChecksums

    config = nbgrader_config(course)
    blank = load_lesson(course, LESSON).notebook
    for step in (ClearHiddenTests, ClearMarkScheme, ComputeChecksums):  # what else nbgrader does to release it
        blank, _ = step(config=config).preprocess(blank, {})
    solution = nbformat.read(course.notebook(LESSON), as_version=4)
    sources = {name: cell.source for cell in solution.cells if (name := _answer_name(cell))}
    strangers = {one.exercise for one in (*MISTAKES, *BROKEN)} - set(sources)
    if strangers:
        raise ValueError(f"Expected answer cells for {', '.join(sorted(strangers))} in {LESSON}; found none.")
    return _Lesson(blank, sources)


def _answer_name(cell: NotebookNode) -> str:
    about = cell.metadata.get("nbgrader", {})
    return about.get("grade_id", "") if about.get("solution") else ""


# --- what a student writes ----------------------------------------------------------------------------


def _in_style(lesson: _Lesson, style: Mapping[str, str]) -> dict[str, str]:
    """Return a text for every answer: the style's where it has one, else the lesson's own."""
    return {name: _written(source, style.get(name)) for name, source in lesson.sources.items()}


def _written(source: str, body: str | None) -> str:
    """Put a body where the solution stands; None keeps the solution and drops the marks around it."""
    body = None if body is None else textwrap.dedent(body).strip("\n")
    if not _MARKED.search(source):
        return source if body is None else body

    def fill(found: re.Match[str]) -> str:
        return found[2] if body is None else textwrap.indent(body, found[1]).rstrip() + "\n"

    return _MARKED.sub(fill, source).rstrip("\n")


def _handed_in(lesson: _Lesson, answers: Mapping[str, str]) -> NotebookNode:
    """Return the released notebook with these answers written into it."""
    notebook = copy.deepcopy(lesson.blank)
    for cell in notebook.cells:
        name = _answer_name(cell)
        if name in answers:
            cell.source = answers[name]
    return notebook


# --- the class ------------------------------------------------------------------------------------------


def _class(lesson: _Lesson) -> dict[str, str | None]:
    """Return the text that each student hands in; None is an empty folder."""
    taught, loops, einsum = (_in_style(lesson, style) for style in ({}, LOOPS, EINSUM))
    styles = (loops, einsum)
    found: dict[str, NotebookNode | str | None] = {
        "right-as-taught": _handed_in(lesson, taught),
        "right-loops": _handed_in(lesson, loops),
        "right-einsum": _handed_in(lesson, einsum),
        "extra-helpers": _with_helpers(_handed_in(lesson, taught)),
        "prints-a-lot": _noisy(lesson, loops, PRINTS),
        "writes-to-stderr": _noisy(lesson, einsum, WARNS),
    }
    for number, one in enumerate((*MISTAKES, *BROKEN)):
        answers = {**styles[number % 2], one.exercise: _written(lesson.sources[one.exercise], one.body)}
        found[_handle(one)] = _handed_in(lesson, answers)
    found |= {
        "blank": lesson.blank,
        "half-done": _handed_in(lesson, {each.name: loops[each.name] for each in _first_half()}),
        "check-deleted": _without(_handed_in(lesson, loops), f"{_EXERCISES[1].name}-check"),
        "answer-duplicated": _with_copy(_handed_in(lesson, einsum), lesson, _EXERCISES[4].name),
        "answer-deleted": _without(_handed_in(lesson, loops), _EXERCISES[2].name),
        "not-json": "<!DOCTYPE html>\n<title>Sign in to download attention.ipynb</title>\n",
        "wrong-lesson": _another_lesson(),
        "no-notebook": None,
    }
    return {student: _text(content) for student, content in found.items()}


def _text(content: NotebookNode | str | None) -> str | None:
    if content is None or isinstance(content, str):
        return content
    return json.dumps(content, ensure_ascii=False, indent=1, sort_keys=True) + "\n"


def _handle(one: Wrong | Broken) -> str:
    slug = one.student if isinstance(one, Broken) else f"mistake-{one.misconception}"
    return re.sub(r"[^a-z0-9]+", "-", slug.lower()).strip("-")


def _first_half() -> tuple[Exercise, ...]:
    return _EXERCISES[: len(_EXERCISES) // 2]


def _without(notebook: NotebookNode, grade_id: str) -> NotebookNode:
    notebook.cells = [cell for cell in notebook.cells if cell.metadata.get("nbgrader", {}).get("grade_id") != grade_id]
    return notebook


def _with_copy(notebook: NotebookNode, lesson: _Lesson, name: str) -> NotebookNode:
    """The answer is written in a copy of its cell; the cell itself is left as it came."""
    at = next(at for at, cell in enumerate(notebook.cells) if _answer_name(cell) == name)
    untouched = next(cell for cell in lesson.blank.cells if _answer_name(cell) == name)
    notebook.cells[at]["id"] = f"{name}-copy"
    notebook.cells.insert(at, copy.deepcopy(untouched))
    return notebook


def _with_helpers(notebook: NotebookNode) -> NotebookNode:
    """Cells and imports of the student's own, before, among and after the answers, one of them used by none."""
    first = next(at for at, cell in enumerate(notebook.cells) if _answer_name(cell))
    mine = [
        new_code_cell("import math\nfrom pathlib import Path", id="my-imports"),
        new_code_cell(HELPER, id="my-helper"),
        new_markdown_cell("Note to self: *value* before *key*!", id="my-note"),
        new_code_cell("", id="my-empty-cell"),
    ]
    notebook.cells[first:first] = mine
    notebook.cells.append(new_code_cell("shapes(np.ones((2, 3)), [1, 2])  # tried at the end", id="my-last-cell"))
    return notebook


def _noisy(lesson: _Lesson, answers: Mapping[str, str], noise: str) -> NotebookNode:
    """Every function makes a noise first, then answers as it should; so does a cell of the student's own."""
    louder = {}
    for name, text in answers.items():
        marked = _MARKED.search(lesson.sources[name])
        if marked:
            start = marked.start()
            text = text[:start] + textwrap.indent(noise, marked[1]) + "\n" + text[start:]
        louder[name] = text
    notebook = _handed_in(lesson, louder)
    notebook.cells.append(new_code_cell(noise, id="my-noise"))
    return notebook


def _another_lesson() -> NotebookNode:
    about = {"schema_version": 3, "grade": False, "solution": True, "locked": False, "task": False}
    cells = [
        new_markdown_cell("# A lesson of another week", id="other-title"),
        new_code_cell(
            "def encode(sentence):\n    return sentence.split()",
            id="encode",
            metadata={"nbgrader": {**about, "grade_id": "encode", "cell_type": "code"}},
        ),
    ]
    return new_notebook(cells=cells)


# --- what each of them earns ------------------------------------------------------------------------------


def _expected() -> dict[str, Expected]:
    full = {each.name: each.points for each in _EXERCISES}
    nothing = dict.fromkeys(full, 0.0)
    all_right = ("right-as-taught", "right-loops", "right-einsum", "extra-helpers", "prints-a-lot", "writes-to-stderr")
    found = {student: Expected(earned=full) for student in (*all_right, "check-deleted", "answer-duplicated")}
    parts = {each.name: {part.name: part.points for part in each.parts} for each in _EXERCISES}
    for one in (*MISTAKES, *BROKEN):
        left = sum(parts[one.exercise][name] for name in getattr(one, "still_right", ()))
        found[_handle(one)] = Expected(earned={**full, one.exercise: left})
    found["blank"] = Expected(earned=nothing)
    found["half-done"] = Expected(earned={**nothing, **{each.name: each.points for each in _first_half()}})
    found["answer-deleted"] = Expected(earned={**full, _EXERCISES[2].name: 0.0})
    return found | dict.fromkeys(("not-json", "wrong-lesson", "no-notebook"), Expected("unreadable"))


EXPECTED: dict[str, Expected] = _expected()
