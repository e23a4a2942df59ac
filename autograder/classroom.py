"""One call of `autograder grade` or `report`: find the submissions, grade, record, report."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path

import portalocker
from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn

from autograder.course import CannotDo, Course
from autograder.exercise.result import Left, Result
from autograder.files import shown, write_whole
from autograder.grading.arrival import Arrivals, settle
from autograder.grading.cluster import cluster_pool
from autograder.grading.giveback import page_path, to_read, write_pages
from autograder.grading.grade import Graded, grade_all
from autograder.grading.gradebook import Recorder, share
from autograder.grading.matching import Lesson
from autograder.grading.pool import Pool, default_workers, process_pool
from autograder.grading.process import Settings
from autograder.grading.rebuild import load_lesson
from autograder.grading.standings import standings
from autograder.grading.store import Record, Store
from autograder.grading.submissions import Submission, scan
from autograder.kernels import Limits
from autograder.reports.class_page import class_page
from autograder.reports.mistakes import mistakes
from autograder.reports.standing import Standing
from autograder.reports.table import class_table, write_csv


@dataclass(frozen=True)
class Options:
    """What the command line asks for."""

    students: tuple[str, ...] = ()
    lessons: tuple[str, ...] = ()
    force: bool = False
    workers: int = 0
    require_isolation: bool = False
    cold: bool = False
    cluster: str = ""
    limits: Limits = field(default_factory=Limits)


class CannotGrade(CannotDo):
    """The run itself cannot start; the message says why and what to do."""


def grade_class(course: Course, options: Options, console: Console) -> list[Standing]:
    """Grade what lies in work/submitted/ or, if that is empty, the sample class; write all reports."""
    folder, work = course.submitted, course.work
    found = list(scan(course, folder, options.students))
    if not found and options.students and any(scan(course, folder)):
        raise CannotGrade(f"Nothing in {_near(course, folder)} fits --student and --lesson.")
    if not found:
        from autograder.sample import make_sample_class

        work = course.work / "sample"
        folder = work / "submitted"
        console.print(f"No submissions in {_near(course, course.submitted)}: grading the sample class instead.")
        make_sample_class(course, folder)
        found = list(scan(course, folder, options.students))
    submissions = [each for each in found if isinstance(each, Submission)]
    submissions = [each for each in submissions if not options.lessons or each.lesson in options.lessons]
    left = [each for each in found if isinstance(each, Left)]
    if not submissions and not left:
        raise CannotGrade(f"Nothing in {_near(course, folder)} fits --student and --lesson.")
    course.make_work()
    settings = Settings(options.limits, course.readable, warm=not options.cold)
    store = Store(work / "results")
    workers = options.workers or default_workers()
    lessons: dict[str, Lesson] = {}
    arrivals, times = Arrivals(course, store), {}
    with (
        _alone(work),
        _pool(options, workers) as pool,
        Recorder(course, work=None if work == course.work else work) as recorder,
        _progress(console, len(submissions)) as tick,
    ):
        if recorder.is_empty:
            store.forget_records()
        for graded in grade_all(
            course,
            submissions,
            pool.executor,
            store,
            settings,
            workers=workers,
            force=options.force,
            isolated=lambda: _isolated(pool, options, console),
        ):
            each = graded.submission
            lesson = lessons.setdefault(each.lesson, lessons.get(each.lesson) or load_lesson(course, each.lesson))
            moment = arrivals.of(each.student, each.lesson, each.folder, graded.data)
            settle(each.folder, moment)
            times[each.student, each.lesson] = moment
            _record(recorder, store, lesson, graded, moment)
            tick(graded.result)
        recorder.settle_times(times)
        standings = _report(course, work, recorder, store, console, left)
    if options.students or options.lessons:
        return [each for each in standings if (each.student, each.lesson) in times]
    return standings


def report_class(course: Course, console: Console) -> list[Standing]:
    """Write all reports from the gradebook as it is now; grade nothing."""
    store = Store(course.work / "results")
    left = [each for each in scan(course, course.submitted) if isinstance(each, Left)]
    with _alone(course.work), Recorder(course) as recorder:
        if recorder.is_empty:
            raise CannotGrade("The gradebook is empty. `autograder grade` fills it.")
        return _report(course, course.work, recorder, store, console, left)


def class_now(course: Course) -> list[Standing]:
    """Return the class as the gradebook has it, late penalties as they now are."""
    store = Store(course.work / "results")
    with Recorder(course) as recorder:
        lessons = {name: load_lesson(course, name) for name in course.lesson_names()}
        recorder.settle_late(lessons)
        return standings(recorder.gradebook, store, course.work, lessons)


def _report(
    course: Course, work: Path, recorder: Recorder, store: Store, console: Console, left: list[Left]
) -> list[Standing]:
    """Make every report from the gradebook: the table, grades.csv, class.html, and a page a learner."""
    known = {assignment.name for assignment in recorder.gradebook.assignments} | {
        each.lesson for each in store.records()
    }
    lessons = {name: load_lesson(course, name) for name in course.lesson_names() if name in known}
    recorder.settle_late(lessons)
    found = standings(recorder.gradebook, store, work, lessons)
    console.print(class_table(found, left))
    console.print(mistakes(found))
    mode = 0o660 if recorder.shared else 0o600
    write_csv(found, work / "grades.csv", left, mode)
    reading = {name: to_read(course, store, work, lesson, found) for name, lesson in lessons.items()}

    def link(standing: Standing) -> str:
        return page_path(work, standing, lessons[standing.lesson]).relative_to(work).as_posix()

    write_whole(work / "class.html", class_page(found, left, link, reading), mode)
    pages = write_pages(work, store, found, lessons)
    if recorder.shared:
        share(work / "feedback", work)
    console.print(
        f"Written: {_near(course, work / 'grades.csv')}, {_near(course, work / 'class.html')}, and in "
        f"{_near(course, work / 'feedback')}/ one page a learner ({pages} new or changed)."
    )
    return found


@contextmanager
def _alone(work: Path) -> Iterator[None]:
    """Keep a second grader out of the same gradebook; the system lets go when the first ends, however it ends."""
    work.mkdir(parents=True, exist_ok=True)
    lock = portalocker.Lock(work / "grading.lock", "a", timeout=0, fail_when_locked=True)
    try:
        lock.acquire()
    except portalocker.AlreadyLocked:
        raise CannotGrade(
            f"Another `autograder grade` is at work in {work.name}/. Wait until it is done: what it has graded, "
            "the next call takes over."
        ) from None
    try:
        yield
    finally:
        lock.release()


def _record(recorder: Recorder, store: Store, lesson: Lesson, graded: Graded, moment: datetime | None) -> None:
    result, student = graded.result, graded.submission.student
    before = store.record(student, lesson.name)
    if result.status == "not graded":
        store.set_record(Record(student, lesson.name, "", result.reason, before.page if before else ""))
    elif before is None or before.key != graded.key:
        if result.status == "graded" and not result.notebook:
            result = replace(result, notebook=store.notebook(graded.key))
        recorder.add(lesson, result, moment)
        store.set_record(Record(student, lesson.name, graded.key, "", before.page if before else ""))


def _isolated(pool: Pool, options: Options, console: Console) -> bool:
    """Tell whether every wall holds where the class is graded; say so if not, or refuse."""
    missing = [wall for wall in pool.walls() if not wall.holds]
    if not missing:
        return True
    names = ", ".join(wall.name for wall in missing)
    if options.require_isolation:
        raise CannotGrade(f"Not isolated on this machine: {names}. `autograder doctor` says how to get it.")
    console.print(f"[bold]Not isolated:[/] {names}. Grades are marked so; `autograder doctor` says how to get it.")
    return False


def _pool(options: Options, workers: int) -> AbstractContextManager[Pool]:
    if options.cluster:
        return cluster_pool(options.cluster)
    return process_pool(workers, warm=not options.cold)


@contextmanager
def _progress(console: Console, total: int) -> Iterator[Callable[[Result], None]]:
    """Show how many are graded and how long the rest will take; give what is to be called with each result."""
    columns = (
        TextColumn("Grading"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        TextColumn("left"),
        TimeRemainingColumn(),
        TextColumn("{task.description}"),
    )
    with Progress(*columns, console=console, transient=True) as progress:
        task = progress.add_task("", total=total)

        def tick(result: Result) -> None:
            progress.update(task, advance=1, description=escape(shown(f"{result.student}: {result.status}")))

        yield tick


def _near(course: Course, path: Path) -> str:
    return path.relative_to(course.root).as_posix()
