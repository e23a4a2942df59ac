"""Teaching notes say what the lessons say: parts, minutes, misconceptions and their questions."""

from __future__ import annotations

import json
import re

import pytest
from tiny import ROOT

from autograder.exercise.library import of_lesson

LESSONS = sorted(path.parent for path in ROOT.glob("solutions/*/TEACHING.md"))


def rows(lesson) -> list[list[str]]:
    """Return the cells of all rows of all tables of a lesson's notes."""
    lines = (lesson / "TEACHING.md").read_text("utf-8").splitlines()
    return [[cell.strip() for cell in re.split(r"(?<!\\)\|", line)[1:-1]] for line in lines if line.startswith("| ")]


@pytest.mark.parametrize("lesson", LESSONS, ids=lambda lesson: lesson.name)
def test_parts_are_the_lessons_and_their_minutes_add_up(lesson):
    (notebook,) = lesson.glob("*.ipynb")
    cells = json.loads(notebook.read_text("utf-8"))["cells"]
    text = "\n".join("".join(cell["source"]) for cell in cells if cell["cell_type"] == "markdown")
    parts = [row for row in rows(lesson) if row[1].isdecimal()]
    assert len(parts) > 3
    for part, *_ in parts:
        assert f"## {part}" in text
    total = sum(int(minutes) for _, minutes, _ in parts)
    assert f"## {total} minutes" in (lesson / "TEACHING.md").read_text("utf-8")
    assert re.search(rf"{lesson.name}/.*\| {total} \|", (ROOT / "README.md").read_text("utf-8"))


@pytest.mark.parametrize("lesson", LESSONS, ids=lambda lesson: lesson.name)
def test_misconceptions_and_questions_are_the_exercises_own(lesson):
    exercises = {each.name: each for each in of_lesson(lesson.name)}
    named = [row for row in rows(lesson) if row[0].startswith("`")]
    assert named
    for name, misconception, question in named:
        known = {each.name: each.hint for each in exercises[name.strip("`")].misconceptions}
        assert known[misconception] == question.replace("\\|", "|")


@pytest.mark.parametrize("lesson", LESSONS, ids=lambda lesson: lesson.name)
def test_what_can_be_cut_is_there(lesson):
    exercises = {each.name for each in of_lesson(lesson.name)}
    cut = (lesson / "TEACHING.md").read_text("utf-8").split("## Where to cut")[1]
    assert set(re.findall(r"`(\w+)`", cut)) <= exercises


def test_learners_get_no_teaching_notes():
    assert list(ROOT.glob("solutions/*/TEACHING.md"))
    assert not list(ROOT.glob("lessons/**/TEACHING.md"))
