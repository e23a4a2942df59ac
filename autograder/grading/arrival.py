"""When a submission was handed in: by what the exchange shows, or by `timestamp.txt`, or unknown.

What the exchange's folder is named, and what lies in its `timestamp.txt`, the learner writes. What the file system
adds nobody can set: the birth of a file, and the time of its last change, which a change of mode moves as well.
A name is believed where the file is no younger; else the last change counts. Of all times known for the same bytes
the earliest counts: a second attempt, or a change of mode after the due date, makes nobody late.
"""

from __future__ import annotations

import contextlib
import ctypes
import hashlib
import os
import struct
import sys
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from nbgrader.utils import parse_utc

from autograder.course import Course
from autograder.files import write_whole
from autograder.grading.entries import Entry, Unavailable, entries, listed
from autograder.grading.reading import MAX_FILE_BYTES, Unreadable
from autograder.grading.store import Store
from autograder.release import nbgrader_config

STAMP = "timestamp.txt"
_FORMAT = "%Y-%m-%d %H:%M:%S.%f UTC"  # nbgrader's
_EARLIEST = datetime(1990, 1, 1)
_SLACK = timedelta(seconds=5)  # nbgrader takes the time first and copies then
_ASIDE = ".not-a-time"


@dataclass(frozen=True)
class _Attempt:
    """One folder in the exchange's inbox: the time in its name."""

    folder: Path
    claimed: datetime | None


class Arrivals:
    """The hand-in times of a course. The exchange's inbox is listed once, when the first is asked for."""

    def __init__(self, course: Course, store: Store) -> None:
        config = nbgrader_config(course)
        root = config.Exchange.get("root", str(course.work / "exchange"))
        self.inbox = Path(root, config.CourseDirectory.get("course_id", ""), "inbound")
        self.lessons = course.lesson_names()
        self.store = store
        self._attempts: dict[tuple[str, str], list[_Attempt]] | None = None

    def of(self, student: str, lesson: str, folder: Path, data: bytes) -> datetime | None:
        """Return when this notebook (its bytes) was handed in, in UTC; None where nothing says so."""
        attempts = self._inbound().get((student, lesson), [])
        if not attempts:
            return _written(folder / STAMP)
        same = [time for attempt in attempts if (time := _time_of(attempt, data))]
        if not same:  # somebody changed what was collected: by its timestamp.txt, it is one of these
            written = _written(folder / STAMP)
            named = [attempt for attempt in attempts if attempt.claimed and attempt.claimed == written]
            same = [time for attempt in named or attempts if (time := _time_of(attempt, None))]
        digest = hashlib.sha256(data).hexdigest()
        known = self.store.arrived(student, lesson, digest)
        times = [*same, *([known] if known else [])]
        if times and min(times) != known:
            self.store.set_arrived(student, lesson, digest, min(times))
        return min(times, default=None)

    def _inbound(self) -> dict[tuple[str, str], list[_Attempt]]:
        if self._attempts is None:
            self._attempts = {}
            with contextlib.suppress(Unavailable):
                for path in listed(self.inbox):
                    self._enter(path)
        return self._attempts

    def _enter(self, path: Path) -> None:
        """Enter a folder named STUDENT+LESSON+TIME or STUDENT+LESSON+TIME+RANDOM; names of students may have a +."""
        for lesson in self.lessons:
            student, found, rest = path.name.rpartition(f"+{lesson}+")
            if found and path.is_dir() and not path.is_symlink():
                claimed = _parsed(rest.rsplit("+", 1)[0]) or _parsed(rest)
                self._attempts.setdefault((student, lesson), []).append(_Attempt(path, claimed))


def settle(folder: Path, moment: datetime | None) -> None:
    """Make a submission's timestamp.txt say what we say: nbgrader's tools read it, and break where it is no time.

    What is no time is put aside, not deleted.
    """
    path = folder / STAMP
    with contextlib.suppress(OSError):
        if not folder.is_dir() or folder.is_symlink():
            return
        written = _written(path)
        if written is None and os.path.lexists(path):
            path.replace(path.with_name(STAMP + _ASIDE))
        if moment is not None and written != moment:
            write_whole(path, moment.strftime(_FORMAT))


def is_time(path: Path) -> bool:
    """Tell whether a timestamp.txt is absent, or holds a time."""
    return not os.path.lexists(path) or _written(path) is not None


def _time_of(attempt: _Attempt, data: bytes | None) -> datetime | None:
    """Return when an attempt's notebook came to be; None if it has not these bytes (where bytes are given)."""
    times: list[datetime] = []
    if data is None:
        with contextlib.suppress(OSError):
            times.append(_by_the_file_system(attempt.folder, attempt.claimed))
    with contextlib.suppress(Unavailable):
        for entry in entries(attempt.folder):
            if entry.name.lower().endswith(".ipynb") and (data is None or _has(entry, data)):
                with contextlib.suppress(OSError):
                    times.append(_by_the_file_system(entry.path, attempt.claimed))
    return min(times, default=None)


def _has(entry: Entry, data: bytes) -> bool:
    try:
        return entry.read(MAX_FILE_BYTES) == data
    except (Unreadable, Unavailable, OSError):
        return False


def _by_the_file_system(path: Path, claimed: datetime | None) -> datetime:
    changed, born = _moment(path.lstat().st_ctime), _born(path)
    if claimed and born and born - _SLACK <= claimed <= changed + _SLACK:
        return claimed
    return changed


def _written(path: Path) -> datetime | None:
    """Return the time that a timestamp.txt holds, or None if it is none, or no ordinary file."""
    try:
        text = Entry(STAMP, path).read(200).decode()
    except (OSError, Unreadable, Unavailable, UnicodeDecodeError):
        return None
    return _parsed(text)


def _parsed(text: str) -> datetime | None:
    try:
        found = parse_utc(text.strip()) if text.strip() else None
    except Exception:  # dateutil raises many kinds
        return None
    return found if found and _EARLIEST < found < datetime.now(UTC).replace(tzinfo=None) + timedelta(days=1) else None


def _moment(seconds: float) -> datetime:
    return datetime.fromtimestamp(seconds, UTC).replace(tzinfo=None)


def _born(path: Path) -> datetime | None:
    """Return when a file was made, where the system and the file system know it."""
    about = path.lstat()
    if hasattr(about, "st_birthtime"):
        return _moment(about.st_birthtime)
    return _statx(path) if sys.platform == "linux" else None


def _statx(path: Path) -> datetime | None:
    """Ask Linux for the birth of a file, which Python's os.stat leaves out (man 2 statx)."""
    here, no_follow, birth = -100, 0x100, 0x800  # AT_FDCWD, AT_SYMLINK_NOFOLLOW, STATX_BTIME
    answer = ctypes.create_string_buffer(256)
    try:
        failed = ctypes.CDLL(None).statx(here, os.fsencode(path), no_follow, birth, answer)
    except (AttributeError, OSError):
        return None
    known = struct.unpack_from("<I", answer, 0)[0] & birth
    seconds, nanoseconds = struct.unpack_from("<qI", answer, 0x50)
    return _moment(seconds + nanoseconds / 1e9) if not failed and known and seconds > 0 else None
