"""From an archive to work/submitted/: what is new is put there, what was there and differs is put aside first."""

from __future__ import annotations

import json
import shutil
import tempfile
import zipfile
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from autograder.course import CannotDo, Course
from autograder.exercise.result import Left
from autograder.files import is_plain, shown, write_whole
from autograder.grading.archives import MOODLE, Piece, Students, pieces
from autograder.grading.arrival import settle
from autograder.grading.entries import Unavailable
from autograder.grading.gradebook import Recorder
from autograder.grading.names import grade_ids, is_notebook, lesson_inside, lesson_meant
from autograder.grading.reading import MAX_FILE_BYTES, Unreadable
from autograder.grading.standings import COLLECTED, collected
from autograder.grading.submissions import MOST_OF_A_NAME

_NEVER = {"timestamp.txt", "submission_secret.txt"}  # nbgrader's own: never the learner's word for it


class CannotCollect(CannotDo):
    """The archive cannot be read at all, or a lesson was named that is none; the message says why."""


@dataclass
class Taken:
    """What was collected; printed, it says so in full."""

    archive: str
    new: list[str] = field(default_factory=list)
    replaced: list[str] = field(default_factory=list)
    same: int = 0
    late: int = 0
    left: list[Left] = field(default_factory=list)

    def __str__(self) -> str:
        count = len(self.new) + len(self.replaced)
        lines = [f"{self.archive}: {count} collected, {self.same} were there already, {self.late} marked late."]
        if self.replaced:
            lines.append(f"Replaced, the earlier work is in work/replaced/: {', '.join(self.replaced)}.")
        lines += [f"Not taken: {' '.join(filter(None, (each.student, each.name)))}: {each.why}" for each in self.left]
        return "\n".join(lines)


def collect(course: Course, archive: Path, lesson: str = "") -> Taken:
    """Put what an archive holds into work/submitted/STUDENT/LESSON/; raise CannotCollect if it is no archive.

    What is there already and differs is put aside first. All of it is `lesson`, where one is given; otherwise the
    names, and then the cells of each notebook, say which lesson it is.
    """
    lessons = {name: course.notebook(name).stem for name in course.lesson_names()}
    if lesson and not (lesson := lesson_meant(lesson, lessons)):
        raise CannotCollect(f"Expected --lesson to be one of {', '.join(lessons)}.")
    course.make_work()
    taken = Taken(shown(archive.name))
    found: dict[tuple[str, str], list[Piece]] = {}
    with tempfile.TemporaryDirectory() as scratch, Recorder(course) as recorder:
        known = Students(recorder.gradebook)
        ours = {name: grade_ids(course.notebook(name).read_text("utf-8")) for name in lessons}
        for piece in known.named(_pieces(archive, Path(scratch), lessons)):
            name = lesson or _lesson_of(piece, lessons, ours)
            problem = piece.problem or _problem(piece, name, lessons)
            if problem:
                taken.left.append(Left(shown(piece.student), shown(piece.path), problem))
            elif name and piece.student:
                found.setdefault((piece.student, name), []).append(piece)
        for (student, name), some in sorted(found.items()):
            _take(course, student, name, some, taken)
            known.enter(student, some[0])
    _remember(course.work, found)
    return taken


def _pieces(archive: Path, scratch: Path, lessons: dict[str, str]) -> list[Piece]:
    if not archive.is_file():
        raise CannotCollect(f"Expected an archive, found no file {shown(str(archive))}.")
    try:
        return pieces(archive, scratch, lambda name: bool(lesson_meant(name, lessons)))
    except (zipfile.BadZipFile, ValueError, EOFError):
        said = f"{shown(archive.name)} is no sound zip archive. Download it again, or zip the folder anew."
        raise CannotCollect(said) from None
    except OSError as error:
        raise CannotCollect(f"{shown(archive.name)} could not be unpacked: {error.strerror}.") from None


def _lesson_of(piece: Piece, lessons: dict[str, str], ours: dict[str, set[str]]) -> str:
    """Return the lesson of a file: by its folders, by its own name, or by its cells; "" if it belongs to none."""
    for part in reversed(piece.path.split("/")):
        if found := lesson_meant(part, lessons):
            return found
    if not is_notebook(piece.path):
        return ""
    try:
        return lesson_inside(piece.entry.read(MAX_FILE_BYTES), ours)
    except (Unreadable, Unavailable, OSError):
        return ""


def _problem(piece: Piece, lesson: str, lessons: dict[str, str]) -> str:
    """Say why a file cannot be taken; "" if it can, or if it only lies beside what is taken."""
    if not is_notebook(piece.path):
        return "" if lesson else "It is no notebook, and belongs to no lesson."
    if not lesson:
        return f"It is no notebook of one of these lessons: {', '.join(lessons)}. Name it with --lesson."
    if not piece.student:
        return "Nothing says whose it is. Expected STUDENT/LESSON/NOTEBOOK.ipynb, or a name as Moodle or Canvas writes."
    if not is_plain(piece.student) or piece.student.startswith(".") or len(piece.student) > MOST_OF_A_NAME:
        return "The student's name cannot be used as a folder's. Rename it in the archive."
    return ""


def _take(course: Course, student: str, lesson: str, some: list[Piece], taken: Taken) -> None:
    """Write one student's files for one lesson, unless they are there already."""
    files: dict[str, bytes] = {}
    for piece in some:
        try:
            files[_safe(piece.path, lesson)] = piece.entry.read(MAX_FILE_BYTES)
        except (Unreadable, Unavailable, OSError) as error:
            taken.left.append(Left(student, shown(piece.path), str(error)))
    folder = course.submitted / student / lesson
    taken.late += any(piece.late for piece in some)
    if not files:
        return
    if folder.is_dir() and all(_same(folder / name, data) for name, data in files.items()):
        taken.same += 1
        return
    if folder.exists():
        aside = course.work / "replaced" / student / lesson / f"{datetime.now(UTC):%Y-%m-%d %H.%M.%S.%f}"
        (course.work / "replaced").mkdir(mode=0o700, exist_ok=True)
        aside.parent.mkdir(parents=True, exist_ok=True)
        shutil.move(folder, aside)
        taken.replaced.append(f"{student} {lesson}")
    else:
        taken.new.append(f"{student} {lesson}")
    for name, data in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
    settle(folder, _moment(some))


def _safe(path: str, lesson: str) -> str:
    """Return a path of a file within its folder: no step leads out, and none is nbgrader's own."""
    parts = [part for part in path.split("/") if part not in ("", ".", "..")]
    while len(parts) > 1 and lesson_meant(parts[0], {lesson: lesson}):
        parts = parts[1:]
    name = "/".join(part[-100:] for part in parts)
    return f"{name}.handed-in" if name in _NEVER else name


def _same(path: Path, data: bytes) -> bool:
    return path.is_file() and not path.is_symlink() and path.read_bytes() == data


def _moment(some: list[Piece]) -> datetime | None:
    """Return the time of handing in, where the archive has it: Moodle's, in UTC.

    What Canvas writes is the time of the download; what a zip of folders has is the last change.
    """
    return max((piece.moment for piece in some if piece.source == "moodle" and piece.moment), default=None)


def _remember(work: Path, found: dict[tuple[str, str], list[Piece]]) -> None:
    """Keep what the archives call each submission, for what goes back to them."""
    known = collected(work)
    for (student, lesson), (piece, *_) in found.items():
        late = any(each.late for each in found[student, lesson])
        entry = {"source": piece.source, "number": piece.number, "late": late}
        if match := next(filter(None, map(MOODLE.fullmatch, piece.entry.parts)), None):
            entry["name"] = match["name"]
        known.setdefault(lesson, {})[student] = entry
    write_whole(work / COLLECTED, json.dumps(known, indent=1, ensure_ascii=False, sort_keys=True), 0o600)
