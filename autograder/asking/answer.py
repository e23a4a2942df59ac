"""Put one question to a learner's answer: what runs in the learner's process, and knows no secret.

A *question* is the name of an answer and the inputs for it; a *reply* is the plain value it returned, or why
there is none. The examiner sees replies only. In a notebook the question is carried out there and then;
in grading it travels as bytes into a walled kernel and the reply travels back.
"""

from __future__ import annotations

import _thread
import base64
import builtins
import contextlib
import copy
import io
import os
import re
import signal
import sys
import sysconfig
import threading
import traceback
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field
from types import FrameType
from typing import Any

import numpy as np

from autograder.asking.layer import ask_layer
from autograder.asking.usual import usual_settings
from autograder.asking.wire import NotPlain, decode, encode, plain

OUTCOMES = ("value", "missing", "not attempted", "raised", "not plain", "too long", "died")
MAX_TEXT = 2_000
_AGAIN = 0.4  # seconds from one interrupt to the next
_GENTLE = 2  # so many interrupts that an answer may catch; one that catches more is thrown out of its `except`
_NOT_THE_LEARNERS = (os.path.dirname(os.path.dirname(__file__)) + os.sep, sysconfig.get_path("stdlib") + os.sep)
_NOISE = re.compile(r"\x1b\[[0-9;]*m|\{\{function_node [^}]*\}\} ?")  # what TensorFlow and Keras add to a message


@dataclass(frozen=True)
class Question:
    """What to ask: `name` of the answer, `inputs` by argument name, and `how` to put them.

    how = "call": call the function with the inputs, by position.
    how = "layer": build the layer with `arguments`, set its `weights` by path, and call it on the inputs by keyword;
    then the same layer on each of `again`, dicts of inputs and weights. With `inspect`, look at it as a layer.
    With `tensors`, arrays arrive as TensorFlow tensors.
    """

    name: str
    inputs: dict[str, Any]
    how: str = "call"
    tensors: bool = False
    arguments: dict[str, Any] = field(default_factory=dict)
    weights: dict[str, Any] = field(default_factory=dict)
    again: tuple[dict[str, Any], ...] = ()
    inspect: bool = False
    seconds: float = 10.0


@dataclass(frozen=True)
class Reply:
    """What came back: `outcome` is one of OUTCOMES, `value` is plain, `detail` says more, `printed` is capped.

    `changed` names the inputs that the answer wrote into.
    """

    outcome: str
    value: Any = None
    detail: str = ""
    printed: str = ""
    changed: tuple[str, ...] = ()


Ask = Callable[[Question], Reply]


def ask_in(namespace: Mapping[str, Any]) -> Ask:
    """Return an `ask` that carries out questions in `namespace`, in this process."""
    return lambda question: answer(namespace, question)


def answer(namespace: Mapping[str, Any], question: Question) -> Reply:
    """Carry out one question. Whatever goes wrong becomes a reply; only the user's own interrupt is passed on."""
    target = namespace.get(question.name)
    if target is None:
        return Reply("missing")
    if not callable(target):
        return Reply("missing", detail=type(target).__name__)
    printed, limit = _Capped(), _TimeLimit(question.seconds)
    try:
        with _quiet(printed), usual_settings(), _nobody_types():
            inputs = _inputs(question.inputs, question.tensors)
            with limit:
                value = _evaluate(target, inputs, question)
            changed = tuple(
                name
                for name, value in inputs.items()
                if not hasattr(value, "numpy") and _differs(value, question.inputs[name])
            )
        reply = Reply("value", value, changed=changed)
    except NotImplementedError as error:
        # Keras rewrites messages of errors inside a layer, so the type alone decides.
        reply = Reply("not attempted", detail=_message(error))
    except NotPlain as error:
        reply = Reply("not plain", detail=str(error))
    except MemoryError:
        reply = Reply("raised", detail="MemoryError: the answer asked for more memory than there is")
    except BaseException as error:
        if isinstance(error, KeyboardInterrupt) and limit.user_interrupted:
            raise
        reply = Reply("raised", detail=_describe(error))
    if limit.interrupts:  # whatever came of it
        reply = Reply("too long", detail=f"{question.seconds:g}")
    return Reply(reply.outcome, reply.value, _whole(reply.detail), _whole(printed.text), reply.changed)


def answer_bytes(namespace: Mapping[str, Any], data: bytes) -> bytes:
    """Carry out a question that came as bytes; return the reply as bytes."""
    fields = decode(data)
    fields["again"] = tuple(fields["again"])
    reply = answer(namespace, Question(**fields))
    try:
        return encode(asdict(reply))
    except NotPlain as error:  # each array is small enough, all of them together are not
        return encode(asdict(Reply("not plain", detail=str(error), printed=reply.printed)))


def answer_text(namespace: Mapping[str, Any], text: str) -> str:
    """Carry out questions in base64, joined by commas; return the replies alike, as text for any Jupyter message.

    One that runs out of time is the last: what follows it is not asked.
    """
    replies = []
    for question in text.split(","):
        reply = answer_bytes(namespace, base64.b64decode(question))
        replies.append(base64.b64encode(reply).decode())
        if reply_from_bytes(reply).outcome == "too long":
            break
    return ",".join(replies)


def question_bytes(question: Question) -> bytes:
    """Return the bytes of a question, for `answer_bytes` on the other side."""
    fields = {name: getattr(question, name) for name in question.__dataclass_fields__}
    return encode(fields)


def reply_from_bytes(data: bytes) -> Reply:
    """Read a reply that a learner's process wrote; raise NotPlain if it is not one."""
    fields = decode(data)
    texts_ok = isinstance(fields, dict) and set(fields) == {*Reply.__dataclass_fields__}
    texts_ok = texts_ok and fields["outcome"] in OUTCOMES
    if not (texts_ok and isinstance(fields["detail"], str) and isinstance(fields["printed"], str)):
        raise NotPlain("a message that is not a reply")
    changed = fields["changed"]
    if not isinstance(changed, list) or not all(isinstance(name, str) for name in changed):
        raise NotPlain("a message that is not a reply")
    texts = fields["detail"][:MAX_TEXT], fields["printed"][:MAX_TEXT]
    return Reply(fields["outcome"], fields["value"], *texts, tuple(changed))


def _inputs(inputs: dict[str, Any], tensors: bool) -> dict[str, Any]:
    """Return copies, so that an answer that writes into its inputs spoils nobody else's."""
    inputs = copy.deepcopy(inputs)
    if tensors:
        import tensorflow as tf

        inputs = {k: tf.constant(v) if isinstance(v, np.ndarray) else v for k, v in inputs.items()}
    return inputs


def _differs(value: Any, before: Any) -> bool:
    """Tell whether an input is not as it was. A tensor cannot be written into."""
    if hasattr(value, "numpy"):
        return False
    if type(value) is not type(before):
        return True
    if isinstance(before, np.ndarray):
        return not np.array_equal(value, before, equal_nan=before.dtype.kind == "f")
    if isinstance(before, dict):
        return value.keys() != before.keys() or any(_differs(value[key], before[key]) for key in before)
    if isinstance(before, list):
        return len(value) != len(before) or any(map(_differs, value, before))
    return value != before


def _evaluate(target: Any, inputs: dict[str, Any], question: Question) -> Any:
    """Run the learner's code: while this function is on the stack, _TimeLimit may interrupt."""
    if question.how == "call":
        return plain(target(*inputs.values()))
    rounds = [{"inputs": question.inputs, "weights": question.weights}, *question.again]
    return ask_layer(
        target, question.arguments, rounds, question.inspect, lambda inputs: _inputs(inputs, question.tensors)
    )


def _describe(error: BaseException) -> str:
    """Say the error, and the line of the learner's cell in which it arose."""
    where = ""
    for frame in reversed(traceback.extract_tb(error.__traceback__)):
        library = "site-packages" in frame.filename or frame.filename.startswith(_NOT_THE_LEARNERS)
        if frame.line and not library:
            where = f" (in line {frame.lineno} of {frame.name}: {frame.line})"[: MAX_TEXT // 2]
            break
    return f"{type(error).__name__}: {_message(error) or 'no message'}"[: MAX_TEXT - len(where)] + where


def _message(error: BaseException) -> str:
    try:
        text = str(error)
    except Exception:  # the learner's own class of error, with an error in its __str__
        return ""
    return _NOISE.sub("", text).split("\n\nArguments received by")[0].strip()[:MAX_TEXT]


def _whole(text: str) -> str:
    """Replace halves of characters (lone surrogates), which can be neither shown nor sent."""
    return text.encode("utf-8", "replace").decode()


class _OutOfTime(BaseException):
    """The answer ran out of time. Not an Exception, so that `except Exception` in an answer lets it pass."""


class _TimeLimit:
    """Interrupts `_evaluate` in the main thread after `seconds`; elsewhere there is no limit, the caller has its own.

    An answer that catches an interrupt (a bare `except` in a loop) gets another, after a pause in which it can
    clean up. After _GENTLE of them it is also interrupted at the next line, which is in the `except` block.
    """

    def __init__(self, seconds: float) -> None:
        self.seconds = seconds
        self.interrupts = 0
        self.user_interrupted = False
        self._over = threading.Event()
        self._watch: threading.Thread | None = None
        self._before: Any = None
        self._traced_by: Any = None

    def __enter__(self) -> _TimeLimit:
        if threading.current_thread() is threading.main_thread():
            self._traced_by = sys.gettrace()
            self._before = signal.signal(signal.SIGINT, self._interrupted)
            self._watch = threading.Thread(target=self._keep_interrupting, daemon=True)
            self._watch.start()
        return self

    def __exit__(self, *about: Any) -> None:
        if self._watch is None:
            return
        try:
            self._over.set()
            self._watch.join()  # no interrupt is under way any more
        finally:
            if self.interrupts > _GENTLE:
                sys.settrace(self._traced_by)
            signal.signal(signal.SIGINT, self._before or signal.SIG_DFL)

    def _keep_interrupting(self) -> None:
        pause = self.seconds
        while not self._over.wait(pause):
            self.interrupts += 1
            pause = _AGAIN
            if hasattr(signal, "pthread_kill"):  # also ends a sleep
                signal.pthread_kill(threading.main_thread().ident, signal.SIGINT)
            else:
                _thread.interrupt_main()

    def _interrupted(self, number: int, frame: FrameType | None) -> None:
        if not self.interrupts:
            self.user_interrupted = True
            if self._before is not signal.SIG_IGN:
                raise KeyboardInterrupt
        elif frames := _evaluating(frame):
            if self.interrupts > _GENTLE:
                for each in frames:
                    each.f_trace = _once_more
                sys.settrace(_once_more)
            raise _OutOfTime


def _evaluating(frame: FrameType | None) -> list[FrameType]:
    """Return the frames from this one up to that of `_evaluate`; none if it is not on the stack."""
    frames = []
    while frame is not None:
        frames.append(frame)
        if frame.f_code is _evaluate.__code__:
            return frames
        frame = frame.f_back
    return []


def _once_more(frame: FrameType, event: str, argument: Any) -> None:
    """Trace a frame until its next line, and interrupt there; Python then stops tracing."""
    if event == "line" and _evaluating(frame):
        raise _OutOfTime


class _Capped(io.TextIOBase):
    """A stream that keeps the first MAX_TEXT characters and forgets the rest."""

    text = ""

    def write(self, text: str) -> int:
        self.text += text[: MAX_TEXT - len(self.text)]
        return len(text)


class NobodyTypes(RuntimeError):
    """An answer waits for somebody to type."""


@contextlib.contextmanager
def _nobody_types():
    """Let `input()` in an answer fail at once, in words: a question has all that it needs in its inputs."""

    def nobody(*_: Any) -> str:
        raise NobodyTypes("`input()` waits for somebody to type, and nobody is there. Use the arguments instead")

    before, builtins.input = builtins.input, nobody
    try:
        yield
    finally:
        builtins.input = before


@contextlib.contextmanager
def _quiet(printed: io.TextIOBase):
    """Keep what the answer prints, and what TensorFlow writes to the process's stderr, out of the cell.

    nbgrader gives no points to a check cell that shows anything on stderr, right or not.
    """
    if sys.stderr is sys.__stderr__:  # a notebook's own does not go through the descriptor, and is slow to flush
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
