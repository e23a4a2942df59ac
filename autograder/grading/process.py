"""One process that a submission runs in: started, given cells and questions, ended; it says why it had to go."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from pathlib import Path

from nbclient.exceptions import CellTimeoutError, DeadKernelError
from nbformat import NotebookNode

from autograder.asking.answer import Question, Reply
from autograder.grading.client import Client, MachineFault
from autograder.kernels import Limits, kernel_manager
from autograder.kernels.walls.level import Level

OUT_OF_MEMORY = ("MemoryError", "_ArrayMemoryError")


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


class Process:
    """A kernel behind its walls. `said` is the last cell's reply, `flooded` whether output had to be cut."""

    def __init__(self, settings: Settings, scratch: Path | None) -> None:
        """Start it; raise MachineFault if its walls are weaker than they should be."""
        self.limits = settings.limits
        # Name the course's data to what lessons import: no file within the walls leads from here to there.
        data = {"AUTOGRADER_DATA": str(settings.readable[0])} if settings.readable else {}
        manager = kernel_manager(
            scratch,
            readable=settings.readable,
            limits=settings.limits,
            warm=settings.warm,
            walled=settings.walled,
            variables={"NBGRADER_EXECUTION": "autograde", **data},
        )
        self.client = Client(manager, settings.limits)
        self.client.start()
        if settings.isolated and manager.level != Level.NAMESPACES:
            self.stop()
            raise MachineFault(f"The kernel's walls ({manager.level}) are weaker than those that held when tried.")

    @property
    def said(self) -> dict[str, object]:
        """Return the reply to the last cell."""
        return self.client.said

    @property
    def flooded(self) -> bool:
        """Tell whether output was cut."""
        return self.client.flooded

    def stop(self) -> None:
        """End it at once."""
        self.client.stop()

    def ask(self, questions: list[Question], seconds: float) -> list[Reply]:
        """Put questions; see `Client.ask`."""
        return self.client.ask(questions, seconds)

    def run(self, cell: NotebookNode, questions: list[Question], seconds: float) -> tuple[str, list[Reply]]:
        """Run a cell and put questions; return "" and the replies, or why the process must go and none."""
        self.client.timeout = max(1, math.ceil(seconds))
        try:
            replies = self.client.run(cell, questions)
        except CellTimeoutError as error:
            if "IOPub" in str(error):  # the cell is done but its output never came: too much of it at once
                return f"it wrote more than {self.limits.output_bytes:,} bytes", []
            return f"it did not end within {self.client.timeout} seconds", []
        except DeadKernelError:
            return f"it ended the process ({self.client.cause_of_death()})", []
        if any(output.get("ename") in OUT_OF_MEMORY for output in cell.outputs):  # what it holds, others would lack
            return f"it asked for more than {self.limits.memory_bytes // 2**20:,} MiB of memory", []
        if replies and must_go(replies[0]):
            return "a question did not come to its end", []
        return "", replies


def must_go(reply: Reply) -> bool:
    """Tell whether the kernel died, or did not even notice that its time was up."""
    return reply.outcome == "died" or (reply.outcome == "too long" and not reply.detail)
