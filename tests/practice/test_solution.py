"""The lesson's answer is shown after an honest try, and never where a submission is graded."""

from __future__ import annotations

import json
import shutil

import nbformat
import pytest

from autograder.course import find_course
from autograder.exercise.library import all_exercises, find
from autograder.practice import check, hint, solution

COURSE = find_course(__file__)
QUESTIONS = [
    cell.id
    for lesson in COURSE.lesson_names()
    for cell in nbformat.read(COURSE.notebook(lesson), 4).cells
    if cell.cell_type == "markdown" and cell.metadata.get("nbgrader", {}).get("solution")
]


@pytest.mark.parametrize("name", all_exercises())
def test_is_every_answer_there_with_the_steps_to_it(name):
    found = solution(name, anyway=True)
    assert f"def {name}(" in found.answer or f"class {name}" in found.answer
    assert "NotImplementedError" not in found.answer and "SOLUTION" not in found.answer
    compile(found.answer, name, "exec")
    assert found.steps == find(name).hints
    assert found.meaning.startswith("Passed means")


@pytest.mark.parametrize("name", [name for name in all_exercises() if name.startswith("predict_")])
def test_is_it_said_why_a_prediction_is_right(name):
    assert "    # " in solution(name, anyway=True).answer


@pytest.mark.parametrize("name", QUESTIONS)
def test_has_every_question_in_words_a_model_answer_and_its_rubric(name):
    found = solution(name, anyway=True)
    assert len(found.answer.split()) > 50
    assert "| the answer | points |" in found.meaning
    assert found._repr_mimebundle_()["text/markdown"].startswith(f"**{name}: a model answer**")


def test_is_the_answer_one_that_passes(capsys):
    exec(f"{solution('scores', anyway=True).answer}\ncheck('scores')", {"check": check})
    assert capsys.readouterr().out.startswith("scores: all right")


class TestHonestTry:
    WRONG = "def scores(query, key):\n    return query * key\ncheck('scores')"

    def test_does_it_begin_with_an_answer_that_was_asked_about(self, capsys):
        assert solution("scores") is None
        said = capsys.readouterr().out
        assert 'write an answer and ask check("scores").' in said
        assert 'solution("scores", anyway=True)' in said

    def test_is_an_untouched_stub_no_try(self, capsys):
        exec("def scores(query, key):\n    raise NotImplementedError\ncheck('scores')", {"check": check})
        for _ in find("scores").hints:
            hint("scores")
        assert solution("scores") is None

    def test_do_the_hints_come_first(self, capsys):
        exec(self.WRONG, {"check": check})
        for given in range(len(find("scores").hints)):
            assert solution("scores") is None
            assert f"you have seen {given} of 3" in capsys.readouterr().out
            hint("scores")
        assert solution("scores").answer.endswith("return key @ query")

    def test_needs_who_has_solved_it_no_hints(self, capsys):
        exec(self.WRONG.replace("query * key", "key @ query"), {"check": check})
        assert solution("scores").answer.endswith("return key @ query")

    def test_is_a_question_in_words_answered_first(self, tmp_path, monkeypatch, capsys):
        lesson = tmp_path / "01_attention"
        shutil.copytree(COURSE.lessons / lesson.name, lesson)
        monkeypatch.chdir(lesson)
        assert solution("why_the_query_is_the_target") is None
        assert "write your own answer in its cell, and save the notebook" in capsys.readouterr().out
        notebook = json.loads((lesson / "attention.ipynb").read_text())
        for cell in notebook["cells"]:
            if cell["id"] == "why_the_query_is_the_target":
                cell["source"] = (
                    "The target asks, because one context comes out for each query, and the words need seven."
                )
        (lesson / "attention.ipynb").write_text(json.dumps(notebook))
        assert solution("why_the_query_is_the_target").answer.startswith("One context comes out")


class TestUnknown:
    @pytest.mark.parametrize(
        "given, said",
        [
            ("score", 'Did you mean solution("scores")?'),
            ("", 'such as solution("scores")'),
            ("why_the_query_is_target", 'Did you mean solution("why_the_query_is_the_target")?'),
        ],
    )
    def test_is_it_said_what_was_probably_meant(self, capsys, given, said):
        assert solution(given) is None
        assert said in capsys.readouterr().out

    def test_is_it_said_that_there_are_no_solutions_here(self, tmp_path, monkeypatch, capsys):
        """On a hub, say, whose learners have lessons only."""
        (tmp_path / "nbgrader_config.py").write_text("")
        shutil.copytree(COURSE.lessons / "01_attention", tmp_path / "lessons" / "01_attention")
        monkeypatch.chdir(tmp_path / "lessons" / "01_attention")
        assert solution("scores", anyway=True) is None
        assert "not on this machine" in capsys.readouterr().out


class TestGraded:
    @pytest.mark.parametrize("step", ["autograde", "validate"])
    def test_is_nothing_shown_under_nbgrader(self, monkeypatch, capsys, step):
        monkeypatch.setenv("NBGRADER_EXECUTION", step)
        assert solution("scores", anyway=True) is None
        assert capsys.readouterr().out == "Solutions are shown in your own notebook, not where it is graded.\n"
