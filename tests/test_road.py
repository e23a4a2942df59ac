"""The road to and fro, as an instructor goes it: nbgrader's exchange and formgrader, our grader, and back again."""

from __future__ import annotations

import csv
import getpass
import json
import os
import shutil
import subprocess
import sys
from datetime import datetime, timedelta
from pathlib import Path

import nbformat
import pytest
from nbgrader.api import Gradebook
from server import Server, apart
from tiny import RIGHT, ROOT, tiny_notebook

pytestmark = pytest.mark.timeout(600)  # many commands of nbgrader, each of which takes seconds to start
DOUBLE = "def double(x):\n    return 2 * x"


_USER = getpass.getuser()


class Road:
    """A course, its exchange, and the people who use them; all are one user of the system, under different names."""

    def __init__(self, root: Path) -> None:
        self.root, self.home = root / "course", root / "home"
        folder = self.root / "solutions" / "01_tiny"
        folder.mkdir(parents=True)
        self.home.mkdir()
        shutil.copy(ROOT / "nbgrader_config.py", self.root)
        nbformat.write(tiny_notebook(), folder / "tiny.ipynb")
        self.exchange = root / "exchange"
        self.exchange.mkdir(mode=0o777)
        self.exchange.chmod(0o777)
        self.configure(f"c.Exchange.root = {str(self.exchange)!r}\nc.ExchangeCollect.check_owner = False\n")

    def configure(self, text: str) -> None:
        """Add to the course's configuration."""
        with (self.root / "nbgrader_config.py").open("a") as file:
            file.write(f"\n{text}")

    def run(self, *command: str, who: str = "instructor", status: int = 0) -> str:
        """Run one command and return all that it wrote; `nbgrader` and `autograder` mean this environment's."""
        tool = {"nbgrader": [sys.executable, "-m", "nbgrader"]}.get(
            command[0], [Path(sys.executable).with_name(command[0])]
        )
        home = self.home / who
        home.mkdir(exist_ok=True)
        variables = {**apart(home), "JUPYTERHUB_USER": who, "USER": who, "COLUMNS": "80"}
        where = self.root if who == "instructor" else home
        done = subprocess.run(
            [*map(str, tool), *command[1:]], cwd=where, env=variables, text=True, stdout=-1, stderr=subprocess.STDOUT
        )
        assert done.returncode == status, done.stdout
        assert "Traceback" not in done.stdout or command[0] == "nbgrader"
        return done.stdout

    def learner(self, who: str, *command: str) -> str:
        """Run one of nbgrader's commands as a learner."""
        options = [f"--Exchange.root={self.exchange}", "--course=attention"]
        return self.run("nbgrader", *command, *options, who=who)

    def hand_in(self, who: str, **answers: str) -> None:
        """Fetch the lesson, answer, submit."""
        self.learner(who, "fetch_assignment", "01_tiny")
        path = self.home / who / "01_tiny" / "tiny.ipynb"
        notebook = nbformat.read(path, 4)
        for cell in notebook.cells:
            about = cell.metadata.get("nbgrader", {})
            cell.source = {**RIGHT, "double": DOUBLE, **answers}.get(about.get("grade_id"), cell.source)
        nbformat.write(notebook, path)
        self.learner(who, "submit", "01_tiny")
        for path in (self.exchange / "attention" / "inbound").glob(f"{_USER}+*"):
            path.rename(path.with_name(path.name.replace(_USER, who, 1)))  # nbgrader asks the system who it is

    def gradebook(self) -> Gradebook:
        return Gradebook(f"sqlite:///{self.root / 'work' / 'gradebook.db'}", "attention")

    def rows(self) -> dict[str, dict[str, str]]:
        with open(self.root / "work" / "grades.csv", newline="", encoding="utf-8") as file:
            return {row["student"]: row for row in csv.DictReader(file)}

    def page(self, who: str) -> str:
        return (self.root / "work" / "feedback" / who / "01_tiny" / "tiny.html").read_text("utf-8")


@pytest.fixture(scope="module")
def road(tmp_path_factory):
    """A lesson handed out, handed in by two through the exchange, collected, and graded once."""
    made = Road(tmp_path_factory.mktemp("road"))
    made.run("nbgrader", "generate_assignment", "01_tiny")
    made.run("nbgrader", "release_assignment", "01_tiny")
    made.hand_in("ada", words="Because the target asks.")
    made.hand_in("bob", scores="def scores(query, key):\n    return query * key")
    made.run("nbgrader", "collect", "01_tiny")
    made.run("autograder", "grade")
    return made


class TestFormgrader:
    @pytest.fixture(scope="class")
    @classmethod
    def server(cls, road):
        home = road.home / "formgrader"
        home.mkdir()
        server = Server(road.root, apart(home))
        try:
            server.wait()
            yield server
        finally:
            server.stop()

    def test_what_is_graded_needs_no_autograding(self, server):
        found = json.loads(server.get("formgrader/api/submissions/01_tiny"))
        assert {each["student"]: (each["autograded"], each["score"]) for each in found} == {
            "ada": (True, 6),
            "bob": (True, 4),
        }

    def test_students_have_points(self, server):
        found = json.loads(server.get("formgrader/api/students"))
        assert {each["id"]: (each["score"], each["max_score"]) for each in found} == {"ada": (6, 9), "bob": (4, 9)}

    def test_the_lesson_counts_its_submissions(self, server):
        (lesson,) = json.loads(server.get("formgrader/api/assignments"))
        assert (lesson["num_submissions"], lesson["max_score"]) == (2, 9)

    def test_its_buttons_write_what_our_commands_write(self, road, server):
        before, rows = road.page("bob"), road.rows()
        for button in ("submission/01_tiny/bob/autograde", "assignment/01_tiny/bob/generate_feedback"):
            done = json.loads(server.get(f"formgrader/api/{button}", "POST"))
            assert done["success"], done
        found = json.loads(server.get("formgrader/api/submissions/01_tiny"))
        assert {each["student"]: each["autograded"] for each in found} == {"ada": True, "bob": True}
        road.run("autograder", "report")
        assert (road.page("bob"), road.rows()) == (before, rows)


class TestReports:
    def test_what_people_wrote_is_in_every_report_without_grading_again(self, road):
        with road.gradebook() as gradebook:
            gradebook.find_grade("words", "tiny", "01_tiny", "ada").manual_score = 2.5
            gradebook.find_grade("scores-check", "tiny", "01_tiny", "ada").extra_credit = 1.0
            gradebook.find_comment("words", "tiny", "01_tiny", "ada").manual_comment = "Well put."
            gradebook.find_comment("scores", "tiny", "01_tiny", "ada").manual_comment = "Elegant code."
            gradebook.db.commit()
        said = road.run("autograder", "report")
        assert "9.5 / 9" in said
        assert (road.rows()["ada"]["earned"], road.rows()["ada"]["by_hand"]) == ("9.5", "2.5")
        page = road.page("ada")
        assert "Well put." in page and "Elegant code." in page and "1 of them extra" in page
        assert "2.5 by hand" in (road.root / "work" / "class.html").read_text("utf-8")
        exported = road.run("nbgrader", "export", "--to", "work/theirs.csv")
        assert exported is not None
        with open(road.root / "work" / "theirs.csv", newline="") as file:
            assert {row["student_id"]: float(row["score"]) for row in csv.DictReader(file)} == {"ada": 9.5, "bob": 4.0}

    def test_a_page_that_was_deleted_is_written_again(self, road):
        shutil.rmtree(road.root / "work" / "feedback" / "bob")
        road.run("autograder", "grade")
        assert "bob" in road.page("bob")

    def test_one_student_graded_is_the_whole_class_reported(self, road):
        road.run("autograder", "grade", "--student", "bob", "--force")
        assert set(road.rows()) == {"ada", "bob"}
        class_page = (road.root / "work" / "class.html").read_text("utf-8")
        assert "ada" in class_page and "bob" in class_page

    def test_a_due_date_that_is_set_afterwards_takes_effect_and_one_that_is_moved_too(self, road):
        def due(moment):
            with road.gradebook() as gradebook:
                gradebook.update_or_create_assignment("01_tiny", duedate=moment)
            return road.run("autograder", "report")

        assert "late" in due(datetime.utcnow() - timedelta(days=2))
        assert "late by 2 d" in road.rows()["bob"]["late"] and road.rows()["bob"]["earned"] == "4"
        road.configure('c.LateSubmissionPlugin.penalty_method = "zero"\n')
        road.run("autograder", "report")
        assert (road.rows()["bob"]["earned"], road.rows()["bob"]["late_penalty"]) == ("0", "4")
        assert "taken off for handing in" in road.page("bob")
        due(datetime.utcnow() + timedelta(days=2))
        assert (road.rows()["bob"]["earned"], road.rows()["bob"]["late"]) == ("4", "")

    def test_everything_but_the_exchange_is_closed_to_others(self, road):
        work = road.root / "work"
        for name in (
            "submitted",
            "autograded",
            "feedback",
            "results",
            "grades.csv",
            "class.html",
            "gradebook.db",
            "secret",
        ):
            assert (work / name).stat().st_mode & 0o077 == 0, name
        assert work.stat().st_mode & 0o077 == 0o011


class TestBack:
    def test_feedback_reaches_the_learner_and_nobody_else(self, road):
        road.run("nbgrader", "release_feedback", "01_tiny")
        for who, other in (("ada", "bob"), ("bob", "ada")):
            road.learner(who, "fetch_feedback", "01_tiny")
            (page,) = (road.home / who / "01_tiny" / "feedback").rglob("tiny.html")
            text = page.read_text("utf-8")
            assert f"<strong>{who}</strong>" in text and f"<strong>{other}</strong>" not in text

    def test_whichever_command_writes_a_page_it_is_the_same(self, road):
        before = road.page("bob")
        road.run("nbgrader", "generate_feedback", "01_tiny", "--force")
        assert road.page("bob") == before
        road.run("nbgrader", "release_feedback", "01_tiny")

    def test_a_class_from_an_archive_can_be_released_too(self, road):
        shutil.copytree(road.root / "work" / "submitted" / "bob", road.root / "work" / "submitted" / "cy")
        for name in ("timestamp.txt", "submission_secret.txt"):
            (road.root / "work" / "submitted" / "cy" / "01_tiny" / name).unlink()
        road.run("autograder", "grade")
        assert road.rows()["cy"]["submitted_at"] == "unknown"
        road.run("nbgrader", "release_feedback", "01_tiny")


class TestAutograde:
    """nbgrader's own command, on a fresh clone and with what would stop it."""

    @pytest.fixture(scope="class")
    @classmethod
    def fresh(cls, tmp_path_factory, road):
        made = Road(tmp_path_factory.mktemp("fresh"))
        shutil.copytree(road.root / "lessons", made.root / "lessons")  # as git has it, and no gradebook yet
        source = road.home / "ada" / "01_tiny" / "tiny.ipynb"
        for who in ("ada", "garbled", "pipe"):
            folder = made.root / "work" / "submitted" / who / "01_tiny"
            folder.mkdir(parents=True)
            shutil.copy(source, folder)
        (made.root / "work" / "submitted" / "garbled" / "01_tiny" / "timestamp.txt").write_text(
            "the day before yesterday"
        )
        path = made.root / "work" / "submitted" / "pipe" / "01_tiny" / "tiny.ipynb"
        path.unlink()
        os.mkfifo(path)
        made.said = made.run("nbgrader", "autograde", "01_tiny", status=1)  # one of them cannot be graded
        return made

    def test_one_that_is_a_pipe_costs_nobody_else(self, fresh):
        with fresh.gradebook() as gradebook:
            scores = {each.student.id: each.score for each in gradebook.assignment_submissions("01_tiny")}
        assert scores["ada"] == scores["garbled"] == 6
        assert "tiny.ipynb is not an ordinary file" in fresh.said

    def test_what_nbgrader_graded_is_in_our_reports(self, fresh):
        fresh.run("autograder", "report")
        assert fresh.rows()["ada"]["earned"] == "6"
        assert "Score every key against one query" in fresh.page("ada")
