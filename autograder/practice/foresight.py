"""What of an answer works in this notebook and will not where it is graded."""

from __future__ import annotations

import dis
import os
import sys
from collections.abc import Iterator, Mapping
from importlib import metadata
from pathlib import Path
from types import CodeType, ModuleType
from typing import Any

from autograder.practice.history import Cell
from autograder.practice.notebook import cells_of

PRACTICE = "practice"  # the tag of cells that are not run as a whole when a submission is graded
_PACKAGE = "attention-course"
_DEEP = 20  # functions that an answer calls, which call functions, and so on


def foreseen(name: str, namespace: Mapping[str, Any], cells: list[Cell]) -> list[str]:
    """Return a sentence for each thing that the answer called `name` needs and grading will not have."""
    used = _Used(namespace)
    used.follow(namespace.get(name))
    notes = []
    if "input" in used.names and "input" not in namespace:
        notes.append(
            f"`{name}` calls `input()`, and where it is graded nobody is there to type: take what you need from the "
            "arguments."
        )
    for library in _not_where_graded(used.libraries):
        notes.append(
            f"`{name}` uses the library `{library}`, which is not one of the course's: where it is graded it is "
            "probably not installed. Write it without."
        )
    for helper in _only_practised(used.names, cells):
        notes.append(
            f"`{name}` uses `{helper}` from a cell that is only for practice and is not run as a whole where it is "
            f"graded: move `{helper}` into the answer's cell."
        )
    return notes


class _Used:
    """The global names and the libraries that a function uses, itself or in the notebook's functions that it calls."""

    def __init__(self, namespace: Mapping[str, Any]) -> None:
        self.namespace = namespace
        self.names: set[str] = set()
        self.libraries: set[str] = set()

    def follow(self, target: Any) -> None:
        """Add what a function or class uses."""
        waiting, seen = [target], set()
        while waiting and len(seen) < _DEEP:
            one = waiting.pop()
            if id(one) in seen or one is None:
                continue
            seen.add(id(one))
            for code in _codes(one):
                for name, is_import in _named(code):
                    if is_import:
                        self.libraries.add(name.split(".")[0])
                        continue
                    self.names.add(name)
                    found = self.namespace.get(name)
                    home = found.__name__ if isinstance(found, ModuleType) else getattr(found, "__module__", None)
                    if isinstance(home, str) and home == self.namespace.get("__name__"):
                        waiting.append(found)
                    elif isinstance(home, str):
                        self.libraries.add(home.split(".")[0])


def _codes(target: Any) -> Iterator[CodeType]:
    members = vars(target).values() if isinstance(target, type) else [getattr(target, "__wrapped__", target)]
    waiting = [code for member in members if isinstance(code := getattr(member, "__code__", None), CodeType)]
    while waiting:
        code = waiting.pop()
        yield code
        waiting += [each for each in code.co_consts if isinstance(each, CodeType)]


def _named(code: CodeType) -> Iterator[tuple[str, bool]]:
    """Yield each global name that a piece of code reads, and each library that it imports with True."""
    for step in dis.get_instructions(code):
        if step.opname in ("LOAD_GLOBAL", "LOAD_NAME"):
            yield str(step.argval), False
        elif step.opname == "IMPORT_NAME" and step.argval:
            yield str(step.argval), True


def _not_where_graded(libraries: set[str]) -> list[str]:
    """Return the libraries that belong neither to Python nor to what the course installs."""
    strangers = sorted(libraries - set(sys.stdlib_module_names) - {"autograder", "__main__", "builtins"})
    strangers = [each for each in strangers if each not in ("numpy", "tensorflow", "keras", "matplotlib")]
    if not strangers:
        return []  # to ask for all that is installed takes a moment
    try:
        ours, owners = _installed_by_the_course(), metadata.packages_distributions()
    except metadata.PackageNotFoundError:
        return []
    return [each for each in strangers if not {_plain(owner) for owner in owners.get(each, ())} & ours]


def _installed_by_the_course() -> set[str]:
    """Return the distributions that the course asks for, and those that they ask for, and so on.

    Of the course's own extras, `usual` counts: what learners import beside the course's own.
    """
    from packaging.requirements import Requirement

    waiting, found = [(_PACKAGE, "usual")], set()
    while waiting:
        name, extra = waiting.pop()
        if name in found:
            continue
        try:
            wanted = metadata.requires(name) or []
        except metadata.PackageNotFoundError:
            if name == _PACKAGE:
                raise
            wanted = []
        found.add(name)
        for each in map(Requirement, wanted):
            if each.marker is None or each.marker.evaluate({"extra": extra}) or each.marker.evaluate({"extra": ""}):
                waiting.append((_plain(each.name), ""))
    return found


def _plain(name: str) -> str:
    return name.lower().replace("_", "-").replace(".", "-")


def _only_practised(names: set[str], cells: list[Cell]) -> list[str]:
    """Return the names that only practice cells of this notebook define."""
    file = _this_notebook()
    practised = {cell.source.strip() for cell in (cells_of(file) if file else []) if PRACTICE in cell.tags}
    found = []
    for name in sorted(names):
        places = [cell for cell in cells if cell.defines(name) or cell.binds(name)]
        if places and all(cell.text.strip() in practised for cell in places):
            found.append(name)
    return found


def _this_notebook() -> Path | None:
    """Return the file of the notebook that runs, as Jupyter names it, or the lesson's in the current folder."""
    from autograder.practice.lessons import lessons

    named = os.environ.get("JPY_SESSION_NAME", "")
    if named.endswith(".ipynb"):
        file = Path.cwd() / Path(named).name
        if file.is_file():
            return file
    return next((lesson.notebook for lesson in lessons() if lesson.notebook and lesson.name == Path.cwd().name), None)
