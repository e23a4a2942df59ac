"""Results under the hash of everything they depend on, written the moment they exist."""

from __future__ import annotations

import hashlib
import hmac
import json
import os
import secrets
import sys
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from functools import cache
from pathlib import Path

from autograder.course import Course
from autograder.exercise.result import Result
from autograder.files import write_whole
from autograder.kernels.warm.environment import installed


@dataclass(frozen=True)
class Record:
    """What the reports know of one student's lesson beside the gradebook.

    key: the result is stored under it; "" if it was not graded, for the `reason`. page: the digest of all that the
    feedback page shows.
    """

    student: str
    lesson: str
    key: str = ""
    reason: str = ""
    page: str = ""


class Store:
    """The results of a course, in `work/results/`. A file is whole or absent, never half written."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def get(self, key: str) -> Result | None:
        """Return the result under a key without its notebook, or None."""
        try:
            return Result.from_json(self._path(key, "json").read_text("utf-8"))
        except (OSError, ValueError):
            return None

    def notebook(self, key: str) -> str:
        """Return the autograded notebook under a key, or ""."""
        try:
            return self._path(key, "ipynb").read_text("utf-8")
        except OSError:
            return ""

    def put(self, key: str, result: Result) -> None:
        """Keep a result; the notebook first, so that whoever finds the result finds the notebook."""
        if result.notebook:
            write_whole(self._path(key, "ipynb"), result.notebook)
        write_whole(self._path(key, "json"), replace(result, notebook="").to_json())

    def record(self, student: str, lesson: str) -> Record | None:
        """Return what is known of a student's lesson in the reports, or None."""
        return _read_record(self._record(student, lesson))

    def records(self) -> list[Record]:
        """Return all that is known, by lesson and student."""
        found = [_read_record(path) for path in (self.folder / "recorded").glob("*.json")]
        return sorted((each for each in found if each), key=lambda each: (each.lesson, each.student))

    def set_record(self, record: Record) -> None:
        """Remember what the gradebook and the page of a student's lesson were made from."""
        write_whole(self._record(record.student, record.lesson), json.dumps(asdict(record), ensure_ascii=False))

    def forget_records(self) -> None:
        """Forget what was recorded, as when the gradebook is gone."""
        for path in (self.folder / "recorded").glob("*"):
            path.unlink()

    def arrived(self, student: str, lesson: str, digest: str) -> datetime | None:
        """Return the earliest hand-in time ever seen for these bytes, in UTC, or None."""
        try:
            return datetime.fromisoformat(self._arrived(student, lesson, digest).read_text("utf-8"))
        except (OSError, ValueError):
            return None

    def set_arrived(self, student: str, lesson: str, digest: str, moment: datetime) -> None:
        """Remember a hand-in time: what is done to the files later, a change of mode say, makes nobody late."""
        write_whole(self._arrived(student, lesson, digest), moment.isoformat())

    def _path(self, key: str, kind: str) -> Path:
        return self.folder / key[:2] / f"{key}.{kind}"

    def _record(self, student: str, lesson: str) -> Path:
        return self.folder / "recorded" / f"{_name(student, lesson)}.json"

    def _arrived(self, student: str, lesson: str, digest: str) -> Path:
        return self.folder / "arrived" / _name(student, lesson, digest)


def _name(*parts: str) -> str:
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()[:32]


def _read_record(path: Path) -> Record | None:
    try:
        return Record(**json.loads(path.read_text("utf-8")))
    except (OSError, ValueError, TypeError):
        return None


def secret_of(course: Course) -> bytes:
    """Return the course's secret, from which hidden inputs are drawn; make it at the first call."""
    path = course.work / "secret"
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
            file.write(secrets.token_hex(32))
    return bytes.fromhex(path.read_text().strip())


def seed_for(secret: bytes, student: str, lesson: str, data: bytes) -> str:
    """Return the seed of one submission's hidden inputs: another text, other inputs."""
    message = hashlib.sha256(data).digest() + f"{student}\0{lesson}".encode()
    return hmac.new(secret, message, hashlib.sha256).hexdigest()


def key_for(seed: str, lesson_digest: str, data: str, settings: str) -> str:
    """Return the key of a result: submission and secret (in the seed), lesson, data, settings, grader, environment."""
    return hashlib.sha256("\0".join((seed, lesson_digest, data, settings, grader_digest())).encode()).hexdigest()


@cache
def grader_digest() -> str:
    """Return the hash of this package's sources, Python's version and every installed distribution's."""
    package = Path(__file__).resolve().parent.parent
    digest = hashlib.sha256(sys.version.encode())
    for path in sorted(package.rglob("*.py")):
        digest.update(path.relative_to(package).as_posix().encode() + b"\0" + path.read_bytes())
    digest.update(repr(installed()).encode())
    return digest.hexdigest()


def lesson_digest(course: Course, lesson: str) -> str:
    """Return the hash of a lesson's source folder."""
    return _folder_digest(course.solutions / lesson)


def data_digest(course: Course) -> str:
    """Return the hash of all that a submission can read beside its lesson: the course's data."""
    return hashlib.sha256("".join(map(_folder_digest, course.readable)).encode()).hexdigest()


def _folder_digest(folder: Path) -> str:
    digest = hashlib.sha256()
    for path in sorted(folder.rglob("*")):
        if path.is_file() and not {".ipynb_checkpoints", "__pycache__"}.intersection(path.parts):
            digest.update(path.relative_to(folder).as_posix().encode() + b"\0" + path.read_bytes())
    return digest.hexdigest()
