"""A learner's cell as statements: what it defines, what it only does, and where a line of it failed.

Cells hold IPython's own lines too (`!pip`, `%time`); they are read as IPython reads them. Nothing here runs them.
"""

from __future__ import annotations

import ast
import re
import warnings
from functools import cache, lru_cache

from IPython.core.inputtransformer2 import TransformerManager

_DEFINING = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef, ast.Import, ast.ImportFrom)
_ASSIGNING = (ast.Assign, ast.AnnAssign)
_WORKING = (ast.Call, ast.Await, ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp, ast.Yield, ast.YieldFrom)
_TRANSPARENT = re.compile(r"\A\s*%%(time|capture|prun)\b.*\n")  # cell magics under which a cell defines as it would


@lru_cache(maxsize=512)
def parsed(text: str) -> tuple[ast.stmt, ...] | None:
    """Return the statements of a cell, or None if it is not Python."""
    text = _TRANSPARENT.sub("\n", text)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of odd escapes in strings: the learner's kernel tells them
            return tuple(ast.parse(_transformer().transform_cell(text)).body)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None


def names_of(text: str) -> frozenset[str]:
    """Return the names that a cell binds at its top level."""
    return frozenset(name for statement in parsed(text) or () for name in bound(statement))


def bound(statement: ast.stmt) -> set[str]:
    """Return the names that one statement binds where it stands; those inside a function or class are its own."""
    if isinstance(statement, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
        return {statement.name}
    if isinstance(statement, (ast.Import, ast.ImportFrom)):
        return {(alias.asname or alias.name).split(".")[0] for alias in statement.names}
    found, waiting = set(), [statement]
    while waiting:
        node = waiting.pop()
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            found.add(node.id)
        if node is not statement and isinstance(node, _DEFINING):
            found |= bound(node)
        elif not isinstance(node, ast.Lambda):
            waiting += ast.iter_child_nodes(node)
    return found


def definitions(text: str) -> str:
    """Return what a cell defines, imports and plainly assigns, each on the line where it stands; "" if nothing."""
    statements = parsed(text)
    light = [one for one in statements or () if _is_light(one)]
    if not light:
        return ""
    if len(light) == len(statements):
        return _TRANSPARENT.sub("\n", text)
    lines = _transformer().transform_cell(_TRANSPARENT.sub("\n", text)).splitlines()
    kept = [""] * len(lines)
    for one in light:
        first = min([one.lineno, *(each.lineno for each in getattr(one, "decorator_list", ()))])
        shared = sum(other.lineno <= one.end_lineno and first <= other.end_lineno for other in statements) > 1
        if shared:  # a line with several statements
            kept[first - 1] += ("; " if kept[first - 1] else "") + ast.unparse(one)
        else:
            kept[first - 1 : one.end_lineno] = lines[first - 1 : one.end_lineno]
    return "\n".join(kept).rstrip() + "\n"


def only_defines(text: str) -> bool:
    """Tell whether a cell has nothing but functions, classes and imports: what cannot take long."""
    return all(isinstance(one, _DEFINING) for one in parsed(text) or (None,))


def same_code(one: str, other: str) -> bool:
    """Tell whether two cells are the same but for spaces, line ends, comments and quotes."""
    if tidy(one) == tidy(other):
        return True
    here, there = parsed(one), parsed(other)
    return bool(here and there) and len(here) == len(there) and all(map(_same, here, there))


def tidy(text: str) -> str:
    """Return a text without what editors change on their own: line ends, spaces at the end of a line, empty ends."""
    return "\n".join(line.rstrip() for line in text.splitlines()).strip()


def shapes(text: str) -> frozenset[str]:
    """Return the statements of a cell in a form that comments, spaces and line numbers do not change."""
    return frozenset(map(shape, parsed(text) or ()))


def shape(statement: ast.stmt) -> str:
    """Return one statement in that form."""
    return ast.dump(statement)


def is_empty_answer(statement: ast.stmt) -> bool:
    """Tell whether a definition has no body of its own: `pass`, `...`, `raise NotImplementedError`, a docstring."""
    body = getattr(statement, "body", None)
    return isinstance(body, list) and all(map(_is_nothing, body))


def line_of(text: str, number: int) -> str:
    """Return the line of a cell by its number from 1, or ""."""
    lines = text.splitlines()
    return lines[number - 1].strip() if 0 < number <= len(lines) else ""


def bound_at(text: str, number: int) -> set[str]:
    """Return the names that the statement on a line would have bound."""
    return {
        name
        for statement in parsed(text) or ()
        if statement.lineno <= number <= (statement.end_lineno or statement.lineno)
        for name in bound(statement)
    }


@cache
def _transformer() -> TransformerManager:
    return TransformerManager()


def _same(one: ast.stmt, other: ast.stmt) -> bool:
    return shape(one) == shape(other)


def _is_light(node: ast.stmt) -> bool:
    if isinstance(node, _DEFINING):
        return True
    if isinstance(node, _ASSIGNING):
        return node.value is None or not _works(node.value)
    if isinstance(node, ast.If):
        return not _works(node.test) and all(map(_is_light, [*node.body, *node.orelse]))
    if isinstance(node, ast.Try):
        handled = [line for handler in node.handlers for line in handler.body]
        return all(map(_is_light, [*node.body, *handled, *node.orelse, *node.finalbody]))
    return isinstance(node, ast.Pass)


def _works(node: ast.expr) -> bool:
    """Tell whether an expression calls or loops; what a lambda will do later does not count."""
    waiting: list[ast.AST] = [node]
    while waiting:
        one = waiting.pop()
        if isinstance(one, _WORKING):
            return True
        if not isinstance(one, ast.Lambda):
            waiting += ast.iter_child_nodes(one)
    return False


def _is_nothing(node: ast.stmt) -> bool:
    if isinstance(node, ast.Expr):
        return isinstance(node.value, ast.Constant)
    if isinstance(node, ast.Raise):
        error = node.exc.func if isinstance(node.exc, ast.Call) else node.exc
        return isinstance(error, ast.Name) and error.id == "NotImplementedError"
    return isinstance(node, ast.Pass)
