"""Hard links among what was handed in: a second name for somebody else's file."""

from __future__ import annotations

from functools import cached_property
from pathlib import Path

from autograder.course import Course
from autograder.files import shown
from autograder.grading.reading import Unreadable


class Borrowed:
    """Finds hard links: notebooks that are one file with the solution, or with a notebook handed in before.

    Whoever's folder changed last is who made the link; the other keeps the file.
    """

    def __init__(self, course: Course, folder: Path) -> None:
        self.course, self.folder = course, folder

    def refuse(self, path: Path) -> None:
        """Raise Unreadable if this file is a hard link to one that somebody else has."""
        about = path.lstat()
        if about.st_nlink < 2:
            return
        first = self._first.get((about.st_dev, about.st_ino))
        if first is not None and first != path.parent:
            raise Unreadable(f"{shown(path.name)} is a hard link to a file of somebody else. Submit the file itself.")

    @cached_property
    def _first(self) -> dict[tuple[int, int], Path]:
        """The folder that had a file first, for every file that has several names."""
        found: dict[tuple[int, int], Path] = {}
        mine = self.course.solutions.glob("*/*.ipynb")
        theirs = sorted(self.folder.glob("*/*/*.ipynb"), key=lambda path: path.parent.lstat().st_mtime_ns)
        for path in (*mine, *theirs):
            about = path.lstat()
            if about.st_nlink > 1:
                found.setdefault((about.st_dev, about.st_ino), path.parent)
        return found
