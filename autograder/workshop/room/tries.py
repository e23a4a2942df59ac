"""What learners who joined the room have tried, in one small database, and what that comes to."""

from __future__ import annotations

import sqlite3
import time
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

NOW = 15 * 60  # seconds that count as "now"
STUCK_FROM = 4  # tries of one exercise, none of them right, the last of them now
MOST_ROWS = 1000  # of one learner: older tries go


@dataclass(frozen=True)
class Place:
    """Where one learner is: the exercise tried last, its outcome, tries since it was last right, minutes ago."""

    name: str
    exercise: str
    outcome: str
    misconception: str
    tries: int
    minutes: int
    passed: int

    @property
    def stuck(self) -> bool:
        """Whether somebody should go and help."""
        return self.tries >= STUCK_FROM and self.minutes * 60 < NOW


@dataclass(frozen=True)
class Share:
    """One exercise: how many have tried it, how many have passed."""

    exercise: str
    tried: int
    passed: int

    @property
    def percent(self) -> int:
        """Passed of those who tried, in per cent."""
        return round(100 * self.passed / self.tried) if self.tried else 0


class Tries:
    """One row a try: name, exercise, outcome, misconception, time in seconds since 1970."""

    def __init__(self, path: Path | str) -> None:
        self._open = sqlite3.connect(path)
        self._open.execute(
            "CREATE TABLE IF NOT EXISTS tries (name TEXT, exercise TEXT, outcome TEXT, misconception TEXT, time REAL)"
        )
        self._open.execute("CREATE INDEX IF NOT EXISTS by_name ON tries (name, time)")

    def add(self, name: str, exercise: str, outcome: str, misconception: str, now: float | None = None) -> None:
        """Keep one try."""
        with self._open as rows:
            values = (name, exercise, outcome, misconception, time.time() if now is None else now)
            rows.execute("INSERT INTO tries VALUES (?, ?, ?, ?, ?)", values)
            rows.execute(
                "DELETE FROM tries WHERE name = ? AND rowid NOT IN "
                "(SELECT rowid FROM tries WHERE name = ? ORDER BY time DESC LIMIT ?)",
                (name, name, MOST_ROWS),
            )

    def forget(self, name: str) -> None:
        """Remove all that is known of a learner, who has left."""
        with self._open as rows:
            rows.execute("DELETE FROM tries WHERE name = ?", (name,))

    def places(self, now: float | None = None) -> list[Place]:
        """Return where everybody is, those who are stuck first, then by name."""
        now = time.time() if now is None else now
        found = []
        for name, rows in self._by_name().items():
            exercise, outcome, misconception, when = rows[-1]
            tries = 0
            for each, its_outcome, *_ in reversed(rows):
                if each == exercise:
                    if its_outcome == "right":
                        break
                    tries += 1
            passed = len({each for each, its_outcome, *_ in rows if its_outcome == "right"})
            minutes = max(0, int((now - when) // 60))
            found.append(Place(name, exercise, outcome, misconception, tries, minutes, passed))
        return sorted(found, key=lambda place: (not place.stuck, place.name))

    def shares(self) -> list[Share]:
        """Return each exercise that was tried, in the order in which the room came to it."""
        tried: dict[str, set[str]] = {}
        passed: dict[str, set[str]] = {}
        query = "SELECT name, exercise, outcome FROM tries ORDER BY time"
        for name, exercise, outcome in self._open.execute(query):
            tried.setdefault(exercise, set()).add(name)
            if outcome == "right":
                passed.setdefault(exercise, set()).add(name)
        return [Share(each, len(names), len(passed.get(each, ()))) for each, names in tried.items()]

    def misconceptions(self, now: float | None = None) -> list[tuple[str, str, int]]:
        """Return (exercise, misconception, learners) of now, the most frequent first."""
        since = (time.time() if now is None else now) - NOW
        query = "SELECT DISTINCT name, exercise, misconception FROM tries WHERE misconception != '' AND time >= ?"
        counted = Counter((exercise, words) for _, exercise, words in self._open.execute(query, (since,)))
        return sorted(((*key, number) for key, number in counted.items()), key=lambda row: (-row[2], row[:2]))

    def _by_name(self) -> dict[str, list[tuple]]:
        rows: dict[str, list[tuple]] = {}
        query = "SELECT name, exercise, outcome, misconception, time FROM tries ORDER BY time"
        for name, *rest in self._open.execute(query):
            rows.setdefault(name, []).append(tuple(rest))
        return rows
