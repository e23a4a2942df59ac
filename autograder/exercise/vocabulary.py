"""The vocabulary of the course: what an exercise is, and what can be said of an answer to it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np

Inputs = dict[str, Any]
Function = Callable[..., Any]


@dataclass(frozen=True)
class Case:
    """One question put to an answer.

    `draw` takes a seeded generator and returns the inputs by argument name. Its sizes must tell axes apart:
    no two axes that an answer could swap may be equally long. `arguments` build a layer (how="layer").
    """

    name: str
    draw: Callable[[np.random.Generator], Inputs]
    arguments: Inputs = field(default_factory=dict)


@dataclass(frozen=True)
class Part:
    """A share of an exercise that earns `points` when all its cases are right.

    `judge`, where there is no one right output (a trained model, say), takes the inputs and the plain output
    and returns None if it will do, or one sentence that says what is wrong with it.
    """

    name: str
    points: float
    cases: tuple[Case, ...]
    judge: Callable[[Inputs, Any], str | None] | None = None


@dataclass(frozen=True)
class Misconception:
    """A plausible wrong answer, as code, with the sentence that names it and a hint that does not solve it.

    `answer` takes what the reference takes and returns what someone who believes this would return.
    """

    name: str
    answer: Function
    says: str
    hint: str


@dataclass(frozen=True)
class Property:
    """Something that must hold of any right output; `says` is told to the learner when it does not.

    `holds` takes the inputs and an output that has the expected shape and only finite numbers.
    """

    holds: Callable[[Inputs, np.ndarray], bool]
    says: str


@dataclass(frozen=True)
class Unseen:
    """A change of the inputs that must leave the output as it is, e.g. of what is padding or lies in the future.

    Tried when an answer is wrong and no misconception explains it; `says` is told when the output changes.
    """

    change: Callable[[Inputs], Inputs]
    says: str


@dataclass(frozen=True)
class Exercise:
    """Everything about one exercise, said once.

    `name` is the name of the learner's function or layer, and the stem of its cells: NAME-task, NAME,
    NAME-check. `reference` is independent of the lesson's code and computes in float64; for a layer it also
    takes `weights`, a dict by the paths in `read`; `weights` of the exercise, (rng, inputs, **arguments), draws such
    a dict for the tests. `right` are further right answers, written differently; with the misconceptions, which
    take what the reference takes, they test the exercise itself. Outputs within `tolerance` (relative to the largest
    expected number, at least 1) are equal; `normalise` first maps outputs that mean the same onto one.
    """

    name: str
    title: str
    difficulty: int  # 1 to 5
    importance: int  # 1 to 5
    minutes: int
    parts: tuple[Part, ...]
    reference: Function
    misconceptions: tuple[Misconception, ...]
    right: tuple[Function, ...]
    hints: tuple[str, ...]
    properties: tuple[Property, ...] = ()
    unseen: tuple[Unseen, ...] = ()
    how: str = "call"
    tensors: bool = False
    read: tuple[str, ...] = ()
    weights: Function | None = None
    tolerance: float = 1e-4
    seconds: float = 10.0
    normalise: Function | None = None
    reveal: bool = True  # may a report show the expected output? Not where it is the whole answer.

    @property
    def points(self) -> float:
        """Full points: the sum over the parts."""
        return sum(part.points for part in self.parts)


@dataclass(frozen=True)
class PartVerdict:
    """What was found of one part. `outcome`: "right", "wrong", "not attempted" or "not graded"."""

    name: str
    points: float
    earned: float
    outcome: str
    says: tuple[str, ...] = ()  # what is wrong, most useful sentence first
    misconception: str = ""  # its name, when exactly one explains the output
    hint: str = ""
    inputs: str = ""
    expected: str = ""
    received: str = ""


@dataclass(frozen=True)
class Verdict:
    """What was found of an answer: one entry a part, and what the answer printed."""

    exercise: str
    title: str
    parts: tuple[PartVerdict, ...]
    printed: str = ""

    @property
    def points(self) -> float:
        """Full points."""
        return sum(part.points for part in self.parts)

    @property
    def earned(self) -> float:
        """Points earned."""
        return sum(part.earned for part in self.parts)

    @property
    def outcome(self) -> str:
        """The whole in one word: "right", "partly right", "wrong", "not attempted" or "not graded"."""
        found = {part.outcome for part in self.parts}
        if len(found) == 1:
            return found.pop()
        if "not graded" in found:
            return "not graded"
        return "partly right" if "right" in found else "wrong"
