"""The check, as a notebook calls it: in its own globals, for better or worse."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading

import numpy as np
import pytest
from IPython.utils.capture import capture_output

from autograder.practice import check as check_module_name  # the function, as notebooks import it
from autograder.practice.check import check

RIGHT = "def scores(query, key):\n    return key @ query\n"
HALF = "def scores(query, key):\n    return key @ query if len(query) == 2 else query\n"
WRONG = "def scores(query, key):\n    return query * key\n"
STUB = "def scores(query, key):\n    raise NotImplementedError  # your answer here\n"
BAD = {
    "raises": "def scores(query, key):\n    raise RuntimeError('no')\n",
    "syntax of call": "def scores():\n    return 1\n",
    "not callable": "scores = 3\n",
    "exit": "def scores(query, key):\n    raise SystemExit\n",
    "object": "scores = lambda query, key: object()\n",
    "huge": "import numpy as np\nscores = lambda query, key: np.zeros(10**7)\n",
    "itself": "def scores(query, key):\n    a = []\n    a.append(a)\n    return a\n",
    "odd error": "class E(Exception):\n    def __str__(self): raise ValueError\ndef scores(query, key):\n    raise E\n",
    "surrogates": "def scores(query, key):\n    print('\\ud800')\n    raise ValueError('\\ud800')\n",
}


def call(answer: str, name: str = "scores"):
    """Run an answer's cell and its check as plain Python would; return what the check returned."""
    namespace = {"np": np, "check": check}
    exec(f"{answer}\nfound = check({name!r})", namespace)
    return namespace["found"]


def test_do_notebooks_import_this_check():
    assert check_module_name is check


class TestState:
    @pytest.mark.parametrize(
        "answer, headline",
        [
            (RIGHT, "scores: all right, 2 of 2 points"),
            (HALF, "scores: partly right, 1 of 2 points"),
            (WRONG, "scores: not right yet, 0 of 2 points"),
            (STUB, "scores: not attempted yet, 0 of 2 points"),
        ],
        ids=["right", "half", "wrong", "stub"],
    )
    def test_does_the_report_begin_with_the_state(self, capsys, answer, headline):
        assert call(answer) is None
        assert capsys.readouterr().out.splitlines()[0] == headline

    def test_is_the_mistake_named(self, capsys):
        call(WRONG)
        assert "The likely mistake, products left unsummed: You multiplied" in capsys.readouterr().out

    def test_does_a_wrong_answer_lead_to_a_next_step(self, capsys):
        call(WRONG)
        assert '`hint("scores")` gives a hint.' in capsys.readouterr().out.splitlines()[-1]

    def test_does_an_untouched_answer_say_what_to_replace(self, capsys):
        call(STUB)
        assert "Next: replace `raise NotImplementedError` with your answer" in capsys.readouterr().out

    def test_does_a_right_answer_need_no_next_step(self, capsys):
        call(RIGHT)
        assert "Next" not in capsys.readouterr().out


class TestNeverRaises:
    @pytest.mark.parametrize("answer", BAD.values(), ids=BAD)
    def test_is_there_a_report_of_any_answer(self, capsys, answer):
        assert call(answer) is None
        found = capsys.readouterr().out
        assert found.startswith("scores: not right yet, 0 of 2 points")
        assert "Traceback" not in found

    @pytest.mark.parametrize("answer", BAD.values(), ids=BAD)
    def test_does_any_answer_have_a_number_of_points(self, monkeypatch, answer):
        monkeypatch.setenv("NBGRADER_EXECUTION", "validate")
        assert call(answer) == 0.0


class TestScore:
    @pytest.mark.parametrize("step", ["autograde", "validate"])
    @pytest.mark.parametrize("answer, points", [(RIGHT, 2.0), (HALF, 1.0), (WRONG, 0.0), (STUB, 0.0)])
    def test_are_the_points_returned_to_nbgrader(self, monkeypatch, capsys, step, answer, points):
        """As a plain float: nbgrader takes anything else for full marks."""
        monkeypatch.setenv("NBGRADER_EXECUTION", step)
        found = call(answer)
        assert (type(found), found) == (float, points)

    def test_is_the_report_on_stderr_where_validate_looks_for_it(self, monkeypatch, capsys):
        monkeypatch.setenv("NBGRADER_EXECUTION", "validate")
        call(WRONG)
        assert "products left unsummed" in capsys.readouterr().err

    @pytest.mark.parametrize("step, answer", [("validate", RIGHT), ("autograde", RIGHT), ("autograde", HALF)])
    def test_is_nothing_on_stderr_that_would_cost_points(self, monkeypatch, capsys, step, answer):
        monkeypatch.setenv("NBGRADER_EXECUTION", step)
        call(answer)
        assert capsys.readouterr().err == ""

    def test_is_nothing_recorded_under_nbgrader(self, monkeypatch, record):
        monkeypatch.setenv("NBGRADER_EXECUTION", "autograde")
        call(RIGHT)
        assert not record.path.exists()

    def test_is_what_was_earned_recorded_in_the_notebook(self, record):
        call(HALF)
        assert record.read()["points"] == {"scores": 1.0}

    def test_is_an_untouched_answer_not_recorded(self, record):
        call(STUB)
        assert record.read()["points"] == {}


class TestUnknown:
    @pytest.mark.parametrize(
        "given, said",
        [
            ("'score'", "There is no exercise 'score'. Did you mean check(\"scores\")?"),
            ("'Scores '", 'Did you mean check("scores")?'),
            ("'BahdanauAtention'", 'Did you mean check("BahdanauAttention")?'),
            ("'xyzzy'", "There is no exercise 'xyzzy'. progress() lists all of them, lesson by lesson."),
            ("'01_attention'", '01_attention is a lesson: progress("01_attention") lists its exercises'),
            ("", 'Expected the name of an exercise between quotes, such as check("scores").'),
            ("'  '", "Expected the name of an exercise between quotes"),
            ("None", "Expected the name of an exercise between quotes"),
            ("[1]", "Expected the name of an exercise between quotes"),
            ("scores", 'Write the name between quotes: check("scores").'),
        ],
    )
    def test_is_it_said_what_was_probably_meant(self, capsys, given, said):
        exec(f"{RIGHT}\nassert check({given}) is None", {"check": check})
        found = capsys.readouterr().out
        assert said in found
        assert len(found.splitlines()) == 1

    def test_does_an_unknown_exercise_earn_nothing(self, monkeypatch):
        monkeypatch.setenv("NBGRADER_EXECUTION", "autograde")
        assert call(RIGHT, "score") == 0.0


class TestMissing:
    def test_is_an_answer_not_attempted_whose_cell_was_not_run(self, capsys, record):
        assert call("") is None
        found = capsys.readouterr().out
        assert found.startswith("scores: not attempted yet, 0 of 2 points")
        assert "Next: run the cell that defines `scores`, then this one again." in found
        assert record.read()["points"] == {}

    def test_does_it_earn_nothing(self, monkeypatch):
        monkeypatch.setenv("NBGRADER_EXECUTION", "validate")
        assert call("") == 0.0


class TestInterrupted:
    SLOW = "import time\ndef scores(query, key):\n    time.sleep(9)\n"

    @pytest.mark.parametrize("answer", [SLOW, f"{SLOW}    return key @ query\n"], ids=["sleeps", "would be right"])
    def test_is_a_check_stopped_by_hand_told_in_one_line(self, capsys, record, answer):
        threading.Timer(0.5, lambda: signal.pthread_kill(threading.main_thread().ident, signal.SIGINT)).start()
        assert call(answer) is None
        assert capsys.readouterr().out.splitlines() == [
            "scores: the check was stopped. Nothing changed; run this cell again when you like."
        ]
        assert record.read()["points"] == {}


class TestWhere:
    def test_is_the_report_displayed_in_a_notebook(self, shell):
        with capture_output() as captured:
            shell.run_cell(f"from autograder.practice import check\n{WRONG}\ncheck('scores')")
        shown = captured.outputs[0].data
        assert shown["text/plain"].startswith("scores: not right yet")
        assert shown["text/html"].startswith("<section")
        assert (captured.stdout, captured.stderr) == ("", "")

    def test_is_the_learners_line_told_in_a_notebook(self, shell):
        with capture_output() as captured:
            shell.run_cell("from autograder.practice import check")
            shell.run_cell("def scores(query, key):\n    return missing_name")
            shell.run_cell("check('scores')")
        assert "NameError" in captured.outputs[0].data["text/plain"]
        assert "(in line 2 of scores: return missing_name)" in captured.outputs[0].data["text/plain"]

    def test_is_the_report_printed_elsewhere(self, tmp_path):
        """In a Python of its own, without TensorFlow: the check is light to import."""
        code = f"from autograder.practice import check\n{RIGHT}\nassert check('scores') is None\nimport sys\n"
        code += "assert not {'tensorflow', 'keras', 'matplotlib'} & set(sys.modules)"
        environment = {**os.environ, "AUTOGRADER_PROGRESS": str(tmp_path / "p.json")}
        done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, env=environment)
        assert done.stderr == ""
        assert done.stdout.startswith("scores: all right")
