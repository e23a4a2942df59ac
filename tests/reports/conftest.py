"""A class that every report is tried on."""

from __future__ import annotations

import pytest
from made import submission

from autograder.exercise.result import Result, Score
from autograder.reports.standing import Standing


@pytest.fixture
def results():
    """A class of six: two all right, two with the same mistake, one unreadable, one that the machine failed on."""
    mixed_up = {"wrong": "mixed up", "says": ("You `mixed` them up.",)}
    nothing = (Score("mix-check", 2.0, 0.0), Score("words", 3.0, 0.0))
    found = [
        submission("eve", **mixed_up),
        submission("ada"),
        submission("bob", notes=("The cell mix was there more than once.",)),
        submission("cid", **mixed_up),
        Result("dan", "01_small", "unreadable", "The file is not a notebook. Save it again.", nothing),
        Result("fay", "01_small", "not graded", "OSError: no space left on device", nothing),
    ]
    return [Standing(result) for result in found]
