"""A notebook's file, read only: which cells it has, and what is said of them."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class FileCell:
    """One cell of a notebook's file; `name` is nbgrader's id of it, else its own."""

    name: str
    kind: str
    source: str
    tags: tuple[str, ...]
    is_answer: bool


def cells_of(path: Path) -> list[FileCell]:
    """Return the cells of a notebook; none if it cannot be read."""
    try:
        return [_cell(cell) for cell in json.loads(path.read_text("utf-8"))["cells"]]
    except (OSError, ValueError, LookupError, TypeError, AttributeError, RecursionError):
        return []


def _cell(cell: dict) -> FileCell:
    about = cell["metadata"].get("nbgrader", {})
    tags = tuple(str(tag) for tag in cell["metadata"].get("tags", ()))
    name = about.get("grade_id") or cell.get("id", "")
    return FileCell(name, cell["cell_type"], "".join(cell["source"]), tags, bool(about.get("solution")))
