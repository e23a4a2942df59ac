"""Is a class graded rightly, each result once, whatever the submissions do?"""

import pytest
from grading_here import Here, graded, points
from tiny import RIGHT

from autograder.exercise.result import Result
from autograder.grading import grade
from autograder.grading.grade import grade_one
from autograder.grading.pool import process_pool
from autograder.grading.store import Store
from autograder.kernels.jupyter.manager import GradingManager

OWN_CHECK = "def check(name): return 1.5"  # another course's own


def test_do_right_answers_earn_full_points_and_words_wait_for_a_person(tiny_course, hand_in):
    hand_in("ada")
    result = graded(tiny_course)["ada"].result
    assert points(result) == {"scores-check": 2, "distribution-check": 3, "double-test": 1, "words": 0}
    assert result.unanswered == ("words",)


def test_does_an_answer_in_words_wait_for_a_person(tiny_course, hand_in):
    hand_in("ada", words="Because the target asks.")
    assert points(graded(tiny_course)["ada"].result)["words"] is None


@pytest.mark.parametrize(
    "answer, says",
    [
        ("import os; os._exit(0)", "ended the process"),
        ("while True: pass", "did not end within 2 seconds"),
        ("def distribution(scores):\n    import os; os._exit(0)", "ended before it returned"),
        ("def distribution(scores): return 1 / 0", "ZeroDivisionError"),
        ("@lambda f: __import__('os')._exit(0)\ndef distribution(scores): return scores", "ended the process"),
        ("class Slow:\n    while True: pass", "did not end within 2 seconds"),
        ("def distribution(scores): return (", "SyntaxError"),
        ("raise SystemExit", "SystemExit"),
    ],
)
def test_does_a_mistake_cost_its_own_question_only(tiny_course, hand_in, answer, says):
    hand_in("ada", distribution=answer)
    result = graded(tiny_course)["ada"].result
    assert points(result) | {"words": 0} == {"scores-check": 2, "distribution-check": 0, "double-test": 1, "words": 0}
    assert says in result.to_json()


def test_is_a_second_call_free(tiny_course, hand_in, monkeypatch):
    hand_in("ada")
    graded(tiny_course)
    monkeypatch.setattr(grade, "grade_one", lambda job: pytest.fail("graded again"))
    assert graded(tiny_course)["ada"].known


def test_is_only_what_changed_graded_again(tiny_course, hand_in):
    hand_in("ada")
    hand_in("bob")
    graded(tiny_course)
    hand_in("bob", scores="def scores(query, key): return 0")
    assert {student: each.known for student, each in graded(tiny_course).items()} == {"ada": True, "bob": False}


def test_are_walls_tried_only_when_there_is_something_to_grade(tiny_course, hand_in):
    hand_in("ada")
    assert graded(tiny_course, isolated=lambda: True)["ada"].result.isolated
    again = graded(tiny_course, isolated=lambda: pytest.fail("tried the walls"))["ada"]
    assert again.known and again.result.isolated


def test_is_a_kernel_behind_weaker_walls_no_grade(tiny_course, hand_in, monkeypatch):
    hand_in("ada")
    monkeypatch.setattr(GradingManager, "level", "landlock")
    result = graded(tiny_course, isolated=lambda: True)["ada"].result
    assert result.status == "not graded" and "weaker" in result.reason


def test_is_what_was_graded_without_walls_graded_again_behind_them(tiny_course, hand_in):
    hand_in("ada")
    assert not graded(tiny_course, isolated=lambda: False)["ada"].result.isolated
    assert graded(tiny_course, isolated=lambda: False)["ada"].known
    assert graded(tiny_course, isolated=lambda: True)["ada"].result.isolated


def test_does_force_grade_again(tiny_course, hand_in):
    hand_in("ada")
    graded(tiny_course)
    assert not graded(tiny_course, force=True)["ada"].known


def test_are_grades_the_same_with_one_and_two_workers(tiny_course, hand_in, tmp_path):
    for student, answer in {"ada": RIGHT["scores"], "bob": "scores = 3", "cy": "import os; os._exit(1)"}.items():
        hand_in(student, scores=answer)
    found = []
    for workers in (1, 2):
        with process_pool(workers) as pool:
            results = graded(tiny_course, executor=pool.executor, store=Store(tmp_path / str(workers)))
        found.append({student: points(each.result) for student, each in results.items()})
    assert found[0] == found[1]


def test_is_a_fault_of_the_machinery_no_zero(tiny_course, hand_in, monkeypatch):
    hand_in("ada")
    monkeypatch.setattr(grade, "run", lambda *arguments: (_ for _ in ()).throw(OSError("no kernel")))
    each = graded(tiny_course)["ada"]
    assert (each.result.status, each.result.reason) == ("not graded", "OSError: no kernel")
    assert Store(tiny_course.work / "results").get(each.key) is None


def test_is_a_fault_that_passes_retried(tiny_course, hand_in, monkeypatch):
    hand_in("ada")
    calls = []

    def flaky(job):
        calls.append(job)
        return Result(job.student, job.lesson, "not graded", "first time") if len(calls) < 2 else grade_one(job)

    monkeypatch.setattr(grade, "grade_one", flaky)
    assert graded(tiny_course)["ada"].result.status == "graded"


def test_is_a_worker_that_dies_replaced(tiny_course, hand_in):
    hand_in("ada")

    class Broken(Here):
        made = 0

        def __init__(self):
            Broken.made += 1

        def submit(self, function, /, *arguments, **named):
            if Broken.made == 1:
                raise grade.BrokenProcessPool("a worker died")
            return super().submit(function, *arguments, **named)

    assert graded(tiny_course, executor=Broken)["ada"].result.status == "graded"


def test_does_one_unreadable_submission_stop_no_other(tiny_course, hand_in):
    hand_in("ada")
    hand_in("bob")
    (tiny_course.submitted / "ada" / "01_tiny" / "tiny.ipynb").write_text("{")
    found = graded(tiny_course)
    assert (found["ada"].result.status, found["bob"].result.status) == ("unreadable", "graded")


def test_a_check_of_an_unknown_exercise_is_not_graded_and_says_so(tiny_course, hand_in):
    path = tiny_course.notebook("01_tiny")
    path.write_text(path.read_text().replace('check(\\"distribution\\")', 'check(\\"distributoin\\")'))
    hand_in("ada")
    result = graded(tiny_course)["ada"].result
    assert points(result) | {"words": 0} == {
        "scores-check": 2,
        "distribution-check": None,
        "double-test": 1,
        "words": 0,
    }
    assert any("`distributoin`, which this course does not have" in note for note in result.notes)


def test_another_courses_own_check_is_an_ordinary_test(tiny_course, hand_in):
    path = tiny_course.notebook("01_tiny")
    text = path.read_text().replace("from autograder.practice import check", OWN_CHECK)
    path.write_text(text.replace('check(\\"distribution\\")', 'check(\\"anything\\")'))
    hand_in("ada")
    submitted = tiny_course.submitted / "ada" / "01_tiny" / "tiny.ipynb"
    submitted.write_text(submitted.read_text().replace("from autograder.practice import check", OWN_CHECK))
    assert points(graded(tiny_course)["ada"].result)["distribution-check"] == 1.5


def test_what_cannot_be_had_is_not_graded(tiny_course, hand_in, monkeypatch):
    hand_in("ada")
    hand_in("bob")
    (tiny_course.submitted / "ada" / "01_tiny" / "tiny.ipynb").rename(tiny_course.root / "aside")
    for number in (1, 2):
        path = tiny_course.submitted / "ada" / "01_tiny" / f"tiny-Copy{number}.ipynb"
        path.write_text((tiny_course.root / "aside").read_text().replace("key @ query", f"key @ query * {number}"))
    found = graded(tiny_course)
    assert (found["ada"].result.status, found["bob"].result.status) == ("not graded", "graded")
    assert "Several notebooks hold answers" in found["ada"].result.reason
