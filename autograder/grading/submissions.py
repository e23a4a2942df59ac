"""What was handed in: `FOLDER/STUDENT/LESSON/NOTEBOOK.ipynb`, read without trusting any of it."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
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
        """Return the notebook's bytes; raise Unreadable, to the learner, if there are none to be had.

        A symbolic link is not followed: it could point at another learner's work.
        """
        path = self.folder / f"{self.notebook_name}.ipynb"
        if self.folder.is_symlink() or path.is_symlink():
            raise Unreadable("The notebook is a link to another file. Submit the file itself.")
        try:
            with open(
                os.open(path, os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0)), "rb"
            ) as file:
                if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
                    raise Unreadable("The notebook is not an ordinary file. Submit the file itself.")
                return file.read(MAX_FILE_BYTES + 1)
        except OSError:
            others = sorted(other.name for other in self.folder.glob("*.ipynb"))[:3]
            there = f"there is {', '.join(others)}" if others else "the folder holds no notebook"
            raise Unreadable(f"Expected {self.notebook_name}.ipynb; {there}. Submit under the original name.") from None

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
