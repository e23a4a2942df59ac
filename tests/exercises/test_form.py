"""What the form of exercises promises, tried on every exercise: no argument frozen, nothing tabled, all apart."""

from __future__ import annotations

import ast
import inspect

import nbformat
import numpy as np
import pytest

from autograder.asking.answer import Reply
from autograder.asking.wire import decode, encode, plain
from autograder.exercise.examine import examine, judge
from autograder.exercise.library import default_folder, lesson_names, of_lesson
from autograder.exercise.plan import are_apart, questions
from tests.exercises.answers import verdict
from tests.exercises.solutions import COURSE

FOLDER = default_folder()
CONVERTED = [lesson for lesson in lesson_names() if not (FOLDER / lesson / "unconverted.py").exists()]
EXERCISES = [pytest.param(one, id=one.name) for lesson in CONVERTED for one in of_lesson(lesson)]
ASKED = [each for each in EXERCISES if questions(each.values[0]).asked[0].inputs]
FUNCTIONS = [
    each for each in ASKED if each.values[0].how == "call" and not any(part.judge for part in each.values[0].parts)
]
SEEDS = range(20)


def sorts_of(value):
    """Return the shape of a value: of arrays, of lists and what is in them; of a number or a text only the kind."""
    if isinstance(value, np.ndarray):
        return value.shape
    if isinstance(value, (list, tuple)):
        return (len(value), *map(sorts_of, value))
    return (*value, *map(sorts_of, value.values())) if isinstance(value, dict) else type(value).__name__


@pytest.mark.parametrize("exercise", ASKED)
def test_every_seed_tells_all_misconceptions_apart(exercise):
    assert [seed for seed in SEEDS if not are_apart(questions(exercise, seed))] == []


@pytest.mark.parametrize("exercise", ASKED)
def test_an_argument_that_is_frozen_at_a_value_it_takes_is_noticed(exercise):
    """Of a layer, also an argument that builds it."""
    plan = questions(exercise, 0)
    taken = [(name, value) for one in plan.asked for name, value in one.inputs.items()]
    taken += [(name, value) for one in plan.asked for name, value in one.question.arguments.items()]
    names = list(dict.fromkeys(name for name, _ in taken))
    unnoticed = [
        f"{name} = {value!r}"
        for name, value in taken
        if verdict(exercise, frozen(exercise, names, name, value)).earned == exercise.points
    ]
    assert unnoticed == []


def frozen(exercise, names, name, value):
    def answer(*inputs, **named):
        given = {**dict(zip(names, inputs)), **named, name: value}
        return exercise.reference(**given)

    return answer


@pytest.mark.parametrize("exercise", FUNCTIONS)
def test_a_table_by_shape_earns_no_full_points(exercise):
    """Learnt from the practice questions and from three other submissions."""
    table = {}
    for seed in (0, "one", "two", "three"):
        table |= {str(sorts_of(one.inputs)): one.expected for one in questions(exercise, seed).asked}
    for seed in ("a secret", "another"):
        plan = questions(exercise, seed)
        known = [table.get(str(sorts_of(one.inputs)), 0.0) for one in plan.asked]
        found = judge(plan, [Reply("value", decode(encode(value))) for value in known])
        assert found.earned < exercise.points


@pytest.mark.parametrize("exercise", FUNCTIONS)
def test_each_part_asks_something_that_is_drawn(exercise):
    plans = [[one for one in questions(exercise, seed).asked] for seed in range(3)]
    for part in exercise.parts:
        asked = [encode(plain([one.inputs for one in plan if one.part is part])) for plan in plans]
        assert len(set(asked)) == 3, part.name


@pytest.mark.parametrize("exercise", ASKED)
def test_all_arrays_of_floats_are_float32(exercise):
    kinds = {
        value.dtype.name
        for seed in range(3)
        for one in questions(exercise, seed).asked
        for value in one.inputs.values()
        if isinstance(value, np.ndarray) and value.dtype.kind == "f"
    }
    assert kinds <= {"float32"}


@pytest.mark.parametrize("exercise", ASKED)
def test_the_same_seed_asks_the_same(exercise):
    first, second = (encode([one.inputs for one in questions(exercise, "a seed").asked]) for _ in range(2))
    assert first == second


@pytest.mark.parametrize("lesson", CONVERTED)
class TestLesson:
    def test_its_modules_are_those_in_its_order(self, lesson):
        names = [exercise.name for exercise in of_lesson(lesson)]
        files = {path.stem for path in (FOLDER / lesson).glob("*.py")} - {"__init__"}
        assert {name for name in files if not name.startswith("_")} == set(names)

    def test_its_order_is_that_of_the_checks_in_the_notebook(self, lesson):
        cells = nbformat.read(COURSE.notebook(lesson), as_version=4).cells
        checks = [cell.id.removesuffix("-check") for cell in cells if cell.id.endswith("-check")]
        assert [exercise.name for exercise in of_lesson(lesson)] == checks

    def test_references_take_what_the_tasks_take_in_the_tasks_order(self, lesson):
        signatures = {}
        for cell in nbformat.read(COURSE.notebook(lesson), as_version=4).cells:
            if cell.cell_type == "code" and "### BEGIN SOLUTION" in cell.source:
                for node in ast.parse(cell.source).body:
                    if isinstance(node, ast.FunctionDef):
                        signatures[node.name] = [argument.arg for argument in node.args.args]
        for exercise in of_lesson(lesson):
            if exercise.how == "call":
                asked = list(questions(exercise).asked[0].inputs)
                assert asked == signatures[exercise.name] == list(exercise.order)[: len(asked)]

    def test_the_title_and_the_line_of_each_task_are_those_of_the_exercise(self, lesson):
        cells = {cell.id: cell for cell in nbformat.read(COURSE.notebook(lesson), as_version=4).cells}
        for exercise in of_lesson(lesson):
            first, _, line = cells[f"{exercise.name}-task"].source.split("\n")[:3]
            assert (first, line) == (f"### Exercise · {exercise.title}", exercise.line)


@pytest.mark.parametrize("exercise", FUNCTIONS)
def test_wrong_answers_take_what_the_reference_takes(exercise):
    """Answers are asked by position; an author's function may also leave the rest to **rest."""
    asked = list(questions(exercise).asked[0].inputs)
    for function in (*(each.answer for each in exercise.misconceptions), *exercise.right):
        given = inspect.signature(function).parameters.values()
        if not any(each.kind in (each.VAR_KEYWORD, each.VAR_POSITIONAL) for each in given):
            assert [each.name for each in given][: len(asked)] == asked


@pytest.mark.parametrize("exercise", EXERCISES)
def test_each_misconception_is_diagnosed_over_twenty_seeds(exercise):
    """The matrix: its own name on every seed, and no other's."""
    for mistake in exercise.misconceptions:
        for seed in SEEDS:
            found = verdict(exercise, mistake.answer, seed)
            named = {part.misconception for part in found.parts if part.outcome == "wrong"}
            assert mistake.name in named and named <= {mistake.name, ""}, seed
            assert found.earned < found.points


@pytest.mark.parametrize("exercise", EXERCISES)
def test_right_answers_keep_all_points_over_twenty_seeds(exercise):
    for function in (exercise.reference, *exercise.right):
        for seed in SEEDS:
            assert verdict(exercise, function, seed).outcome == "right", seed


def test_an_unknown_name_lists_those_there_are():
    from autograder.exercise.library import UnknownExercise, find

    with pytest.raises(UnknownExercise, match="There are: scores, distribution"):
        find("no_such_exercise")
    assert examine(find("scores"), lambda question: Reply("value", None)).earned == 0
