"""What an archive of a class holds, and whose it is: as Moodle and Canvas name it, or by folders.

- Moodle: FULL NAME_PARTICIPANT_assignsubmission_file_/FILE, since 4.1 without the last underscore; before 3.1 the
  file's name follows the last underscore (mod/assign/feedback/file/importziplib.php).
- Canvas: NAME_[LATE_]USER_FILE_NAME OF THE FILE, all in one folder (lib/content_zipper.rb).
- Anything else: the first folder that is no lesson is the student.
"""

from __future__ import annotations

import re
import zipfile
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

from nbgrader.api import Gradebook

from autograder.files import shown
from autograder.grading.entries import MOST_OF_AN_ARCHIVE, Entry, members, place_in, too_large
from autograder.grading.reading import MAX_FILE_BYTES

MOODLE = re.compile(r"(?P<name>[^_/]*)_(?P<number>\d+)_assignsubmission_file_?(?P<rest>.*)", re.DOTALL)
CANVAS = re.compile(
    r"(?:(?P<name>\w*?)(?P<late>_LATE)?_(?P<number>\d+)|(?P<first>LATE_)?(?P<hidden>anon_[^\W_]+))_(?P<file>\d+)_(?P<rest>.+)",
    re.DOTALL,
)
_TIMES = 0x5455  # the extra field of a zip that has times in UTC


@dataclass(frozen=True)
class Piece:
    """One file of an archive and what its name says: whose it is, by the name and number that the LMS uses.

    path: within what the student handed in. label: Moodle's name of the folder. problem: why it cannot be taken.
    """

    entry: Entry
    student: str
    path: str
    source: str = "zip"  # or "moodle", "canvas"
    number: str = ""  # in Moodle of the participant, in Canvas of the user
    late: bool = False
    moment: datetime | None = None
    problem: str = ""


def pieces(archive: Path, scratch: Path, is_lesson: Callable[[str], bool]) -> list[Piece]:
    """Return the files in an archive, and in the archives in it, which are unpacked into `scratch`, under numbers."""
    found: list[tuple[Entry, datetime | None, str]] = []
    with zipfile.ZipFile(archive) as opened:
        for number, info in enumerate(opened.infolist()):
            if name := place_in(info):
                path = scratch / str(number)
                problem = _unpack(opened, info, path)
                inside = list(members(path, name)) if name.lower().endswith(".zip") and not problem else []
                moment = _universal_time(info)
                found += [(entry, moment, problem) for entry in inside or [Entry(name, path)]]
    read = _reader([entry for entry, _, _ in found], archive, is_lesson)
    return [replace(read(entry), moment=moment, problem=problem) for entry, moment, problem in found]


def _unpack(archive: zipfile.ZipFile, info: zipfile.ZipInfo, path: Path) -> str:
    """Write one file of an archive; return why it could not be done, or ""."""
    most = MOST_OF_AN_ARCHIVE if info.filename.lower().endswith(".zip") else MAX_FILE_BYTES
    if info.file_size > most:
        return too_large(info.filename.split("/")[-1], info.file_size, most)
    try:
        with archive.open(info) as inside:
            path.write_bytes(inside.read(most))
    except Exception as error:  # zipfile and zlib raise many kinds at broken, locked and unknown files
        return f"It could not be taken out of the archive: {shown(str(error))}"
    return ""


def _reader(found: list[Entry], archive: Path, is_lesson: Callable[[str], bool]) -> Callable[[Entry], Piece]:
    """Return what reads the names of this archive: it is Moodle's, Canvas's or a plain one as a whole."""
    if any(MOODLE.fullmatch(part) for entry in found for part in entry.parts):
        return _of_moodle
    if found and all(any(CANVAS.fullmatch(part) for part in entry.parts) for entry in found):
        return _of_canvas
    folders = [[part for part in entry.parts[:-1] if not is_lesson(part)] for entry in found]
    tops, seconds = {some[0] for some in folders if some}, {some[1] for some in folders if len(some) > 1}
    around = len(tops) == 1 and all(len(some) > 1 for some in folders) and (len(seconds) > 1 or archive.stem in tops)

    def of_folders(entry: Entry) -> Piece:
        parts = list(entry.parts)
        where = [index for index, part in enumerate(parts[:-1]) if not is_lesson(part)][around:]
        student = re.sub(r"\.zip$", "", parts[where[0]], flags=re.IGNORECASE) if where else ""
        path = [part for index, part in enumerate(parts) if not (where and index == where[0])]
        return Piece(entry, student, "/".join(path[1:] if around else path))

    return of_folders


def _of_moodle(entry: Entry) -> Piece:
    for index, part in enumerate(entry.parts):
        if match := MOODLE.fullmatch(part):
            path = "/".join(filter(None, (match["rest"], *entry.parts[index + 1 :])))
            return Piece(entry, match["name"].strip(), path, "moodle", match["number"])
    return Piece(entry, "", entry.name)


def _of_canvas(entry: Entry) -> Piece:
    for index, part in enumerate(entry.parts):
        if match := CANVAS.fullmatch(part):
            path = "/".join((match["rest"], *entry.parts[index + 1 :]))
            late, name = bool(match["late"] or match["first"]), match["name"] or match["hidden"] or ""
            return Piece(entry, name, path, "canvas", match["number"] or "", late)
    return Piece(entry, "", entry.name)


def _universal_time(info: zipfile.ZipInfo) -> datetime | None:
    """Return a file's time in UTC, where the archive has it so: a zip's own times are of no time zone."""
    extra = info.extra
    while len(extra) >= 4:
        kind, size = int.from_bytes(extra[:2], "little"), int.from_bytes(extra[2:4], "little")
        if kind == _TIMES and size >= 5 and extra[4] & 1:
            return datetime.fromtimestamp(int.from_bytes(extra[5:9], "little"), UTC).replace(tzinfo=None)
        extra = extra[4 + size :]
    return None


class Students:
    """Finds the gradebook's students by what an LMS calls them."""

    def __init__(self, gradebook: Gradebook) -> None:
        self.gradebook = gradebook
        known = gradebook.students
        self.by_number = {student.lms_user_id: student.id for student in known if student.lms_user_id}
        names = Counter(_full_name(student) for student in known)
        self.by_name = {name: student.id for student in known if (name := _full_name(student)) and names[name] == 1}

    def named(self, pieces: list[Piece]) -> Iterator[Piece]:
        """Yield pieces with the gradebook's ids of their students; two of one name get their numbers added."""
        numbers: dict[str, set[str]] = {}
        for piece in pieces:
            numbers.setdefault(piece.student, set()).add(piece.number)
        for piece in pieces:
            student = self._id(piece)
            if not student:
                several = len(numbers[piece.student]) > 1
                student = f"{piece.student} {piece.number}".strip() if several or not piece.student else piece.student
            yield replace(piece, student=student)

    def enter(self, student: str, piece: Piece) -> None:
        """Enter a student, with the number that Canvas has given; Moodle's is another one for every assignment."""
        about = {"lms_user_id": piece.number} if piece.source == "canvas" and piece.number else {}
        self.gradebook.update_or_create_student(student, **about)

    def _id(self, piece: Piece) -> str:
        if piece.source == "canvas" and piece.number in self.by_number:
            return self.by_number[piece.number]
        return self.by_name.get(" ".join(piece.student.casefold().split()), "") if piece.source == "moodle" else ""


def _full_name(student) -> str:
    return " ".join(f"{student.first_name or ''} {student.last_name or ''}".casefold().split())
