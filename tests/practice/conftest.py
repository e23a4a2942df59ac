"""A record of its own for each test, and a place outside any grading."""

import pytest

from autograder.practice.record import Record


@pytest.fixture(autouse=True)
def record(tmp_path, monkeypatch) -> Record:
    """The learner's record, in a folder of this test."""
    path = tmp_path / "work" / "progress.json"
    monkeypatch.setenv("AUTOGRADER_PROGRESS", str(path))
    monkeypatch.delenv("NBGRADER_EXECUTION", raising=False)
    return Record(path)
