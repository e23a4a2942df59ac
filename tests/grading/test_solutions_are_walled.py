"""Can a submission ask for the lessons' answers while it is graded?"""

import json
import sys

import pytest
from grading_here import graded

ASK = """
import os
os.environ.pop("NBGRADER_EXECUTION", None)
from autograder.practice import progress, solution
progress()
print("asked:", solution("scores", anyway=True))
os.environ["AUTOGRADER_PROGRESS"] = "/dev/null"
print("asked:", solution("why_the_query_is_the_target", anyway=True))
def distribution(scores): return 0
"""


@pytest.mark.skipif(sys.platform != "linux", reason="the walls are Linux's")
def test_gets_a_submission_no_solution_even_if_it_denies_that_it_is_graded(tiny_course, hand_in):
    hand_in("ada", distribution=ASK, scores="def scores(query, key):\n    return (key * query).sum(-1)")
    notebook = json.loads(graded(tiny_course)["ada"].result.notebook)
    printed = [out["text"] for cell in notebook["cells"] for out in cell.get("outputs", ()) if "text" in out]
    said = "".join("".join(text) for text in printed)
    assert said.count("asked: None") == 2
    assert "key @ query" not in json.dumps(notebook)
