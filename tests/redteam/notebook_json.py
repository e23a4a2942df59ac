"""Class D: the notebook's JSON."""

from __future__ import annotations

import copy
import json
from typing import Any

from .attack import DOUBLE, FULL, HONEST, NOTHING, RIGHT, SCORES, WRONG, Attack, Notebook, text_cell, twin

_WRONG = {"scores": "pass" + WRONG}


def _edit(name: str, tries: str, edit, **more: Any) -> Attack:
    return Attack(name, tries, **{"answers": _WRONG, **more}, edit=edit)


def _unreadable(name: str, tries: str, whole, **more: Any) -> Attack:
    return Attack(name, tries, whole=whole, earns=NOTHING, status="unreadable", **more)


def _tags(*tags: str):
    def edit(content: Notebook) -> None:
        for cell in content["cells"]:
            cell["metadata"]["tags"] = list(tags)

    return edit


def _about(**changes: Any):
    def edit(content: Notebook) -> None:
        for cell in content["cells"]:
            if "nbgrader" in cell["metadata"]:
                cell["metadata"]["nbgrader"].update(changes)

    return edit


def _prefilled(content: Notebook) -> None:
    for cell in content["cells"]:
        if cell["cell_type"] == "code":
            cell["execution_count"] = 1
            cell["outputs"] = [
                {"output_type": "execute_result", "data": {"text/plain": "2.0"}, "metadata": {}, "execution_count": 1}
            ]


def _changed_tests(content: Notebook) -> None:
    text_cell(content, "scores-check")["source"] = "2.0"
    text_cell(content, "double-test")["source"] = "pass"


def _deleted_tests(content: Notebook) -> None:
    content["cells"] = [cell for cell in content["cells"] if not cell["id"].endswith(("-check", "-test"))]


def _swapped(content: Notebook) -> None:
    first, second = text_cell(content, "scores-check"), text_cell(content, "double-test")
    first["metadata"], second["metadata"] = second["metadata"], first["metadata"]
    first["id"], second["id"] = second["id"], first["id"]


def _answers_swapped(content: Notebook) -> None:
    first, second = text_cell(content, "scores"), text_cell(content, "distribution")
    first["metadata"], second["metadata"] = second["metadata"], first["metadata"]
    first["id"], second["id"] = second["id"], first["id"]


def _duplicated(content: Notebook) -> None:
    check = text_cell(content, "distribution-check")
    content["cells"] += [copy.deepcopy(check) for _ in range(5)]


def _check_as_answer(content: Notebook) -> None:
    """The check of what is right stands under the id of what is wrong."""
    text_cell(content, "distribution-check")["metadata"]["nbgrader"]["grade_id"] = "scores-check"


def _own_check(content: Notebook) -> None:
    about = {"schema_version": 3, "grade_id": "extra-check", "grade": True, "locked": True, "solution": False,
             "task": False, "points": 1000, "cell_type": "code"}  # fmt: skip
    content["cells"].append({"cell_type": "code", "id": "extra", "source": 'check("attention")', "outputs": [],
                             "metadata": {"nbgrader": about}, "execution_count": None})  # fmt: skip


def _other_kernel(content: Notebook) -> None:
    content["metadata"] = {
        "kernelspec": {"name": "bash", "display_name": "x", "language": "bash"},
        "language_info": {"name": "../../etc/passwd", "codemirror_mode": {"name": "<script>"}},
        "widgets": {"application/vnd.jupyter.widget-state+json": {"state": "x" * 1000}},
        "celltoolbar": "Create Assignment", "jupytext": {"formats": "ipynb,py"}, "nbgrader": {"points": 1000},
    }  # fmt: skip


def _answers_last(content: Notebook) -> None:
    """Right answers of another name, and one that is defined after its check ran."""
    content["cells"].append({"cell_type": "code", "id": "late", "source": SCORES, "metadata": {}, "outputs": [],
                             "execution_count": None})  # fmt: skip


def _odd_cells(content: Notebook) -> None:
    content["cells"][1:1] = [
        None, 5, "text", [], {}, {"cell_type": 5, "source": {"a": 1}}, {"cell_type": "heading", "source": "x"},
        {"cell_type": "code", "source": ["a = 1\n", None, 5, "\ud800"], "metadata": []},
        {"cell_type": "code", "source": "\x00", "id": "../../x", "metadata": {"nbgrader": "x"}},
        {"cell_type": "raw", "source": "x", "id": 7, "metadata": {"nbgrader": {"grade_id": ["scores"]}}},
    ]  # fmt: skip


def _deep(content: Notebook) -> bytes:
    return b'{"cells": ' + b"[" * 200_000 + b"]" * 200_000 + b"}"


def _deep_metadata(content: Notebook) -> bytes:
    text = json.dumps(content)
    return text.replace('"metadata": {', '"metadata": {"deep": ' + "[" * 900 + "]" * 900 + ", ", 1).encode()


ATTACKS = (
    _edit("skip-execution", "Tags every cell, locked ones too, to be skipped.", _tags("skip-execution")),
    _edit("practice-tag", "Tags every cell as practice, which grading does not run.", _tags("practice", "remove-cell")),
    _edit("raises-exception-tag", "Tags every cell as one that may fail.", _tags("raises-exception", "nbval-skip")),
    _edit(
        "old-schema",
        "Says that its metadata is of an old schema, on which nbgrader stops the class.",
        _about(schema_version=1),
    ),
    _edit("future-schema", "Says that its metadata is of a schema to come.", _about(schema_version=99)),
    _edit("changed-points", "Gives itself a thousand points a cell.", _about(points=1000)),
    _edit("not-a-number-points", "Gives itself NaN points.", _about(points=float("nan"))),
    _edit("unlocked", "Says that nothing is locked and everything is an answer.", _about(locked=False, solution=True)),
    _edit("not-graded-flags", "Says that nothing is graded.", _about(grade=False, locked=False)),
    _edit("prefilled-outputs", "Brings outputs with full points in every cell.", _prefilled),
    _edit("changed-tests", "Changes the text of the tests.", _changed_tests),
    _edit("deleted-tests", "Deletes all tests.", _deleted_tests),
    _edit("swapped-tests", "Swaps the ids of two tests.", _swapped),
    _edit(
        "swapped-answers",
        "Swaps the ids of two answers, so that one is there only after its check.",
        _answers_swapped,
        answers={},
    ),
    _edit("duplicated-test", "Hands in a test six times that it passes.", _duplicated),
    _edit("borrowed-test", "Puts the id of a test it fails on one that it passes.", _check_as_answer),
    _edit("extra-test", "Adds a graded cell of its own that is worth a thousand points.", _own_check),
    _edit("other-kernel", "Asks for another kernel and language.", _other_kernel),
    _edit("answer-after-check", "Answers only after the check.", _answers_last),
    _edit("odd-cells", "Has cells that are no cells.", _odd_cells),
    _edit(
        "cell-in-cell",
        "Puts a notebook's cell into the source of another.",
        lambda content: content["cells"].insert(
            3, {"cell_type": "code", "source": {"cells": content["cells"][4]}, "metadata": {}}
        ),
    ),
    Attack(
        "answer-as-markdown",
        "Turns its answer into a text cell and its words into code.",
        answers={**_WRONG, "words": "2.0"},
        edit=lambda content: [
            text_cell(content, name).update(cell_type=kind)
            for name, kind in (("double", "markdown"), ("words", "code"))
        ],
        earns={**HONEST, "words": None},
    ),
    Attack(
        "null-bytes",
        "Has null bytes and control characters in its code.",
        answers={"scores": "x = '\x00\x01\x1b[31m'" + WRONG},
    ),
    _unreadable("deep-metadata", "Nests its metadata 900 deep.", _deep_metadata),
    _unreadable("deep-nesting", "Nests its cells 200,000 deep.", _deep),
    _unreadable(
        "thousands-of-cells",
        "Has 3,000 cells.",
        lambda content: json.dumps(
            {
                **content,
                "cells": [
                    *content["cells"],
                    *({"cell_type": "code", "source": "1", "metadata": {}} for _ in range(3000)),
                ],
            }
        ).encode(),
        dangerous=True,
    ),
    _unreadable(
        "huge-number",
        "Holds a number of a million digits.",
        lambda content: b'{"cells": [], "x": ' + b"9" * 1_000_000 + b"}",
    ),
    _unreadable("no-notebook", "Is a page of HTML.", lambda content: b"<!DOCTYPE html><script>alert(1)</script>"),
    _unreadable("null-notebook", "Is the word null.", lambda content: b"null"),
    _unreadable("cells-as-text", "Has a text for its cells.", lambda content: b'{"cells": "scores-check"}'),
)


def _as_lines(content: Notebook) -> None:
    for cell in content["cells"]:
        cell["source"] = cell["source"].splitlines(keepends=True)


def _no_ids(content: Notebook) -> None:
    content["nbformat_minor"] = 4
    for cell in content["cells"]:
        del cell["id"]


def _extra_cells(content: Notebook) -> None:
    mine = [
        {"cell_type": kind, "source": text, "metadata": {}}
        for kind, text in (
            ("code", ""),
            ("markdown", "# My notes"),
            ("code", "import math\nhelper = math.sqrt"),
            ("raw", "raw"),
        )
    ]
    content["cells"][2:2] = mine
    content["cells"] += reversed([dict(cell) for cell in mine])


def _with(kind: str, text: str):
    return lambda content: content["cells"].append({"cell_type": kind, "source": text, "metadata": {}})


TWINS = (
    twin("thirty-megabytes", "Has 30 MB of markdown.", edit=_with("markdown", "x" * (30 << 20)), dangerous=True),
    twin("long-cell", "Has a cell of a million characters.", edit=_with("code", "#" * 1_000_000)),
    twin(
        "format-3",
        "Is a notebook of an old format.",
        whole=lambda content: json.dumps({"nbformat": 3, "worksheets": [{"cells": content["cells"]}]}).encode(),
    ),
    twin("utf-16", "Is written in another encoding.", whole=lambda content: json.dumps(content).encode("utf-16")),
    twin("sources-as-lines", "Stores its sources as lists of lines, as Jupyter does.", edit=_as_lines),
    twin("no-cell-ids", "Was saved by an older Jupyter, without cell ids.", edit=_no_ids),
    twin(
        "extra-cells",
        "Has empty cells, notes and a helper of its own.",
        edit=_extra_cells,
        earns={**FULL, "words": None},
    ),
    twin(
        "own-metadata",
        "Was saved with folded cells, timings and another kernel's name.",
        edit=lambda content: [
            content["metadata"].update(kernelspec={"name": "conda-env", "display_name": "x", "language": "python"}),
            *(
                cell["metadata"].update(collapsed=True, execution={"iopub.status.busy": "2026"})
                for cell in content["cells"]
            ),
        ],
    ),
    twin("with-outputs", "Was saved with its outputs.", edit=_prefilled),
    twin("a-deleted-test", "Lost a test cell by mistake.", edit=_deleted_tests),
    twin(
        "a-duplicated-answer",
        "Copied the cell of its answer.",
        edit=lambda content: content["cells"].append(copy.deepcopy(text_cell(content, "double"))),
    ),
    twin(
        "answers-moved",
        "Moved all its definitions to the top.",
        edit=lambda content: content["cells"].sort(
            key=lambda cell: not (cell["id"] in ("title", "imports") or cell["id"] in RIGHT)
        ),
    ),
    twin(
        "answers-and-more",
        "Writes a helper and a test of its own into the cell of its answer.",
        answers={"double": DOUBLE + "\n\nassert double(4) == 8\nprint(double(1))"},
    ),
    twin("unusual-characters", "Uses letters of all the world.", answers={"scores": "größe = 'λ 注意 🙂'\n" + SCORES}),
)
