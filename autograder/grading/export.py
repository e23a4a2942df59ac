"""Points as Moodle and Canvas import them, and the feedback as Moodle takes it back.

- Moodle (docs.moodle.org, "Grade import"): any columns; on import one of them says who it is, "Email address" or
  "ID number", and each other one is mapped to a grade item. A row that names nobody stops the whole import, so none is
  written.
- Canvas (lib/gradebook_importer.rb): Student, ID, SIS User ID, SIS Login ID, Section, then a column an assignment; the
  second row says the points possible.
- In both an empty cell takes away a grade that stands there: what is empty, and how to leave it out, is said.
- Feedback for Moodle (importziplib.php): the path begins with FULL NAME_PARTICIPANT_assignsubmission_file_/.
"""

from __future__ import annotations

import csv
import io
import json
import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from nbgrader.api import Student

from autograder.course import CannotDo, Course
from autograder.files import write_whole
from autograder.grading.gradebook import Recorder
from autograder.grading.rebuild import load_lesson
from autograder.grading.standings import collected
from autograder.reports.standing import Standing
from autograder.reports.table import harmless, number

_FILES = {"moodle": "moodle.csv", "canvas": "canvas.csv", "csv": "points.csv", "feedback_zip": "feedback.zip"}


class CannotExport(CannotDo):
    """There is nothing to write, or nobody to write it for; the message says why and what to do."""


@dataclass(frozen=True)
class Wanted:
    """What to write: "moodle", "canvas", "csv" or "feedback_zip"; of which lessons; how; and where to."""

    kind: str
    lessons: tuple[str, ...] = ()
    percent: bool = False
    changed: bool = False
    to: Path | None = None


@dataclass(frozen=True)
class Person:
    """A student as the gradebook knows them."""

    id: str
    first: str
    last: str
    email: str
    number: str  # the LMS's

    @property
    def sortable(self) -> str:
        """The name as lists have it: last name first; the id where there is none."""
        return ", ".join(filter(None, (self.last, self.first))) or self.id


def export(course: Course, standings: list[Standing], wanted: Wanted) -> str:
    """Write what is wanted; return what to tell: where it is, and who is not in it and why.

    Only graded work is in it; what could not be graded has lost no points. Raise CannotExport if nothing is.
    """
    unknown = [lesson for lesson in wanted.lessons if lesson not in course.lesson_names()]
    if unknown:
        raise CannotExport(f"Expected lessons among {', '.join(course.lesson_names())}; got {', '.join(unknown)}.")
    standings = [each for each in standings if not wanted.lessons or each.lesson in wanted.lessons]
    graded = [each for each in standings if each.status != "not graded"]
    if not graded:
        raise CannotExport("Nothing is graded yet, so there is nothing to export. `autograder grade` comes first.")
    (course.work / "export").mkdir(mode=0o700, exist_ok=True)
    path = wanted.to or course.work / "export" / _FILES[wanted.kind]
    if wanted.kind == "feedback_zip":
        said = _feedback_zip(course, graded, path)
    else:
        said = _points(course, graded, wanted, path)
    left = [f"{each.student} ({each.lesson})" for each in standings if each.status == "not graded"]
    return "\n".join([said, *([f"Not in it, because not graded: {', '.join(left)}."] if left else [])])


def _points(course: Course, graded: list[Standing], wanted: Wanted, path: Path) -> str:
    people = _people(course)
    points = {(each.student, each.lesson): _value(each, wanted.percent) for each in graded}
    memory = course.work / "export" / f".last-{wanted.kind}{'-percent' * wanted.percent}.json"
    before = _last(memory)
    shown = points
    if wanted.changed:
        shown = {key: value for key, value in points.items() if before.get("\t".join(key)) != value}
        if not shown:
            raise CannotExport("Nothing has changed since the last export of this kind.")
    lessons = sorted({lesson for _, lesson in shown})
    students = sorted({student for student, _ in shown})
    full = {each.lesson: each.points for each in graded}
    rows, named = _ROWS[wanted.kind]([people[student] for student in students], lessons, points, full, wanted.percent)
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows(rows)
    write_whole(path, text.getvalue(), 0o600)
    known = {"\t".join(key): value for key, value in points.items() if people[key[0]] not in named}
    write_whole(memory, json.dumps({**before, **known}), 0o600)
    out = f" Nobody can be told by it, so not in it: {', '.join(person.id for person in named)}." if named else ""
    hint = " Give them an e-mail address (`nbgrader db student add ID --email ...`)." if named else ""
    count = f"{len(students) - len(named)} students, {len(lessons)} lessons"
    return f"Written: {_near(path)}, {count}.{out}{hint}{_holes(rows, len(lessons))}"


def _holes(rows: list[list[str]], lessons: int) -> str:
    """Say which cells are empty: what was not handed in."""
    count = sum(cell == "" for row in rows[1:] for cell in row[-lessons:])
    if not count:
        return ""
    return (
        f"\n{count} cells are empty (not handed in). Importing them takes away a grade that stands there; "
        "with --lesson, one lesson at a time, there are none."
    )


def _near(path: Path) -> Path:
    """Return a path as seen from here, where that is shorter."""
    return path.relative_to(Path.cwd()) if path.is_relative_to(Path.cwd()) else path


def _value(standing: Standing, percent: bool) -> str:
    if percent:
        return number(100 * standing.earned / standing.points) if standing.points else ""
    return number(standing.earned)


_Rows = Callable[[list[Person], list[str], dict, dict, bool], tuple[list[list[str]], list[Person]]]


def _moodle(people: list[Person], lessons: list[str], points: dict, full: dict, percent: bool):
    """Return the rows, and who is left out: whoever has not what most are known by."""
    by_email = sum(bool(person.email) for person in people) >= sum(bool(person.number) for person in people)
    known = [person for person in people if (person.email if by_email else person.number)]
    rows = [["First name", "Last name", "ID number", "Email address", *lessons]]
    for person in known:
        row = [person.first, person.last, person.number, person.email]
        rows.append([*map(harmless, row), *(points.get((person.id, lesson), "") for lesson in lessons)])
    return rows, [person for person in people if person not in known]


def _canvas(people: list[Person], lessons: list[str], points: dict, full: dict, percent: bool):
    """Return the rows; Canvas finds a student by its own id, or by the login, which is nbgrader's id."""
    possible = [number(100.0 if percent else full[lesson]) for lesson in lessons]
    rows = [["Student", "ID", "SIS User ID", "SIS Login ID", "Section", *lessons]]
    rows.append(["    Points Possible", "", "", "", "", *possible])
    for person in people:
        row = [harmless(person.sortable), harmless(person.number), "", harmless(person.id), ""]
        rows.append([*row, *(points.get((person.id, lesson), "") for lesson in lessons)])
    return rows, []


def _plain(people: list[Person], lessons: list[str], points: dict, full: dict, percent: bool):
    rows = [["student", "last_name", "first_name", "email", "lms_user_id", *lessons]]
    for person in people:
        row = map(harmless, (person.id, person.last, person.first, person.email, person.number))
        rows.append([*row, *(points.get((person.id, lesson), "") for lesson in lessons)])
    return rows, []


_ROWS: dict[str, _Rows] = {"moodle": _moodle, "canvas": _canvas, "csv": _plain}


def _people(course: Course) -> dict[str, Person]:
    with Recorder(course) as recorder:
        return {student.id: _person(student) for student in recorder.gradebook.students}


def _person(student: Student) -> Person:
    email = student.email or (student.id if "@" in student.id else "")
    return Person(student.id, student.first_name or "", student.last_name or "", email, student.lms_user_id or "")


def _last(path: Path) -> dict[str, str]:
    try:
        found = json.loads(path.read_text("utf-8"))
    except (OSError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}


def _feedback_zip(course: Course, graded: list[Standing], path: Path) -> str:
    """Write the pages under the names that Moodle gave when the submissions were downloaded."""
    lessons = sorted({each.lesson for each in graded})
    if len(lessons) > 1:
        raise CannotExport(f"A zip goes to one assignment in Moodle. Say which with --lesson: {', '.join(lessons)}.")
    known, name = collected(course.work).get(lessons[0], {}), load_lesson(course, lessons[0]).notebook_name
    unknown, pages = [], {}
    for each in graded:
        about, page = (
            known.get(each.student, {}),
            course.work / "feedback" / each.student / each.lesson / f"{name}.html",
        )
        if about.get("source") == "moodle" and page.is_file():
            pages[f"{about['name']}_{about['number']}_assignsubmission_file_/{name}-feedback.html"] = page
        else:
            unknown.append(each.student)
    if not pages:
        raise CannotExport(
            "Moodle finds a student by the number in the name of the folder that it gave, and no submission has one. "
            "Collect Moodle's own archive (Download all submissions) with `autograder collect`."
        )
    path.parent.mkdir(parents=True, exist_ok=True)
    fresh = path.with_name(f".{path.name}")
    with zipfile.ZipFile(fresh, "w", zipfile.ZIP_DEFLATED) as archive:
        for inside, page in sorted(pages.items()):
            archive.write(page, inside)
    fresh.chmod(0o600)
    fresh.replace(path)
    out = f" Not in it, since not from Moodle: {', '.join(unknown)}." if unknown else ""
    return f"Written: {_near(path)}, {len(pages)} pages. In Moodle: Upload multiple feedback files in a zip.{out}"
