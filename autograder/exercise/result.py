"""What grading one submission came to: plain, hashable by content, the same on every machine."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, fields

from autograder.exercise.vocabulary import PartVerdict, Verdict

STATUSES = ("graded", "unreadable", "not graded")


@dataclass(frozen=True)
class Score:
    """The points of one graded cell; `earned` is None where a person has to read the answer."""

    grade_id: str
    points: float
    earned: float | None


@dataclass(frozen=True)
class Result:
    """One submission, graded or not.

    status: "graded"; "unreadable" (the submission's fault, zero points, `reason` tells the learner what to do);
    "not graded" (the machine's fault, no points given or taken, `reason` tells the instructor).
    unanswered: ids of the answer cells left as they were.
    notebook: the autograded notebook as JSON text, "" unless graded. isolated: whether every wall held.
    """

    student: str
    lesson: str
    status: str
    reason: str = ""
    scores: tuple[Score, ...] = ()
    verdicts: tuple[Verdict, ...] = ()
    notes: tuple[str, ...] = ()
    unanswered: tuple[str, ...] = ()
    notebook: str = ""
    isolated: bool = False
    seconds: float = 0.0

    @property
    def points(self) -> float:
        """Full points, those to be given by hand included."""
        return sum(score.points for score in self.scores)

    @property
    def earned(self) -> float:
        """Points earned so far, without those to be given by hand."""
        return sum(score.earned or 0.0 for score in self.scores)

    @property
    def open_points(self) -> float:
        """Points that a person has yet to give."""
        return sum(score.points for score in self.scores if score.earned is None)

    def to_json(self) -> str:
        """Return the result as JSON text."""
        return json.dumps(asdict(self), ensure_ascii=False)

    @classmethod
    def from_json(cls, text: str) -> Result:
        """Read what `to_json` wrote; raise ValueError if it is something else."""
        try:
            found = json.loads(text)
            found["scores"] = tuple(Score(**score) for score in found["scores"])
            found["verdicts"] = tuple(_verdict(verdict) for verdict in found["verdicts"])
            found["notes"], found["unanswered"] = tuple(found["notes"]), tuple(found["unanswered"])
            return cls(**{field.name: found[field.name] for field in fields(cls)})
        except (KeyError, TypeError, json.JSONDecodeError) as error:
            raise ValueError(f"Expected a stored result, found something else ({error}).") from None


@dataclass(frozen=True)
class Left:
    """Something that was handed in and could not be taken: whose, what (as it can be shown), and why."""

    student: str
    name: str
    why: str


def _verdict(found: dict) -> Verdict:
    parts = tuple(PartVerdict(**{**part, "says": tuple(part["says"])}) for part in found["parts"])
    return Verdict(found["exercise"], found["title"], parts, found["printed"], tuple(found.get("notes", ())))
