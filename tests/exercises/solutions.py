"""The course's own answers, taken from the notebooks: what a layer's tests start from."""

from __future__ import annotations

from functools import cache
from typing import Any

import nbformat

from autograder.course import find_course

COURSE = find_course(__file__)


@cache
def names_of(lesson: str) -> dict[str, Any]:
    """Run what a lesson's notebook defines (no cell that only practises or checks), and return its names."""
    import autograder.practice  # noqa: F401 (before TensorFlow: it silences it)

    names: dict[str, Any] = {}
    for cell in nbformat.read(COURSE.notebook(lesson), as_version=4).cells:
        about = cell.metadata.get("nbgrader", {})
        if cell.cell_type == "code" and not about.get("grade") and "practice" not in cell.metadata.get("tags", ()):
            exec(compile(cell.source, f"{lesson}: {cell.id}", "exec"), names)
    return names
