"""The vocabulary of the course: what an exercise is, and what can be said of an answer to it."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

Inputs = dict[str, Any]
Function = Callable[..., Any]


@dataclass(frozen=True)
class Draft:
    """What a case came to for one seed: the inputs by argument name, and for a layer what builds it.

    `sizes` are the lengths of the named axes, from which a layer's weights get their shapes; `again` is what the
    same layer is called on next.
    """

    inputs: Inputs
    arguments: Inputs = field(default_factory=dict)
    sizes: Mapping[str, int] = field(default_factory=dict)
    again: Draft | None = None


@dataclass(frozen=True)
class Case:
    """One question put to an answer: `draw` takes a seeded generator and returns the inputs by argument name.

    `arguments` build a layer (how="layer").
    """

    name: str
    draw: Callable[[np.random.Generator], Inputs]
    arguments: Inputs = field(default_factory=dict)

    def draft(self, rng: np.random.Generator) -> Draft:
        """Return what this case comes to with a generator; a layer is called twice."""
        return Draft(self.draw(rng), self.arguments, {}, Draft(self.draw(rng), self.arguments))


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
    NAME-check; a module of its own gives it the module's name. `reference` is independent of the lesson's code; its
    parameters are the task's, in the task's order, and arrays of floats reach it and the misconceptions in float64.
    A layer (how="layer") is called by keyword; its reference also takes `weights`, by path, and the arguments that
    build the layer. `weights` says which weights the task fixes: {"query_dense.kernel": "D U"}, path and axes, or a
    function (rng, inputs, **arguments) that draws them.

    `right` are further right answers, written differently. Entries within `tolerance`, relative to the entry, are
    equal; `normalise` first maps outputs that mean the same onto one. With `apart`, inputs are drawn again until
    they tell every misconception from the reference and from each other.
    """

    title: str
    difficulty: int  # 1 to 5
    importance: int  # 1 to 5
    minutes: int
    parts: tuple[Part, ...]
    reference: Function
    misconceptions: tuple[Misconception, ...]
    right: tuple[Function, ...]
    hints: tuple[str, ...]
    name: str = ""
    properties: tuple[Property, ...] = ()
    unseen: tuple[Unseen, ...] = ()
    how: str = "call"
    tensors: bool = False  # do arrays arrive as TensorFlow tensors?
    weights: Function | Mapping[str, str] | None = None
    tolerance: float = 1e-4
    seconds: float = 10.0
    normalise: Function | None = None
    reveal: bool = True  # may a report show the expected output? Not where it is the whole answer.
    apart: bool = True
    read: tuple[str, ...] = ()  # of lessons not yet converted; nobody reads it

    @property
    def points(self) -> float:
        """Full points: the sum over the parts."""
        return sum(part.points for part in self.parts)

    @property
    def order(self) -> tuple[str, ...]:
        """The names of the reference's parameters, in the order of the task's signature."""
        return tuple(inspect.signature(self.reference).parameters)

    @property
    def line(self) -> str:
        """The line below the task's heading: difficulty, importance, minutes and points."""
        dots = ("●" * n + "○" * (5 - n) for n in (self.difficulty, self.importance))
        minutes = f"{self.minutes} minute{'s' * (self.minutes != 1)}"
        return "difficulty {} · importance {} · ".format(*dots) + (
            f"{minutes} · {self.points:g} point{'s' * (self.points != 1)}"
        )


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
    """What was found of an answer: one entry a part, what the answer printed, and what costs no points but is told."""

    exercise: str
    title: str
    parts: tuple[PartVerdict, ...]
    printed: str = ""
    notes: tuple[str, ...] = ()

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
