"""Do learners keep the points of their right answers, whatever they and their editors have done to the notebook?"""

import json

import nbformat
import pytest
from kinds import FULL, KINDS, WORDS, Kind, attached, own, pasted
from nbformat.v4 import new_code_cell
from tiny import RIGHT, tiny_notebook

from autograder.course import Course
from autograder.grading.grade import Job, grade_one
from autograder.grading.process import Settings
from autograder.grading.rebuild import load_lesson
from autograder.kernels import Limits
from autograder.reports.feedback import feedback_page
from autograder.reports.safe import markdown2html
from autograder.reports.standing import Standing

SETTINGS = Settings(Limits(cell_seconds=2, wall_seconds=30))


@pytest.fixture(scope="module")
def lesson(tmp_path_factory):
    """The tiny lesson, with a cell that only practises between two questions."""
    folder = tmp_path_factory.mktemp("course")
    notebook = tiny_notebook()
    place = next(number for number, cell in enumerate(notebook.cells) if cell.id == "scores-check")
    plot = new_code_cell("for power in range(3):\n    print(np.exp(power))", id="plot", metadata={"tags": ["practice"]})
    notebook.cells.insert(place, plot)
    (folder / "nbgrader_config.py").write_text(NBGRADER)
    (folder / "solutions" / "01_tiny").mkdir(parents=True)
    nbformat.write(notebook, folder / "solutions" / "01_tiny" / "tiny.ipynb")
    return load_lesson(Course(folder), "01_tiny")


NBGRADER = (
    'c = get_config()\nc.ClearSolutions.code_stub = {"python": "raise NotImplementedError  # your answer here"}\n'
)


@pytest.fixture
def blank(lesson):
    """The released notebook as plain data, right answers in it."""
    content = json.loads(nbformat.writes(lesson.notebook, split_lines=False))
    texts = {**RIGHT, "double": "def double(x):\n    return x + x", "words": WORDS}
    for cell in content["cells"]:
        cell["source"] = texts.get(cell["id"], cell["source"].split("\n### BEGIN HIDDEN")[0])
    return content


def graded(lesson, data):
    text = nbformat.writes(lesson.notebook)
    return grade_one(Job("ada", "01_tiny", data, (), "seed", text, "tiny", SETTINGS))


def handed_in(lesson, content, kind: Kind):
    kind.edit(content)
    return graded(lesson, kind.whole(content))


def earned(result):
    return {score.grade_id: score.earned for score in result.scores}


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.name)
def test_does_it_keep_its_points_and_is_it_told_what_was_done(lesson, blank, kind):
    result = handed_in(lesson, blank, kind)
    assert (result.status, result.reason) == ("graded", "")
    assert earned(result) == kind.earns, result.notes
    assert kind.says in " ".join(
        [*result.notes, *(says for one in result.verdicts for part in one.parts for says in part.says)]
    )
    assert not (kind.quiet and result.notes)


def kind_named(name):
    return next(kind for kind in KINDS if kind.name == name)


@pytest.mark.parametrize(
    "name",
    [
        "exit() in a cell",
        "os._exit in a cell",
        "a thread that ends the process later",
        "six cells that end the process",
    ],
)
def test_does_the_same_submission_always_earn_the_same(lesson, blank, name):
    kind_named(name).edit(blank)
    data = json.dumps(blank).encode()
    found = [graded(lesson, data) for _ in range(4)]
    assert all(earned(result) == FULL for result in found)


def test_is_the_cell_that_ended_the_process_the_one_that_is_named(lesson, blank):
    own("import os\nos._exit(0)")(blank)
    own("fine = 1", after="distribution-check")(blank)
    notes = " ".join(graded(lesson, json.dumps(blank).encode()).notes)
    assert "after scores-check (`import os`) was stopped" in notes and "distribution" not in notes


@pytest.mark.parametrize("edit", [attached, pasted])
def test_does_a_picture_reach_whoever_reads_the_answer(lesson, blank, edit):
    edit(blank)
    result = graded(lesson, json.dumps(blank).encode())
    assert "<img" in feedback_page(Standing(result))
    cell = next(cell for cell in nbformat.reads(result.notebook, as_version=4).cells if cell.id == "words")
    assert 'src="data:image/png;base64,' in markdown2html({"cell": cell}, cell.source)


def test_do_words_in_a_new_cell_reach_whoever_reads_them(lesson, blank):
    kind_named("words in a new cell below").edit(blank)
    assert WORDS in feedback_page(Standing(graded(lesson, json.dumps(blank).encode())))


def test_does_a_blank_notebook_without_marks_earn_nothing(lesson, blank):
    for cell in blank["cells"]:
        cell["source"] = next(one.source for one in lesson.notebook.cells if one.id == cell["id"])
        cell["metadata"] = {}
    for number, cell in enumerate(blank["cells"]):
        cell["id"] = f"v{number}"
    result = graded(lesson, json.dumps(blank).encode())
    assert result.earned == 0 and "words" in result.unanswered


def test_are_lessons_without_cell_ids_graded(lesson, blank, tmp_path):
    old = json.loads(nbformat.writes(tiny_notebook()))
    for cell in old["cells"]:
        del cell["id"]
    old["nbformat_minor"] = 4
    (tmp_path / "nbgrader_config.py").write_text(NBGRADER)
    (tmp_path / "solutions" / "01_tiny").mkdir(parents=True)
    (tmp_path / "solutions" / "01_tiny" / "tiny.ipynb").write_text(json.dumps(old))
    without = load_lesson(Course(tmp_path), "01_tiny")
    for cell in blank["cells"]:
        del cell["id"]
    assert earned(graded(without, json.dumps(blank).encode())) == FULL


def test_do_own_cells_share_a_time_that_answers_do_not_pay(lesson, blank):
    own(*(f"{number}\nimport time\ntime.sleep(9)" for number in range(3)))(blank)
    limits = Settings(Limits(cell_seconds=3, wall_seconds=12))
    text = nbformat.writes(lesson.notebook)
    result = grade_one(Job("ada", "01_tiny", json.dumps(blank).encode(), (), "seed", text, "tiny", limits))
    assert earned(result) == FULL
    assert "your own cells had used their time" in " ".join(result.notes)


def test_has_each_kind_a_name_of_its_own():
    assert len({kind.name for kind in KINDS}) == len(KINDS)
