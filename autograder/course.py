"""Where things are in a course: the only module that knows paths."""

from __future__ import annotations

import ast
import contextlib
import os
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

MARKER = "nbgrader_config.py"
CLOSED = ("submitted", "autograded", "feedback", "results")  # folders in work/ that nobody else needs


class CannotDo(Exception):
    """What was asked for cannot be done; the message says why and what to do next."""


class NotACourse(Exception):
    """No course was found where one was expected; the message says where we looked."""


@dataclass(frozen=True)
class Course:
    """The folders of one nbgrader course, all derived from its root."""

    root: Path

    @property
    def solutions(self) -> Path:
        """nbgrader's source directory: notebooks with answers and stored outputs."""
        return self.root / "solutions"

    @property
    def lessons(self) -> Path:
        """nbgrader's release directory: generated, the answers taken out."""
        return self.root / "lessons"

    @property
    def data(self) -> Path:
        """Data sets and weights."""
        return self.root / "data"

    @property
    def readable(self) -> tuple[Path, ...]:
        """What a graded submission can read: data/, if there is one."""
        return (self.data,) if self.data.is_dir() else ()

    @property
    def work(self) -> Path:
        """Everything that a run leaves behind; git ignores it."""
        return self.root / "work"

    def make_work(self, shared: bool = False) -> None:
        """Make the folders for what a class hands in and earns, closed to everybody else on the machine.

        `work` itself can be passed through: the exchange may lie in it. A folder that is already there keeps its mode:
        somebody may have opened it on purpose; `autograder doctor` says who can read what. `shared` gives all of it to
        the group, as nbgrader's groupshared asks.
        """
        with contextlib.suppress(OSError):  # a course that others may only read
            for folder in (self.work, *(self.work / name for name in CLOSED)):
                if not folder.is_dir():
                    folder.mkdir(parents=True)
                    mode = 0o2770 if shared else 0o700
                    folder.chmod(mode | 0o011 if folder == self.work else mode)
            database = self.work / "gradebook.db"
            if not database.exists():
                database.touch(0o660 if shared else 0o600)

    @property
    def own(self) -> Path:
        """The learner's own copies of lessons/, which nothing overwrites."""
        return self.work / "lessons"

    @property
    def submitted(self) -> Path:
        """nbgrader's submitted directory: `submitted/STUDENT/LESSON/NOTEBOOK.ipynb`."""
        return self.work / "submitted"

    @property
    def progress(self) -> Path:
        """The learner's own record of checks that passed."""
        return self.work / "progress.json"

    @property
    def first_page(self) -> Path:
        """The learner's copy of the first lesson: where the course begins."""
        first = self.lesson_names()[0]
        return self.own / first / self.notebook(first).name

    def lesson_names(self) -> list[str]:
        """Return the names of all lessons, in order, e.g. `01_attention`."""
        return sorted(path.parent.name for path in self.solutions.glob("*/*.ipynb"))

    def notebook(self, lesson: str) -> Path:
        """Return the one source notebook of a lesson; raise NotACourse if there is not exactly one."""
        found = sorted((self.solutions / lesson).glob("*.ipynb"))
        if len(found) != 1:
            raise NotACourse(
                f"Expected exactly one notebook in solutions/{lesson}, found {len(found)}. "
                f"Lessons here: {', '.join(self.lesson_names()) or 'none'}."
            )
        return found[0]


def find_course(start: Path | str | None = None) -> Course:
    """Find the course that contains `start`.

    Without `start`, look upwards from the current folder and then at the folder this package lies in.
    Raise NotACourse, naming the folders tried, when none holds an `nbgrader_config.py`.
    """
    here = Path(start or os.getcwd()).resolve()
    tried = [here, *here.parents]
    if start is None:
        tried.append(Path(__file__).resolve().parent.parent)
    for folder in tried:
        if (folder / MARKER).is_file():
            return Course(folder)
    raise NotACourse(
        f"Expected a course folder with an {MARKER}; found none in {here} or above it. "
        "Start from inside the course, or name it with --course FOLDER."
    )


def exercises_folder(course: Course) -> Path | None:
    """Return where the course's exercises lie: where its nbgrader_config.py says, else those installed with us.

    The line is `c.Exercises.folder = "exercises"`, seen from the course's root, or else from where this package lies.
    It is read, not run: a check has no time to import nbgrader. Raise NotACourse if it names no folder.
    """
    package = Path(__file__).resolve().parent
    named = _assigned(course.root / MARKER, "c.Exercises.folder")
    if named is None:
        return package / "exercises" if (package / "exercises").is_dir() else None
    for place in (course.root, package.parent):
        if (place / named).is_dir():
            return (place / named).resolve()
    raise NotACourse(f"Expected the exercises in {named}, as {MARKER} of {course.root.name} says; it is not there.")


def _assigned(path: Path, name: str) -> str | None:
    """Return the text that a line `name = "text"` of a Python file assigns, None if there is no such line."""
    try:
        return _assigned_as_of(path, path.stat().st_mtime_ns, name)  # grading asks often
    except (OSError, SyntaxError, ValueError):
        return None


@lru_cache(maxsize=32)
def _assigned_as_of(path: Path, changed: int, name: str) -> str | None:
    for line in ast.parse(path.read_text("utf-8")).body:
        if isinstance(line, ast.Assign) and ast.unparse(line.targets[0]) == name:
            return line.value.value if isinstance(line.value, ast.Constant) else None
    return None
