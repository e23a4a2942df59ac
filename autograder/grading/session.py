"""A kernel to grade in, which a fresh one replaces when it dies.

What ends a kernel (a crash, a hang, too much memory) costs the cell or the question that did it: a fresh kernel
takes over, runs again what ran before, and goes on behind the culprit.
"""

from __future__ import annotations

import ast
import math
import time
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from nbclient.exceptions import CellTimeoutError, DeadKernelError
from nbformat import NotebookNode
from nbformat.v4 import new_code_cell, new_output

from autograder.asking.answer import Question, Reply, question_bytes
from autograder.grading.client import Client, MachineFault
from autograder.grading.rebuild import grade_id
from autograder.kernels import Limits, kernel_manager
from autograder.kernels.walls.level import Level

MAX_RESTARTS = 12
GRACE = 5.0  # seconds a question gets beyond its own limit, which the kernel itself watches
_DEFINING = (ast.FunctionDef, ast.ClassDef, ast.Import, ast.ImportFrom)
_OUT_OF_MEMORY = ("MemoryError", "_ArrayMemoryError")


@dataclass(frozen=True)
class Settings:
    """How to run a submission: what it may use and see, and behind which walls.

    readable: what it can read; the first, where there is one, is the course's data. warm: fork the warm parent
    instead of starting each kernel anew. walled: False only where the caller has said that it needs no walls.
    isolated: every wall was tried and held; a kernel behind weaker ones is then a fault of the machine.
    """

    limits: Limits = field(default_factory=Limits)
    readable: tuple[Path, ...] = ()
    warm: bool = True
    walled: bool = True
    isolated: bool = False


class Kernel:
    """A kernel that is replaced when it dies, and remembers what to run again."""

    def __init__(self, settings: Settings, scratch: Path | None) -> None:
        self.settings = settings
        self.scratch = scratch
        self.notes: list[str] = []
        self.done: list[str] = []  # sources of the cells that ran and left the kernel alive
        self.restarts = 0
        self.flooded = False
        self.deadline = time.monotonic() + settings.limits.wall_seconds
        self.ahead: dict[bytes, Reply] = {}
        self.client: Client | None = None

    def __enter__(self) -> Kernel:
        self._start()
        return self

    def __exit__(self, *about: Any) -> None:
        self._stop()

    def execute(self, cell: NotebookNode, questions: list[Question] = ()) -> None:
        """Run one cell and store its outputs; a cell that ends the kernel gets an error output that says why.

        questions: what `ask` will be asked next. Where the cell does no more than define, they go along with it.
        """
        if questions and _only_defines(cell.source):
            if self._try(cell, questions) is None:
                self.done.append(cell.source)
                return
            self._replace()  # was it the cell, or a question? Try again, one after the other.
        why = self._try(cell)
        if why is None:
            self.done.append(cell.source)
            return
        cell.outputs = [new_output("error", ename="Stopped", evalue=why, traceback=[f"Stopped: {why}"])]
        self.notes.append(f"The cell {grade_id(cell) or cell.id} was stopped: {why}.")
        self._replace()

    def ask_ahead(self, questions: list[Question]) -> None:
        """Ask many in one message, for `ask` to find the replies: a message costs more than most questions.

        If that ends the kernel there are none, and `ask` goes one by one, to find the question that did it.
        """
        if self.client is None or not questions or question_bytes(questions[0]) in self.ahead:
            return
        replies = self.client.ask(questions, self._seconds(questions[0]) + GRACE)
        if _must_go(replies[0]):
            self._replace()
        else:
            self.ahead = dict(zip(map(question_bytes, questions), replies))

    def ask(self, question: Question) -> Reply:
        """Carry out one question in the kernel; a question that ends it is answered with the reason."""
        ahead = self.ahead.pop(question_bytes(question), None)
        if ahead is not None:
            return ahead
        if self.client is None:
            return Reply("died", detail="No process was left to ask: too many were ended by this submission.")
        seconds = self._seconds(question)
        reply = self.client.ask([replace(question, seconds=seconds)], seconds + GRACE)[0]
        if _must_go(reply):
            if reply.outcome == "too long":
                reply = Reply("too long", detail=f"{question.seconds:g}")
            self.notes.append(
                f"The answer {question.name} ended its process; what came after it was graded in a new one."
            )
            self._replace()
        return reply

    def _seconds(self, question: Question) -> float:
        return min(question.seconds, max(0.1, self.deadline - time.monotonic()))

    def _try(self, cell: NotebookNode, questions: list[Question] = ()) -> str | None:
        """Run a cell, and ask what comes next; return None, or why the kernel must be replaced."""
        self.ahead = {}
        if self.client is None:
            return "no process was left to run it; too many were ended by this submission"
        left = self.deadline - time.monotonic()
        if left <= 0:
            return f"the submission had used its {self.settings.limits.wall_seconds:g} seconds"
        self.client.timeout = math.ceil(min(self.settings.limits.cell_seconds, left))
        try:
            replies = self.client.run(cell, questions)
        except CellTimeoutError as error:
            if "IOPub" in str(error):  # the cell is done but its output never came: too much of it at once
                return f"it wrote more than {self.settings.limits.output_bytes:,} bytes"
            return f"it did not end within {self.client.timeout} seconds"
        except DeadKernelError:
            return self._death()
        if self.client.flooded and not self.flooded:
            self.flooded = True
            self.notes.append(f"Output beyond {self.settings.limits.output_bytes:,} bytes was cut.")
        if any(output.get("ename") in _OUT_OF_MEMORY for output in cell.outputs):  # what it holds, others would lack
            return f"it asked for more than {self.settings.limits.memory_bytes // 2**20:,} MiB of memory"
        if replies and _must_go(replies[0]):
            return "a question did not come to its end"
        self.ahead = dict(zip(map(question_bytes, questions), replies))
        return None

    def _replace(self) -> None:
        self._stop()
        self.restarts += 1
        if self.restarts > MAX_RESTARTS or time.monotonic() > self.deadline:
            return
        self._start()
        for source in self.done:
            if self._try(new_code_cell(source)) is not None:
                self._stop()
                return

    def _start(self) -> None:
        manager = kernel_manager(
            self.scratch,
            readable=self.settings.readable,
            limits=self.settings.limits,
            warm=self.settings.warm,
            walled=self.settings.walled,
            variables={"NBGRADER_EXECUTION": "autograde", **self._where_data_lie()},
        )
        self.client = Client(manager, self.settings.limits)
        self.client.start()
        if self.settings.isolated and manager.level != Level.NAMESPACES:
            self._stop()
            raise MachineFault(f"The kernel's walls ({manager.level}) are weaker than those that held when tried.")

    def _where_data_lie(self) -> dict[str, str]:
        """Name the course's data to what lessons import: no file within the walls leads from here to there."""
        readable = self.settings.readable
        return {"AUTOGRADER_DATA": str(readable[0])} if readable else {}

    def _stop(self) -> None:
        if self.client is not None:
            self.client.stop()
            self.client = None

    def _death(self) -> str:
        return f"it ended the process ({self.client.cause_of_death()})"


def _only_defines(source: str) -> bool:
    """Tell whether a cell has nothing but functions, classes and imports: what cannot take long."""
    try:
        return all(isinstance(line, _DEFINING) for line in ast.parse(source).body)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return False


def _must_go(reply: Reply) -> bool:
    """Tell whether the kernel died, or did not even notice that its time was up."""
    return reply.outcome == "died" or (reply.outcome == "too long" and not reply.detail)
