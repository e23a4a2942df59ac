"""The notebook of the tiny course, in a module of its own: folders of tests have conftests, and all are named so."""

from __future__ import annotations

from pathlib import Path

from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook

ROOT = Path(__file__).resolve().parent.parent
SCORES = 'def scores(query, key):\n    """Return one score a key."""\n    {}'
DISTRIBUTION = "def distribution(scores):\n    {}"
RIGHT = {
    "scores": SCORES.format("return key @ query"),
    "distribution": DISTRIBUTION.format(
        "powers = np.exp(scores - np.max(scores, axis=-1, keepdims=True))\n"
        "    return powers / powers.sum(axis=-1, keepdims=True)"
    ),
}


def cell(grade_id: str, source: str, kind: str = "code", **about):
    """Make a cell that nbgrader knows."""
    make = new_code_cell if kind == "code" else new_markdown_cell
    known = {"grade": False, "solution": False, "locked": False, "task": False, **about}
    metadata = {"nbgrader": {"schema_version": 3, "grade_id": grade_id, "cell_type": kind, **known}}
    return make(source, id=grade_id, metadata=metadata)


def answer(name: str):
    """Make an answer cell whose body is the right one, between solution marks."""
    head, body = RIGHT[name].rsplit("\n    ", 1) if name == "scores" else RIGHT[name].split("\n", 1)
    body = body if body.startswith("    ") else f"    {body}"
    marked = f"{head}\n    ### BEGIN SOLUTION\n{body}\n    ### END SOLUTION"
    return cell(name, marked, solution=True)


def tiny_notebook():
    """Make a source notebook with two checked answers, one plain assert and one question in words."""
    cells = [
        new_markdown_cell("# A tiny lesson", id="title"),
        new_code_cell("import numpy as np\nfrom autograder.practice import check", id="imports"),
        cell("scores-task", "Write `scores`.", "markdown", locked=True),
        answer("scores"),
        cell("scores-check", 'check("scores")', grade=True, locked=True, points=2),
        answer("distribution"),
        cell("distribution-check", 'check("distribution")', grade=True, locked=True, points=3),
        new_code_cell("print(1 + 1)", id="demo"),
        cell("double", "def double(x):\n    ### BEGIN SOLUTION\n    return 2 * x\n    ### END SOLUTION", solution=True),
        cell(
            "double-test",
            "assert double(2) == 4\n### BEGIN HIDDEN TESTS\nassert double(3) == 6\n### END HIDDEN TESTS",
            grade=True,
            locked=True,
            points=1,
        ),
        cell("words", "The target asks.", "markdown", grade=True, solution=True, points=3),
    ]
    return new_notebook(
        cells=cells,
        metadata={"kernelspec": {"name": "python3", "display_name": "Python 3 (ipykernel)", "language": "python"}},
    )
