"""Does every stage that the bench compares still fit its lesson's notebook? Nothing is trained here."""

from __future__ import annotations

import importlib.util

import pytest

from autograder.course import find_course

COURSE = find_course(__file__)


def _load():
    spec = importlib.util.spec_from_file_location("stages", COURSE.data.parent / "bench" / "stages.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


stages = _load()


@pytest.mark.parametrize("name", stages.STAGES)
def test_is_every_line_that_a_stage_replaces_in_its_lesson(name):
    lesson, lines, *_ = stages.STAGES[name]
    more = {"SEED = 1": "SEED = 2", 'LANGUAGE = "es"': 'LANGUAGE = "tr"'}
    source = "\n".join(cell.source for cell in stages.lesson_code(lesson, {**lines, **more}).cells)
    assert all(new in source.splitlines() for new in {**lines, **more}.values())


def test_is_a_line_refused_that_is_not_there():
    with pytest.raises(ValueError, match="EPOCHS = 99"):
        stages.lesson_code("06_global_local", {"EPOCHS = 99": "EPOCHS = 1"})


def test_ends_the_code_of_a_lesson_where_it_is_said():
    for lesson, last in stages.LAST.items():
        assert stages.lesson_code(lesson, {}).cells[-1].id == last


def test_goes_a_stage_to_the_store_that_it_names():
    stores = {name: (named or [stages.STORE])[0] for name, (_, _, *named) in stages.STAGES.items()}
    assert stores["attention"] == stores["local"] == "phrases/stages.json"
    assert stores["global, dot"] == "pronunciation/windows.json"
