"""Does a submission's hand-in time come from where nobody can set it, and is a person on time who was?"""

import os
import shutil
import time
from datetime import UTC, datetime, timedelta

import pytest

from autograder.grading.arrival import Arrivals, is_time, settle
from autograder.grading.store import Store

NOTEBOOK = b"the notebook"
LATER = b"another notebook"


def now():
    return datetime.now(UTC).replace(tzinfo=None)


@pytest.fixture
def submitted(tiny_course):
    folder = tiny_course.submitted / "ada" / "01_tiny"
    folder.mkdir(parents=True)
    (folder / "tiny.ipynb").write_bytes(NOTEBOOK)
    return folder


@pytest.fixture
def arrive(tiny_course):
    """Hand in through the exchange, as `nbgrader submit` does; the name says when."""

    def put(data=NOTEBOOK, claimed=None, student="ada", course="attention"):
        claimed = f"{claimed or now():%Y-%m-%d %H:%M:%S.%f} UTC"
        folder = tiny_course.work / "exchange" / course / "inbound" / f"{student}+01_tiny+{claimed}+Ab1="
        folder.mkdir(parents=True)
        (folder / "tiny.ipynb").write_bytes(data)
        (folder / "timestamp.txt").write_text(claimed)
        return folder

    return put


@pytest.fixture
def when(tiny_course, submitted):
    def found(data=NOTEBOOK, student="ada"):
        return Arrivals(tiny_course, Store(tiny_course.work / "results")).of(student, "01_tiny", submitted, data)

    return found


class TestTimestamp:
    """Without an exchange: what timestamp.txt says, or nothing."""

    def test_without_any_word_the_time_is_unknown_whatever_the_file_says(self, submitted, when):
        os.utime(submitted / "tiny.ipynb", (1_700_000_000, 1_700_000_000))
        assert when() is None

    def test_timestamp_txt_is_believed_to_the_microsecond(self, submitted, when):
        (submitted / "timestamp.txt").write_text("2026-01-02 03:04:05.678901 UTC")
        assert when() == datetime(2026, 1, 2, 3, 4, 5, 678901)

    @pytest.mark.parametrize(
        "text", ["", "yesterday", "\0", "99999-01-01 00:00:00 UTC", "9999-12-31 23:59:59 UTC", "0001-01-01", "1" * 300]
    )
    def test_what_is_no_time_is_unknown_and_put_aside(self, submitted, when, text):
        path = submitted / "timestamp.txt"
        path.write_text(text)
        assert when() is None and not is_time(path)
        settle(submitted, None)
        assert is_time(path) and (submitted / "timestamp.txt.not-a-time").read_text() == text

    @pytest.mark.parametrize("kind", ["pipe", "folder", "link"])
    def test_what_is_no_file_is_unknown_and_put_aside(self, submitted, when, kind):
        path = submitted / "timestamp.txt"
        {"pipe": os.mkfifo, "folder": os.mkdir, "link": lambda path: path.symlink_to("nowhere")}[kind](path)
        assert when() is None
        settle(submitted, None)
        assert is_time(path)


class TestExchange:
    def test_an_honest_name_is_believed(self, arrive, when):
        claimed = now()
        arrive(claimed=claimed)
        assert when() == claimed

    def test_a_name_that_is_older_than_the_file_is_not(self, arrive, when):
        arrive(claimed=now() - timedelta(days=3))
        assert now() - when() < timedelta(minutes=5)

    def test_timestamp_txt_beside_the_collected_copy_changes_nothing(self, arrive, submitted, when):
        claimed = now()
        arrive(claimed=claimed)
        (submitted / "timestamp.txt").write_text("1999-01-01 00:00:00 UTC")
        assert when() == claimed
        settle(submitted, when())
        assert (submitted / "timestamp.txt").read_text() == f"{claimed:%Y-%m-%d %H:%M:%S.%f} UTC"

    def test_a_change_of_mode_makes_nobody_late(self, arrive, when):
        claimed = now()
        folder = arrive(claimed=claimed)
        time.sleep(0.05)
        for path in (*folder.rglob("*"), folder):
            path.chmod(0o777)
        assert when() == claimed

    def test_a_change_after_the_work_was_seen_makes_nobody_late(self, arrive, when):
        folder = arrive(claimed=now() - timedelta(days=3))  # not believed: what counts is when it was changed last
        seen = when()
        time.sleep(0.05)
        shutil.copytree(folder, folder.with_name("copy"))
        (folder / "tiny.ipynb").unlink()
        shutil.copy(folder.with_name("copy") / "tiny.ipynb", folder)
        assert when() == seen

    def test_a_later_attempt_in_the_inbox_makes_nobody_late(self, arrive, when):
        first = now() - timedelta(seconds=1)
        arrive(NOTEBOOK, first)
        arrive(LATER, now())
        assert when(NOTEBOOK) == first
        assert when(LATER) > first

    def test_the_first_of_two_attempts_with_the_same_work_counts(self, arrive, when):
        first = now() - timedelta(seconds=1)
        arrive(NOTEBOOK, now())
        arrive(NOTEBOOK, first)
        assert when() == first

    def test_another_course_and_another_student_change_nothing(self, arrive, when):
        arrive(course="statistics")
        arrive(student="ada+1")
        assert when() is None
        assert when(student="ada+1") is not None

    def test_work_that_was_touched_after_collecting_keeps_its_attempts_time(self, arrive, submitted, when):
        first, second = now() - timedelta(seconds=2), now() - timedelta(seconds=1)
        arrive(NOTEBOOK, first)
        arrive(LATER, second)
        (submitted / "timestamp.txt").write_text(f"{second:%Y-%m-%d %H:%M:%S.%f} UTC")
        assert when(b"mended by the instructor") == second

    def test_the_exchange_can_lie_anywhere(self, tiny_course, arrive, when, tmp_path):
        arrive()
        elsewhere = tmp_path / "elsewhere"
        shutil.move(tiny_course.work / "exchange", elsewhere)
        config = tiny_course.root / "nbgrader_config.py"
        config.write_text(f"{config.read_text()}\nc.Exchange.root = {str(elsewhere)!r}\n")
        assert when() is not None
