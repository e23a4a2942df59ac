"""The shell of a graded kernel: a line that fails costs that line, `exit()` ends nothing, and no name is in the way."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from typing import Any

from ipykernel.ipkernel import IPythonKernel
from ipykernel.zmqshell import ZMQInteractiveShell
from IPython.utils.text import SList
from traitlets import Type

from autograder.asking.answer import answer_text

REPLY = "reply"  # the key of the questions among a message's user expressions
_QUESTIONS = re.compile(r"\.answer_text\(.*'([A-Za-z0-9+/=,]+)'\)$")
_MOST_ERRORS = 5  # shown of one cell
_INSTALLERS = re.compile(r"(\S*/)?(pip3?|conda|mamba|uv|apt|apt-get|npm)\b|\S*python\S* -m pip\b")
_COMMAND_SECONDS = 20.0


class GradedShell(ZMQInteractiveShell):
    """Runs each statement of a cell, whatever became of those before; answers questions without looking up a name."""

    _told: set[str] | None = None  # the errors that the cell under way has shown
    _last_error: BaseException | None = None

    async def run_ast_nodes(
        self, nodelist: list[ast.stmt], cell_name: str, interactivity: str = "last_expr", **options: Any
    ) -> bool:
        """Run statement by statement; one that fails is told, and the next has its turn."""
        failed, self._told = False, set()
        try:
            for node in nodelist:
                show = interactivity if node is nodelist[-1] else "none"
                self._last_error = None
                failed |= bool(await super().run_ast_nodes([node], cell_name, show, **options))
                if isinstance(self._last_error, KeyboardInterrupt):  # its time is up
                    return True
        finally:
            self._told = None
        return failed

    def showtraceback(self, *about: Any, **options: Any) -> None:
        """Show an error with its line, unless this cell has shown the same one, or too many, before."""
        error = self._last_error = sys.exc_info()[1]
        if self._told is not None:
            what = repr(error)[:300]
            if what in self._told or len(self._told) >= _MOST_ERRORS:
                return
            self._told.add(what)
        if isinstance(error, SystemExit):
            options.pop("exception_only", None)
        super().showtraceback(*about, **options)

    def ask_exit(self) -> None:
        """Take `exit()` and `quit()` for what `sys.exit()` is: an error that the cell may go on after."""
        raise SystemExit("exit() was called")

    def system(self, command: str) -> None:
        """Run a command without the terminal that there is none of; say so where it cannot run."""
        output, code = self._command(self.var_expand(command, depth=1))
        print(output, end="" if output.endswith("\n") else "\n")
        self.user_ns["_exit_code"] = code

    system_piped = system_raw = system

    def getoutput(self, command: str, split: bool = True, depth: int = 0) -> Any:
        """Return what a command writes."""
        output, self.user_ns["_exit_code"] = self._command(self.var_expand(command, depth=depth + 1))
        return SList(output.splitlines()) if split else output

    def _command(self, command: str) -> tuple[str, int]:
        if _INSTALLERS.match(command.strip()):
            return "(not run: nothing can be installed while a notebook is graded)", 1
        try:
            done = subprocess.run(
                command, shell=True, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                timeout=_COMMAND_SECONDS, text=True, errors="replace",
            )  # fmt: skip
        except (OSError, subprocess.SubprocessError) as error:
            return f"(this command could not be run while the notebook was graded: {error})", 1
        return done.stdout, done.returncode

    def user_expressions(self, expressions: dict[str, str]) -> dict[str, Any]:
        """Carry out questions; whatever else is asked, as Jupyter does."""
        found = _QUESTIONS.search(expressions.get(REPLY, ""))
        if not found:
            return super().user_expressions(expressions)
        text = repr(answer_text(self.user_ns, found[1]))
        return {REPLY: {"status": "ok", "data": {"text/plain": text}, "metadata": {}}}


class GradedKernel(IPythonKernel):
    """A kernel with that shell."""

    shell_class = Type(GradedShell)
