"""Are results kept under everything they depend on, and never seen half written?"""

import stat

from autograder.exercise.result import Result, Score
from autograder.exercise.vocabulary import PartVerdict, Verdict
from autograder.grading.store import (
    Record,
    Store,
    data_digest,
    grader_digest,
    key_for,
    lesson_digest,
    secret_of,
    seed_for,
)

VERDICT = Verdict("scores", "Scores", (PartVerdict("one", 1, 0, "wrong", ("It is wrong.",), expected="[1.]"),))
RESULT = Result("ada", "01_tiny", "graded", scores=(Score("scores-check", 2, 1.0), Score("words", 3, None)),
                verdicts=(VERDICT,), notes=("A note.",), notebook="{}", seconds=0.5)  # fmt: skip


def test_does_a_result_survive_the_round_trip(tmp_path):
    store = Store(tmp_path)
    store.put("abc", RESULT)
    found = store.get("abc")
    assert (found.scores, found.verdicts, found.notes) == (RESULT.scores, RESULT.verdicts, RESULT.notes)
    assert store.notebook("abc") == "{}"


def test_is_a_torn_file_the_same_as_none(tmp_path):
    store = Store(tmp_path)
    store.put("abc", RESULT)
    path = next(tmp_path.rglob("abc.json"))
    path.write_text(path.read_text()[:40])
    assert store.get("abc") is None


def test_is_what_was_recorded_remembered_until_forgotten(tmp_path):
    store = Store(tmp_path)
    record = Record("ada", "01_tiny", "abc", page="digest")
    store.set_record(record)
    assert store.record("ada", "01_tiny") == record
    assert store.record("ada", "02_other") is None
    assert store.records() == [record]
    store.forget_records()
    assert store.records() == []


def test_the_data_that_a_lesson_reads_is_in_the_key(tiny_course):
    before = data_digest(tiny_course)
    (tiny_course.root / "data").mkdir()
    (tiny_course.root / "data" / "words.txt").write_text("one")
    between = data_digest(tiny_course)
    (tiny_course.root / "data" / "words.txt").write_text("two")
    assert len({before, between, data_digest(tiny_course)}) == 3


def test_is_the_secret_made_once_and_for_the_owner_only(tiny_course):
    first = secret_of(tiny_course)
    assert len(first) == 32
    assert secret_of(tiny_course) == first
    assert stat.S_IMODE((tiny_course.work / "secret").stat().st_mode) & 0o077 == 0


def test_does_a_seed_depend_on_secret_student_lesson_and_text():
    seeds = {
        seed_for(b"s", "ada", "01", b"x"),
        seed_for(b"t", "ada", "01", b"x"),
        seed_for(b"s", "bob", "01", b"x"),
        seed_for(b"s", "ada", "02", b"x"),
        seed_for(b"s", "ada", "01", b"y"),
    }
    assert len(seeds) == 5


def test_does_a_key_depend_on_lesson_and_settings():
    keys = {key_for("s", "l", "d", "a"), key_for("s", "m", "d", "a"), key_for("s", "l", "e", "a")}
    assert len({*keys, key_for("s", "l", "d", "b")}) == 4
    assert len(grader_digest()) == 64


def test_does_the_lesson_digest_see_a_change(tiny_course):
    before = lesson_digest(tiny_course, "01_tiny")
    path = tiny_course.notebook("01_tiny")
    path.write_text(path.read_text() + " ")
    assert lesson_digest(tiny_course, "01_tiny") != before


def test_does_open_points_count_only_what_a_person_has_to_give():
    assert (RESULT.points, RESULT.earned, RESULT.open_points) == (5, 1.0, 3)
