"""The same attacks on nbgrader as it comes: a plain course in a throw-away folder, run by a user without rights."""

from __future__ import annotations

import json
import os
import pwd
import secrets
import shutil
import sqlite3
import subprocess
import sys
import tempfile
from dataclasses import replace
from pathlib import Path

import nbformat

from autograder.grading.rebuild import load_lesson

from .attack import Attack
from .feedback_pages import SCRIPT
from .judge import active, points
from .world import LESSON, hand_in, make_course

_CONFIG = """
c = get_config()
c.CourseDirectory.root = {root!r}
c.CourseDirectory.source_directory = "solutions"
c.CourseDirectory.submitted_directory = "work/submitted"
c.CourseDirectory.autograded_directory = "work/autograded"
c.CourseDirectory.feedback_directory = "work/feedback"
c.CourseDirectory.db_url = "sqlite:///{root}/work/gradebook.db"
c.ClearSolutions.code_stub = {{"python": "raise NotImplementedError  # your answer here"}}
c.ClearSolutions.text_stub = "*Double-click and write your answer here.*"
"""
_SECONDS = 90


def try_stock(attacks: list[Attack]) -> dict[str, str]:
    """Return, by attack, what came of it: "FALLS: ...", "lost: ..." or "holds"; about ten seconds each."""
    labels = ("the solution", "a hidden test", "another submission")
    canaries = {label: f"canary{secrets.token_hex(8)}{chr(65 + at) * 4}" for at, label in enumerate(labels)}
    found = {}
    with tempfile.TemporaryDirectory(prefix="stock") as folder:
        course = make_course(Path(folder) / "course", canaries)
        blank = json.loads(nbformat.writes(load_lesson(course, LESSON).notebook, split_lines=False))
        (course.root / "nbgrader_config.py").write_text(_CONFIG.format(root=str(course.root)))
        home = Path(folder) / "home"
        home.mkdir()
        os.chmod(folder, 0o755)
        places = {"COURSE": str(course.root), "OUTSIDE": f"{folder}/outside", "HOME": str(home), "PORT": "9",
                  "PID": "999999", "RUNTIME": str(home), "PACKAGE": "/nonexistent"}  # fmt: skip
        for attack in (one for one in attacks if not one.dangerous):
            try:
                hand_in(course, attack, blank, places)
            except OSError as error:
                found[attack.name] = f"not run: {error}"
                continue
            _give_away(Path(folder))
            if not (course.work / "gradebook.db").exists():
                _nbgrader(course.root, home, "generate_assignment", LESSON, "--create", "--force")
            found[attack.name] = _outcome(course.root, home, attack, canaries)
            for place in ("submitted", "autograded", "feedback"):
                shutil.rmtree(course.work / place, ignore_errors=True)
    return found


def _outcome(root: Path, home: Path, attack: Attack, canaries: dict[str, str]) -> str:
    student = ["--assignment", LESSON, "--student", attack.handle, "--force"]
    said = _nbgrader(root, home, "autograde", *student, "--create")
    earned = _scores(root, attack.handle)
    if earned is None or not (root / "work" / "autograded" / attack.handle).exists():
        return "as it should: refused" if attack.status == "unreadable" else f"LOST: {said[-90:]}"
    if attack.status != "graded":
        return "FALLS: graded what is no submission"
    faults = points(replace(attack, exact=False), earned)
    lost = [] if faults else points(attack, earned)
    _nbgrader(root, home, "generate_feedback", *student)
    pages = [
        path.read_text("utf-8", "replace") for path in (root / "work" / "feedback" / attack.handle).rglob("*.html")
    ]
    # Its pages show hidden tests to everybody: that tells attacks apart only where they are after them.
    secrets_told = {what: one for what, one in canaries.items() if attack.kind == "B" or what != "a hidden test"}
    faults += [f"shows {what}" for what, canary in secrets_told.items() if any(canary in page for page in pages)]
    if attack.kind == "G" and not attack.twin:
        written = [fault for page in pages for fault in active(page) if "redteam" in fault or fault.startswith("on")]
        faults += [f"page: {fault}" for fault in written]
        faults += ["page: its script"] if any(SCRIPT in page for page in pages) else []
    if faults:
        return f"FALLS: {'; '.join(dict.fromkeys(faults))}"[:150]
    if lost:
        return f"LOST: {lost[0]}"
    return "keeps its points" if attack.twin else "holds"


def _scores(root: Path, student: str) -> dict[str, float] | None:
    """Read the points from nbgrader's database, cell by cell."""
    ask = """select base.name, grade.manual_score, grade.auto_score, grade.needs_manual_grade from grade
        join base_cell base on grade.cell_id = base.id
        join submitted_notebook book on grade.notebook_id = book.id
        join submitted_assignment whole on book.assignment_id = whole.id where whole.student_id = ?"""
    try:
        with sqlite3.connect(root / "work" / "gradebook.db") as base:
            rows = base.execute(ask, (student,)).fetchall()
    except sqlite3.Error:
        return None
    return {name: manual if manual is not None else auto for name, manual, auto, _ in rows} or None


def _nbgrader(root: Path, home: Path, *words: str) -> str:
    """Run one of its commands, without rights if there are any to give up; return what it said."""
    tools = str(Path(sys.executable).parent)
    environment = {"HOME": str(home), "PATH": f"{tools}:/usr/bin:/bin", "LANG": "C.UTF-8", "TMPDIR": str(home)}
    # An interpreter in a home of root's can be read with one capability, which allows no change.
    user = f"--reuid={_nobody().pw_uid} --regid={_nobody().pw_gid} --clear-groups".split()
    reading = ["--inh-caps=+dac_read_search", "--ambient-caps=+dac_read_search"]
    rights = ["setpriv", *user, *reading] if os.geteuid() == 0 else []
    try:
        done = subprocess.run(
            [*rights, sys.executable, "-m", "nbgrader", *words],
            cwd=root,
            env=environment,
            capture_output=True,
            text=True,
            errors="replace",
            timeout=_SECONDS,
            start_new_session=True,
        )
    except subprocess.TimeoutExpired:
        return f"no end within {_SECONDS} s"
    return " ".join((done.stdout + done.stderr).split())


def _give_away(folder: Path) -> None:
    if os.geteuid() == 0:
        for path in (folder, *folder.rglob("*")):
            os.chown(path, _nobody().pw_uid, _nobody().pw_gid, follow_symlinks=False)


def _nobody() -> pwd.struct_passwd:
    return pwd.getpwnam("nobody")
