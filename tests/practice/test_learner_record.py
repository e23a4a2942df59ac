"""The learner's own record: it may be lost, and must never get in the way."""

from __future__ import annotations

import json

import pytest

from autograder.exercise.vocabulary import PartVerdict, Verdict
from autograder.practice import record as module
from autograder.practice.record import Record

EMPTY = {"points": {}, "hints": {}}


def verdict(earned, outcome="wrong"):
    return Verdict("scores", "Score", (PartVerdict("all", 2.0, earned, outcome),))


def test_is_a_record_empty_that_does_not_exist(record):
    assert record.read() == EMPTY


def test_is_the_best_result_kept(record):
    for earned in (1.0, 2.0, 0.0):
        record.add(verdict(earned))
    assert record.read()["points"] == {"scores": 2.0}


def test_is_an_attempt_without_points_recorded_as_begun(record):
    record.add(verdict(0.0))
    assert record.read()["points"] == {"scores": 0.0}


def test_is_an_untouched_answer_not_recorded(record):
    record.add(verdict(0.0, "not attempted"))
    assert not record.path.exists()


def test_do_points_and_hints_stand_side_by_side(record):
    record.next_hint("scores")
    record.add(verdict(1.0))
    assert [record.next_hint("scores"), record.next_hint("context")] == [1, 0]
    assert record.read() == {"points": {"scores": 1.0}, "hints": {"scores": 2, "context": 1}}


@pytest.mark.parametrize(
    "text",
    [
        "",
        "{",
        "null",
        "[]",
        '"text"',
        "\udcff",
        '{"points": [1], "hints": null}',
        '{"points": {"scores": "many"}}',
        '{"points": {"scores": NaN}}',
        "[" * 100_000,
    ],
    ids=lambda text: ascii(text[:20]),
)
def test_does_a_damaged_file_cost_nothing_but_itself(record, text):
    record.path.parent.mkdir()
    record.path.write_bytes(text.encode("utf-8", "surrogateescape"))
    assert set(record.read()) == set(EMPTY)
    record.add(verdict(1.0))
    assert record.read()["points"] == {"scores": 1.0}


def test_may_the_folder_be_one_that_cannot_be_written(tmp_path):
    """A file stands where the folder should be: no user, root included, can write there."""
    (tmp_path / "work").write_text("in the way")
    record = Record(tmp_path / "work" / "progress.json")
    record.add(verdict(1.0))
    assert record.next_hint("scores") == 0
    assert record.read() == EMPTY


def test_may_the_disk_refuse_to_write(record, monkeypatch):
    def full(*_):
        raise OSError(28, "No space left on device")

    record.add(verdict(1.0))
    monkeypatch.setattr(module.os, "replace", full)
    record.add(verdict(2.0))
    assert record.read()["points"] == {"scores": 1.0}


def test_does_nothing_lie_about_after_writing(record):
    record.add(verdict(1.0))
    assert [path.name for path in record.path.parent.iterdir()] == ["progress.json"]
    assert json.loads(record.path.read_text()) == {"hints": {}, "points": {"scores": 1.0}}


class TestPlace:
    def test_is_it_in_the_course_that_the_notebook_lies_in(self, tiny_course, monkeypatch):
        monkeypatch.delenv("AUTOGRADER_PROGRESS")
        monkeypatch.chdir(tiny_course.root / "solutions" / "01_tiny")
        assert Record().path == tiny_course.progress

    def test_does_a_notebook_outside_any_course_still_work(self, tmp_path, monkeypatch):
        from autograder.course import NotACourse

        def nowhere():
            raise NotACourse("no course")

        monkeypatch.delenv("AUTOGRADER_PROGRESS")
        monkeypatch.setattr(module, "find_course", nowhere)
        record = Record()
        record.add(verdict(1.0))
        assert (record.path, record.read()) == (None, EMPTY)
