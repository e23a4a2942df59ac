"""Run a rebuilt submission in a walled kernel and examine its answers from outside.

What ends a kernel (a crash, a hang, too much memory) costs the cell or the question that did it: a fresh kernel
takes over, runs again what ran before, and goes on behind the culprit.
"""

from __future__ import annotations

import asyncio
import base64
import math
import re
import time
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from jupyter_client.channels import AsyncZMQSocketChannel
from jupyter_core.utils import run_sync
from nbclient import NotebookClient
from nbclient.client import CellExecutionComplete
from nbclient.exceptions import CellTimeoutError, DeadKernelError
from nbformat import NotebookNode
from nbformat.v4 import new_code_cell, new_notebook, new_output
from traitlets import Type

from autograder.answer import Question, Reply, question_bytes, reply_from_bytes
from autograder.examine import examine
from autograder.exercise import Verdict
from autograder.exercises import UnknownExercise, find
from autograder.grading.outputs import output_from, size_of, storable
from autograder.grading.rebuild import HIDDEN_TESTS, PRACTICE, Rebuilt, checked_exercise, grade_id, is_answer
from autograder.kernels import GradingClient, Limits, kernel_manager
from autograder.learner.report import Report
from autograder.wire import NotPlain

MAX_RESTARTS = 12
_FAULTS = ("not started", "keeper lost", "shutdown", "signal 9")  # no process can send itself the last
GRACE = 5.0  # seconds a question gets beyond its own limit, which the kernel itself watches
_QUOTED = re.compile(r"'([A-Za-z0-9+/=]*)'")
_LOOK_SECONDS = 0.1  # from one look whether a kernel lives to the next
_MOST_ITEMS = 500_000  # of one message: small ones take up to 50 times their bytes when they are read
_OUT_OF_MEMORY = ("MemoryError", "_ArrayMemoryError")
_ASK = "__import__('autograder.answer', fromlist=['answer_text']).answer_text(get_ipython().user_ns, '{}')"


class MachineFault(RuntimeError):
    """The machine, not the submission, ended a run: to be tried again, and never a zero."""


@dataclass(frozen=True)
class Settings:
    """How to run a submission: what it may use and see, and behind which walls."""

    limits: Limits = field(default_factory=Limits)
    readable: tuple[Path, ...] = ()
    warm: bool = True
    walled: bool = True


@dataclass
class Run:
    """What came of a run: the notebook with outputs, the verdicts by exercise, and what happened on the way."""

    notebook: NotebookNode
    verdicts: dict[str, Verdict] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)


def run(rebuilt: Rebuilt, seed: str, settings: Settings, scratch: Path | None = None) -> Run:
    """Run the notebook cell by cell; put a verdict in the place of each check of a known exercise.

    `scratch` is a folder whose files the working directory starts with.

    Raise only for faults of the machinery (no kernel can be had); nothing that the submission does gets out.
    """
    with _Kernel(settings, scratch) as kernel:
        found = Run(rebuilt.notebook, notes=list(rebuilt.notes))
        errors: dict[str, str] = {}
        for cell in _to_run(rebuilt):
            name = checked_exercise(cell)
            exercise = _find(name)
            if _has_hidden_tests(cell):
                continue
            if exercise is None:
                kernel.execute(cell)
                if is_answer(cell):
                    errors[grade_id(cell)] = _error(cell)
                continue
            verdict = _with_cell_error(examine(exercise, kernel.ask, seed), errors.get(name, ""))
            found.verdicts[name] = verdict
            cell.outputs = _outputs(verdict)
        found.notes += kernel.notes
    if any(map(_has_hidden_tests, rebuilt.notebook.cells)):
        _run_hidden_tests(rebuilt, settings, scratch)
    return found


def _run_hidden_tests(rebuilt: Rebuilt, settings: Settings, scratch: Path | None) -> None:
    """Run it all once more, now with the hidden tests, and keep what these give and nothing else.

    They run beside the learner's code, which can read them: nothing that it shows from then on may get out.
    """
    with _Kernel(settings, scratch) as kernel:
        for cell in _to_run(rebuilt):
            if _has_hidden_tests(cell):
                kernel.execute(cell)
            elif not _find(checked_exercise(cell)):
                kernel.execute(new_code_cell(cell.source))


def _to_run(rebuilt: Rebuilt) -> list[NotebookNode]:
    cells = rebuilt.notebook.cells
    return [cell for cell in cells if cell.cell_type == "code" and PRACTICE not in cell.metadata.get("tags", ())]


def _has_hidden_tests(cell: NotebookNode) -> bool:
    return HIDDEN_TESTS in cell.source and bool(grade_id(cell)) and not is_answer(cell)


def _find(name: str):
    try:
        return find(name) if name else None
    except UnknownExercise:
        return None  # another course's own check function: run it as an ordinary test cell


def _error(cell: NotebookNode) -> str:
    """Return the error that a cell ended in, as one line, or ""."""
    for output in cell.outputs:
        if output.output_type == "error":
            return f"{output.get('ename', 'Error')}: {output.get('evalue', '')}"[:500]
    return ""


def _with_cell_error(verdict: Verdict, error: str) -> Verdict:
    """Where there was no answer to ask because its cell failed, say so first."""
    if not error or not any(part.says and part.says[0].startswith("There is no `") for part in verdict.parts):
        return verdict
    says = (f"The cell of this answer failed, so there was nothing to ask. {error}",)
    return replace(verdict, parts=tuple(replace(part, says=says) for part in verdict.parts))


def _outputs(verdict: Verdict) -> list[NotebookNode]:
    """Return what nbgrader expects in a graded cell: something to show, then the points as a plain float."""
    report = Report(verdict)._repr_mimebundle_()
    return [
        new_output("display_data", data=report),
        new_output("execute_result", data={"text/plain": repr(float(verdict.earned))}, execution_count=None),
    ]


class _Kernel:
    """A kernel that is replaced when it dies, and remembers what to run again."""

    def __init__(self, settings: Settings, scratch: Path | None) -> None:
        self.settings = settings
        self.scratch = scratch
        self.notes: list[str] = []
        self.done: list[str] = []  # sources of the cells that ran and left the kernel alive
        self.restarts = 0
        self.flooded = False
        self.deadline = time.monotonic() + settings.limits.wall_seconds
        self.client: _Client | None = None

    def __enter__(self) -> _Kernel:
        self._start()
        return self

    def __exit__(self, *about: Any) -> None:
        self._stop()

    def execute(self, cell: NotebookNode) -> None:
        """Run one cell and store its outputs; a cell that ends the kernel gets an error output that says why."""
        why = self._try(cell)
        if why is None:
            self.done.append(cell.source)
            return
        cell.outputs = [new_output("error", ename="Stopped", evalue=why, traceback=[f"Stopped: {why}"])]
        self.notes.append(f"The cell {grade_id(cell) or cell.id} was stopped: {why}.")
        self._replace()

    def ask(self, question: Question) -> Reply:
        """Carry out one question in the kernel; a question that ends it is answered with the reason."""
        if self.client is None:
            return Reply("died", detail="No process was left to ask: too many were ended by this submission.")
        seconds = min(question.seconds, max(0.1, self.deadline - time.monotonic()))
        reply = self.client.ask(replace(question, seconds=seconds), seconds + GRACE)
        if reply.outcome == "died" or (reply.outcome == "too long" and not reply.detail):
            if reply.outcome == "too long":
                reply = Reply("too long", detail=f"{question.seconds:g}")
            self.notes.append(
                f"The answer {question.name} ended its process; what came after it was graded in a new one."
            )
            self._replace()
        return reply

    def _try(self, cell: NotebookNode) -> str | None:
        """Run a cell; return None, or why the kernel must be replaced."""
        if self.client is None:
            return "no process was left to run it; too many were ended by this submission"
        left = self.deadline - time.monotonic()
        if left <= 0:
            return f"the submission had used its {self.settings.limits.wall_seconds:g} seconds"
        self.client.timeout = math.ceil(min(self.settings.limits.cell_seconds, left))
        try:
            self.client.run(cell)
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
            variables={"NBGRADER_EXECUTION": "autograde"},
        )
        self.client = _Client(manager, self.settings.limits)
        self.client.start()

    def _stop(self) -> None:
        if self.client is not None:
            self.client.stop()
            self.client = None

    def _death(self) -> str:
        return f"it ended the process ({self.client.cause_of_death()})"


class _Channel(AsyncZMQSocketChannel):
    """A channel on which anything may come: what is no message, or costs too much to read, is passed over."""

    async def _recv(self, **options: Any) -> dict[str, Any]:
        if self.socket is None:  # closed meanwhile: there is nobody left to tell
            raise asyncio.CancelledError
        parts = await self.socket.recv_multipart(**options)
        try:
            if sum(part.count(b",") + part.count(b"[") for part in parts) <= _MOST_ITEMS:
                message = self.session.deserialize(self.session.feed_identities(parts)[1])
                about = (message["header"], message["parent_header"], message["content"])
                if isinstance(message["msg_type"], str) and all(isinstance(one, dict) for one in about):
                    return message
        except Exception:  # whatever it was, it was not a message
            pass
        return {"msg_type": "", "header": {}, "parent_header": {}, "content": {}, "metadata": {}}


class _KernelClient(GradingClient):
    """A client that a learner's messages cannot break."""

    shell_channel_class = Type(_Channel)
    iopub_channel_class = Type(_Channel)


class _Client(NotebookClient):
    """nbclient with a cap on output, outputs of known shape, and a way to ask."""

    def __init__(self, manager: Any, limits: Limits) -> None:
        super().__init__(
            new_notebook(),
            km=manager,
            allow_errors=True,
            record_timing=False,
            coalesce_streams=True,
            raise_on_iopub_timeout=True,
        )
        self.km.client_factory = _KernelClient
        self.limits = limits
        self.seen_bytes = 0
        self.flooded = False
        self.displays: dict[str, NotebookNode] = {}

    def start(self) -> None:
        """Start the kernel and its channels; raise if there is none to be had."""
        run_sync(self.async_start_new_kernel)()
        run_sync(self.async_start_new_kernel_client)()

    def stop(self) -> None:
        """End the kernel at once; what it may still want to say is of no interest."""
        run_sync(self._async_cleanup_kernel)()

    def cause_of_death(self) -> str:
        """Return why the kernel ended; raise MachineFault if the learner's code cannot have done it."""
        cause = self.km.death() or "unknown"
        if cause.startswith(_FAULTS):
            raise MachineFault(f"The kernel was lost: {cause}.")
        return cause

    def run(self, cell: NotebookNode) -> None:
        """Run one cell and store its outputs in it."""
        self.nb.cells = [cell]
        self.execute_cell(cell, 0)

    def process_message(self, msg: dict[str, Any], cell: NotebookNode, cell_index: int) -> NotebookNode | None:
        """Take a message from the kernel: its output, built anew, until there have been too many bytes of them."""
        kind, content = msg["msg_type"], msg["content"]
        if kind == "status" and content.get("execution_state") == "idle":
            raise CellExecutionComplete()
        if kind == "clear_output":
            self.clear_before_next_output = bool(content.get("wait"))
            if not self.clear_before_next_output:
                cell.outputs.clear()
        update = kind == "update_display_data"
        output = output_from("display_data" if update else kind, content)
        if output is None:
            return None
        self.seen_bytes += size_of(output)
        if self.seen_bytes > self.limits.output_bytes:
            self.flooded = True
            return None
        display = _display_id(content)
        if update:
            shown = self.displays.get(display)
            if display and any(one is shown for one in cell.outputs):  # those of other cells stay as they were
                shown.data = output.data
            return None
        if self.clear_before_next_output:
            cell.outputs.clear()
            self.clear_before_next_output = False
        self.displays[display] = output
        cell.outputs.append(output)
        return output

    async def _async_poll_kernel_alive(self) -> None:
        while self.kc is not None:
            await asyncio.sleep(_LOOK_SECONDS)
            if self.kc is not None and not await self.km.is_alive():
                self.task_poll_for_reply.cancel()
                return

    def ask(self, question: Question, seconds: float) -> Reply:
        """Send one question, wait for its reply; "died" and a "too long" without detail mean the kernel must go."""
        return run_sync(self._async_ask)(question, seconds)

    async def _async_ask(self, question: Question, seconds: float) -> Reply:
        text = base64.b64encode(question_bytes(question)).decode()
        asked = self.kc.execute(
            "", silent=True, store_history=False, allow_stdin=False, user_expressions={"reply": _ASK.format(text)}
        )
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            try:
                message = await self.kc.get_shell_msg(timeout=min(0.5, max(0.01, deadline - time.monotonic())))
            except Exception:  # queue.Empty, or a message that is none: the learner can write to the channel too
                if not await self.km.is_alive():
                    return Reply("died", detail=f"Cause: {self.cause_of_death()}.")
                continue
            if message.get("parent_header", {}).get("msg_id") == asked:
                return _reply(message.get("content"))
        return Reply("too long")


def _reply(content: Any) -> Reply:
    """Read the reply out of an execute_reply; anything unexpected is the learner's doing and no evidence."""
    try:
        expression = content["user_expressions"]["reply"]
        if expression["status"] != "ok":
            return Reply("raised", detail=storable(expression.get("evalue"))[:500])
        text = _QUOTED.fullmatch(expression["data"]["text/plain"])[1]
        return reply_from_bytes(base64.b64decode(text, validate=True))
    except NotPlain as error:
        return Reply("not plain", detail=str(error))
    except Exception:  # whatever it was, it was not a reply
        return Reply("not plain", detail="something that could not be read")


def _display_id(content: dict[str, Any]) -> str:
    transient = content.get("transient")
    display = transient.get("display_id") if isinstance(transient, dict) else ""
    return display if isinstance(display, str) else ""
