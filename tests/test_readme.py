"""Every command that README and CONTRIBUTING give is run by a test, or listed as one that no test runs, and why."""

from __future__ import annotations

import ast
import json
import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest
from lab_in_browser import copy_course
from server import apart
from tiny import ROOT

from autograder.install import NEWEST, OLDEST

README, CONTRIBUTING = (Path(ROOT, name).read_text("utf-8") for name in ("README.md", "CONTRIBUTING.md"))
FIRST_WORDS = ("make ", "autograder ", "nbgrader ", "git ", "pip ", "py ", "python ", ".venv/", ".venv\\", "apt-get ")
UNIX = pytest.mark.skipif(os.name == "nt", reason="make and .venv/bin are not there on Windows.")

# What is run here, in a copy of the course.
HERE = [
    "make setup",
    "make catalogue",
    "make lint",
    "make lessons",
    "make execute LESSON=00_start",
    "autograder doctor",
    "autograder grade --help",
    "make learn NEW=04_decoder_attention",
]
# What other tests run: the command as those start it, or the very function that it calls.
ELSEWHERE = {
    "make learn": "test_browser.py::test_make_learn_prints_the_address_of_the_start_page",
    "make teach": "test_browser.py::test_the_instructor_has_the_tools_that_a_learner_has_not",
    "make slides": "workshop/test_slides.py::test_answers_and_checks_stay_out",
    "git pull": "lab/test_copies.py::test_a_correction_reaches_a_lesson_that_nobody_wrote_in",
    "make workshop": "workshop/test_workshop.py::test_eight_learners_check_and_submit_at_once",
    "make grade": "test_classroom.py::test_does_a_killed_run_go_on_where_it_stopped",
    "make architecture": "data/test_architecture.py::test_a_stored_picture_is_what_its_script_draws",
    "autograder collect": "grading/test_collect.py::test_each_file_goes_to_whom_it_belongs",
    "autograder export": "grading/test_export.py::test_a_row_names_its_student_by_e_mail",
    "autograder report": "test_road.py::test_what_people_wrote_is_in_every_report_without_grading_again",
    "nbgrader autograde": "test_nbgrader.py::tiny",
    "nbgrader generate_assignment": "test_nbgrader.py::tiny",
    ".venv\\Scripts\\autograder learn": "test_readme.py::test_windows_commands_do_what_make_learn_does",
    "py -3.12 autograder\\install.py": "test_readme.py::test_windows_commands_do_what_make_learn_does",
}


def commands(text: str) -> list[str]:
    """Return all commands in a text: the lines of code blocks, and what stands between back-ticks."""
    lines = [line.partition(" # ")[0].strip() for line in re.findall(r"^    (\S.*)$", text, re.MULTILINE)]
    spans = [" ".join(span.split()) for span in re.findall(r"(?<!`)`([^`]+)`(?!`)", text)]
    prose_free = [line for line in lines if line.startswith(FIRST_WORDS)]
    return sorted({*prose_free, *(span for span in spans if span.startswith(FIRST_WORDS))})


def listed() -> dict[str, str]:
    """Return the commands that CONTRIBUTING lists as run by no test, with the reasons."""
    section = CONTRIBUTING.split("## Commands that no test runs", 1)[1].split("\n## ", 1)[0]
    return {command: why.strip() for command, why in re.findall(r"^\| `([^`]+)` \| (.+) \|$", section, re.MULTILINE)}


def known(command: str) -> bool:
    """Tell whether a command is run or listed; what stands for a name of one's own does not matter."""
    wanted = command.removeprefix(".venv/bin/").replace("NN_lesson", "00_start").replace("NN_LESSON", "00_start")
    return wanted in {*HERE, *ELSEWHERE} or command in {*ELSEWHERE, *listed()}


@pytest.mark.parametrize("command", sorted({*commands(README), *commands(CONTRIBUTING)}))
def test_a_command_is_run_by_a_test_or_listed_with_the_reason_why_not(command):
    assert known(command), f"{command}: add it to HERE or ELSEWHERE, or to CONTRIBUTING's list"


def test_every_make_command_is_one_that_the_makefile_has():
    targets = set(re.findall(r"^([\w-]+):", Path(ROOT, "Makefile").read_text("utf-8"), re.M))
    given = {*commands(README), *commands(CONTRIBUTING)}
    assert {each.split()[1] for each in given if each.startswith("make ")} <= targets


def test_there_are_commands_to_find():
    assert {"make learn", "make test", ".venv\\Scripts\\autograder learn"} <= set(commands(README))


def test_what_is_listed_is_given_somewhere_and_has_a_reason():
    given = {*commands(README), *commands(CONTRIBUTING.split("## Commands that no test runs")[0])}
    given |= {f"make {target}" for target in re.findall(r"^([\w-]+):.*##", Path(ROOT, "Makefile").read_text(), re.M)}
    for command, why in listed().items():
        assert command in given and len(why.split()) > 2, command


@pytest.mark.parametrize("place", ELSEWHERE.values())
def test_a_test_that_is_named_is_there(place):
    file, _, name = place.partition("::")
    path = ROOT / "tests" / file
    found = {node.name for node in ast.walk(ast.parse(path.read_text("utf-8"))) if isinstance(node, ast.FunctionDef)}
    assert name in found


def test_the_picture_of_a_report_says_in_words_what_the_check_says(capsys, monkeypatch, tmp_path):
    monkeypatch.setenv("AUTOGRADER_PROGRESS", str(tmp_path / "progress.json"))
    answer = "def scores(query, key):\n    return query * key"
    exec(f'from autograder.practice import check\n{answer}\ncheck("scores")', {"__name__": "notebook"})
    report = capsys.readouterr().out
    words = " ".join(README.split("![", 1)[1].split("](data/report/report.png)")[0].split())
    told = (re.search(r"\d of \d points", report)[0], re.search(r"likely mistake, ([^:]+):", report)[1])
    assert "return query * key" in words
    assert all(each in words for each in told), told


def test_the_container_sets_up_as_the_readme_says_with_a_python_that_will_do():
    container = json.loads(Path(ROOT, ".devcontainer", "devcontainer.json").read_text("utf-8"))
    assert container["postCreateCommand"] in commands(README)
    version = re.search(r"python:(\d+)\.(\d+)-", container["image"])
    assert OLDEST <= (int(version[1]), int(version[2])) <= NEWEST


def test_no_package_is_taken_from_a_registry_under_the_name_of_the_course():
    assert not re.search(r"install\s+[\"']?attention-course", README + CONTRIBUTING)


@pytest.fixture(scope="module")
def course(tmp_path_factory):
    return copy_course(tmp_path_factory.mktemp("course"))


@pytest.fixture(scope="module")
def environment(tmp_path_factory):
    return apart(tmp_path_factory.mktemp("home"))


def run(words, course, environment):
    done = subprocess.run(
        words, cwd=course, env=environment, text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=300
    )
    assert done.returncode == 0, done.stdout
    return done.stdout


@UNIX
@pytest.mark.timeout(600)
@pytest.mark.parametrize("command", HERE)
def test_the_command_works(command, course, environment):
    words = shlex.split(command)
    if words[:2] == ["make", "learn"]:
        words[1] = "setup"  # the same without JupyterLab, which the browser test starts
    assert run(words, course, environment)


def windows() -> list[list[str]]:
    """Return the words of the two commands that README gives for Windows."""
    block = README.split("On Windows", 1)[1].split("\n\n")[1]
    return [line.split() for line in block.splitlines()]


def test_windows_commands_do_what_make_learn_does(course, environment):
    """As far as they can be run here: the same files, by this system's name of them."""
    (py, version, script), (learn, *words) = windows()
    assert (py, version) == ("py", "-3.12")
    says = run([sys.executable, script.replace("\\", os.sep)], course, environment)
    assert says.startswith("Ready. Next: ")
    assert learn == r".venv\Scripts\autograder"
    makefile = Path(ROOT, "Makefile").read_text("utf-8")
    assert re.search(r"^learn: .*\n\t\$\(BIN\)/(\S+ \S+)", makefile, re.M)[1] == " ".join(["autograder", *words])
    assert re.search(r"^\$\(READY\):.*\n\t@\$\(PYTHON\) (\S+)", makefile, re.M)[1] == script.replace("\\", "/")
    tool = learn.replace("\\", "/").replace("Scripts", "Scripts" if os.name == "nt" else "bin")
    run([str(course / tool), *words, "--no-lab"], course, environment)
    assert (course / "work" / "lessons" / "00_start" / "start.ipynb").is_file()
