"""Does `nbgrader autograde`, and so formgrader's button, take our road?"""

import logging
import os
import subprocess
import sys
from pathlib import Path

from nbgrader.api import Gradebook

from autograder.grading import nbgrader as road
from autograder.kernels import Wall


def nbgrader(course, *words):
    tools = Path(sys.executable).parent
    environment = {**os.environ, "PATH": f"{tools}{os.pathsep}{os.environ['PATH']}"}
    done = subprocess.run(
        [tools / "nbgrader", *words], cwd=course.root, env=environment, capture_output=True, text=True, timeout=300
    )
    return done.returncode, done.stdout + done.stderr


def test_does_autograde_rebuild_and_examine(tiny_course, hand_in):
    hand_in("ada")
    hand_in("forger", scores="import sys\nsys.displayhook(2.0)\nscores = None")
    hand_in("old")
    path = tiny_course.submitted / "old" / "01_tiny" / "tiny.ipynb"
    path.write_text(path.read_text().replace('"schema_version": 3', '"schema_version": 1'))
    (tiny_course.submitted / "ada" / "01_tiny" / "timestamp.txt").write_text("2026-01-02 03:04:05.678901 UTC")
    status, said = nbgrader(tiny_course, "generate_assignment", "01_tiny")
    assert status == 0, said
    status, said = nbgrader(tiny_course, "autograde", "01_tiny")
    assert status == 0, said
    with Gradebook(f"sqlite:///{tiny_course.work / 'gradebook.db'}", "attention") as gradebook:
        scores = {each.student.id: each.score for each in gradebook.assignment_submissions("01_tiny")}
        assert scores == {"ada": 6, "forger": 4, "old": 6}
        assert gradebook.find_submission("01_tiny", "ada").timestamp.microsecond == 678901


def test_a_machine_that_lacks_a_wall_is_said_so_once(monkeypatch, caplog):
    wall = Wall("network", False, "a connection was made")
    monkeypatch.setattr(road, "isolation", lambda: (wall, Wall("memory", True, "held")))
    log = logging.getLogger("nbgrader-of-this-test")
    road._every_wall_holds.cache_clear()
    assert [road._every_wall_holds(log) for _ in range(2)] == [False, False]
    assert caplog.text.count("Not isolated: network.") == 1 and "memory" not in caplog.text
    road._every_wall_holds.cache_clear()
