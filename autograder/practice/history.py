"""What was run in this notebook: which cell an answer comes from, and whether a later one should have replaced it."""

from __future__ import annotations

import ast
import linecache
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from types import CodeType
from typing import Any

from autograder.practice.names import near

_BINDING = (ast.Assign, ast.AnnAssign, ast.AugAssign, ast.Import, ast.ImportFrom)
_FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)


@dataclass(frozen=True)
class Cell:
    """A cell that was run: its text, the Python that IPython made of it, and what is wrong with that, if anything."""

    text: str
    python: str
    tree: ast.Module | None
    error: str = ""

    def defines(self, name: str) -> bool:
        """Tell whether the cell has a function or class of this name, or, where it is no Python, seems to."""
        if self.tree is None:
            return (
                re.search(rf"^\s*(?:async\s+)?(?:def|class)\s+{re.escape(name)}\b", self.text, re.MULTILINE) is not None
            )
        return name in self.functions()

    def functions(self) -> dict[str, ast.AST]:
        """Return the functions and classes that the cell defines at its top level."""
        lines = self.tree.body if self.tree else []
        return {line.name: line for line in lines if isinstance(line, _FUNCTIONS)}

    def binds(self, name: str) -> bool:
        """Tell whether the cell gives the name to something else: by an assignment or an import."""
        lines = [line for line in (self.tree.body if self.tree else []) if isinstance(line, _BINDING)]
        nodes = [node for line in lines for node in ast.walk(line)]
        stored = {node.id for node in nodes if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)}
        return name in stored | {(node.asname or node.name) for node in nodes if isinstance(node, ast.alias)}


def cells_run() -> list[Cell]:
    """Return the cells that were run in this notebook, in order; none outside a notebook."""
    try:
        from IPython import get_ipython

        shell = get_ipython()
        texts = [text for text in shell.history_manager.input_hist_raw if text.strip()]
        return [_cell(text, shell.transform_cell) for text in texts]
    except Exception:  # no IPython, or another's: what cannot be known is not said
        return []


@lru_cache(maxsize=2_000)  # a check reads all cells again
def _cell(text: str, transform: Callable[[str], str]) -> Cell:
    try:
        python = transform(text)
        return Cell(text, python, ast.parse(python))
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
        line = (getattr(error, "text", None) or "").strip()
        place = f" in line {error.lineno}" if getattr(error, "lineno", None) else ""
        told = f"{type(error).__name__}: {getattr(error, 'msg', None) or error}{place}{f' (`{line}`)' if line else ''}"
        return Cell(text, text, None, told)


def outdated(name: str, namespace: Mapping[str, Any], cells: list[Cell]) -> str:
    """Return why what is called `name` is not what was written last, "" where nothing says so."""
    places = [i for i, cell in enumerate(cells) if cell.defines(name)]
    if not places:
        return ""
    last = cells[places[-1]]
    there = name in namespace
    if last.error:
        answers = "what answers here is an earlier one" if there else "nothing answers yet"
        return f"the last cell that defines `{name}` did not run, so {answers}. {last.error}."
    source = _source_of(namespace.get(name))
    if not there:
        return f"the last cell that defines `{name}` ended in an error, so nothing answers yet. Read its end."
    if not source or source == last.python or any(cell.binds(name) for cell in cells[places[-1] + 1 :]):
        return ""
    if any(cells[i].python == source for i in places[:-1]):
        return (
            f"the last cell that defines `{name}` ended in an error before it got there, so what answers here is an "
            "earlier one. Read its end."
        )
    return ""


def misnamed(
    name: str, namespace: Mapping[str, Any], cells: list[Cell], of_lesson: frozenset[str], is_untouched: bool
) -> str:
    """Return the name of a function that was probably meant to be called `name`, "" if there is none.

    It stands in a cell that was run after the last with `name`, and is not one of the lesson's own cells, whose
    texts are `of_lesson`; it has nearly this name or, where the answer `is_untouched`, the same parameters.
    """
    places = [i for i, cell in enumerate(cells) if cell.defines(name)]
    later = cells[places[-1] + 1 :] if places else cells
    found: dict[str, ast.AST] = {}
    for cell in later:
        if cell.text.strip() not in of_lesson:
            found |= {each: node for each, node in cell.functions().items() if each in namespace and each != name}
    close = near(name, list(found))
    if close or not places or not is_untouched:
        return close
    wanted = _parameters(cells[places[-1]].functions().get(name))
    alike = [each for each, node in found.items() if wanted and _parameters(node) == wanted]
    return alike[-1] if alike else ""


def _parameters(node: ast.AST | None) -> list[str]:
    return [each.arg for each in node.args.args] if isinstance(node, _FUNCTIONS[:2]) else []


def _source_of(target: Any) -> str:
    """Return the Python of the cell in which a function or class was written, "" if it is not known."""
    code = _code_of(target)
    return "".join(linecache.getlines(code.co_filename)) if code else ""


def _code_of(target: Any) -> CodeType | None:
    seen = 0
    while hasattr(target, "__wrapped__") and seen < 10:
        target, seen = target.__wrapped__, seen + 1
    code = getattr(target, "__code__", None)
    if code is None and isinstance(target, type):
        codes = (getattr(member, "__code__", None) for member in vars(target).values())
        code = next((each for each in codes if isinstance(each, CodeType)), None)
    return code if isinstance(code, CodeType) else None
