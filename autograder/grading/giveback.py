"""What learners get back: a page each, and beside it what nbgrader needs to release it to its one reader."""

from __future__ import annotations

import hashlib
import json
import re
from dataclasses import asdict, replace
from pathlib import Path

from autograder.course import Course
from autograder.files import write_whole
from autograder.grading.gradebook import Recorder, write_secrets
from autograder.grading.matching import Lesson
from autograder.grading.rebuild import load_lesson
from autograder.grading.standings import standings, with_notebook
from autograder.grading.store import Record, Store, grader_digest
from autograder.reports.class_page import ToRead
from autograder.reports.feedback import feedback_page
from autograder.reports.page import shortened
from autograder.reports.paragraphs import paragraphs
from autograder.reports.questions import about, joined
from autograder.reports.standing import Standing

MOST_TO_READ = 400  # answers to one question
MOST_OF_AN_ANSWER = 4_000  # characters
_MARKS = re.compile(r"^\s*### (BEGIN|END) SOLUTION\s*$", re.MULTILINE)


def write_pages(work: Path, store: Store, found: list[Standing], lessons: dict[str, Lesson]) -> int:
    """Write the pages that are missing, or show something else than the gradebook now has; return how many."""
    written = 0
    records = {(record.student, record.lesson): record for record in store.records()}
    for standing in found:
        lesson = lessons[standing.lesson]
        record = records.get((standing.student, standing.lesson)) or Record(standing.student, standing.lesson)
        path = page_path(work, standing, lesson)
        digest = _digest(standing, record, lesson)
        if record.page != digest or not path.is_file():
            write_whole(path, page(standing, store, work, lesson))
            store.set_record(replace(record, page=digest))
            written += 1
        write_secrets(path.parent, work / "submitted" / standing.student / standing.lesson)
    return written


def page(standing: Standing, store: Store, work: Path, lesson: Lesson) -> str:
    """Return a learner's page."""
    return feedback_page(with_notebook(standing, store, work, lesson.notebook_name), paragraphs(lesson.notebook.cells))


def page_of(course: Course, student: str, lesson: str, notebook_name: str) -> str:
    """Return the page of one student's lesson, from the gradebook as it is."""
    store, known = Store(course.work / "results"), load_lesson(course, lesson)
    with Recorder(course) as recorder:
        recorder.settle_late([lesson])
        for standing in standings(recorder.gradebook, store, course.work, {lesson: known}):
            if standing.student == student:
                return page(standing, store, course.work, known)
    raise LookupError(f"The gradebook has no {lesson} of {student}. Grade it first.")


def to_read(course: Course, store: Store, work: Path, lesson: Lesson, found: list[Standing]) -> list[ToRead]:
    """Return a lesson's answers that wait for a person, each beside the model answer of the solution."""
    waiting: dict[str, list[Standing]] = {}
    titles: dict[str, str] = {}
    for standing in found:
        for question in standing.questions if standing.lesson == lesson.name else ():
            if question.outcome == "to be read" and len(waiting.setdefault(question.grade_id, [])) < MOST_TO_READ:
                waiting[question.grade_id].append(standing)
                titles[question.grade_id] = question.title
    if not waiting:
        return []
    models = _texts(course.notebook(lesson.name).read_text("utf-8"))
    answers = {}
    for standing in {each.student: each for some in waiting.values() for each in some}.values():
        answers[standing.student] = _texts(with_notebook(standing, store, work, lesson.notebook_name).result.notebook)
    return [
        ToRead(
            titles[name],
            _model(models, name),
            tuple((each.student, shortened(answers[each.student].get(name, ""), MOST_OF_AN_ANSWER)) for each in some),
        )
        for name, some in waiting.items()
    ]


def _model(texts: dict[str, str], name: str) -> str:
    """Return the model answer and, where the task has a table by which answers are read, that table."""
    rubric = [line for line in texts.get(f"{name}-task", "").splitlines() if line.startswith("|")]
    return "\n\n".join(filter(None, (_MARKS.sub("", texts.get(name, "")).strip(), "\n".join(rubric))))


def _texts(notebook: str) -> dict[str, str]:
    """Return the text of a notebook's cells by nbgrader's id."""
    cells = json.loads(notebook)["cells"] if notebook else ()
    return {about(cell)["grade_id"]: joined(cell["source"]) for cell in cells if "grade_id" in about(cell)}


def page_path(work: Path, standing: Standing, lesson: Lesson) -> Path:
    """Return where a learner's page lies."""
    return work / "feedback" / standing.student / standing.lesson / f"{lesson.notebook_name}.html"


def _digest(standing: Standing, record: Record, lesson: Lesson) -> str:
    """Return the hash of all that a page is made of."""
    added = asdict(replace(standing, result=None))
    parts = [record.key, record.reason, standing.status, added, lesson.notebook_name, grader_digest()]
    return hashlib.sha256(json.dumps(parts, sort_keys=True, default=str).encode()).hexdigest()
