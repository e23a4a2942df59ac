"""A kernel to grade in, which a fresh one replaces when it dies.

What ends a kernel (a crash, a hang, too much memory) costs the cell or the question that did it: a fresh kernel
takes over, runs again what ran before, and goes on behind the culprit. The learner's own cells have a budget of
their own; of one that did not come to its end, what it defines is kept. What else they do runs again only where an
answer misses a name: so the same submission comes to the same points however often its process ended.
"""

from __future__ import annotations

import time
from collections import Counter
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from nbformat import NotebookNode
from nbformat.v4 import new_code_cell, new_output

from autograder.asking.answer import Question, Reply, question_bytes
from autograder.grading.failures import Failure, failures_of, missing_name
from autograder.grading.process import OUT_OF_MEMORY, Process, Settings, must_go
from autograder.grading.statements import definitions, names_of, only_defines

MAX_RESTARTS = 24
GRACE = 5.0  # seconds a question gets beyond its own limit, which the kernel itself watches
OWN_SHARE = 0.3  # of a submission's time, for the learner's own cells together
MOST_ENDED = 3  # own cells that may end the process; of further ones only the definitions run
_QUICK = 1.0  # seconds: an own cell that took longer does not run again in a fresh kernel
_MOST_NAMES = 8  # looked for behind one missing name
_SUDDEN = ("it ended", "it asked")  # why a cell was stopped, where another may have done it
_MOST_LOOKS = 6  # for the same name


@dataclass
class _Past:
    """A cell that has had its turn: its text, and what of it to run again in a fresh kernel."""

    text: str
    again: str
    own: bool
    later: bool = False  # it has not run to its end: what it would bind may still be had


class Kernel:
    """A kernel that is replaced when it dies, and remembers what to run again."""

    def __init__(self, settings: Settings, scratch: Path | None) -> None:
        self.settings = settings
        self.scratch = scratch
        self.notes: list[str] = []
        self.failures: list[Failure] = []
        self.past: list[_Past] = []
        self.looked_for: Counter[str] = Counter()
        self.restarts = self.ended = 0
        self.gone = "too many were ended by this submission"
        self.flooded = False
        self.pure = True  # nothing of the learner's own, but answers, runs in this process
        self.deadline = time.monotonic() + settings.limits.wall_seconds
        self.own_left = OWN_SHARE * settings.limits.wall_seconds
        self.ahead: dict[bytes, Reply] = {}
        self.process: Process | None = None

    def __enter__(self) -> Kernel:
        self._start()
        return self

    def __exit__(self, *about: Any) -> None:
        self._stop()

    def execute(self, cell: NotebookNode, where: str = "", questions: list[Question] = ()) -> None:
        """Run one cell of the lesson, or an answer, and store its outputs; what ends the kernel is told in them.

        where: the cell in words, for notes. questions: what `ask` will be asked next. Where the cell does no more
        than define, they go along with it.
        """
        together = questions if only_defines(cell.source) else ()
        why = self._try(cell, together)
        again = together or (not self.pure and why is not None and why.startswith(_SUDDEN))
        if why is not None and again and self.process is not None:
            self._replace()  # was it the cell, or a question, or something that ran before? One after the other.
            why = self._try(cell)
        if why is None and self._provide_for(cell):
            why = self._try(cell)
        if why is None:
            self._tell(cell, where)
            self.past.append(_Past(cell.source, cell.source, own=False))
            return
        self._stopped(cell, where, why)

    def execute_own(self, cell: NotebookNode, where: str, definitions_only: bool = False) -> None:
        """Run a cell of the learner's own within the time that these have together; it cannot cost more than that."""
        light = definitions(cell.source)
        if definitions_only or self.own_left <= 0 or self.ended >= MOST_ENDED:
            if not definitions_only and light.strip() != cell.source.strip():
                self._note(f"Of {where} only the definitions were run: " + (
                    "your own cells had used their time." if self.own_left <= 0 else
                    "several of your own cells had ended the process."
                ))  # fmt: skip
            self._light(cell.source, light, later=True)
            return
        begun = time.monotonic()
        self.pure = self.pure and only_defines(cell.source)
        why = self._try(cell, seconds=self.own_left)
        took = time.monotonic() - begun
        self.own_left -= took
        if why is None:
            self._tell(cell, where)
            failed = any(output.output_type == "error" for output in cell.outputs)
            again = cell.source if took < _QUICK else light
            self.past.append(_Past(cell.source, again, own=True, later=failed or took >= _QUICK))
            return
        self.ended += why.startswith("it ended")
        self._stopped(cell, where, why, later=why.startswith("it did not end"))

    def keep(self, text: str) -> None:
        """Remember a cell that does not run now: what it defines or binds is there for an answer that misses it."""
        self.past.append(_Past(text, "", own=True, later=True))

    def ask_ahead(self, questions: list[Question]) -> None:
        """Ask many in one message, for `ask` to find the replies: a message costs more than most questions.

        If that ends the kernel there are none, and `ask` goes one by one, to find the question that did it.
        """
        if self.process is None or not questions or question_bytes(questions[0]) in self.ahead:
            return
        replies = self.process.ask(questions, self._seconds(questions[0]) + GRACE)
        if must_go(replies[0]):
            self._replace()
        else:
            self.ahead = dict(zip(map(question_bytes, questions), replies))

    def ask(self, question: Question) -> Reply:
        """Carry out one question in the kernel; a question that ends it is answered with the reason."""
        reply = self.ahead.pop(question_bytes(question), None) or self._ask(question)
        for _ in range(_MOST_NAMES):
            name = missing_name(reply.detail) if reply.outcome == "raised" else ""
            if not name or not self._provide(name):
                return reply
            self.ahead = {}
            for one in self.past:  # a name that was looked for may have come with another definition of the answer
                if not one.own and question.name in names_of(one.text):
                    self._try(new_code_cell(definitions(one.text)))
            reply = self._ask(question)
        return reply

    def _ask(self, question: Question) -> Reply:
        if self.process is None:
            return Reply("died", detail=f"No process was left to ask: {self.gone}.")
        reply = self._ask_once(question)
        short = reply.outcome == "raised" and reply.detail.startswith(OUT_OF_MEMORY)
        if (must_go(reply) or short) and not self.pure:  # perhaps something that ran before it did it
            self._replace(pure=True)
            if self.process is not None:
                reply = self._ask_once(question)
        if must_go(reply):
            if reply.outcome == "too long":
                reply = Reply("too long", detail=f"{question.seconds:g}")
            self._note(f"The answer {question.name} ended its process; what came after it was graded in a new one.")
            self._replace()
        return reply

    def _ask_once(self, question: Question) -> Reply:
        seconds = self._seconds(question)
        return self.process.ask([replace(question, seconds=seconds)], seconds + GRACE)[0]

    def _provide_for(self, cell: NotebookNode) -> bool:
        """Where a cell failed for want of a name, look for it among what has not run; tell whether there is more."""
        names = {missing_name(f"{output.ename}: {output.evalue}") for output in cell.outputs if "ename" in output}
        return any([self._provide(name) for name in names - {""}])

    def _provide(self, name: str, depth: int = 0) -> bool:
        """Bind a name that is missing, by running again what binds it; tell whether something was run."""
        self.looked_for[name] += 1
        if self.process is None or depth >= _MOST_NAMES or self.looked_for[name] > _MOST_LOOKS:
            return False
        for one in reversed(self.past):
            if name not in names_of(one.text):
                continue
            text = definitions(one.text)
            if name not in names_of(text):
                if one.own and not one.later and self.own_left <= 0:
                    continue
                text = one.text
            cell = new_code_cell(text)
            for _ in range(2):
                begun = time.monotonic()
                why = self._try(cell, seconds=max(1.0, self.own_left) if one.own else None)
                self.own_left -= (time.monotonic() - begun) if one.own else 0.0
                if why is not None:
                    self._forget(one)  # it is not tried again
                    self._replace()
                    return False
                missing = {missing_name(f"{each.ename}: {each.evalue}") for each in cell.outputs if "ename" in each}
                if not any([self._provide(other, depth + 1) for other in missing - {"", name}]):
                    break
            one.later, one.again = False, one.again if not one.own or one.again == one.text else text
            self.pure = self.pure and only_defines(text)
            return True
        return False

    def _light(self, text: str, light: str, later: bool) -> None:
        """Run what a cell defines, and remember the rest; where even that ends the kernel, forget the cell."""
        if light.strip() and self._try(new_code_cell(light)) is not None:
            self._replace()
            return
        self.past.append(_Past(text, light, own=True, later=later))

    def _stopped(self, cell: NotebookNode, where: str, why: str, later: bool = False) -> None:
        cell.outputs = [new_output("error", ename="Stopped", evalue=why, traceback=[f"Stopped: {why}"])]
        light = definitions(cell.source)
        kept = light.strip() and light.strip() != cell.source.strip()
        self._note(f"{where[:1].upper()}{where[1:]} was stopped: {why}." + " What it defines was kept." * bool(kept))
        self._replace()
        if kept and self.process is not None:
            self._light(cell.source, light, later)

    def _tell(self, cell: NotebookNode, where: str) -> None:
        if not where:
            return
        for one in failures_of(cell, where, self.process.said):
            known = any(one.error == other.error or missing_name(one.error) in other.names for other in self.failures)
            self.failures.append(one)
            if not known:  # nor does it only follow from one that is
                self._note(one.told())

    def _note(self, text: str) -> None:
        if text not in self.notes:
            self.notes.append(text)

    def _seconds(self, question: Question) -> float:
        return min(question.seconds, max(0.1, self.deadline - time.monotonic()))

    def _try(self, cell: NotebookNode, questions: list[Question] = (), seconds: float | None = None) -> str | None:
        """Run a cell, and ask what comes next; return None, or why the kernel must be replaced."""
        self.ahead = {}
        if self.process is None:
            return f"no process was left to run it: {self.gone}"
        left = self.deadline - time.monotonic()
        if left <= 0:
            return f"the submission had used its {self.settings.limits.wall_seconds:g} seconds"
        most = min(self.settings.limits.cell_seconds, left, left if seconds is None else seconds)
        why, replies = self.process.run(cell, questions, most)
        if self.process.flooded and not self.flooded:
            self.flooded = True
            self._note(f"Output beyond {self.settings.limits.output_bytes:,} bytes was cut.")
        self.ahead = dict(zip(map(question_bytes, questions), replies))
        return why or None

    def _replace(self, pure: bool = False) -> None:
        """Take a fresh kernel, and run again what ran before.

        Of the learner's own cells, those that were quick run whole the first time; from then on (or with `pure`)
        only what they define: one of them may have left behind what ended the process.
        """
        self._stop()
        self.restarts += 1
        if self.restarts > MAX_RESTARTS:
            return
        if time.monotonic() > self.deadline:
            self.gone = f"the submission had used its {self.settings.limits.wall_seconds:g} seconds"
            return
        self._start()
        self.pure = True
        for one in list(self.past):
            text = one.again
            if one.own and (pure or self.restarts > 1):
                text = definitions(text)
                one.later = one.later or text.strip() != one.text.strip()
            if not text.strip():
                continue
            self.pure = self.pure and (not one.own or only_defines(text))
            if self._try(new_code_cell(text)) is not None:
                self._forget(one)
                self._replace(pure=True)
                return

    def _forget(self, one: _Past) -> None:
        self.past = [other for other in self.past if other is not one]

    def _start(self) -> None:
        self.process = Process(self.settings, self.scratch)

    def _stop(self) -> None:
        if self.process is not None:
            self.process.stop()
            self.process = None
