"""nbgrader, as its users know it: its own commands, on copies of a tiny course and of lesson 1."""

from __future__ import annotations

import csv
import json
import shutil
import subprocess
import sys
from html.parser import HTMLParser
from pathlib import Path

import nbformat
import pytest
from server import Server, apart
from tiny import RIGHT, ROOT, tiny_notebook

from autograder.course import Course
from autograder.grading.grade import Job, grade_one
from autograder.grading.process import Settings
from autograder.grading.rebuild import load_lesson
from autograder.grading.submissions import find_submissions
from autograder.sample import make_sample_class

pytestmark = pytest.mark.timeout(600)  # ten commands, some of them with TensorFlow: 70 s on two idle cores

# Directories, and nothing of ours that runs: what any nbgrader user would write.
STOCK = """
c = get_config()
c.CourseDirectory.course_id = "attention"
c.CourseDirectory.source_directory = "solutions"
c.CourseDirectory.release_directory = "lessons"
c.CourseDirectory.submitted_directory = "work/submitted"
c.CourseDirectory.autograded_directory = "work/autograded"
c.CourseDirectory.feedback_directory = "work/feedback"
c.CourseDirectory.db_url = "sqlite:///gradebook.db"
c.Exchange.root = "work/exchange"
c.ExecutePreprocessor.timeout = 120  # of one cell: a busy machine may take long to import TensorFlow
"""
SAFE = "c.HTMLExporter" + (ROOT / "nbgrader_config.py").read_text("utf-8").split("c.HTMLExporter", 1)[1]
ATTACK = "<script>alert(1)</script> <img src=x onerror=alert(1)> [x](javascript:alert(1)) It asks."
NOISY = """import os, sys, warnings
print("from the cell", file=sys.stderr)
def scores(query, key):
    os.write(2, b"from C++")
    warnings.warn("old")
    print("from the answer", file=sys.stderr)
    return key @ query"""
HONEST = ("right-einsum", "half-done", "mistake-mask-inverted", "raises")  # of the sample class
ANSWERS = {
    "blank": {},
    "right": {**RIGHT, "scores": NOISY, "double": "def double(x):\n    return 2 * x", "words": "It asks."},
    "wrong": {
        "scores": "def scores(query, key):\n    return key @ query if len(query) == 2 else query * key",
        "distribution": RIGHT["distribution"].replace("-1", "0"),
        "double": "def double(x):\n    return x",
        "words": ATTACK,
    },
}


class Commands:
    """Runs nbgrader's commands in a course, away from the user's own configuration."""

    def __init__(self, root: Path, home: Path) -> None:
        self.root = root
        self.environment = {**apart(home), "AUTOGRADER_PROGRESS": str(home / "progress.json")}

    def run(self, *arguments: str) -> str:
        """Run one command, which must succeed; return all that it wrote."""
        command = [sys.executable, "-m", "nbgrader", *arguments]
        done = subprocess.run(
            command, cwd=self.root, env=self.environment, text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT
        )
        assert done.returncode == 0, done.stdout
        return done.stdout

    def configure(self, *texts: str) -> None:
        """Write the course's nbgrader_config.py."""
        (self.root / "nbgrader_config.py").write_text("".join(texts), "utf-8")

    def submit(self, student: str, lesson: str, answers: dict[str, str]) -> Path:
        """Hand in the released lesson with these answers, by grade id."""
        (released,) = (self.root / "lessons" / lesson).glob("*.ipynb")
        notebook = nbformat.read(released, 4)
        for cell in notebook.cells:
            cell.source = answers.get(cell.metadata.get("nbgrader", {}).get("grade_id"), cell.source)
        path = self.root / "work" / "submitted" / student / lesson / released.name
        path.parent.mkdir(parents=True)
        nbformat.write(notebook, path)
        return path

    def scores(self, lesson: str) -> dict[str, dict[str, float]]:
        """Return what nbgrader gave each student for each graded cell, from its gradebook."""
        from nbgrader.api import Gradebook

        with Gradebook(f"sqlite:///{self.root / 'gradebook.db'}", "attention") as gradebook:
            return {
                each.student.id: {grade.name: grade.auto_score for grade in each.notebooks[0].grades}
                for each in gradebook.assignment_submissions(lesson)
            }


@pytest.fixture(scope="module")
def tiny(tmp_path_factory):
    """The tiny course, released, handed in by three students, graded, exported, and told to them."""
    commands = Commands(tmp_path_factory.mktemp("tiny"), tmp_path_factory.mktemp("home"))
    folder = commands.root / "solutions" / "01_tiny"
    folder.mkdir(parents=True)
    nbformat.write(tiny_notebook(), folder / "tiny.ipynb")
    commands.configure(STOCK)
    commands.run("generate_assignment", "01_tiny")
    for student, answers in ANSWERS.items():
        commands.submit(student, "01_tiny", answers)
    commands.run("autograde", "01_tiny")
    commands.run("export")
    commands.configure(STOCK, SAFE)
    commands.run("generate_feedback", "01_tiny")
    return commands


@pytest.fixture(scope="module")
def page(tiny):
    """The feedback page of the student who was wrong, and wrote something nasty."""
    return (tiny.root / "work" / "feedback" / "wrong" / "01_tiny" / "tiny.html").read_text("utf-8")


class Tags(HTMLParser):
    def __init__(self, html):
        super().__init__()
        self.scripts, self.attributes, self.labels, self._script = [], [], [], False
        self.feed(html)

    def handle_starttag(self, tag, attributes):
        self._script = tag == "script"
        self.attributes += [(name, value or "") for name, value in attributes]
        self.labels += [value for name, value in attributes if name == "aria-label"]

    def handle_data(self, data):
        if self._script:
            self.scripts.append(data)


class TestRelease:
    def test_is_the_assignment_what_make_lessons_makes(self, tiny):
        """But for the stubs, which the course's own configuration words."""
        released = nbformat.read(tiny.root / "lessons" / "01_tiny" / "tiny.ipynb", 4)
        assert [cell.metadata.get("nbgrader", {}).get("grade_id") for cell in released.cells] == [
            cell.metadata.get("nbgrader", {}).get("grade_id") for cell in tiny_notebook().cells
        ]
        assert "SOLUTION" not in nbformat.writes(released)


class TestAutograde:
    def test_does_a_right_notebook_get_full_points_whatever_it_writes_to_stderr(self, tiny):
        scores = tiny.scores("01_tiny")["right"]
        assert scores == {"scores-check": 2, "distribution-check": 3, "double-test": 1, "words": None}

    def test_does_a_wrong_notebook_get_the_points_of_its_right_parts(self, tiny):
        scores = tiny.scores("01_tiny")["wrong"]
        assert scores == {"scores-check": 1, "distribution-check": 1, "double-test": 0, "words": None}

    def test_does_a_blank_notebook_get_nothing(self, tiny):
        scores = tiny.scores("01_tiny")["blank"]
        assert scores == {"scores-check": 0, "distribution-check": 0, "double-test": 0, "words": 0}


class TestExport:
    def test_are_the_grades_of_all_in_a_table(self, tiny):
        with open(tiny.root / "grades.csv", newline="") as file:
            rows = {row["student_id"]: row for row in csv.DictReader(file)}
        assert {name: float(row["score"]) for name, row in rows.items()} == {"blank": 0, "right": 6, "wrong": 2}
        assert float(rows["right"]["max_score"]) == 9


class TestFeedback:
    def test_does_the_page_hold_the_report(self, page):
        assert "scores: partly right, 1 of 2 points" in Tags(page).labels
        assert "The likely mistake, <strong>products left unsummed</strong>" in page

    def test_does_the_page_name_the_points(self, page):
        assert "tiny (Score: 2.0 / 9.0)" in page

    def test_has_everyone_a_page(self, tiny):
        pages = (tiny.root / "work" / "feedback").glob("*/01_tiny/tiny.html")
        assert sorted(path.parts[-3] for path in pages) == ["blank", "right", "wrong"]

    def test_does_nothing_act_that_a_learner_wrote(self, page):
        tags = Tags(page)
        assert "It asks." in page
        assert not any("alert(1)" in script for script in tags.scripts)
        assert not any("alert(1)" in value for _, value in tags.attributes)
        assert not any(name.startswith("on") for name, _ in tags.attributes)


class TestValidate:
    @pytest.fixture(scope="class")
    @classmethod
    def said(cls, tiny):
        """What Validate says of each student's notebook, in one run."""
        paths = [f"work/submitted/{student}/01_tiny/tiny.ipynb" for student in ("right", "wrong", "blank")]
        text = tiny.run("validate", *paths)
        right, wrong, blank = text.replace("Success!", "VALIDATION Success!").split("VALIDATION ")[1:]
        return {"right": right, "wrong": wrong, "blank": blank}

    def test_does_a_right_notebook_pass(self, said):
        assert said["right"].startswith("Success! Your notebook passes all the tests.")

    def test_does_a_wrong_notebook_fail_and_show_the_report(self, said):
        assert said["wrong"].startswith("FAILED ON 3 CELL(S)!")
        assert "scores: partly right, 1 of 2 points" in said["wrong"]
        assert "products left unsummed" in said["wrong"]
        assert "Traceback" not in said["wrong"].split("double")[0]

    def test_does_a_blank_notebook_fail_as_not_attempted(self, said):
        assert said["blank"].startswith("FAILED ON 4 CELL(S)!")
        assert "scores: not attempted yet, 0 of 2 points" in said["blank"]


class TestFormgrader:
    @pytest.fixture(scope="class")
    @classmethod
    def server(cls, tiny):
        server = Server(tiny.root, tiny.environment)
        try:
            server.wait()
            yield server
        finally:
            server.stop()

    @pytest.mark.parametrize(
        "page",
        ["", "manage_assignments", "manage_submissions/01_tiny", "manage_students", "gradebook", "gradebook/01_tiny"],
    )
    def test_do_its_pages_open(self, server, page):
        assert "nbgrader" in server.get(f"formgrader/{page}")

    def test_does_it_list_the_lesson(self, server):
        (lesson,) = json.loads(server.get("formgrader/api/assignments"))
        assert (lesson["name"], lesson["num_submissions"], lesson["max_score"]) == ("01_tiny", 3, 9)

    def test_does_it_list_the_submissions_and_their_scores(self, server):
        found = json.loads(server.get("formgrader/api/submissions/01_tiny"))
        assert {each["student"]: each["score"] for each in found} == {"blank": 0, "right": 6, "wrong": 2}

    def test_does_the_page_to_grade_by_hand_show_the_report_and_run_nothing(self, server):
        (notebook,) = (
            each
            for each in json.loads(server.get("formgrader/api/submitted_notebooks/01_tiny/tiny"))
            if each["student"] == "wrong"
        )
        html = server.get(f"formgrader/submissions/{notebook['id']}/")
        assert "scores: partly right, 1 of 2 points" in Tags(html).labels
        assert not any("alert(1)" in script for script in Tags(html).scripts)
        assert not any("alert(1)" in value for _, value in Tags(html).attributes)

    def test_does_its_autograde_button_work(self, server):
        done = json.loads(server.get("formgrader/api/submission/01_tiny/blank/autograde", "POST"))
        assert done["success"], done


class TestLesson:
    """The real lesson 1, with TensorFlow."""

    @pytest.fixture(scope="class")
    @classmethod
    def real(cls, tmp_path_factory):
        commands = Commands(tmp_path_factory.mktemp("real"), tmp_path_factory.mktemp("home"))
        shutil.copytree(ROOT / "solutions" / "01_attention", commands.root / "solutions" / "01_attention")
        commands.configure(STOCK)
        commands.run("generate_assignment", "01_attention")
        source = nbformat.read(next((commands.root / "solutions" / "01_attention").glob("*.ipynb")), 4)
        right = {
            cell.metadata.nbgrader.grade_id: cell.source
            for cell in source.cells
            if cell.metadata.get("nbgrader", {}).get("solution")
        }
        commands.submit("right", "01_attention", right)
        half = "import tensorflow as tf\ntf.print('noise')\n" + right["attention"].replace("axis=-1", "axis=1")
        commands.submit(
            "wrong", "01_attention", {**right, "attention": half, "predict_doubled": 'predict_doubled = "C"'}
        )
        for folder in make_sample_class(Course(ROOT), commands.root / "sample"):
            if folder.parent.name in HONEST:
                shutil.copytree(folder, commands.root / "work" / "submitted" / folder.parent.name / "01_attention")
        commands.run("autograde", "01_attention")
        return commands

    def test_does_a_right_notebook_get_full_points(self, real):
        from autograder.exercise.library import of_lesson

        full = {f"{exercise.name}-check": exercise.points for exercise in of_lesson("01_attention")}
        scores = real.scores("01_attention")["right"]
        assert {name: scores[name] for name in full} == full

    def test_do_mistakes_cost_their_own_points_only(self, real):
        right, wrong = (real.scores("01_attention")[student] for student in ("right", "wrong"))
        assert {name for name in right if right[name] != wrong[name]} == {"attention-check", "predict_doubled-check"}
        assert (wrong["attention-check"], wrong["predict_doubled-check"]) == (0, 0)

    def test_does_our_grader_agree_with_stock_nbgrader_cell_by_cell(self, real):
        course = Course(real.root)
        ours = {
            submission.student: {score.grade_id: score.earned for score in self.graded(course, submission).scores}
            for submission in find_submissions(course, course.submitted)
        }
        assert set(ours) == {"right", "wrong", *HONEST}
        assert ours == real.scores("01_attention")

    @staticmethod
    def graded(course, submission):
        lesson = load_lesson(course, submission.lesson)
        text = nbformat.writes(lesson.notebook, version=4)
        job = Job("x", lesson.name, submission.read(lesson), (), "seed", text, lesson.notebook_name, Settings())
        return grade_one(job)
