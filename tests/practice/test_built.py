"""What a learner built runs in the lesson; where it is missing or wrong, the lesson's own does."""

from __future__ import annotations

import numpy as np
import pytest

from autograder.practice import built

QUERY, KEY = np.array([1.0, 2.0]), np.array([[1.0, 0.0], [0.0, 1.0]])


def call(source: str = "", name: str = "scores"):
    """Ask for what was built in a notebook that holds this source."""
    namespace = {"np": np, "built": built}
    exec(source, namespace)
    exec(f"found = built({name!r})", namespace)
    return namespace["found"], namespace


def test_an_answer_that_passes_is_the_one_that_runs(capsys):
    found, namespace = call("def scores(query, key):\n    return key @ query")
    assert found is namespace["scores"]
    assert capsys.readouterr().out == ""


@pytest.mark.parametrize(
    "source, why",
    [
        ("", "is not answered yet"),
        ("def scores(query, key):\n    raise NotImplementedError", "is not answered yet"),
        ("def scores(query, key):\n    return query * key", "does not pass its check yet"),
    ],
)
def test_the_lessons_own_runs_where_the_answer_is_missing_or_wrong(source, why, capsys):
    found, namespace = call(source)
    assert found is not namespace.get("scores")
    assert found(QUERY, KEY).tolist() == [1.0, 2.0]
    assert capsys.readouterr().out == f"Your scores {why}: the lesson's own runs here instead.\n"


def test_the_notebook_keeps_its_own_answer(capsys):
    source = "def scores(query, key):\n    return query * key"
    _, namespace = call(source)
    assert namespace["scores"](QUERY, KEY).shape == (2, 2)


def test_a_name_that_no_lesson_has_is_told():
    with pytest.raises(LookupError, match="scorez"):
        call(name="scorez")
