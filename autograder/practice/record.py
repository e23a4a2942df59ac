"""The learner's own record: which checks passed and which hints were given, in one git-ignored file."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any, ClassVar

from autograder.course import NotACourse, find_course
from autograder.exercise.vocabulary import Verdict
from autograder.files import write_whole

_KEYS = ("points", "hints")


class Record:
    """Reads and writes `work/progress.json`.

    A file that cannot be written is kept in memory until it can; one that cannot be read is kept aside. Either is
    said, once. Nothing here raises.
    """

    _unsaved: ClassVar[dict[Path | None, dict[str, Any]]] = {}
    _said: ClassVar[set[tuple[Path | None, str]]] = set()

    def __init__(self, path: Path | None = None) -> None:
        self.path = path or _default_path()

    @classmethod
    def of(cls, exercise: str) -> Record:
        """Return the record in which what is done of this exercise counts.

        In the notebook of another lesson, the start page above all, an exercise is only an example: what is done
        there is remembered for as long as the notebook runs, and does not count.
        """
        from autograder.practice.lessons import is_elsewhere

        record = cls()
        if is_elsewhere(exercise):
            record.path = None
        return record

    def read(self) -> dict[str, Any]:
        """Return {"points": {exercise: best points}, "hints": {exercise: number given}}."""
        found: Any = {}
        try:
            found = json.loads(self.path.read_text("utf-8")) if self.path else {}
        except (FileNotFoundError, NotADirectoryError):
            pass
        except (OSError, ValueError, RecursionError):
            found = None
        if not isinstance(found, dict) or not all(isinstance(found.get(key, {}), dict) for key in _KEYS):
            self._keep_aside()
            found = {}
        unsaved = self._unsaved.get(self.path, {})
        return {key: {**found.get(key, {}), **unsaved.get(key, {})} for key in _KEYS}

    def add(self, verdict: Verdict) -> None:
        """Keep the best result of each exercise; an attempt that earned nothing counts as begun."""
        if verdict.outcome == "not attempted":
            return
        entries = self.read()
        before = entries["points"].get(verdict.exercise, 0)
        best = max(verdict.earned, before if isinstance(before, (int, float)) else 0)
        self._write({**entries, "points": {**entries["points"], verdict.exercise: best}})

    def next_hint(self, name: str) -> int:
        """Return how many hints were given for an exercise before, and count one more."""
        entries = self.read()
        given = entries["hints"].get(name, 0)
        given = given if isinstance(given, int) else 0
        self._write({**entries, "hints": {**entries["hints"], name: given + 1}})
        return given

    def _write(self, entries: dict[str, Any]) -> None:
        self._unsaved[self.path] = entries
        if self.path is None:
            return
        try:
            write_whole(self.path, json.dumps(entries, indent=1, sort_keys=True))
        except OSError as error:
            self._say(
                f"Your progress could not be written to {_short(self.path)} ({error.strerror or error}). "
                "It is remembered until this notebook is restarted; checks work as before."
            )
        else:
            del self._unsaved[self.path]

    def _keep_aside(self) -> None:
        aside = self.path.with_name(f"{self.path.stem}.unreadable{self.path.suffix}")
        number = 2
        while aside.exists():
            aside = self.path.with_name(f"{self.path.stem}.unreadable-{number}{self.path.suffix}")
            number += 1
        try:
            self.path.rename(aside)
        except OSError as error:
            self._say(
                f"The record of your progress, {_short(self.path)}, could not be read ({error.strerror or error}). "
                "Progress is remembered until this notebook is restarted; checks work as before."
            )
        else:
            self._say(
                f"The record of your progress, {_short(self.path)}, could not be read. A new one begins; "
                f"the old one was kept as {aside.name} beside it."
            )

    def _say(self, sentence: str) -> None:
        if (self.path, sentence) not in self._said:
            self._said.add((self.path, sentence))
            print(sentence)


def _short(path: Path) -> str:
    return f"{path.parent.name}/{path.name}"


def _default_path() -> Path | None:
    if elsewhere := os.environ.get("AUTOGRADER_PROGRESS"):  # set when the course itself runs its notebooks
        return Path(elsewhere)
    try:
        return find_course().progress
    except (NotACourse, OSError):
        return None
