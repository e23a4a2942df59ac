"""The command line, as a person meets it."""

from __future__ import annotations

import re

import pytest
from tiny import ROOT

import autograder.cli
from autograder import release
from autograder.cli import main
from autograder.exercise.library import all_exercises

COMMANDS = ("execute", "lessons", "grade", "report", "collect", "export", "doctor", "catalogue")


def run(capsys, *arguments):
    """Return the exit status, what was printed, and what went to stderr."""
    try:
        status = main([str(argument) for argument in arguments])
    except SystemExit as end:  # argparse: help, or a mistake in the arguments
        status = end.code
    return status, *capsys.readouterr()


class TestHelp:
    def test_does_help_list_every_command_in_words(self, capsys):
        status, out, _ = run(capsys, "--help")
        assert status == 0
        for command in COMMANDS:
            (line,) = [line for line in out.splitlines() if line.strip().startswith(f"{command} ")]
            assert len(line.split()) > 2

    @pytest.mark.parametrize("command", COMMANDS)
    def test_does_each_command_explain_itself(self, capsys, command):
        status, out, _ = run(capsys, command, "--help")
        assert status == 0
        assert out.startswith(f"usage: autograder {command}")

    @pytest.mark.parametrize("arguments", [["--help"], *([command, "--help"] for command in COMMANDS)], ids=" ".join)
    def test_does_help_fit_a_terminal(self, capsys, monkeypatch, arguments):
        monkeypatch.setenv("COLUMNS", "80")
        _, out, _ = run(capsys, *arguments)
        assert max(map(len, out.splitlines())) <= 80


class TestMistakes:
    """Asked wrongly: status 2, a sentence, and no traceback."""

    @pytest.mark.parametrize(
        "arguments, says",
        [
            ([], "COMMAND"),
            (["lesson"], "invalid choice: 'lesson'"),
            (["lessons", "01_tiny"], "unrecognized arguments"),
            (["grade", "--workers", "two"], "expected a whole number from 1 on, got 'two'"),
            (["grade", "--workers", "0"], "expected a whole number from 1 on, got '0'"),
            (["--course", "/nowhere", "lessons"], "Expected a course folder"),
            (["--course", "/nowhere", "execute"], "Expected a course folder"),
        ],
        ids=lambda value: " ".join(value) if isinstance(value, list) else None,
    )
    def test_is_a_mistake_told(self, capsys, arguments, says):
        status, out, err = run(capsys, *arguments)
        assert (status, out) == (2, "")
        assert says in err
        assert "Traceback" not in err

    def test_are_the_lessons_named_where_one_is_unknown(self, capsys, tiny_course):
        status, _, err = run(capsys, "--course", tiny_course.root, "execute", "02_missing")
        assert status == 2
        assert err == "Expected exactly one notebook in solutions/02_missing, found 0. Lessons here: 01_tiny.\n"


class TestWork:
    def test_does_execute_say_what_it_did(self, capsys, tiny_course, monkeypatch):
        done = []
        monkeypatch.setattr(release, "execute", lambda course, lesson: done.append(lesson) or len(done) == 1)
        for _ in range(2):
            assert main(["--course", str(tiny_course.root), "execute"]) == 0
        assert capsys.readouterr().out == "01_tiny: stored new outputs\n01_tiny: unchanged\n"

    @pytest.mark.parametrize("command", ["execute", "lessons"])
    def test_is_work_that_fails_status_one_and_a_sentence(self, capsys, tiny_course, monkeypatch, command):
        def fail(*_):
            raise release.AuthoringError("tiny.ipynb: a cell failed.")

        monkeypatch.setattr(release, "execute", fail)
        monkeypatch.setattr(release, "generate", fail)
        assert run(capsys, "--course", tiny_course.root, command) == (1, "", "tiny.ipynb: a cell failed.\n")

    def test_is_an_interrupt_told_in_a_sentence(self, capsys, tiny_course, monkeypatch):
        def interrupted(*_):
            raise KeyboardInterrupt

        monkeypatch.setattr(release, "generate", interrupted)
        status, _, err = run(capsys, "--course", tiny_course.root, "lessons")
        assert status == 130
        assert err.startswith("\nStopped.")

    def test_does_the_catalogue_list_every_exercise(self, capsys):
        status, out, _ = run(capsys, "catalogue")
        assert status == 0
        for exercise in all_exercises().values():
            (line,) = [line for line in out.splitlines() if line.startswith(f"| `{exercise.name}` |")]
            assert f"| {exercise.points:g} |" in line
            assert all(mistake.name in line for mistake in exercise.misconceptions)


class TestGradingPage:
    """Is every command that the page on grading names one that there is?"""

    TEXT = " ".join((ROOT / "autograder" / "grading" / "README.md").read_text("utf-8").split())
    NAMED = sorted({found.strip() for found in re.findall(r"`autograder ([^`]+)`", TEXT)})

    def test_the_page_names_the_commands(self):
        assert {each.split()[0] for each in self.NAMED} == {"grade", "collect", "report", "export", "doctor"}

    @pytest.mark.parametrize("command", [each for each in NAMED if each not in ("collect", "export")])
    def test_a_command_is_one_that_there_is(self, command):
        parser = autograder.cli._parser()
        assert parser.parse_args(command.split()).run


def test_a_course_that_may_not_be_written_is_said_in_a_sentence(tiny_course, capsys):
    from autograder.release import generate

    generate(tiny_course)
    tiny_course.own.parent.mkdir(exist_ok=True)
    tiny_course.own.write_text("a file where the copies should be")
    assert main(["--course", str(tiny_course.root), "learn", "--no-lab"]) == 1
    assert "could not be brought up to date" in capsys.readouterr().err


def test_a_lesson_that_is_not_there_is_refused_with_those_that_are(tiny_course, capsys):
    from autograder.release import generate

    generate(tiny_course)
    assert main(["--course", str(tiny_course.root), "learn", "--no-lab", "--new", "1"]) == 2
    assert "one of 01_tiny; received 1" in capsys.readouterr().err
