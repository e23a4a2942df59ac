"""Where one cause took many points: who should be looked at first."""

from __future__ import annotations

import re
from collections import Counter

from autograder.exercise.result import Result

_PLACE = re.compile(r" \(in line .*", re.DOTALL)
_MANY = 2  # questions that one cause has to touch


def points_lost_to_one_cause(result: Result) -> tuple[float, str]:
    """Return the most points that one and the same reason took from several questions, and the reason; or 0 and "".

    An answer that was not attempted is no loss of this kind, nor is a mistake with a name.
    """
    lost: Counter[str] = Counter()
    questions: dict[str, set[str]] = {}
    for verdict in result.verdicts:
        for part in verdict.parts:
            if part.outcome == "wrong" and part.says and not part.misconception and not part.received:
                cause = _PLACE.sub("", part.says[0])
                lost[cause] += part.points - part.earned
                questions.setdefault(cause, set()).add(verdict.exercise)
    many = [(points, cause) for cause, points in lost.items() if len(questions[cause]) >= _MANY]
    return max(many, default=(0.0, ""))
