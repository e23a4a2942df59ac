"""Does a learner's own record say what was mastered, and nothing that was not?"""

import json

import pytest
from pages import Reader
from tiny import ROOT

from autograder.cli import main
from autograder.course import Course
from autograder.exercise.library import all_exercises


@pytest.fixture
def keep(tmp_path, monkeypatch):
    """Write the record of what was done."""
    monkeypatch.setenv("AUTOGRADER_PROGRESS", str(tmp_path / "progress.json"))
    monkeypatch.setattr(Course, "work", property(lambda course: tmp_path))
    return (tmp_path / "progress.json").write_text


def page(tmp_path):
    return Reader((tmp_path / "me.html").read_text("utf-8"))


def mine(capsys):
    assert main(["--course", str(ROOT), "report", "--me"]) == 0
    return capsys.readouterr().out


def test_what_is_mastered_begun_and_open_is_told(capsys, tmp_path, keep):
    exercises = all_exercises()
    first, second = list(exercises.values())[:2]
    points = {first.name: first.points, second.name: 0.5}
    keep(json.dumps({"points": points, "hints": {second.name: 2}}))
    said = mine(capsys)
    assert f"1 of {len(exercises)} exercises mastered" in said
    found = page(tmp_path)
    assert f"{first.title} {first.points:g} / {first.points:g} ✓ mastered" in found.text
    assert f"{second.title} 0.5 / {second.points:g} ◐ begun , 2 hints" in found.text.replace("begun,", "begun ,")
    assert found.is_harmless


@pytest.mark.parametrize(
    "text", ["", "{", "[]", '{"points": 3}', '{"points": {"scores": "x"}, "hints": {"scores": []}}']
)
def test_a_record_that_is_none_is_an_empty_one(capsys, keep, text):
    keep(text)
    assert "0 of" in mine(capsys)
