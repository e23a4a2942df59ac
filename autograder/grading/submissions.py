"""What was handed in: `FOLDER/STUDENT/LESSON/NOTEBOOK.ipynb`, or what can only mean that, read without trusting it.

Nothing is passed over in silence: what is not as expected is taken, and a note says what was taken, or is left, and
its name and the reason stand in every report.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from autograder.course import Course
from autograder.exercise.result import Left
from autograder.files import is_plain, shown
from autograder.grading.borrowed import Borrowed
from autograder.grading.entries import Entry, Unavailable, entries, is_litter, listed, read_plain
from autograder.grading.matching import Lesson, is_answer
from autograder.grading.names import grade_ids, is_notebook, lesson_inside, lesson_meant
from autograder.grading.reading import MAX_FILE_BYTES, Unreadable
from autograder.grading.rebuild import rebuild

MOST_OF_A_NAME = 128  # characters, in nbgrader's gradebook


@dataclass(frozen=True)
class Taken:
    """The notebook that counts: its bytes, where it lies, and what is to be said about the choice."""

    data: bytes
    name: str
    notes: tuple[str, ...] = ()


@dataclass(frozen=True)
class Submission:
    """One student's folder for one lesson; `found`, if the folder is not the lesson's own, are the files meant."""

    student: str
    lesson: str
    folder: Path
    notebook_name: str
    found: tuple[Entry, ...] | None = None
    notes: tuple[str, ...] = ()
    borrowed: Borrowed | None = field(default=None, compare=False, repr=False)

    def take(self, lesson: Lesson) -> Taken:
        """Return the notebook that counts.

        Raise Unreadable, to the learner, if there is none; Unavailable, to the instructor, if it cannot be had, or
        if several fit and nothing says which.
        """
        files = self._files()
        notebooks = [entry for entry in files if is_notebook(entry.name)]
        original = next((entry for entry in notebooks if entry.name == f"{self.notebook_name}.ipynb"), None)
        others = [entry for entry in notebooks if entry is not original]
        if original is None and not others:
            there = _enumerated([entry.name for entry in files])
            raise Unreadable(
                f"Expected {self.notebook_name}.ipynb; {f'there is {there}' if there else 'the folder holds no file'}. "
                "Submit the notebook under its original name."
            )
        data = self._read(original) if original else b""
        if original and not others:
            return Taken(data, original.name, self.notes)
        return self._choose(lesson, original, data, others)

    def read(self, lesson: Lesson) -> bytes:
        """Return the bytes of the notebook that counts; raise as `take` does."""
        return self.take(lesson).data

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
                found[name] = read_plain(path, MAX_FILE_BYTES)
        return tuple(found.items())

    def _files(self) -> list[Entry]:
        if self.found is not None:
            return list(self.found)
        if self.folder.is_symlink() or self.folder.parent.is_symlink():
            raise Unreadable("The folder is a link to another one. Submit the notebook itself.")
        if not os.path.isdir(self.folder):
            raise Unreadable(
                f"{shown(self.folder.name)} is no folder. Expected a folder with {self.notebook_name}.ipynb in it."
            )
        return entries(self.folder)

    def _read(self, entry: Entry) -> bytes:
        data = entry.read(MAX_FILE_BYTES)
        if not entry.member and self.borrowed:
            self.borrowed.refuse(entry.path)
        return data

    def _choose(self, lesson: Lesson, original: Entry | None, data: bytes, others: list[Entry]) -> Taken:
        """Take the original, or the one notebook of this lesson with answers where the original has none."""
        started = {} if original and not _is_blank(lesson, data) else self._with_answers(lesson, others)
        if len(started) > 1:
            names = _enumerated([entry.name for entry, _ in started.values()])
            raise Unavailable(f"Several notebooks hold answers: {names}. Leave the one that counts, and grade again.")
        if started:
            ((entry, found),) = started.values()
            why = f"{original.name} is as it was handed out" if original else f"there is no {self.notebook_name}.ipynb"
            return Taken(found, entry.name, (*self.notes, f"`{entry.name}` was graded: {why}."))
        if original:
            beside = _enumerated([entry.name for entry in others])
            return Taken(
                data, original.name, (*self.notes, f"Beside the notebook lies {beside}, which was not graded.")
            )
        blank = next((entry for entry in others if self._is_of(lesson, entry)), None)
        if blank is None and len(others) > 1:
            raise Unreadable(
                f"Expected {self.notebook_name}.ipynb; there is {_enumerated([entry.name for entry in others])}, "
                "and none is this lesson's notebook. Submit the notebook under its original name."
            )
        entry = blank or others[0]
        return Taken(self._read(entry), entry.name, (*self.notes, f"`{entry.name}` was graded."))

    def _with_answers(self, lesson: Lesson, others: list[Entry]) -> dict[bytes, tuple[Entry, bytes]]:
        """Return the notebooks of this lesson in which something was answered, each content once."""
        found: dict[bytes, tuple[Entry, bytes]] = {}
        for entry in others:
            try:
                data = self._read(entry)
                if not _is_blank(lesson, data):
                    found.setdefault(hashlib.sha256(data).digest(), (entry, data))
            except (Unreadable, FileNotFoundError):
                continue
        return found

    def _is_of(self, lesson: Lesson, entry: Entry) -> bool:
        try:
            rebuild(lesson, self._read(entry))
        except (Unreadable, FileNotFoundError):
            return False
        return True


def find_submissions(
    course: Course, folder: Path, students: tuple[str, ...] = (), lessons: tuple[str, ...] = ()
) -> Iterator[Submission]:
    """Yield the submissions in a folder, by student and lesson; only those named, where any are named."""
    for found in scan(course, folder, students):
        if isinstance(found, Submission) and (not lessons or found.lesson in lessons):
            yield found


def left_over(course: Course, folder: Path) -> list[Left]:
    """Return what lies in a folder and cannot be taken, each with the reason."""
    return [found for found in scan(course, folder) if isinstance(found, Left)]


def scan(course: Course, folder: Path, students: tuple[str, ...] = ()) -> Iterator[Submission | Left]:
    """Yield all that lies in a folder, by student and lesson: what can be graded, and what cannot."""
    lessons = {lesson: course.notebook(lesson).stem for lesson in course.lesson_names()}
    borrowed = Borrowed(course, folder)
    for path in listed(folder) if folder.is_dir() else ():
        if students and path.name not in students:
            continue
        if path.name.startswith(".") and not _is_somebodys(path, lessons):
            continue
        problem = _problem(path)
        if problem:
            if not is_litter(path.name) or path.is_dir():
                yield Left(shown(path.name), "", problem)
            continue
        try:
            yield from _of_student(course, path, lessons, borrowed)
        except Unavailable as error:
            yield Left(path.name, "", str(error))


def _problem(path: Path) -> str:
    """Say why a file or folder cannot be a student's; "" if it can."""
    name = path.name
    if not is_plain(name):
        return "Its name has bytes or characters that cannot be stored or shown. Rename it."
    if name.startswith("."):
        return "Its name begins with a dot, so nbgrader passes over it. Rename it."
    if len(name) > MOST_OF_A_NAME:
        return f"Its name has {len(name)} characters; the gradebook has room for {MOST_OF_A_NAME}. Rename it."
    if path.is_symlink() and not path.is_dir():
        return "It is a link that leads nowhere or to a file. Expected a folder named after the student."
    if not path.is_dir():
        what = "`autograder collect` takes archives" if name.lower().endswith(".zip") else "It belongs into a folder"
        return f"It is a file, not a folder named after a student. {what}: STUDENT/LESSON/NOTEBOOK.ipynb."
    return ""


def _is_somebodys(path: Path, lessons: dict[str, str]) -> bool:
    """Tell whether a folder whose name begins with a dot is a student's, not what a system keeps there."""
    return path.is_dir() and any(os.path.lexists(path / lesson) for lesson in lessons)


def _of_student(
    course: Course, folder: Path, lessons: dict[str, str], borrowed: Borrowed
) -> Iterator[Submission | Left]:
    student, there = folder.name, [path for path in listed(folder) if not is_litter(path.name)]
    meant: dict[str, Submission] = {}
    loose: list[Path] = []
    for path in there:
        if path.name in lessons:
            meant[path.name] = Submission(student, path.name, path, lessons[path.name], borrowed=borrowed)
        else:
            loose.append(path)
    rest: list[Entry] = []
    for path in loose:
        lesson = lesson_meant(path.name, lessons)
        if lesson and lesson not in meant and path.is_dir() and not path.is_symlink():
            note = f"The folder `{shown(path.name)}` was taken for {lesson}."
            meant[lesson] = Submission(student, lesson, path, lessons[lesson], notes=(note,), borrowed=borrowed)
        else:
            rest += _entries_of(path)
    taken, left = _by_lesson(course, rest, lessons)
    for lesson, found in taken.items():
        if lesson in meant:
            left += found
        else:
            note = f"{_enumerated([entry.name for entry in found])} was taken for {lesson}."
            meant[lesson] = Submission(student, lesson, folder, lessons[lesson], tuple(found), (note,), borrowed)
    yield from (meant[lesson] for lesson in sorted(meant))
    expected = f"Expected a folder with one of these names: {', '.join(lessons)}."
    names = dict.fromkeys(entry.name if is_notebook(entry.name) else entry.parts[0] for entry in left)
    yield from (Left(student, name, f"It belongs to no lesson that is not there already. {expected}") for name in names)
    if not there:
        yield Left(student, "", f"The folder is empty. {expected}")
    empty = [path.name for path in loose if path.is_dir() and not path.is_symlink() and not _entries_of(path)]
    for name in empty:
        if not any(submission.folder.name == name for submission in meant.values()):
            yield Left(student, shown(name), f"It holds no file, and is no lesson. {expected}")


def _entries_of(path: Path) -> list[Entry]:
    """Return the files in one loose file, archive or folder of a student."""
    if path.is_dir() and not path.is_symlink():
        return [Entry(f"{shown(path.name)}/{each.name}", each.path, each.member) for each in entries(path)]
    return [entry for entry in entries(path.parent) if entry.parts[0] == shown(path.name)]


def _by_lesson(
    course: Course, rest: list[Entry], lessons: dict[str, str]
) -> tuple[dict[str, list[Entry]], list[Entry]]:
    """Sort loose notebooks by lesson: by the names of their folders, by their own, or by the cells in them."""
    taken: dict[str, list[Entry]] = {}
    left: list[Entry] = []
    ids = {}
    for entry in rest:
        lesson = next((found for part in reversed(entry.parts) if (found := lesson_meant(part, lessons))), "")
        if is_notebook(entry.name) and not lesson:
            ids = ids or {each: grade_ids(course.notebook(each).read_text("utf-8")) for each in lessons}
            try:
                lesson = lesson_inside(entry.read(MAX_FILE_BYTES), ids)
            except (Unreadable, Unavailable, FileNotFoundError):
                lesson = ""
        if lesson and is_notebook(entry.name):
            taken.setdefault(lesson, []).append(entry)
        else:
            left.append(entry)
    return taken, left


def _is_blank(lesson: Lesson, data: bytes) -> bool:
    """Tell whether every answer is as it was handed out; raise Unreadable if it is no notebook of this lesson."""
    answers = sum(is_answer(cell) for cell in lesson.ids.values())
    return len(rebuild(lesson, data).unanswered) == answers


def _enumerated(names: list[str]) -> str:
    quoted = [f"`{name}`" for name in names]
    return ", ".join(quoted[:3]) + (f" and {len(quoted) - 3} more" if len(quoted) > 3 else "")
