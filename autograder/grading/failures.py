"""What went wrong in a learner's cells, in sentences that name the line and what to do about it."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from functools import cache
from importlib import metadata
from importlib.util import find_spec

from nbformat import NotebookNode

from autograder.exercise.vocabulary import Verdict
from autograder.grading.statements import bound_at, line_of

USUAL = "usual"  # the extra in pyproject.toml that lists the libraries learners use beside the course's own
MOST_TOLD = 12  # notes of failing lines, of one submission
_LINE = re.compile(r"(?:line |In ?\[\d+\].*?:)(\d+)")
_ANSI = re.compile(r"\x1b\[[0-9;]*m")
_MISSING_NAME = re.compile(r"\b(?:NameError|UnboundLocalError): name '(\w+)' is not defined")
_MISSING_LIBRARY = re.compile(r"No module named '([\w.]+)'")
_ENDS = re.compile(r"\b(exit|quit|_exit|abort|kill)\b")


@dataclass(frozen=True)
class Failure:
    """One line that failed: where, what it says, the error, and the names that it would have bound."""

    where: str
    number: int
    line: str
    error: str
    names: frozenset[str] = frozenset()

    def told(self) -> str:
        """Return it as one note."""
        line = f" (`{self.line[:120]}`)" if self.line else ""
        number = f"Line {self.number}" if self.number else "A line"
        return f"{number} of {self.where} failed{line}: {self.error[:300]}. {advice(self.error)}".strip()


def failures_of(cell: NotebookNode, where: str, reply: dict[str, object]) -> list[Failure]:
    """Return the lines of a cell that failed when it ran, by its outputs and, if these say nothing, by its reply."""
    found = []
    for output in cell.outputs:
        if output.output_type == "error" and output.get("ename") not in ("Stopped", "NotImplementedError"):
            number = _number(output.get("traceback", ()))
            error = f"{output.get('ename')}: {output.get('evalue')}"
            if not number and output.get("ename") == "SystemExit":
                number = next((n for n, line in enumerate(cell.source.splitlines(), 1) if _ENDS.search(line)), 0)
            names = frozenset(bound_at(cell.source, number))
            found.append(Failure(where, number, line_of(cell.source, number), error, names))
    if (
        not found
        and reply.get("status") == "error"
        and reply.get("ename") != "NotImplementedError"
        and isinstance(reply.get("evalue"), str)
    ):
        found.append(Failure(where, 0, "", f"{reply.get('ename')}: {reply['evalue']}"))  # what IPython only prints
    return found


def missing_name(text: str) -> str:
    """Return the name that an error says is not defined, or ""."""
    found = _MISSING_NAME.search(text)
    return found[1] if found else ""


def advice(error: str) -> str:
    """Say what to do about an error that comes from the place where a notebook is graded."""
    if found := _MISSING_LIBRARY.search(error):
        library = found[1].split(".")[0]
        if library != found[1] and find_spec(library):
            return f"There is no {found[1]} here, where the notebook is graded: write it without."
        return missing_library(library)
    if "StdinNotImplementedError" in error or "NobodyTypes" in error:
        return "Nobody is there to type while a notebook is graded."
    if error.startswith("SystemExit"):
        return "The line was passed over: nothing ends the notebook while it is graded."
    if "UsageError" in error and "magic" in error:
        return "This command exists only where the notebook was written."
    return ""


def missing_library(name: str) -> str:
    """Say that a library is not installed, to the learner and to whoever runs the grader."""
    says = f"The library {name} is not installed here, where the notebook is graded: write it without."
    if name in usual_libraries():
        says += f' (For the instructor: pip install "attention-course[{USUAL}]".)'
    return says


@cache
def usual_libraries() -> frozenset[str]:
    """Return the names under which the libraries of the extra are imported."""
    names = {"scikit-learn": "sklearn"}
    try:
        wanted = metadata.requires("attention-course") or ()
    except metadata.PackageNotFoundError:
        return frozenset()
    listed = (re.match(r"[\w.-]+", one)[0] for one in wanted if re.search(rf"extra == ['\"]{USUAL}['\"]", one))
    return frozenset(names.get(one, one) for one in listed)


def explained(verdict: Verdict, error: str, failures: list[Failure]) -> Verdict:
    """Say of a wrong answer why it could not be asked, and which earlier line kept a name from it."""
    parts = []
    for part in verdict.parts:
        says = part.says
        if part.outcome == "wrong" and says:
            if error and says[0].startswith("There is no `"):
                says = (f"The cell of this answer failed, so there was nothing to ask. {error}",)
            name = missing_name(says[0])
            cause = next((one for one in failures if name and name in one.names), None)
            if cause:
                line = f"line {cause.number} of {cause.where} (`{cause.line[:120]}`)"
                why = f"`{name}` was to come from {line}, which failed: {cause.error[:200]}. {advice(cause.error)}"
                says = (*says, why.strip())
            elif more := advice(says[0]):
                says = (*says, more)
        parts.append(replace(part, says=says))
    return replace(verdict, parts=tuple(parts))


def _number(traceback: list[str]) -> int:
    """Return the line of the cell, the outermost frame, at which a traceback begins; 0 if it tells none."""
    text = _ANSI.sub("", "\n".join(traceback))
    for frame in re.split(r"(?=^(?:Cell|File|Input) )", text, flags=re.MULTILINE):
        if frame.startswith(("Cell In", "Input In")) and (found := _LINE.search(frame)):
            return int(found[1])
    return 0
