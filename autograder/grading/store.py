"""Results under the hash of everything they depend on, written the moment they exist."""

from __future__ import annotations

import hashlib
import hmac
import os
import secrets
import sys
from dataclasses import replace
from functools import cache
from pathlib import Path

from autograder.course import Course
from autograder.exercise.result import Result
from autograder.files import write_whole
from autograder.kernels.warm.environment import installed


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

    def is_recorded(self, student: str, lesson: str, key: str) -> bool:
        """Tell whether the result under this key is what the gradebook holds for the student."""
        try:
            return self._record(student, lesson).read_text("utf-8") == key
        except OSError:
            return False

    def set_recorded(self, student: str, lesson: str, key: str) -> None:
        """Remember that the gradebook holds the result under this key."""
        write_whole(self._record(student, lesson), key)

    def forget_records(self) -> None:
        """Forget what was recorded, as when the gradebook is gone."""
        for path in (self.folder / "recorded").glob("*"):
            path.unlink()

    def _path(self, key: str, kind: str) -> Path:
        return self.folder / key[:2] / f"{key}.{kind}"

    def _record(self, student: str, lesson: str) -> Path:
        return self.folder / "recorded" / hashlib.sha256(f"{student}\0{lesson}".encode()).hexdigest()[:32]


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


def key_for(seed: str, lesson_digest: str, settings: str) -> str:
    """Return the key of a result: its submission and secret (in the seed), lesson, settings, grader, environment."""
    return hashlib.sha256("\0".join((seed, lesson_digest, settings, grader_digest())).encode()).hexdigest()


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
    digest = hashlib.sha256()
    for path in sorted((course.solutions / lesson).rglob("*")):
        if path.is_file() and ".ipynb_checkpoints" not in path.parts:
            digest.update(path.name.encode() + b"\0" + path.read_bytes())
    return digest.hexdigest()
