"""Results made by hand: what reports are made from, without a kernel."""

from __future__ import annotations

import base64
import struct
import zlib
from dataclasses import replace

import nbformat
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output

from autograder.exercise.result import Result, Score
from autograder.exercise.vocabulary import PartVerdict, Verdict
from autograder.reports.standing import Standing


def chunk(kind, data):
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def png(*extra, width=1, height=1):
    """Return a picture of one grey dot as base64, with extra chunks before its end."""
    head = chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0))
    body = chunk(b"IDAT", zlib.compress(b"\0\x80"))
    return base64.b64encode(
        b"\x89PNG\r\n\x1a\n" + head + body + b"".join(chunk(*each) for each in extra) + chunk(b"IEND", b"")
    ).decode()


def verdict(name, earned=(1.0, 1.0), misconception="", says=(), **about):
    """Return a verdict on two parts of a point each."""
    parts = [
        PartVerdict(f"part {number}", 1.0, points, "right" if points else "wrong")
        if points
        else PartVerdict(f"part {number}", 1.0, 0.0, "wrong", tuple(says), misconception, **about)
        for number, points in enumerate(earned, 1)
    ]
    return Verdict(name, f"The title of {name}", tuple(parts))


def cell(grade_id, source, *outputs, kind="code", **about):
    """Return a cell that nbgrader knows."""
    known = {"schema_version": 3, "grade_id": grade_id, "cell_type": kind, "locked": False, "task": False}
    metadata = {"nbgrader": {**known, "grade": False, "solution": False, **about}}
    make = new_code_cell if kind == "code" else new_markdown_cell
    made = make(source, id=grade_id, metadata=metadata)
    if kind == "code":
        made.outputs = list(outputs)
    return made


def error(name, message):
    return new_output("error", ename=name, evalue=message, traceback=["secret traceback"])


def submission(student="ada", *, wrong="", says=(), answer="def mix(x):\n    return x", shown=(), **about):
    """Return a graded result of two questions: one examined, one in words; `wrong` names a misconception."""
    found = verdict("mix", (1.0, 0.0), wrong, says) if wrong or says else verdict("mix")
    cells = [
        new_markdown_cell("# A *small* lesson", id="title"),
        cell("mix", answer, *shown, solution=True),
        cell("mix-check", 'check("mix")', grade=True, locked=True, points=2),
        new_markdown_cell("### Exercise: in words", id="words-task"),
        cell("words", "Because.", kind="markdown", grade=True, solution=True, points=3),
    ]
    fields = {
        "scores": (Score("mix-check", 2.0, found.earned), Score("words", 3.0, None)),
        "verdicts": (found,),
        "notebook": nbformat.writes(new_notebook(cells=cells), version=4),
        "isolated": True,
        "seconds": 0.5,
        "lesson": "01_small",
        "status": "graded",
    }
    return Result(student, **{**fields, **about})


def standing(student="ada", **about):
    """Return a graded result as the gradebook has it, with nothing added to it."""
    return Standing(submission(student, **about))


def changed(standing, **about):
    """Return a standing of which the result is another."""
    return replace(standing, result=replace(standing.result, **about))
