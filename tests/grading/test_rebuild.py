"""Does a rebuilt notebook hold the learner's text and nothing else of the submission?"""

import json

import nbformat
import pytest
from tiny import RIGHT

from autograder.grading.reading import MAX_CELL_CHARACTERS, MAX_CELLS, MAX_FILE_BYTES, MAX_ITEMS, Unreadable
from autograder.grading.rebuild import checked_exercise, load_lesson, rebuild


@pytest.fixture
def lesson(tiny_course):
    return load_lesson(tiny_course, "01_tiny")


@pytest.fixture
def submitted(lesson):
    """The released notebook as plain data, with right answers, for tests to spoil."""
    content = json.loads(nbformat.writes(lesson.notebook))
    for cell in content["cells"]:
        cell["source"] = RIGHT.get(cell["id"], cell["source"])
    return content


def of(lesson, content):
    rebuilt = rebuild(lesson, json.dumps(content).encode())
    nbformat.validate(rebuilt.notebook)
    return rebuilt


def ids(rebuilt):
    return [cell.id for cell in rebuilt.notebook.cells]


def by_id(content, name):
    return next(cell for cell in content["cells"] if cell["id"] == name)


def text(rebuilt, name):
    return next(cell.source for cell in rebuilt.notebook.cells if cell.id == name)


def test_are_solutions_gone_and_hidden_tests_there(lesson):
    assert "return key @ query" not in text_of(lesson)
    assert "double(3)" in text_of(lesson)


def text_of(lesson):
    return "\n".join(cell.source for cell in lesson.notebook.cells)


def test_is_an_honest_submission_kept_as_it_is(lesson, submitted):
    rebuilt = of(lesson, submitted)
    assert ids(rebuilt) == [cell["id"] for cell in submitted["cells"]]
    assert text(rebuilt, "scores") == RIGHT["scores"]
    assert rebuilt.notes == ()


def test_do_outputs_tags_and_metadata_stay_outside(lesson, submitted):
    for cell in submitted["cells"]:
        cell["metadata"]["tags"] = ["skip-execution", "practice"]
        if cell["cell_type"] == "code":
            cell["outputs"] = [{"output_type": "stream", "name": "stdout", "text": "forged"}]
    submitted["metadata"] = {"kernelspec": {"name": "evil", "display_name": "x"}, "forged": True}
    rebuilt = of(lesson, submitted)
    whole = nbformat.writes(rebuilt.notebook)
    assert not any(word in whole for word in ("forged", "skip-execution", '"practice"', "evil"))


def test_do_points_and_schema_come_from_the_lesson(lesson, submitted):
    about = by_id(submitted, "scores-check")["metadata"]["nbgrader"]
    about.update(points=1000, schema_version=1, grade=False)
    cell = next(cell for cell in of(lesson, submitted).notebook.cells if cell.id == "scores-check")
    assert (cell.metadata.nbgrader.points, cell.metadata.nbgrader.schema_version) == (2, 3)


def test_does_a_changed_locked_cell_come_from_the_lesson(lesson, submitted):
    by_id(submitted, "scores-check")["source"] = "2.0"
    rebuilt = of(lesson, submitted)
    assert text(rebuilt, "scores-check") == 'check("scores")'
    assert "had been changed" in rebuilt.notes[0]


@pytest.mark.parametrize("name", ["scores-check", "scores", "double-test", "words", "scores-task"])
def test_does_a_missing_cell_return_to_its_place(lesson, submitted, name):
    expected = [cell["id"] for cell in submitted["cells"]]
    submitted["cells"] = [cell for cell in submitted["cells"] if cell["id"] != name]
    rebuilt = of(lesson, submitted)
    assert ids(rebuilt) == expected
    assert f"The cell {name} was missing and was put back." in rebuilt.notes


def test_does_a_deleted_plain_cell_return_once(lesson, submitted):
    submitted["cells"] = [cell for cell in submitted["cells"] if cell["id"] != "imports"]
    assert ids(of(lesson, submitted)).count("imports") == 1


def test_does_an_edited_plain_cell_run_after_the_lessons_own(lesson, submitted):
    original = "".join(by_id(submitted, "imports")["source"])
    by_id(submitted, "imports")["source"] = original + "\nimport math"
    sources = [cell.source for cell in of(lesson, submitted).notebook.cells]
    place = sources.index(original)
    assert sources[place + 1] == original + "\nimport math"


def test_are_extra_cells_kept_in_order_after_their_neighbour(lesson, submitted):
    place = submitted["cells"].index(by_id(submitted, "scores")) + 1
    submitted["cells"][place:place] = [{"cell_type": "code", "source": word} for word in ("first = 1", "second = 2")]
    sources = [cell.source for cell in of(lesson, submitted).notebook.cells]
    assert sources[place : place + 2] == ["first = 1", "second = 2"]


def test_is_the_answer_of_a_duplicated_cell_the_first_that_is_not_the_stub(lesson, submitted):
    stub = next(cell.source for cell in lesson.notebook.cells if cell.id == "scores")
    cell = by_id(submitted, "scores")
    submitted["cells"].insert(submitted["cells"].index(cell), {**cell, "source": stub})
    rebuilt = of(lesson, submitted)
    assert text(rebuilt, "scores") == RIGHT["scores"]
    assert "The cell scores was there more than once." in rebuilt.notes


def test_does_a_second_answer_run_where_it_stands(lesson, submitted):
    cell = by_id(submitted, "scores")
    submitted["cells"].insert(submitted["cells"].index(cell) + 1, {**cell, "source": "scores = None"})
    sources = [cell.source for cell in of(lesson, submitted).notebook.cells]
    assert sources.index("scores = None") == sources.index(RIGHT["scores"]) + 1


def test_does_a_duplicated_check_count_once(lesson, submitted):
    cell = by_id(submitted, "scores-check")
    submitted["cells"] += [cell, cell]
    assert ids(of(lesson, submitted)).count("scores-check") == 1


def test_are_swapped_ids_taken_at_their_word(lesson, submitted):
    first, second = by_id(submitted, "scores"), by_id(submitted, "distribution")
    first["source"], second["source"] = second["source"], first["source"]
    rebuilt = of(lesson, submitted)
    assert text(rebuilt, "scores") == RIGHT["distribution"]
    assert len(ids(rebuilt)) == len(set(ids(rebuilt)))


def test_is_an_answer_found_by_cell_id_when_metadata_is_lost(lesson, submitted):
    for cell in submitted["cells"]:
        cell["metadata"] = {}
    assert text(of(lesson, submitted), "scores") == RIGHT["scores"]


def test_does_an_answer_stay_code_when_it_was_turned_into_text(lesson, submitted):
    by_id(submitted, "scores")["cell_type"] = "markdown"
    cell = next(cell for cell in of(lesson, submitted).notebook.cells if cell.id == "scores")
    assert cell.cell_type == "code"


@pytest.mark.parametrize(
    "data, says",
    [
        (b"not a notebook", "valid JSON"),
        (b"\xff\xfe\x00", "valid JSON"),
        (b"[" * 100_000, "valid JSON"),
        (b"[]", "list of cells"),
        (b'{"worksheets": []}', "list of cells"),
        (b'{"cells": []}', "another lesson"),
        (b" " * (MAX_FILE_BYTES + 1), "at most 100 MB"),
        (b"[]," * MAX_ITEMS, "more than can be read"),
        (b"", "is empty"),
        (b"\0" * 4096, "is empty"),
        (b"<!DOCTYPE html><title>Sign in</title>", "a web page"),
        (b"PK\x03\x04rest of an archive", "an archive"),
        (b'{"cells": [\n<<<<<<< HEAD\n>>>>>>> other\n]}', "git merge"),
        (b'{"cells": [{"cell_type": "code", "sou', "to its end"),
    ],
)
def test_is_what_is_no_notebook_refused_with_a_reason(lesson, data, says):
    with pytest.raises(Unreadable, match=says):
        rebuild(lesson, data)


def test_is_there_a_cap_on_cells(lesson, submitted):
    many = {"cells": submitted["cells"] + [{"cell_type": "code", "source": ""}] * MAX_CELLS}
    with pytest.raises(Unreadable, match="cells; at most"):
        of(lesson, many)


def test_does_a_cell_that_is_too_large_cost_itself_alone(lesson, submitted):
    by_id(submitted, "scores")["source"] = "#" * (MAX_CELL_CHARACTERS + 1)
    rebuilt = of(lesson, submitted)
    assert "scores" in rebuilt.unanswered and text(rebuilt, "distribution") == RIGHT["distribution"]
    assert any("has 200,001 characters; at most 200,000 are graded" in note for note in rebuilt.notes)


@pytest.mark.parametrize(
    "cell", [None, 3, {}, {"source": 5}, {"source": ["a", 5]}, {"source": "\ud800", "metadata": 7}]
)
def test_is_a_malformed_cell_no_obstacle(lesson, submitted, cell):
    submitted["cells"].insert(2, cell)
    assert text(of(lesson, submitted), "scores") == RIGHT["scores"]


def test_is_only_a_locked_check_of_the_lesson_examined(lesson, submitted):
    submitted["cells"].append({"cell_type": "code", "source": 'check("scores")', "metadata": {}})
    checks = [checked_exercise(cell) for cell in of(lesson, submitted).notebook.cells]
    assert checks.count("scores") == 1


def test_is_an_edited_practice_cell_found_again_by_its_text(tiny_course):
    path = tiny_course.notebook("01_tiny")
    content = json.loads(path.read_text())
    long = "for step in range(100):\n    print(np.exp(step), 'a long training')"
    content["cells"].insert(5, {"cell_type": "code", "id": "train", "metadata": {"tags": ["practice"]}, "source": long,
                                "outputs": [], "execution_count": None})  # fmt: skip
    path.write_text(json.dumps(content))
    lesson = load_lesson(tiny_course, "01_tiny")
    cells = json.loads(nbformat.writes(lesson.notebook, split_lines=False))["cells"]
    for number, cell in enumerate(cells):
        cell["id"], cell["metadata"] = f"v{number}", {}
        cell["source"] = cell["source"].replace("range(100)", "range(10**9)")
    found = next(cell for cell in of(lesson, {"cells": cells}).notebook.cells if "10**9" in cell.source)
    assert found.id == "train" and "practice" in found.metadata.tags
