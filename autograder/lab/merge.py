"""What a person wrote in a notebook, told apart from what was given, and put into a corrected version of it."""

from __future__ import annotations

import copy
import json
from typing import Any

Cell = dict[str, Any]


class Unreadable(Exception):
    """A file is no notebook of format 4."""


def same_text(one: bytes, other: bytes) -> bool:
    """Tell whether two files say the same; of two notebooks outputs, counters and metadata of editors do not count."""
    if one == other:
        return True
    try:
        return _said(_read(one)) == _said(_read(other))
    except Unreadable:
        return False


def joined(own: bytes, base: bytes, fresh: bytes) -> tuple[str, list[str]]:
    """Put what `own` says otherwise than `base` into `fresh`, with the outputs of all cells whose text stays.

    Return the notebook's text, and the ids of the cells that `fresh`, too, says otherwise than `base`: there the
    text of `own` stands. Cells added by hand keep their place. Raise Unreadable if one of the three is no notebook.
    """
    mine, old, notebook = _by_id(_read(own)), _by_id(_read(base)), _read(fresh)
    given, both = {cell.get("id") for cell in notebook["cells"]}, []
    added = _added(_read(own), old, given)
    cells = added.get(None, [])
    for cell in notebook["cells"]:
        name = cell.get("id")
        if name in mine and mine[name]["cell_type"] == cell["cell_type"]:
            before = _source(old[name]) if name in old else None
            if _source(mine[name]) != before and not _locked(cell):
                if before != _source(cell) != _source(mine[name]):
                    both.append(name)
                cell["source"] = mine[name]["source"]
            if cell["cell_type"] == "code" and _source(cell) == _source(mine[name]):
                cell["outputs"] = mine[name].get("outputs", [])
                cell["execution_count"] = mine[name].get("execution_count")
        cells += [cell, *added.get(name, ())]
    notebook["cells"] = cells
    return json.dumps(notebook, ensure_ascii=False, indent=1, sort_keys=True) + "\n", both


def _added(own: dict[str, Any], old: dict[str, Cell], given: set[str]) -> dict[str | None, list[Cell]]:
    """Return what a person added, or wrote in a cell that is given no more, by the given cell that it comes after."""
    found: dict[str | None, list[Cell]] = {}
    place = None
    for cell in own["cells"]:
        name = cell.get("id")
        if name in given:
            place = name
        elif name not in old or _source(cell) != _source(old[name]):
            cell = copy.deepcopy(cell)
            cell.get("metadata", {}).pop("nbgrader", None)
            found.setdefault(place, []).append(cell)
    return found


def _read(data: bytes) -> dict[str, Any]:
    try:
        notebook = json.loads(data.decode("utf-8-sig"))
    except (UnicodeDecodeError, ValueError, RecursionError):
        raise Unreadable from None
    cells = notebook.get("cells") if isinstance(notebook, dict) else None
    if not isinstance(cells, list) or not all(isinstance(cell, dict) and "cell_type" in cell for cell in cells):
        raise Unreadable
    return notebook


def _by_id(notebook: dict[str, Any]) -> dict[str, Cell]:
    return {cell["id"]: cell for cell in reversed(notebook["cells"]) if "id" in cell}  # the first of two counts


def _said(notebook: dict[str, Any]) -> list[Any]:
    said = []
    for cell in notebook["cells"]:
        about = cell.get("metadata", {})
        files = {
            name: {kind: _text(data) for kind, data in file.items()}
            for name, file in cell.get("attachments", {}).items()
        }
        said.append(
            (cell.get("id"), cell["cell_type"], _source(cell), files, about.get("nbgrader"), about.get("tags", []))
        )
    return said


def _source(cell: Cell) -> str:
    return _text(cell.get("source", ""))


def _text(value: Any) -> str:
    return "".join(value) if isinstance(value, list) else str(value)


def _locked(cell: Cell) -> bool:
    return bool(cell.get("metadata", {}).get("nbgrader", {}).get("locked"))
