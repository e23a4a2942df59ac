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


DAMAGED = ["", "{", "null", "[]", '"text"', "\udcff", '{"points": [1], "hints": null}', "[" * 100_000]


@pytest.mark.parametrize("text", DAMAGED, ids=lambda text: ascii(text[:20]))
def test_is_a_file_kept_aside_that_cannot_be_read(record, capsys, text):
    record.path.parent.mkdir()
    record.path.write_bytes(text.encode("utf-8", "surrogateescape"))
    assert record.read() == EMPTY
    record.add(verdict(1.0))
    assert record.read()["points"] == {"scores": 1.0}
    aside = record.path.with_name("progress.unreadable.json")
    assert aside.read_bytes() == text.encode("utf-8", "surrogateescape")
    said = capsys.readouterr().out
    assert said.count("could not be read") == 1
    assert "work/progress.json" in said and "progress.unreadable.json" in said


def test_is_every_file_kept_that_could_not_be_read(record):
    record.path.parent.mkdir()
    for text in ("one", "two", "three"):
        record.path.write_text(text)
        record.read()
    assert sorted(path.read_text() for path in record.path.parent.iterdir()) == ["one", "three", "two"]


@pytest.mark.parametrize("points", ["many", None, float("nan")])
def test_does_a_damaged_entry_cost_nothing_but_itself(record, points):
    record.path.parent.mkdir()
    record.path.write_text(json.dumps({"points": {"scores": points, "context": 2}}))
    record.add(verdict(1.0))
    assert record.read()["points"] == {"scores": 1.0, "context": 2}


def test_is_what_cannot_be_written_remembered_and_said_once(tmp_path, capsys):
    """A file stands where the folder should be: no user, root included, can write there."""
    (tmp_path / "work").write_text("in the way")
    record = Record(tmp_path / "work" / "progress.json")
    record.add(verdict(1.0))
    assert [record.next_hint("scores"), record.next_hint("scores")] == [0, 1]
    assert Record(record.path).read() == {"points": {"scores": 1.0}, "hints": {"scores": 2}}
    assert capsys.readouterr().out.count("could not be written to work/progress.json") == 1


def test_is_what_was_remembered_written_as_soon_as_that_works(tmp_path):
    (tmp_path / "work").write_text("in the way")
    record = Record(tmp_path / "work" / "progress.json")
    record.add(verdict(1.0))
    (tmp_path / "work").unlink()
    record.next_hint("context")
    assert json.loads(record.path.read_text()) == {"points": {"scores": 1.0}, "hints": {"context": 1}}


def test_is_a_record_that_can_be_neither_read_nor_moved_left_as_it_is(record, capsys):
    """A folder in its place is one that no user can read as a file."""
    record.path.mkdir(parents=True)
    (record.path / "something").write_text("")
    record.add(verdict(1.0))
    assert record.read()["points"] == {"scores": 1.0}
    assert "could not be read" in capsys.readouterr().out


def test_may_the_disk_refuse_to_write(record, monkeypatch):
    def full(*_):
        raise OSError(28, "No space left on device")

    record.add(verdict(1.0))
    monkeypatch.setattr(module, "write_whole", full)
    record.add(verdict(2.0))
    assert record.read()["points"] == {"scores": 2.0}
    assert json.loads(record.path.read_text())["points"] == {"scores": 1.0}


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
        assert (record.path, record.read()["points"]) == (None, {"scores": 1.0})


class TestElsewhere:
    """The start page and other lessons use an exercise as an example: that counts nothing."""

    @pytest.fixture
    def course(self, tiny_course, monkeypatch):
        for lesson in ("00_start", "01_attention", "my_copies"):
            (tiny_course.lessons / lesson).mkdir(parents=True)
            (tiny_course.lessons / lesson / f"{lesson[3:]}.ipynb").write_text("{}")
        return lambda lesson: monkeypatch.chdir(tiny_course.lessons / lesson)

    def test_is_a_hint_on_the_start_page_none_of_the_lessons(self, course, record):
        course("00_start")
        assert [Record.of("scores").next_hint("scores") for _ in range(2)] == [0, 1]
        Record.of("scores").add(verdict(0.0))
        course("01_attention")
        assert Record.of("scores").read() == record.read() == EMPTY
        assert Record.of("scores").next_hint("scores") == 0
        assert record.read()["hints"] == {"scores": 1}

    def test_does_a_folder_of_ones_own_count(self, course, record):
        course("my_copies")
        Record.of("scores").add(verdict(2.0))
        assert record.read()["points"] == {"scores": 2.0}
