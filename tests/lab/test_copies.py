"""A learner's work is safe: working, `git pull`, `make lessons`, `make learn`, in any order, in a real repository."""

from __future__ import annotations

import itertools
import os
import shutil
import subprocess

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell, new_output
from tiny import ROOT, tiny_notebook

from autograder.course import Course
from autograder.lab.copies import NoSuchLesson, bring_up_to_date
from autograder.release import as_stored, generate, take_out

ANSWER = "def scores(query, key):\n    return key @ query  # mine"
PLACE = "01_tiny/tiny.ipynb"
APART = {"GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_SYSTEM": os.devnull}
PERSON = ("-c", "user.name=Ada", "-c", "user.email=ada@example.org")

pytestmark = pytest.mark.skipif(shutil.which("git") is None, reason="Without git there is nothing to pull.")


def git(folder, *arguments, ok=True):
    done = subprocess.run(
        ["git", *PERSON, *arguments], cwd=folder, env={**os.environ, **APART}, capture_output=True, text=True
    )
    assert not ok or done.returncode == 0, done.stderr
    return done.stdout + done.stderr


class Teacher:
    """Who writes the course and corrects it: a repository to pull from."""

    def __init__(self, root):
        self.course = Course(root)
        root.mkdir()
        git(root, "init", "-q", "-b", "main")
        shutil.copy(ROOT / "nbgrader_config.py", root)
        (root / ".gitignore").write_text("work/\n")
        self.notebooks = {"01_tiny": tiny_notebook(), "02_next": tiny_notebook()}
        self.publish("first")

    def publish(self, message):
        for lesson, notebook in self.notebooks.items():
            path = self.course.solutions / lesson / f"{lesson[3:]}.ipynb"
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(as_stored(notebook), "utf-8")
        generate(self.course)
        git(self.course.root, "add", "-A")
        git(self.course.root, "commit", "-q", "-m", message)

    def correct(self, text, lesson="01_tiny", cell="title"):
        (found,) = (each for each in self.notebooks[lesson].cells if each.id == cell)
        found.source = text
        self.publish(text)


class Learner:
    """Who cloned it, works, and pulls."""

    def __init__(self, teacher, root):
        git(root.parent, "clone", "-q", str(teacher.course.root), str(root))
        self.course = Course(root)

    def pull(self, ok=True):
        return git(self.course.root, "pull", "-q", "--ff-only", ok=ok)

    def learn(self, *new):
        """What `make learn` does before JupyterLab opens; return all that it says."""
        return "\n".join([*take_out(self.course), *bring_up_to_date(self.course, new)])

    def path(self, folder="work/lessons", place=PLACE):
        return self.course.root / folder / place

    def edit(self, cell="scores", text=ANSWER, folder="work/lessons", place=PLACE):
        path = self.path(folder, place)
        notebook = nbformat.read(path, 4)
        next(each for each in notebook.cells if each.id == cell).source = text
        nbformat.write(notebook, path)

    def cells(self, folder="work/lessons", place=PLACE):
        return {cell.id: cell for cell in nbformat.read(self.path(folder, place), 4).cells}

    def holds(self, text):
        """Tell whether some notebook, in lessons/ or below work/, has a cell with this text."""
        paths = [*self.course.lessons.rglob("*.ipynb"), *self.course.work.rglob("*.ipynb")]
        return any(text in cell.source for path in paths for cell in nbformat.read(path, 4).cells)


@pytest.fixture
def teacher(tmp_path):
    return Teacher(tmp_path / "teacher")


@pytest.fixture
def learner(teacher, tmp_path):
    return Learner(teacher, tmp_path / "learner")


class TestCopies:
    def test_the_first_time_there_is_a_copy_of_every_lesson(self, learner):
        assert learner.learn() == "Your own copies of the lessons are in work/lessons: 2 new."
        assert learner.path().read_bytes() == learner.path("lessons").read_bytes()

    def test_the_second_time_there_is_nothing_to_say(self, learner):
        learner.learn()
        assert learner.learn() == ""

    def test_git_sees_nothing_of_the_work(self, learner):
        learner.learn()
        learner.edit()
        assert git(learner.course.root, "status", "--porcelain") == ""

    def test_a_file_beside_a_notebook_comes_along(self, learner, teacher):
        (teacher.course.solutions / "01_tiny" / "picture.png").write_bytes(b"\x89PNG\r\n\xff")
        teacher.publish("a picture")
        learner.pull()
        learner.learn()
        assert learner.path(place="01_tiny/picture.png").read_bytes() == b"\x89PNG\r\n\xff"

    def test_a_lesson_that_is_not_there_is_refused_with_those_that_are(self, learner):
        with pytest.raises(NoSuchLesson, match="one of 01_tiny, 02_next; received 1"):
            learner.learn("1")


class TestPulledTwice:
    def test_a_correction_reaches_a_lesson_that_nobody_wrote_in(self, learner, teacher):
        learner.learn()
        for number in (1, 2):
            teacher.correct(f"# Correction {number}")
            learner.pull()
            assert "01_tiny was corrected; you have the new version." in learner.learn()
            assert learner.cells()["title"].source == f"# Correction {number}"

    def test_a_correction_leaves_a_lesson_with_answers_alone_and_says_how_to_get_it(self, learner, teacher):
        learner.learn()
        learner.edit()
        before = learner.path().read_bytes()
        for number in (1, 2):
            teacher.correct(f"# Correction {number}")
            teacher.correct(f"# Next {number}", "02_next")
            learner.pull()
            says = learner.learn()
            assert "01_tiny was corrected after you began it" in says
            assert "make learn NEW=01_tiny" in says
            assert "02_next was corrected; you have the new version." in says
            assert learner.path().read_bytes() == before

    def test_asked_for_the_correction_comes_with_the_answers_in_it(self, learner, teacher):
        learner.learn()
        learner.edit()
        before = learner.path().read_bytes()
        for number in (1, 2):
            teacher.correct(f"# Correction {number}")
            learner.pull()
            assert "with your answers" in learner.learn("01_tiny")
            cells = learner.cells()
            assert (cells["title"].source, cells["scores"].source) == (f"# Correction {number}", ANSWER)
            assert learner.learn() == ""
        assert learner.path("work/kept", "01_tiny/tiny-1.ipynb").read_bytes() == before
        assert learner.path("work/kept", "01_tiny/tiny-2.ipynb").exists()

    def test_a_correction_of_the_very_cell_that_was_answered_is_named(self, learner, teacher):
        learner.learn()
        learner.edit()
        corrected = (
            'def scores(query, key):\n    """One a key."""\n    ### BEGIN SOLUTION\n    ...\n    ### END SOLUTION'
        )
        teacher.correct(corrected, cell="scores")
        learner.pull()
        assert "both changed scores: your text stands" in learner.learn("01_tiny")
        assert learner.cells()["scores"].source == ANSWER

    def test_a_lesson_that_was_only_run_keeps_its_outputs_when_it_is_corrected(self, learner, teacher):
        learner.learn()
        notebook = nbformat.read(learner.path(), 4)
        demo = next(cell for cell in notebook.cells if cell.id == "demo")
        demo.outputs, demo.execution_count = [new_output("stream", text="2\n")], 4
        notebook.metadata["language_info"] = {"name": "python"}
        nbformat.write(notebook, learner.path())
        teacher.correct("# Correction")
        learner.pull()
        assert "you have the new version" in learner.learn()
        cells = learner.cells()
        assert cells["title"].source == "# Correction"
        assert (cells["demo"].outputs[0].text, cells["demo"].execution_count) == ("2\n", 4)

    def test_without_a_correction_asking_for_it_changes_nothing(self, learner):
        learner.learn()
        learner.edit()
        before = learner.path().read_bytes()
        assert "there is no correction" in learner.learn("01_tiny")
        assert learner.path().read_bytes() == before

    def test_without_the_note_of_what_was_given_every_copy_counts_as_begun(self, learner, teacher):
        learner.learn()
        learner.edit()
        shutil.rmtree(learner.course.work / "released")
        teacher.correct("# Correction")
        learner.pull()
        assert "01_tiny was corrected after you began it" in learner.learn()
        learner.learn("01_tiny")
        assert learner.cells()["scores"].source == ANSWER

    def test_a_copy_that_is_no_notebook_any_more_is_kept_and_replaced_only_when_asked(self, learner, teacher):
        learner.learn()
        learner.path().write_text("{half a note")
        teacher.correct("# Correction")
        learner.pull()
        assert "Your copy stays as it is" in learner.learn()
        assert learner.path().read_text() == "{half a note"
        learner.learn("01_tiny")
        assert learner.cells()["title"].source == "# Correction"
        assert learner.path("work/kept", "01_tiny/tiny-1.ipynb").read_text() == "{half a note"

    def test_a_new_lesson_arrives(self, learner, teacher):
        learner.learn()
        teacher.notebooks["03_new"] = tiny_notebook()
        teacher.publish("a third")
        learner.pull()
        assert "1 new" in learner.learn()
        assert learner.path(place="03_new/new.ipynb").exists()


class TestWrittenInLessons:
    """Somebody works in lessons/ itself, as in an editor that knows nothing of the copies."""

    def test_make_learn_takes_the_answers_to_the_copy_and_git_pulls_again(self, learner, teacher):
        learner.learn()
        learner.edit(folder="lessons")
        teacher.correct("# Correction")
        assert "would be overwritten" in learner.pull(ok=False)
        assert "is now in your copy, work/lessons/01_tiny/tiny.ipynb" in learner.learn()
        assert learner.cells()["scores"].source == ANSWER
        learner.pull()
        assert "01_tiny was corrected after you began it" in learner.learn()

    def test_make_lessons_takes_the_answers_to_the_copy(self, learner):
        learner.edit(folder="lessons")
        says = []
        generate(learner.course, says.append)
        assert any("is now in your copy" in line for line in says)
        assert learner.cells()["scores"].source == ANSWER
        assert git(learner.course.root, "status", "--porcelain") == ""

    def test_answers_in_both_places_are_both_kept(self, learner):
        learner.learn()
        learner.edit(text=f"{ANSWER} in my copy")
        learner.edit(text=f"{ANSWER} in lessons", folder="lessons")
        assert "work/kept/01_tiny/tiny-1.ipynb" in learner.learn()
        assert learner.cells()["scores"].source.endswith("in my copy")
        assert learner.cells("work/kept", "01_tiny/tiny-1.ipynb")["scores"].source.endswith("in lessons")

    def test_a_lesson_that_was_only_run_there_is_nothing_to_keep_and_git_pulls(self, learner, teacher):
        notebook = nbformat.read(learner.path("lessons"), 4)
        notebook.cells[1].execution_count = 3
        nbformat.write(notebook, learner.path("lessons"))
        assert "now in" not in learner.learn()
        teacher.correct("# Correction")
        learner.pull()

    def test_a_file_of_ones_own_stays_there_until_lessons_are_made_anew(self, learner):
        mine = learner.path("lessons", "01_tiny/mine.py")
        mine.write_text("x = 1")
        learner.learn()
        assert mine.read_text() == "x = 1"
        generate(learner.course)
        assert learner.path(place="01_tiny/mine.py").read_text() == "x = 1"

    def test_without_git_the_answers_are_found_too(self, learner):
        shutil.rmtree(learner.course.root / ".git")
        learner.edit(folder="lessons")
        assert "is now in your copy" in learner.learn()
        assert learner.cells()["scores"].source == ANSWER

    def test_an_author_who_makes_lessons_again_and_again_keeps_nothing_aside(self, teacher):
        for number in (1, 2, 3):
            path = teacher.course.notebook("01_tiny")
            notebook = nbformat.read(path, 4)
            notebook.cells[0].source = f"# Draft {number}"
            path.write_text(as_stored(notebook), "utf-8")
            generate(teacher.course)
        assert not (teacher.course.work / "kept").exists()
        assert not teacher.course.own.exists()


@pytest.mark.parametrize("order", list(itertools.permutations(("pull", "make lessons", "make learn"))), ids="-".join)
@pytest.mark.parametrize("folder", ["lessons", "work/lessons"])
def test_no_answer_is_lost_in_any_order(learner, teacher, order, folder):
    """Twice each way; git may refuse to pull over answers in lessons/ until `make learn` or `make lessons` has run."""
    learner.learn()
    steps = {
        "pull": lambda: learner.pull(ok=False),
        "make lessons": lambda: generate(learner.course),
        "make learn": learner.learn,
    }
    for number in (1, 2):
        text = f"{ANSWER} {number}"
        learner.edit(text=text, folder=folder)
        teacher.correct(f"# Correction {number}")
        for step in order:
            steps[step]()
            assert learner.holds(text), step
    learner.learn()
    learner.pull()
    learner.learn("01_tiny")
    cells = learner.cells()
    assert cells["title"].source == "# Correction 2"
    assert learner.holds(f"{ANSWER} 2")


def test_what_a_learner_added_stands_where_it_stood(learner, teacher):
    learner.learn()
    notebook = nbformat.read(learner.path(), 4)
    notebook.cells.insert(0, new_markdown_cell("a note on top", id="top"))
    notebook.cells.insert(4, new_code_cell("my = 1", id="own"))
    nbformat.write(notebook, learner.path())
    teacher.correct("# Correction")
    learner.pull()
    learner.learn("01_tiny")
    assert list(learner.cells())[:6] == ["top", "title", "imports", "scores-task", "own", "scores"]
