"""How an author says cases: each argument with its axes by name, then the sizes.

    draw = inputs(query=normal("B D"), key=normal("B Tv D"), mask=padding("B Tv"))
    part("a batch", 1, example(query=[[1.0, 2.0]], ...), draw(B=2, Tv=4, D=3), draw(B=5, Tv=(3, 6), D=4))

A size is a number, or a pair (least, most) from which one is drawn for each submission.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from autograder.exercise.vocabulary import Case, Draft, Inputs, Part

Sizes = Mapping[str, int]
Drawn = Callable[[np.random.Generator, Sizes], Any]
Size = int | tuple[int, int]


def part(name: str, points: float, *cases: Case, judge: Callable[[Inputs, Any], str | None] | None = None) -> Part:
    """Return a part of an exercise. Give it a drawn case: one learnt by heart must not earn its points."""
    names = [f"{number}: {case.name}" for number, case in enumerate(cases, 1)]
    return Part(name, points, tuple(replace(case, name=named) for case, named in zip(cases, names)), judge)


def example(**values: Any) -> Case:
    """Return a case to read in a report: nested lists of numbers become arrays, floats of them in float32."""
    return Case("an example", lambda rng: {name: _as_input(value) for name, value in values.items()})


@dataclass(frozen=True)
class Draw:
    """Draws the inputs of a case from a generator and the sizes; call it with sizes for a `Case`."""

    function: Callable[[np.random.Generator, Sizes], Inputs]
    build: Mapping[str, Any] = field(default_factory=dict)

    def __call__(self, again: Mapping[str, Size] | None = None, **sizes: Size) -> Case:
        """Return a case of these sizes; a layer is called once more, on inputs with the sizes in `again`."""
        name = ", ".join(f"{axis} {_written(size)}" for axis, size in sizes.items())
        return Sized(name, lambda rng: self.draft(rng, sizes, again or {}).inputs, source=(self, sizes, again or {}))

    def then(self, change: Callable[[np.random.Generator, Inputs], Inputs]) -> Draw:
        """Return a draw whose inputs are changed afterwards, e.g. to make one of them depend on another."""
        return replace(self, function=lambda rng, sizes: change(rng, self.function(rng, sizes)))

    def draft(self, rng: np.random.Generator, sizes: Mapping[str, Size], again: Mapping[str, Size]) -> Draft:
        """Draw the sizes that are ranges, then the inputs, then those of the second call."""
        found = _drawn(rng, sizes)
        arguments = {
            name: found.get(value, value) if isinstance(value, str) else value for name, value in self.build.items()
        }
        first = Draft(self.function(rng, found), arguments, found)
        others = {**found, **_drawn(rng, again)}
        return replace(first, again=Draft(self.function(rng, others), arguments, others))


@dataclass(frozen=True)
class Sized(Case):
    """A case whose sizes are known by name: `source` is the draw, the sizes, and those of a second call."""

    source: tuple[Draw, Mapping[str, Size], Mapping[str, Size]] | None = None

    def draft(self, rng: np.random.Generator) -> Draft:
        """Return what this case comes to with a generator."""
        draw, sizes, again = self.source
        return draw.draft(rng, sizes, again)


def inputs(build: Mapping[str, Any] | None = None, **arguments: Drawn) -> Draw:
    """Return a draw of these arguments, in the order of the task's signature.

    `build` are a layer's constructor arguments: the name of a size ("U"), or a value.
    """
    return Draw(lambda rng, sizes: {name: draw(rng, sizes) for name, draw in arguments.items()}, build or {})


# --- what an argument may be ----------------------------------------------------------------------------


def normal(axes: str) -> Drawn:
    """Draw float32 numbers from a standard normal distribution, one axis for each name: normal("B Tv D")."""
    return lambda rng, sizes: rng.standard_normal(lengths(axes, sizes)).astype(np.float32)


def uniform(axes: str, least: float = 0.0, most: float = 1.0) -> Drawn:
    """Draw float32 numbers evenly between two."""
    return lambda rng, sizes: rng.uniform(least, most, lengths(axes, sizes)).astype(np.float32)


def shares(axes: str) -> Drawn:
    """Draw weights that are positive and sum to one along the last axis, in float32."""

    def draw(rng: np.random.Generator, sizes: Sizes) -> np.ndarray:
        powers = np.exp(rng.standard_normal(lengths(axes, sizes)))
        return (powers / powers.sum(axis=-1, keepdims=True)).astype(np.float32)

    return draw


def whole(axes: str, least: int, most: int | str, dtype: type = np.int64) -> Drawn:
    """Draw an array of whole numbers from `least` up to, not including, `most`: a number or the name of a size."""
    return lambda rng, sizes: rng.integers(least, sizes.get(most, most), lengths(axes, sizes)).astype(dtype)


def padding(axes: str) -> Drawn:
    """Draw a mask (batch, length), True for real items: each row keeps at least one and pads at least one."""

    def draw(rng: np.random.Generator, sizes: Sizes) -> np.ndarray:
        batch, length = lengths(axes, sizes)
        keep = rng.integers(1, length, size=batch)
        keep[:2] = (length - 1, 1)[: len(keep)]  # rows that differ, so that a mask applied to the wrong row shows
        return np.arange(length) < keep[:, None]

    return draw


def all_real(axes: str) -> Drawn:
    """Return a mask that is True everywhere."""
    return lambda rng, sizes: np.ones(lengths(axes, sizes), bool)


def size(name: str) -> Drawn:
    """Return a size itself, where the task takes one as an argument."""
    return lambda rng, sizes: sizes[name]


def one_of(*values: Any) -> Drawn:
    """Draw one of these values."""
    return lambda rng, sizes: values[rng.integers(len(values))]


def constant(value: Any) -> Drawn:
    """Return a value that is always the same; lists of numbers become arrays."""
    return lambda rng, sizes: _as_input(value)


def lengths(axes: str, sizes: Sizes) -> tuple[int, ...]:
    """Return the lengths of axes such as "B 3*U 7", by their sizes; raise KeyError for one that has none."""
    return tuple(_length(axis, sizes) for axis in axes.split())


def _length(axis: str, sizes: Sizes) -> int:
    found = 1
    for factor in axis.split("*"):
        found *= int(factor) if factor.isdigit() else sizes[factor]
    return found


def _drawn(rng: np.random.Generator, sizes: Mapping[str, Size]) -> dict[str, int]:
    return {
        axis: size if isinstance(size, int) else int(rng.integers(size[0], size[1] + 1)) for axis, size in sizes.items()
    }


def _written(size: Size) -> str:
    return str(size) if isinstance(size, int) else f"{size[0]} to {size[1]}"


def _as_input(value: Any) -> Any:
    """Return a nested list of numbers as an array, floats in float32; anything else as it is."""
    if not isinstance(value, (list, np.ndarray)):
        return value
    try:
        array = np.asarray(value)
    except ValueError:  # rows of different lengths
        return value
    if array.dtype.kind == "f":
        return array.astype(np.float32)
    return array if array.dtype.kind in "biu" else value
