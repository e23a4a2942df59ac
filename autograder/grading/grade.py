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
from autograder.exercise.result import Result
from autograder.files import shown
from autograder.grading.entries import Unavailable
from autograder.grading.matching import Lesson
from autograder.grading.process import Settings
from autograder.grading.reading import Unreadable
from autograder.grading.rebuild import load_lesson, rebuild
from autograder.grading.run import run
from autograder.grading.scores import full_points, scores, with_unknown
from autograder.grading.store import Store, data_digest, key_for, lesson_digest, secret_of, seed_for
from autograder.grading.submissions import Submission
from autograder.release import nbgrader_config

ATTEMPTS = 3


@dataclass(frozen=True)
class Job:
    """All that a worker needs to grade one submission, on this machine or another.

    files: for the working directory: the lesson's own, and allowed ones of the learner. notes: what is to be said
    about the choice of the notebook. problem: why there is none, to the learner. fault: why there is none to be had,
    to the instructor.
    """

    student: str
    lesson: str
    data: bytes
    files: tuple[tuple[str, bytes], ...]
    seed: str
    lesson_json: str
    notebook_name: str
    settings: Settings
    notes: tuple[str, ...] = ()
    problem: str = ""
    fault: str = ""


@dataclass(frozen=True)
class Graded:
    """A result, the key it is stored under, whether it was known before, and the notebook that was graded."""

    submission: Submission
    result: Result
    key: str
    known: bool
    data: bytes = b""


def grade_one(job: Job) -> Result:
    """Grade one submission in this process. A fault of the machinery comes back as "not graded"."""
    start = time.monotonic()
    if job.problem:
        return _unreadable(job, job.problem)
    if job.fault:
        return _not_graded(job, job.fault)
    lesson = _lesson(job.lesson, job.notebook_name, job.lesson_json)
    try:
        rebuilt = rebuild(lesson, job.data)
        with _folder_of(job.files) as scratch:
            found = with_unknown(run(rebuilt, job.seed, job.settings, scratch), lesson)
    except Unreadable as error:
        return _unreadable(job, str(error))
    except Exception as error:  # whatever it is, it is the machinery's: a submission cannot raise here
        return _not_graded(job, f"{type(error).__name__}: {error}")
    return Result(
        job.student,
        job.lesson,
        "graded",
        scores=scores(found, rebuilt.unanswered),
        verdicts=tuple(found.verdicts.values()),
        notes=(*job.notes, *found.notes),
        unanswered=rebuilt.unanswered,
        notebook=nbformat.writes(found.notebook, version=4),
        isolated=job.settings.isolated,
        seconds=round(time.monotonic() - start, 3),
    )


class Jobs:
    """Makes the jobs of a course, and the keys of their results."""

    def __init__(self, course: Course, settings: Settings) -> None:
        self.course, self.settings = course, settings
        self.secret, self.data = secret_of(course), data_digest(course)
        self.allowed = nbgrader_config(course).Autograde.get("exclude_overwriting", {})
        self.lessons: dict[str, tuple[Lesson, str, str]] = {}

    def of(self, submission: Submission) -> Job:
        """Return the job of a submission. What there is not to be had is said in it."""
        lesson, text, _ = self._lesson(submission.lesson)
        data, files, notes, problem, fault = b"", (), (), "", ""
        try:
            taken = submission.take(lesson)
            data, notes = taken.data, taken.notes
            files = submission.files(self.course, self.allowed.get(submission.lesson, ()))
        except Unreadable as error:
            problem = str(error)
        except Unavailable as error:
            fault = str(error)
        except OSError as error:  # gone since it was listed, or on a disk that fails
            fault = f"It could not be read: {error.strerror}."
        about = problem.encode() + repr(files).encode() * bool(files) + repr(notes).encode() * bool(notes)
        seed = seed_for(self.secret, submission.student, submission.lesson, data + about)
        name = submission.notebook_name
        return Job(
            submission.student, submission.lesson, data, files, seed, text, name, self.settings, notes, problem, fault
        )

    def key(self, job: Job) -> str:
        """Return the key of the result that a job will have."""
        return key_for(job.seed, self._lesson(job.lesson)[2], self.data, repr(job.settings))

    def _lesson(self, name: str) -> tuple[Lesson, str, str]:
        if name not in self.lessons:
            lesson = load_lesson(self.course, name)
            text = nbformat.writes(lesson.notebook, version=4)
            self.lessons[name] = (lesson, text, lesson_digest(self.course, name))
        return self.lessons[name]


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
    jobs, isolated = Jobs(course, settings), cache(isolated)
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
            yield Graded(submission, result, key, False, job.data)

    def known(job: Job) -> tuple[Job, str, Result | None]:
        """Look a result up: graded behind walls, or, where there are none, without."""
        job = replace(job, settings=replace(settings, isolated=True))
        key = jobs.key(job)
        found = None if force else store.get(key)
        if found is None and not isolated():
            job = replace(job, settings=replace(settings, isolated=False))
            key = jobs.key(job)
            found = None if force else store.get(key)
        return job, key, found

    try:
        for submission in submissions:
            job = jobs.of(submission)
            if job.fault:
                yield Graded(submission, grade_one(job), "", False)
                continue
            job, key, result = known(job)
            if result is not None:
                yield Graded(submission, result, key, True, job.data)
            elif job.problem:
                result = grade_one(job)
                store.put(key, result)
                yield Graded(submission, result, key, False)
            else:
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


def _unreadable(job: Job, reason: str) -> Result:
    return _without_verdicts(job, "unreadable", reason)


def _not_graded(job: Job, reason: str) -> Result:
    return _without_verdicts(job, "not graded", shown(reason[:500]))


def _without_verdicts(job: Job, status: str, reason: str) -> Result:
    scores = full_points(_lesson(job.lesson, job.notebook_name, job.lesson_json))
    about = {"notes": job.notes, "isolated": job.settings.isolated}
    return Result(job.student, job.lesson, status, reason, scores, **about)
