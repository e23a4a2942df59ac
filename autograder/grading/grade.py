"""Grade a class: look up what is known, run the rest in parallel, keep each result as it comes."""

from __future__ import annotations

import os
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import FIRST_COMPLETED, Executor, Future, wait
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import cache, lru_cache
from pathlib import Path

import nbformat

from autograder.course import Course
from autograder.exercise.result import Result, Score
from autograder.grading.rebuild import Lesson, Unreadable, checked_exercise, grade_id, is_answer, load_lesson, rebuild
from autograder.grading.run import Run, run
from autograder.grading.session import Settings
from autograder.grading.store import Store, key_for, lesson_digest, secret_of, seed_for
from autograder.grading.submissions import Submission
from autograder.release import nbgrader_config

ATTEMPTS = 3


@dataclass(frozen=True)
class Job:
    """All that a worker needs to grade one submission, on this machine or another."""

    student: str
    lesson: str
    data: bytes
    files: tuple[tuple[str, bytes], ...]  # for the working directory: the lesson's own, and allowed ones of the learner
    seed: str
    lesson_json: str
    notebook_name: str
    settings: Settings


@dataclass(frozen=True)
class Graded:
    """A result, the key it is stored under, and whether it was known before."""

    submission: Submission
    result: Result
    key: str
    known: bool


def grade_one(job: Job) -> Result:
    """Grade one submission in this process. A fault of the machinery comes back as "not graded"."""
    start = time.monotonic()
    lesson = _lesson(job.lesson, job.notebook_name, job.lesson_json)
    scores = _full_points(lesson)
    try:
        rebuilt = rebuild(lesson, job.data)
        with _folder_of(job.files) as scratch:
            found = run(rebuilt, job.seed, job.settings, scratch)
    except Unreadable as error:
        nothing = tuple(replace(score, earned=0.0) for score in scores)
        return Result(job.student, job.lesson, "unreadable", str(error), nothing, isolated=job.settings.isolated)
    except Exception as error:  # whatever it is, it is the machinery's: a submission cannot raise here
        return _not_graded(job, f"{type(error).__name__}: {error}")
    return Result(
        job.student,
        job.lesson,
        "graded",
        scores=_scores(found, rebuilt.unanswered),
        verdicts=tuple(found.verdicts.values()),
        notes=tuple(found.notes),
        unanswered=rebuilt.unanswered,
        notebook=nbformat.writes(found.notebook, version=4),
        isolated=job.settings.isolated,
        seconds=round(time.monotonic() - start, 3),
    )


def grade_all(
    course: Course,
    submissions: Iterable[Submission],
    executor: Callable[[], Executor],
    store: Store,
    settings: Settings,
    *,
    workers: int,
    force: bool = False,
    isolated: Callable[[], bool] = lambda: False,
) -> Iterator[Graded]:
    """Yield each submission's result as it is found, known ones at once; new ones are in the store before that.

    `isolated` tells whether every wall holds here. It is asked once, when there is something to grade: what was
    graded behind walls stays so, wherever it is looked up. `executor` makes a pool with the interface of
    concurrent.futures; a pool that breaks is made anew, and what it was working on is tried again, ATTEMPTS times
    in all. A few jobs a worker are under way at a time.
    """
    secret, lessons = secret_of(course), {}
    allowed = nbgrader_config(course).Autograde.get("exclude_overwriting", {})
    isolated, about = cache(isolated), {held: repr(replace(settings, isolated=held)) for held in (True, False)}
    waiting: dict[Future, tuple[Submission, str, Job, int]] = {}
    pool = None

    def start(submission: Submission, key: str, job: Job, attempt: int) -> None:
        nonlocal pool
        for _ in range(ATTEMPTS):
            pool = pool or executor()
            try:
                waiting[pool.submit(grade_one, job)] = (submission, key, job, attempt)
                return
            except (BrokenProcessPool, RuntimeError):
                pool.shutdown(wait=False)
                pool = None
        raise RuntimeError("No worker process could be started on this machine.")

    def finished(block: bool) -> Iterator[Graded]:
        done, _ = wait(waiting, return_when=FIRST_COMPLETED, timeout=None if block else 0)
        for future in done:
            submission, key, job, attempt = waiting.pop(future)
            try:
                result = future.result()
            except Exception as error:  # the worker died or could not be reached
                result = _not_graded(job, f"A worker was lost: {type(error).__name__}: {error}")
            if result.status == "not graded" and attempt < ATTEMPTS:
                start(submission, key, job, attempt + 1)
                continue
            if result.status != "not graded":
                store.put(key, result)
            yield Graded(submission, result, key, known=False)

    try:
        for submission in submissions:
            if submission.lesson not in lessons:
                lesson = load_lesson(course, submission.lesson)
                text = nbformat.writes(lesson.notebook, version=4)
                lessons[submission.lesson] = (text, lesson_digest(course, submission.lesson))
            text, digest = lessons[submission.lesson]
            files: tuple[tuple[str, bytes], ...] = ()
            try:
                data, problem = submission.read(), ""
                files = submission.files(course, allowed.get(submission.lesson, ()))
            except Unreadable as error:
                data, problem = b"", str(error)
            text_of_all = data + problem.encode() + repr(files).encode() * bool(files)
            seed = seed_for(secret, submission.student, submission.lesson, text_of_all)
            key = key_for(seed, digest, about[True])
            known = None if force else store.get(key)
            if known is None and not isolated():
                key = key_for(seed, digest, about[False])
                known = None if force else store.get(key)
            if known is not None:
                yield Graded(submission, known, key, known=True)
                continue
            job = Job(
                submission.student,
                submission.lesson,
                data,
                files,
                seed,
                text,
                submission.notebook_name,
                replace(settings, isolated=isolated()),
            )
            if problem:
                result = _unreadable(job, problem)
                store.put(key, result)
                yield Graded(submission, result, key, known=False)
                continue
            start(submission, key, job, 1)
            while len(waiting) >= 2 * workers:
                yield from finished(block=True)
        while waiting:
            yield from finished(block=True)
    finally:
        for future in waiting:
            future.cancel()
        if pool is not None:
            pool.shutdown(wait=False)


@contextmanager
def _folder_of(files: tuple[tuple[str, bytes], ...]) -> Iterator[Path | None]:
    if not files:
        yield None
        return
    with tempfile.TemporaryDirectory() as folder:
        os.chmod(folder, 0o755)  # a grader that runs as root hands the files to an ordinary user
        for name, data in files:
            path = Path(folder, name)
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(data)
        yield Path(folder)


@lru_cache(maxsize=16)
def _lesson(name: str, notebook_name: str, text: str) -> Lesson:
    return Lesson(name, notebook_name, nbformat.reads(text, as_version=4))


def _full_points(lesson: Lesson) -> tuple[Score, ...]:
    graded = [cell for cell in lesson.notebook.cells if grade_id(cell) and cell.metadata.nbgrader.get("grade")]
    return tuple(Score(grade_id(cell), float(cell.metadata.nbgrader.points), 0.0) for cell in graded)


def _scores(found: Run, unanswered: tuple[str, ...]) -> tuple[Score, ...]:
    """Return every graded cell's points: our verdict's, none yet where a person grades, else as nbgrader reads them."""
    scores = []
    for cell in found.notebook.cells:
        name = grade_id(cell)
        if name and cell.metadata.nbgrader.get("grade"):
            if verdict := found.verdicts.get(checked_exercise(cell)):
                earned = verdict.earned
            elif is_answer(cell):
                earned = 0.0 if name in unanswered else None
            else:
                earned = _read_points(cell)
            points = float(cell.metadata.nbgrader.points)
            scores.append(Score(name, points, None if earned is None else float(earned)))
    return tuple(scores)


def _read_points(cell) -> float | None:
    """Return the points that a plain test cell's outputs are worth, or None if a person must look at it."""
    from nbgrader.utils import determine_grade  # slow to import, and few workers need it

    try:
        return determine_grade(cell)[0]
    except ValueError:  # more points than it has
        return None


def _unreadable(job: Job, reason: str) -> Result:
    scores = _full_points(_lesson(job.lesson, job.notebook_name, job.lesson_json))
    return Result(job.student, job.lesson, "unreadable", reason, scores, isolated=job.settings.isolated)


def _not_graded(job: Job, reason: str) -> Result:
    scores = _full_points(_lesson(job.lesson, job.notebook_name, job.lesson_json))
    return Result(job.student, job.lesson, "not graded", reason[:500], scores, isolated=job.settings.isolated)
