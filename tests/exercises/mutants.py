"""Small changes of an exercise's right answers that an examiner has to notice: `make mutants LESSON=01_attention`.

Each mutant is one change in the module of the exercise: a constant, an operator, a comparison, an axis, an index.
"""

from __future__ import annotations

import argparse
import ast
import copy
import importlib
import inspect
import math
import sys
from collections.abc import Iterator
from dataclasses import dataclass

from autograder.exercise.library import lesson_names, of_lesson
from autograder.exercise.vocabulary import Exercise
from tests.exercises.answers import verdict

_SWAPS = {
    ast.Add: ast.Sub,
    ast.Sub: ast.Add,
    ast.Mult: ast.Div,
    ast.Div: ast.Mult,
    ast.FloorDiv: ast.Div,
    ast.Mod: ast.FloorDiv,
    ast.Pow: ast.Mult,
    ast.Lt: ast.LtE,
    ast.LtE: ast.Lt,
    ast.Gt: ast.GtE,
    ast.GtE: ast.Gt,
    ast.Eq: ast.NotEq,
    ast.NotEq: ast.Eq,
    ast.And: ast.Or,
    ast.Or: ast.And,
    ast.In: ast.NotIn,
    ast.NotIn: ast.In,
    ast.BitAnd: ast.BitOr,
    ast.BitOr: ast.BitAnd,
}
_NAMES = {
    "max": "min",
    "min": "max",
    "sum": "mean",
    "mean": "sum",
    "argmax": "argmin",
    "argmin": "argmax",
    "any": "all",
}
_NAMES |= {"all": "any", "ones": "zeros", "zeros": "ones", "floor": "ceil", "sin": "cos", "cos": "sin", "exp": "abs"}


@dataclass(frozen=True)
class Mutant:
    """One change: where it is, what the line became, and the function that it makes."""

    place: str
    function: object

    def survives(self, exercise: Exercise, seeds: tuple = (0, "a submission")) -> bool:
        """Tell whether it keeps all points."""
        return all(verdict(exercise, self.function, seed).outcome == "right" for seed in seeds)


def mutants(lesson: str, exercise: Exercise) -> Iterator[Mutant]:
    """Return every mutant of the reference and of the right answers of an exercise that has its own module."""
    module = importlib.import_module(f"course_exercises.{lesson}.{exercise.name}")
    source = inspect.getsource(module)
    tree = ast.parse(source)
    nodes = list(ast.walk(tree))
    for number, owner in _used(tree):
        for node in ast.walk(owner):
            index = nodes.index(node)
            for change in _changes(node):
                mutated = copy.deepcopy(tree)
                target = list(ast.walk(mutated))[index]
                change(target)
                function = _function(mutated, module, number)
                if function is not None:
                    text = ast.unparse(target)
                    yield Mutant(
                        f"{exercise.name}:{getattr(node, 'lineno', 0)}: {ast.unparse(node)} -> {text}", function
                    )


def _used(tree: ast.Module) -> Iterator[tuple[int, ast.AST]]:
    """Return, for the reference (-1) and each right answer, the nodes of this module that compute it."""
    functions = {node.name: node for node in tree.body if isinstance(node, ast.FunctionDef)}
    call = next(n.value for n in tree.body if isinstance(n, ast.Assign) and ast.unparse(n.targets[0]) == "exercise")
    fields = {keyword.arg: keyword.value for keyword in call.keywords}
    if "reference" not in fields:
        return  # a question with options
    for number, start in ((-1, fields["reference"]), *enumerate(getattr(fields.get("right"), "elts", ()))):
        found, todo = [], [start]
        while todo:
            node = todo.pop()
            found.append(node)
            names = {each.id for each in ast.walk(node) if isinstance(each, ast.Name)}
            todo += [functions[name] for name in names if name in functions and functions[name] not in found]
        for node in found:
            yield number, node


def _changes(node: ast.AST) -> Iterator:
    """Return the changes of one node, each a function that makes it."""
    if isinstance(node, ast.Constant) and type(node.value) in (int, float):
        for value in (node.value + 1, -node.value, 0):
            if value != node.value and not (math.isinf(node.value) if isinstance(node.value, float) else False):
                yield lambda target, value=value: setattr(target, "value", value)
    if isinstance(node, ast.Constant) and type(node.value) is bool:
        yield lambda target: setattr(target, "value", not target.value)
    if isinstance(node, (ast.BinOp, ast.BoolOp)) and type(node.op) in _SWAPS:
        yield lambda target: setattr(target, "op", _SWAPS[type(target.op)]())
    if isinstance(node, ast.Compare) and type(node.ops[0]) in _SWAPS:
        yield lambda target: target.ops.__setitem__(0, _SWAPS[type(target.ops[0])]())
    if isinstance(node, ast.Attribute) and node.attr in _NAMES:
        yield lambda target: setattr(target, "attr", _NAMES[target.attr])
    if isinstance(node, ast.Name) and node.id in ("max", "min", "any", "all", "sum"):
        yield lambda target: setattr(target, "id", {"sum": "max"}.get(target.id) or _NAMES[target.id])
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, (ast.USub, ast.Not, ast.Invert)):
        yield lambda target: _replace_by(target, target.operand)
    if isinstance(node, ast.IfExp):
        yield lambda target: _replace_by(target, target.body)
        yield lambda target: _replace_by(target, target.orelse)
    if isinstance(node, ast.If):
        for value in (True, False):
            yield lambda target, value=value: setattr(target, "test", ast.Constant(value))


def _replace_by(target: ast.AST, other: ast.AST) -> None:
    target.__class__ = other.__class__
    target.__dict__ = other.__dict__


def _function(tree: ast.Module, module, number: int):
    names = {"__name__": module.__name__, "__package__": module.__package__, "__file__": module.__file__}
    try:
        exec(compile(ast.fix_missing_locations(tree), module.__file__, "exec"), names)
    except Exception:
        return None  # it cannot even be defined
    exercise = names["exercise"]
    return exercise.reference if number < 0 else exercise.right[number]


def main() -> int:
    """Print for each exercise how many mutants were noticed, and which were not."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("lesson", nargs="?", default="")
    parser.add_argument("exercise", nargs="?", default="")
    wanted = parser.parse_args()
    for lesson in lesson_names():
        if wanted.lesson and wanted.lesson != lesson:
            continue
        for exercise in of_lesson(lesson):
            if wanted.exercise in ("", exercise.name):
                _report(lesson, exercise)
    return 0


def _report(lesson: str, exercise: Exercise) -> None:
    try:
        made = list(mutants(lesson, exercise))
    except ModuleNotFoundError:
        print(f"{lesson} {exercise.name}: not converted yet")
        return
    alive = [mutant for mutant in made if mutant.survives(exercise)]
    print(f"{lesson} {exercise.name}: {len(made) - len(alive)} of {len(made)} mutants noticed")
    for mutant in alive:
        print("   survives", mutant.place)


if __name__ == "__main__":
    sys.exit(main())
