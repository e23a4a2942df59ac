"""Talk to a kernel that may say anything: nbclient with caps, outputs of known shape, and a way to ask."""

from __future__ import annotations

import asyncio
import base64
import re
import time
from typing import Any, ClassVar

from jupyter_client.channels import AsyncZMQSocketChannel
from jupyter_core.utils import run_sync
from nbclient import NotebookClient
from nbclient.client import CellExecutionComplete
from nbformat import NotebookNode
from nbformat.v4 import new_notebook
from traitlets import Type

from autograder.asking.answer import Question, Reply, question_bytes, reply_from_bytes
from autograder.asking.wire import NotPlain
from autograder.grading.outputs import output_from, size_of, storable
from autograder.kernels import GradingClient, Limits

_FAULTS = ("not started", "keeper lost", "shutdown", "signal 9")  # no process can send itself the last
_QUOTED = re.compile(r"'([A-Za-z0-9+/=,]*)'")
_LOOK_SECONDS = 0.1  # from one look whether a kernel lives to the next
_MOST_ITEMS = 500_000  # of one message: small ones take up to 50 times their bytes when they are read
_ASK = "__import__('autograder.asking.answer', fromlist=['answer_text']).answer_text(get_ipython().user_ns, '{}')"


class MachineFault(RuntimeError):
    """The machine, not the submission, ended a run: to be tried again, and never a zero."""


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
    asks: ClassVar[dict[str, str]] = {}  # sent along with the next cell

    def execute(self, code: str, **options: Any) -> str:
        return super().execute(code, **{"user_expressions": self.asks, **options})


class Client(NotebookClient):
    """nbclient with a cap on output, outputs of known shape, and a way to ask."""

    def __init__(self, manager: Any, limits: Limits) -> None:
        super().__init__(
            new_notebook(),
            km=manager,
            allow_errors=True,
            record_timing=False,
            coalesce_streams=True,
            raise_on_iopub_timeout=True,
            on_cell_executed=self._keep_reply,
        )
        self.km.client_factory = _KernelClient
        self.limits = limits
        self.seen_bytes = 0
        self.flooded = False
        self.displays: dict[str, NotebookNode] = {}
        self.said: dict[str, Any] = {}  # the last cell's reply

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

    def run(self, cell: NotebookNode, questions: list[Question] = ()) -> list[Reply]:
        """Run one cell and store its outputs in it; then ask, in the same message, and return the replies.

        There are none where the cell failed.
        """
        self.nb.cells, self.said = [cell], {}
        self.kc.asks = _expressions(questions)
        try:
            self.execute_cell(cell, 0)
        finally:
            self.kc.asks = {}
        return _replies(self.said, len(questions)) if questions and self.said.get("status") == "ok" else []

    async def _keep_reply(self, execute_reply: dict[str, Any], **_: Any) -> None:
        self.said = execute_reply["content"]

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

    def ask(self, questions: list[Question], seconds: float) -> list[Reply]:
        """Send questions in one message, wait for the replies; there may be fewer, never more.

        A first "died", or a first "too long" without detail, means that the kernel must go.
        """
        return run_sync(self._async_ask)(questions, seconds)

    async def _async_ask(self, questions: list[Question], seconds: float) -> list[Reply]:
        asked = self.kc.execute(
            "", silent=True, store_history=False, allow_stdin=False, user_expressions=_expressions(questions)
        )
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            try:
                message = await self.kc.get_shell_msg(timeout=min(0.5, max(0.01, deadline - time.monotonic())))
            except Exception:  # queue.Empty, or a message that is none: the learner can write to the channel too
                if not await self.km.is_alive():
                    return [Reply("died", detail=f"Cause: {self.cause_of_death()}.")]
                continue
            if message.get("parent_header", {}).get("msg_id") == asked:
                return _replies(message.get("content"), len(questions))
        return [Reply("too long")]


def _expressions(questions: list[Question]) -> dict[str, str]:
    """Return the questions as what Jupyter calls user expressions: the kernel works them out after a cell's code."""
    text = ",".join(base64.b64encode(question_bytes(question)).decode() for question in questions)
    return {"reply": _ASK.format(text)} if questions else {}


def _replies(content: Any, most: int) -> list[Reply]:
    """Read the replies out of an execute_reply; anything unexpected is the learner's doing and no evidence."""
    try:
        expression = content["user_expressions"]["reply"]
        if expression["status"] != "ok":
            return [Reply("raised", detail=storable(expression.get("evalue"))[:500])]
        return [_reply(text) for text in _QUOTED.fullmatch(expression["data"]["text/plain"])[1].split(",")[:most]]
    except Exception:  # whatever it was, it was not a reply
        return [Reply("not plain", detail="something that could not be read")]


def _reply(text: str) -> Reply:
    try:
        return reply_from_bytes(base64.b64decode(text, validate=True))
    except NotPlain as error:
        return Reply("not plain", detail=str(error))


def _display_id(content: dict[str, Any]) -> str:
    transient = content.get("transient")
    display = transient.get("display_id") if isinstance(transient, dict) else ""
    return display if isinstance(display, str) else ""
