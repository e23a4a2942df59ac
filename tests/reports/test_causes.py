"""Does the instructor's page begin with those whose points one cause has taken?"""

from made import submission, verdict

from autograder.exercise.result import Result
from autograder.reports.causes import points_lost_to_one_cause
from autograder.reports.class_page import class_page
from autograder.reports.standing import Standing

NO_NUMPY = "Your answer raised an error instead of returning. NameError: name 'np' is not defined (in line {}: np.exp)"


def result(student, *verdicts, notes=()):
    return Result(student, "01_small", "graded", verdicts=verdicts, notes=notes)


def spoilt(student):
    found = (verdict(f"part_{n}", (0.0, 0.0), says=[NO_NUMPY.format(n)]) for n in range(3))
    return result(student, *found)


def test_is_a_reason_that_touches_several_questions_one_cause():
    points, cause = points_lost_to_one_cause(spoilt("ada"))
    assert points == 6 and cause.endswith("name 'np' is not defined")


def test_is_a_single_wrong_answer_no_cause_of_this_kind():
    assert points_lost_to_one_cause(submission(says=["It is wrong."])) == (0.0, "")
    named = [verdict(f"q{n}", (0.0, 0.0), "one mistake", ["The same."]) for n in range(3)]
    assert points_lost_to_one_cause(result("ada", *named)) == (0.0, "")


def test_does_the_class_page_name_them_first():
    bob = result("bob", verdict("q", (1.0, 0.0), says=["x"]))
    page = class_page([Standing(one) for one in (result("ada", notes=("A note.",)), bob, spoilt("cy"))])
    look = page[page.index("Worth a look") :]
    assert look.index("cy") < look.index("ada") and "One cause took 6 points" in look
