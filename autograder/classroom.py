"""One call of `autograder grade`: find the submissions, grade, record, report."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path

import portalocker
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn

from autograder.course import Course
from autograder.exercise.result import Result
from autograder.files import write_whole
from autograder.grading.cluster import cluster_pool
from autograder.grading.grade import Graded, grade_all
from autograder.grading.gradebook import Recorder
from autograder.grading.pool import Pool, default_workers, process_pool
from autograder.grading.rebuild import Lesson, load_lesson
from autograder.grading.session import Settings
from autograder.grading.store import Store
from autograder.grading.submissions import find_submissions, left_over
from autograder.kernels import Limits
from autograder.reports.class_page import class_page
from autograder.reports.mistakes import mistakes
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


class CannotGrade(Exception):
    """The run itself cannot start; the message says why and what to do."""


def grade_class(course: Course, options: Options, console: Console) -> list[Result]:
    """Grade what lies in work/submitted/ or, if that is empty, the sample class; write all reports."""
    folder, work = course.submitted, course.work
    submissions = list(find_submissions(course, folder, options.students, options.lessons))
    if not submissions and (options.students or options.lessons) and any(find_submissions(course, folder)):
        raise CannotGrade(f"Nothing in {_near(course, folder)} fits --student and --lesson.")
    if not submissions:
        from autograder.sample import make_sample_class

        work = course.work / "sample"
        folder = work / "submitted"
        console.print(f"No submissions in {_near(course, course.submitted)}: grading the sample class instead.")
        make_sample_class(course, folder)
        submissions = list(find_submissions(course, folder, options.students, options.lessons))
    if not (options.students or options.lessons):
        _tell_left_over(left_over(course, folder), course, console)
    settings = Settings(options.limits, course.readable, warm=not options.cold)
    store = Store(work / "results")
    workers = options.workers or default_workers()
    lessons: dict[str, Lesson] = {}
    results: list[Result] = []
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
            name = graded.submission.lesson
            lesson = lessons.setdefault(name, lessons.get(name) or load_lesson(course, name))
            _record(course, recorder, store, lesson, graded)
            results.append(replace(graded.result, notebook=""))  # it lies in the store; ten thousand would fill memory
            tick(graded.result)
        late = recorder.late_penalties(lessons)
    results.sort(key=lambda result: (result.lesson, result.student))
    console.print(class_table(results))
    console.print(mistakes(results))
    write_csv(results, work / "grades.csv", late)
    pages = {lesson.name: lesson.notebook_name for lesson in lessons.values()}
    page = class_page(results, lambda result: f"feedback/{result.student}/{result.lesson}/{pages[result.lesson]}.html")
    write_whole(work / "class.html", page)
    console.print(
        f"Written: {_near(course, work / 'grades.csv')}, {_near(course, work / 'class.html')}, "
        f"one page a learner in {_near(course, work / 'feedback')}/."
    )
    return results


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


def _record(course: Course, recorder: Recorder, store: Store, lesson: Lesson, graded: Graded) -> None:
    student = graded.submission.student
    if store.is_recorded(student, lesson.name, graded.key):
        return
    result = graded.result
    if result.status == "graded" and not result.notebook:
        result = replace(result, notebook=store.notebook(graded.key))
    recorder.add(lesson, result, graded.submission.submitted_at(course))
    if result.status != "not graded":
        store.set_recorded(student, lesson.name, graded.key)


def _tell_left_over(names: list[str], course: Course, console: Console) -> None:
    """Name what was handed in and will not be graded, so that nobody waits for it."""
    if names:
        shown = ", ".join(names[:3]) + (f" and {len(names) - 3} more" if len(names) > 3 else "")
        console.print(
            f"Not graded: {shown}. Expected STUDENT/LESSON/NOTEBOOK.ipynb, with one of these lessons: "
            f"{', '.join(course.lesson_names())}.",
            markup=False,
            highlight=False,
        )


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


def _progress(console: Console, total: int):
    @contextmanager
    def shown():
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
            yield lambda result: progress.update(task, advance=1, description=f"{result.student}: {result.status}")

    return shown()


def _near(course: Course, path: Path) -> str:
    return path.relative_to(course.root).as_posix()
