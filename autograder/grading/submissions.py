"""What was handed in: `FOLDER/STUDENT/LESSON/NOTEBOOK.ipynb`, read without trusting any of it."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from autograder.course import Course
from autograder.grading.rebuild import MAX_FILE_BYTES, Unreadable


@dataclass(frozen=True)
class Submission:
    """One student's folder for one lesson."""

    student: str
    lesson: str
    folder: Path
    notebook_name: str

    def read(self) -> bytes:
        """Return the notebook's bytes; raise Unreadable, to the learner, if there are none to be had."""
        path = self.folder / f"{self.notebook_name}.ipynb"
        if self.folder.is_symlink() or self.folder.parent.is_symlink():
            raise Unreadable("The folder is a link to another one. Submit the notebook itself.")
        try:
            return _read_plain(path, MAX_FILE_BYTES + 1)
        except FileNotFoundError:
            # The name of a file is bytes: it need not be text that can be stored or shown.
            others = [os.fsencode(other.name).decode(errors="replace") for other in self.folder.glob("*.ipynb")]
            others = sorted(others)[:3]
            there = f"there is {', '.join(others)}" if others else "the folder holds no notebook"
            raise Unreadable(f"Expected {self.notebook_name}.ipynb; {there}. Submit under the original name.") from None

    def files(self, course: Course, allowed: Iterable[str]) -> tuple[tuple[str, bytes], ...]:
        """Return the files to put beside the notebook: the lesson's own, and of the learner's those named in `allowed`.

        `allowed` is nbgrader's `Autograde.exclude_overwriting` for this lesson; nothing else gets in.
        """
        source = course.solutions / self.lesson
        found = {
            path.relative_to(source).as_posix(): path.read_bytes()
            for path in sorted(source.rglob("*"))
            if path.is_file() and path.suffix != ".ipynb" and ".ipynb_checkpoints" not in path.parts
        }
        for name in allowed:
            path = self.folder / name
            if path.resolve().is_relative_to(self.folder.resolve()) and path.exists():
                found[name] = _read_plain(path, MAX_FILE_BYTES)
        return tuple(found.items())

    def submitted_at(self, course: Course) -> datetime | None:
        """Return when it was handed in (UTC): by the exchange's own folder if there is one, else by the file.

        Never by timestamp.txt, which a learner can write.
        """
        inbound = course.work / "exchange"
        arrived = [
            found.stat().st_ctime
            for found in inbound.glob(f"*/inbound/{glob_safe(self.student)}+{glob_safe(self.lesson)}+*")
            if not found.is_symlink()
        ]
        try:
            moment = max(arrived) if arrived else (self.folder / f"{self.notebook_name}.ipynb").lstat().st_mtime
        except OSError:
            return None
        return datetime.fromtimestamp(moment, UTC).replace(tzinfo=None, microsecond=0)


def left_over(course: Course, folder: Path) -> list[str]:
    """Return what lies in a folder and is no submission: `STUDENT/LESSON` with no such lesson, files, empty folders."""
    lessons, found = set(course.lesson_names()), []
    for student in sorted(folder.iterdir()) if folder.is_dir() else ():
        if student.name.startswith("."):
            continue
        inside = [path.name for path in sorted(student.iterdir())] if student.is_dir() else []
        found += [f"{student.name}/{name}" for name in inside if name not in lessons and not name.startswith(".")]
        found += [] if inside else [student.name]
    return found


def _read_plain(path: Path, most: int) -> bytes:
    """Return at most so many bytes of an ordinary file; raise Unreadable for a link, a pipe and the like.

    A symbolic link is not followed: it could point at another learner's work.
    """
    if path.is_symlink():
        raise Unreadable(f"{path.name} is a link to another file. Submit the file itself.")
    try:
        flags = os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)
        with open(os.open(path, flags), "rb") as file:
            if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
                raise Unreadable(f"{path.name} is not an ordinary file. Submit the file itself.")
            return file.read(most)
    except FileNotFoundError:
        raise
    except OSError as error:
        raise Unreadable(f"{path.name} could not be read: {error.strerror}. Submit the file itself.") from None


def glob_safe(text: str) -> str:
    """Return a pattern that matches exactly this text."""
    return "".join(f"[{letter}]" if letter in "*?[" else letter for letter in text)


def find_submissions(
    course: Course, folder: Path, students: tuple[str, ...] = (), lessons: tuple[str, ...] = ()
) -> Iterator[Submission]:
    """Yield the submissions in a folder, by student and lesson; only those named, where any are named."""
    names = {lesson: course.notebook(lesson).stem for lesson in course.lesson_names()}
    for student in sorted(folder.iterdir()) if folder.is_dir() else ():
        if not student.is_dir() or student.name.startswith(".") or (students and student.name not in students):
            continue
        for lesson in sorted(names):
            if (student / lesson).is_dir() and (not lessons or lesson in lessons):
                yield Submission(student.name, lesson, student / lesson, names[lesson])
