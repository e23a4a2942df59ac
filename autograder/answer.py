"""Put one question to a learner's answer: what runs in the learner's process, and knows no secret.

A *question* is the name of an answer and the inputs for it; a *reply* is the plain value it returned, or why
there is none. The examiner sees replies only. In a notebook the question is carried out there and then;
in grading it travels as bytes into a walled kernel and the reply travels back.
"""

from __future__ import annotations

import base64
import contextlib
import copy
import io
import os
import sys
import threading
import traceback
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

import numpy as np

from autograder.wire import NotPlain, decode, encode, plain

OUTCOMES = ("value", "missing", "not attempted", "raised", "not plain", "too long", "died")
MAX_TEXT = 2_000


@dataclass(frozen=True)
class Question:
    """What to ask: `name` of the answer, `inputs` by argument name, and `how` to put them.

    how = "call": call the function with the inputs.
    how = "layer": build the layer with `arguments`, call it on the inputs, and also return its weights at the
    attribute paths in `read` (e.g. "query_dense.kernel"), so that its output can be computed again from them.
    With `tensors`, arrays arrive as TensorFlow tensors.
    """

    name: str
    inputs: dict[str, Any]
    how: str = "call"
    tensors: bool = False
    arguments: dict[str, Any] = field(default_factory=dict)
    read: tuple[str, ...] = ()
    seconds: float = 10.0


@dataclass(frozen=True)
class Reply:
    """What came back: `outcome` is one of OUTCOMES, `value` is plain, `detail` says more, `printed` is capped."""

    outcome: str
    value: Any = None
    detail: str = ""
    printed: str = ""


Ask = Callable[[Question], Reply]


def ask_in(namespace: Mapping[str, Any]) -> Ask:
    """Return an `ask` that carries out questions in `namespace`, in this process."""
    return lambda question: answer(namespace, question)


def answer(namespace: Mapping[str, Any], question: Question) -> Reply:
    """Carry out one question. Never raises: whatever goes wrong becomes a reply."""
    target = namespace.get(question.name)
    if target is None:
        return Reply("missing")
    printed = _Capped()
    try:
        with _time_limit(question.seconds), _quiet(printed):
            value = plain(_carry_out(target, question))
        reply = Reply("value", value)
    except NotImplementedError as error:
        # Keras rewrites messages of errors inside a layer, so the type alone decides.
        reply = Reply("not attempted", detail=str(error)[:MAX_TEXT])
    except NotPlain as error:
        reply = Reply("not plain", detail=str(error))
    except _OutOfTime:
        reply = Reply("too long", detail=f"{question.seconds:g}")
    except MemoryError:
        reply = Reply("raised", detail="MemoryError: the answer asked for more memory than there is")
    except BaseException as error:
        reply = Reply("raised", detail=_describe(error))
    return Reply(reply.outcome, reply.value, reply.detail, printed.text)


def answer_bytes(namespace: Mapping[str, Any], data: bytes) -> bytes:
    """Carry out a question that came as bytes; return the reply as bytes."""
    fields = decode(data)
    fields["read"] = tuple(fields["read"])
    reply = answer(namespace, Question(**fields))
    return encode(asdict(reply))


def answer_text(namespace: Mapping[str, Any], text: str) -> str:
    """The same in base64, which travels as the value of an expression in any Jupyter message."""
    return base64.b64encode(answer_bytes(namespace, base64.b64decode(text))).decode()


def question_bytes(question: Question) -> bytes:
    """Return the bytes of a question, for `answer_bytes` on the other side."""
    fields = {name: getattr(question, name) for name in question.__dataclass_fields__}
    return encode(fields)


def reply_from_bytes(data: bytes) -> Reply:
    """Read a reply that a learner's process wrote; raise NotPlain if it is not one."""
    fields = decode(data)
    texts_ok = isinstance(fields, dict) and set(fields) == {"outcome", "value", "detail", "printed"}
    texts_ok = texts_ok and fields["outcome"] in OUTCOMES
    if not (texts_ok and isinstance(fields["detail"], str) and isinstance(fields["printed"], str)):
        raise NotPlain("a message that is not a reply")
    return Reply(fields["outcome"], fields["value"], fields["detail"][:MAX_TEXT], fields["printed"][:MAX_TEXT])


def _carry_out(target: Any, question: Question) -> Any:
    inputs = copy.deepcopy(question.inputs)
    if question.tensors:
        import tensorflow as tf

        inputs = {k: tf.constant(v) if isinstance(v, np.ndarray) else v for k, v in inputs.items()}
    if question.how == "call":
        return target(**inputs)
    layer = target(**question.arguments)
    output = plain(layer(**inputs))
    return {"output": output, "weights": {path: _read(layer, path) for path in question.read}}


def _read(layer: Any, path: str) -> Any:
    value = layer
    for name in path.split("."):
        if not hasattr(value, name):
            raise AttributeError(f"the layer has no {path!r}: keep the attribute names that the task gives")
        value = getattr(value, name)
    return plain(value)


def _describe(error: BaseException) -> str:
    """Say the error, and the line of the learner's cell in which it arose."""
    where = ""
    for frame in reversed(traceback.extract_tb(error.__traceback__)):
        if "site-packages" not in frame.filename and not frame.filename.startswith(os.path.dirname(__file__)):
            where = f" (in line {frame.lineno} of {frame.name}: {frame.line})" if frame.line else ""
            break
    message = str(error).strip() or "no message"
    return f"{type(error).__name__}: {message}"[: MAX_TEXT - len(where)] + where


class _OutOfTime(BaseException):
    """The answer ran out of time. Not an Exception, so that `except Exception` in an answer lets it pass."""


@contextlib.contextmanager
def _time_limit(seconds: float):
    """Interrupt the main thread after `seconds`; elsewhere there is no limit, the caller has its own."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    import _thread

    state = {"fired": False, "done": False}
    lock = threading.Lock()

    def fire() -> None:
        with lock:
            if not state["done"]:
                state["fired"] = True
                _thread.interrupt_main()

    timer = threading.Timer(seconds, fire)
    timer.daemon = True
    timer.start()
    try:
        try:
            yield
        finally:
            with lock:
                state["done"] = True
            timer.cancel()
    except KeyboardInterrupt:
        if state["fired"]:
            raise _OutOfTime from None
        raise


class _Capped(io.TextIOBase):
    """A stream that keeps the first MAX_TEXT characters and forgets the rest."""

    text = ""

    def write(self, text: str) -> int:
        self.text += text[: MAX_TEXT - len(self.text)]
        return len(text)


@contextlib.contextmanager
def _quiet(printed: io.TextIOBase):
    """Keep what the answer prints, and what TensorFlow writes to the process's stderr, out of the cell.

    nbgrader gives no points to a check cell that shows anything on stderr, right or not.
    """
    sys.stderr.flush()
    saved = os.dup(2)
    sink = os.open(os.devnull, os.O_WRONLY)
    try:
        os.dup2(sink, 2)
        with contextlib.redirect_stdout(printed), contextlib.redirect_stderr(printed):
            yield
    finally:
        os.dup2(saved, 2)
        os.close(saved)
        os.close(sink)
