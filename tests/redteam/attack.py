"""The vocabulary: one attack or twin, as data."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

CLASSES = {
    "A": "forging in the kernel",
    "B": "reading the answers",
    "C": "files beside the notebook",
    "D": "notebook JSON",
    "E": "reaching beyond the submission",
    "F": "exhausting the machine",
    "G": "feedback pages",
    "H": "help for odd notebooks, abused",
}

SCORES = 'def scores(query, key):\n    """Return one score a key."""\n    return key @ query'
DISTRIBUTION = (
    "def distribution(scores):\n"
    "    powers = np.exp(scores - np.max(scores, axis=-1, keepdims=True))\n"
    "    return powers / powers.sum(axis=-1, keepdims=True)"
)
DOUBLE = "def double(x):\n    return x + x"
RIGHT = {"scores": SCORES, "distribution": DISTRIBUTION, "double": DOUBLE}
WRONG = "\n\ndef scores(query, key):\n    return np.full(len(key), 7.0)\n"

FULL = {"scores-check": 2.0, "distribution-check": 3.0, "double-test": 1.0, "words": 0.0}
HONEST = {**FULL, "scores-check": 0.0}
NOTHING = dict.fromkeys(FULL, 0.0)

Notebook = dict[str, Any]


@dataclass(frozen=True)
class World:
    """The places that an attack may want to know; its text can name them, too, e.g. @COURSE@."""

    course: Path
    folder: Path  # the submission's own
    places: Mapping[str, str]

    def told(self, text: str) -> str:
        """Return a text with the names of places filled in."""
        for name, place in self.places.items():
            text = text.replace(f"@{name}@", place)
        return text


@dataclass(frozen=True)
class Attack:
    """One submission that tries something, or (twin) only looks as if it did.

    name: also the student's, unless `student` says otherwise. tries: one sentence. answers: texts of answer cells by
    id, right ones where none is given. cells: the learner's own, as (id of the cell before, source). edit: changes
    the notebook's JSON in place. whole: makes the file's bytes instead. files: puts files into the folder.
    earns: the points that the honest part of it deserves. exact: False where the attack may also cost its owner
    what he would have deserved. status: what the submission comes to. dangerous: harms a machine without walls.
    """

    name: str
    tries: str
    answers: Mapping[str, str] = field(default_factory=dict)
    cells: tuple[tuple[str, str], ...] = ()
    edit: Callable[[Notebook], None] | None = None
    whole: Callable[[Notebook], bytes] | None = None
    files: Callable[[World], None] | None = None
    earns: Mapping[str, float] = field(default_factory=lambda: HONEST)
    exact: bool = True
    status: str = "graded"
    student: str = ""
    dangerous: bool = False
    kind: str = ""  # of the class, for the table; set by the module
    twin: bool = False

    @property
    def handle(self) -> str:
        """The student's name."""
        return self.student or self.name


def forging(name: str, tries: str, code: str, **more: Any) -> Attack:
    """An attack in the cell of `scores`, whose answer is wrong: honest points for all but this."""
    return Attack(name, tries, answers={"scores": code + WRONG}, **more)


def twin(name: str, tries: str, **more: Any) -> Attack:
    """Something harmless that must keep its full points."""
    return Attack(name, tries, **{"earns": FULL, **more}, twin=True)


def text_cell(content: Notebook, name: str) -> dict[str, Any]:
    """Return the cell of a notebook with this id."""
    return next(cell for cell in content["cells"] if cell["id"] == name)
