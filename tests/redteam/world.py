"""A small course full of canaries, and a class of attackers graded in it: made once, judged attack by attack."""

from __future__ import annotations

import contextlib
import hashlib
import json
import multiprocessing
import os
import secrets
import shutil
import socket
import sqlite3
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator
from concurrent.futures import Executor, Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path

import nbformat
import psutil
from tiny import ROOT, tiny_notebook

import autograder
from autograder.course import Course
from autograder.exercise import library
from autograder.exercise.examine import questions
from autograder.exercise.result import Result
from autograder.exercise.vocabulary import Misconception
from autograder.files import write_whole
from autograder.grading import session
from autograder.grading.arrival import Arrivals
from autograder.grading.entries import Unavailable
from autograder.grading.giveback import page_path
from autograder.grading.grade import grade_all
from autograder.grading.gradebook import Recorder
from autograder.grading.matching import Lesson
from autograder.grading.process import Settings
from autograder.grading.reading import Unreadable
from autograder.grading.rebuild import load_lesson
from autograder.grading.store import Store, secret_of, seed_for
from autograder.grading.submissions import Submission, find_submissions
from autograder.kernels import Limits
from autograder.kernels.warm.environment import PRELOAD
from autograder.reports.feedback import feedback_page
from autograder.reports.paragraphs import paragraphs
from autograder.reports.standing import Standing

from .attack import RIGHT, Attack, World

PACKAGE = Path(autograder.__file__).parent
LESSON, NOTEBOOK = "01_tiny", "tiny"
NOT_NEEDED = ("tensorflow", "keras", "autograder.toolbox.translation")  # the last one imports Keras
NEIGHBOURS = ("ada", "zz-last")
MIB = 1 << 20
LIMITS = Limits(
    memory_bytes=384 * MIB,
    processes=96,
    cpu_seconds=15,
    wall_seconds=15,
    scratch_bytes=16 * MIB,
    traffic_bytes=48 * MIB,
    output_bytes=100_000,
    cell_seconds=2,
)
WORKERS = 4  # most attacks wait
_SECONDS = 2.0  # for one question, also on a busy machine
_WRITTEN = ("work/results", "work/baseline")
_PLACES = (Path("/tmp"), Path("/dev/shm"), Path.home(), Path(os.__file__).parent, Path(nbformat.__file__).parents[1])


@dataclass
class Battle:
    """What came of grading all attackers at once."""

    course: Course
    canaries: dict[str, str]  # by what they stand for
    worlds: dict[str, World] = field(default_factory=dict)
    results: dict[str, Result] = field(default_factory=dict)  # by student
    errors: dict[str, str] = field(default_factory=dict)  # what an attack did to the run itself, by student
    before: dict[str, Result] = field(default_factory=dict)  # the neighbours, graded alone
    changed: list[str] = field(default_factory=list)  # files that are not as they were
    survivors: list[str] = field(default_factory=list)

    def page(self, student: str) -> str:
        """Return the feedback page of a student."""
        path = self.course.work / "feedback" / student / LESSON / f"{NOTEBOOK}.html"
        return path.read_text("utf-8") if path.exists() else ""

    def notebook(self, student: str) -> str:
        """Return the autograded notebook of a student."""
        path = self.course.work / "autograded" / student / LESSON / f"{NOTEBOOK}.ipynb"
        return path.read_text("utf-8") if path.exists() else ""


class _Pool(Executor):
    """One pool of workers for all calls: to start one takes as long as to grade twenty."""

    def __init__(self, canary: str) -> None:
        self.canary = canary
        self.pool: ProcessPoolExecutor | None = None

    def submit(self, function, /, *arguments, **named) -> Future:
        """Submit to the pool that there is; after a break, to a new one."""
        spawn = multiprocessing.get_context("spawn")
        self.pool = self.pool or ProcessPoolExecutor(WORKERS, spawn, quicken, (self.canary,))
        try:
            return self.pool.submit(function, *arguments, **named)
        except BrokenProcessPool:
            self.pool = None
            raise

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:
        """Stay: the next call goes on with it."""

    def close(self) -> None:
        """End the workers."""
        if self.pool:
            self.pool.shutdown()


def quicken(canary: str) -> None:
    """In a worker: shorten waiting, and plant a canary among the misconceptions, which only an examiner may know."""
    planted = Misconception(canary, lambda *inputs: canary, canary, canary)

    def quick(exercise):
        return replace(exercise, seconds=_SECONDS, misconceptions=(*exercise.misconceptions, planted), apart=False)

    one, together = library._load, library._unconverted
    library._load = lambda *place: quick(one(*place))
    library._unconverted = lambda *place: tuple(map(quick, together(*place)))
    assert canary in {mistake.name for mistake in library.find("scores").misconceptions}
    session.GRACE = 0.5


@contextmanager
def battle(attacks: list[Attack]) -> Iterator[Battle]:
    """Grade these attacks in a course made for it; everything that this made is gone afterwards."""
    with tempfile.TemporaryDirectory(prefix="red") as folder, _environment(Path(folder)) as canaries:
        course = make_course(Path(folder) / "course", canaries)
        found = Battle(course, canaries)
        with _bait(Path(folder), canaries) as places:
            places |= {"RUNTIME": f"{folder}/run", "COURSE": str(course.root)}
            _fight(found, attacks, places)
        yield found


def _fight(found: Battle, attacks: list[Attack], places: dict[str, str]) -> None:
    course = found.course
    settings = Settings(LIMITS)
    blank = json.loads(nbformat.writes(load_lesson(course, LESSON).notebook, split_lines=False))
    for name in NEIGHBOURS:
        text = {**RIGHT, "double": f"{RIGHT['double']}  # {found.canaries['another submission']}"}
        hand_in(course, Attack(name, "", answers=text), blank, places)

    pool = _Pool(found.canaries["a misconception"])

    def grade(submissions: list[Submission], store: Store) -> Iterator[Result]:
        for each in grade_all(
            course, submissions, lambda: pool, store, settings, workers=WORKERS, isolated=lambda: True
        ):
            yield each.result

    neighbours = list(find_submissions(course, course.submitted))
    found.before = {each.student: each for each in grade(neighbours, Store(course.work / "baseline"))}
    for attack in attacks:
        found.worlds[attack.handle] = hand_in(course, attack, blank, places)
    _fill_gradebook(course, found.canaries["the gradebook"])
    before = snapshot(course)
    store = Store(course.work / "results")
    waiting = {each.student: each for each in find_submissions(course, course.submitted)}
    while waiting:
        try:
            for result in grade(list(waiting.values()), store):
                found.results[result.student] = result
                waiting.pop(result.student)
        except Exception as error:  # the class stopped: that is a success for somebody. Who it was, we find out.
            student = _culprit(waiting, grade, store, found)
            found.errors[student] = f"the class stopped: {type(error).__name__}: {error}"
            waiting.pop(student, None)
    pool.close()
    found.survivors = survivors(Path(places["RUNTIME"]))
    after = snapshot(course)
    (course.work / "gradebook.db").unlink()  # it was bait; now a real one
    found.changed = sorted(path for path in before.keys() | after.keys() if before.get(path) != after.get(path))
    _record(found, store)


def _culprit(waiting: dict[str, Submission], grade, store: Store, found: Battle) -> str:
    for student, submission in list(waiting.items()):
        try:
            for result in grade([submission], store):
                found.results[student] = result
            waiting.pop(student)
        except Exception:
            return student
    return "nobody alone"


def _record(found: Battle, store: Store) -> None:
    lesson, arrivals = load_lesson(found.course, LESSON), Arrivals(found.course, store)
    with Recorder(found.course) as recorder:
        for submission in find_submissions(found.course, found.course.submitted):
            result = found.results.get(submission.student)
            if result is None:
                continue
            try:
                moment = arrivals.of(submission.student, LESSON, submission.folder, _bytes(submission, lesson))
                recorder.add(lesson, result, moment)
                standing = Standing(result, submitted_at=moment)
                html = feedback_page(standing, paragraphs(lesson.notebook.cells))
                write_whole(page_path(found.course.work, standing, lesson), html)
            except Exception as error:
                found.errors[submission.student] = f"recording stopped: {type(error).__name__}: {error}"


def _bytes(submission: Submission, lesson: Lesson) -> bytes:
    try:
        return submission.read(lesson)
    except (Unreadable, Unavailable):
        return b""


# --- the course, its canaries and what lies around it ---------------------------------------------------------


def make_course(root: Path, canaries: dict[str, str]) -> Course:
    """Make the tiny course of tests/tiny.py, with canaries in its solution and its hidden test."""
    notebook = tiny_notebook()
    for cell in notebook.cells:
        cell.source = cell.source.replace(
            "### BEGIN SOLUTION\n    ", f"### BEGIN SOLUTION\n    # {canaries['the solution']}\n    ", 1
        ).replace("### BEGIN HIDDEN TESTS\n", f"### BEGIN HIDDEN TESTS\n# {canaries['a hidden test']}\n")
    folder = root / "solutions" / LESSON
    folder.mkdir(parents=True)
    shutil.copy(ROOT / "nbgrader_config.py", root)
    nbformat.write(notebook, folder / f"{NOTEBOOK}.ipynb")
    course = Course(root)
    canaries["the course's secret"] = secret_of(course).hex()
    return course


def hand_in(course: Course, attack: Attack, blank: dict, places: dict[str, str]) -> World:
    """Write one submission."""
    folder = course.submitted / attack.handle / LESSON
    folder.mkdir(parents=True)
    here = World(course.root, folder, places | {"NEIGHBOUR": str(course.submitted / NEIGHBOURS[0])})
    content = json.loads(json.dumps(blank))
    texts = RIGHT | dict(attack.answers)
    for cell in content["cells"]:
        cell["source"] = here.told(texts.get(cell["id"], cell["source"]))
    for number, (place, source) in enumerate(attack.cells):
        at = next(at for at, cell in enumerate(content["cells"]) if cell["id"] == place)
        mine = nbformat.v4.new_code_cell(here.told(source), id=f"mine-{number}")
        content["cells"].insert(at + 1, dict(mine))
    if attack.edit:
        attack.edit(content)
    whole = attack.whole(content) if attack.whole else json.dumps(content).encode()
    (folder / f"{NOTEBOOK}.ipynb").write_bytes(whole)
    if attack.files:
        attack.files(here)
    return here


@contextmanager
def _environment(folder: Path) -> Iterator[dict[str, str]]:
    """Give the run a runtime folder of its own, with a warm parent that does without TensorFlow: it is not needed."""
    labels = ("the solution", "a hidden test", "another submission", "the gradebook", "a misconception",
              "the environment", "a file outside", "the network")  # fmt: skip
    canaries = {label: f"canary{secrets.token_hex(8)}{chr(65 + at) * 4}" for at, label in enumerate(labels)}
    (folder / "run").mkdir(mode=0o700)
    wanted = {
        "XDG_RUNTIME_DIR": f"{folder}/run",
        "AUTOGRADER_PRELOAD": ",".join(name for name in PRELOAD if name not in NOT_NEEDED),
        "REDTEAM_CANARY": canaries["the environment"],
    }
    saved = {name: os.environ.get(name) for name in wanted}
    os.environ.update(wanted)
    try:
        yield canaries
    finally:
        for process in _parents(folder / "run"):
            process.kill()
        for name, value in saved.items():
            os.environ.pop(name)
            if value is not None:
                os.environ[name] = value


@contextmanager
def _bait(folder: Path, canaries: dict[str, str]) -> Iterator[dict[str, str]]:
    """Lay out a file, a listener and a process for attacks to find."""
    outside = folder / "outside.txt"
    outside.write_text(canaries["a file outside"])
    outside.chmod(0o666)
    folder.chmod(0o755)
    listener = socket.create_server(("127.0.0.1", 0))

    def serve() -> None:
        while True:
            try:
                caller, _ = listener.accept()
            except OSError:
                return
            with caller:
                caller.send(canaries["the network"].encode())

    threading.Thread(target=serve, daemon=True).start()
    victim = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"])
    try:
        yield {
            "OUTSIDE": str(outside),
            "PORT": str(listener.getsockname()[1]),
            "PID": str(victim.pid),
            "PACKAGE": str(PACKAGE),
            "HOME": os.path.expanduser("~"),
        }
        if victim.poll() is not None:
            raise AssertionError("somebody killed a process outside")
        if outside.read_text() != canaries["a file outside"]:
            raise AssertionError("somebody changed a file outside")
    finally:
        listener.close()
        victim.kill()
        victim.wait()


def _fill_gradebook(course: Course, canary: str) -> None:
    with contextlib.closing(sqlite3.connect(course.work / "gradebook.db")) as base:
        base.execute("create table grade (manual_score real, comment text)")
        base.execute("insert into grade values (?, ?)", (0.0, canary))
        base.commit()


def hidden_inputs(found: Battle, student: str) -> set[str]:
    """Return the digits of the numbers that another student's answers are asked with."""
    folder = found.course.submitted / student / LESSON
    data = (folder / f"{NOTEBOOK}.ipynb").read_bytes()
    seed = seed_for(secret_of(found.course), student, LESSON, data)
    plan = questions(replace(library.find("scores"), apart=False), seed)
    drawn = next(one for one in plan.asked if one.part is plan.exercise.parts[1]).inputs
    return {f"{abs(float(number)):.6f}" for number in drawn["query"]} | {seed}


# --- what must not change, and what must not stay ---------------------------------------------------------


def snapshot(course: Course) -> dict[str, str]:
    """Return a hash of every file of the course, and where attacks left a mark outside it."""
    found = {}
    for path in sorted(course.root.rglob("*")):
        near = path.relative_to(course.root).as_posix()
        if near.startswith(_WRITTEN):
            continue
        if path.is_symlink():
            found[near] = f"link {os.readlink(path)}"
        elif path.is_file() and path.stat().st_size < 1 << 30:
            found[near] = hashlib.sha256(path.read_bytes()).hexdigest()
    for path in PACKAGE.rglob("*.py"):
        if b"redteam-was-here" in path.read_bytes():
            found[str(path)] = "changed"
    for place in _PLACES:
        names = os.listdir(place) if place.is_dir() else ()
        found |= {f"{place}/{name}": "left" for name in names if "redteam" in name}
    startup = Path.home() / ".ipython" / "profile_default" / "startup"
    found |= {str(path): "left" for path in startup.glob("*.py")}
    return found


def survivors(runtime: Path) -> list[str]:
    """Return what still runs of the submissions: daemons, and descendants of the warm parent."""
    left = []
    for process in psutil.process_iter(["pid", "cmdline"]):
        if any("redteam-survivor" in word for word in process.info["cmdline"] or ()):
            left.append(f"daemon {process.info['pid']}")
    for parent in _parents(runtime):
        _, alive = psutil.wait_procs(parent.children(recursive=True), timeout=3)
        left += [f"child {process.pid} of the warm parent" for process in alive]
    return left


def _parents(runtime: Path) -> list[psutil.Process]:
    found = []
    for process in psutil.process_iter(["cmdline"]):
        words = process.info["cmdline"] or []
        if "autograder.kernels.warm.parent" in words and words[-1].startswith(str(runtime)):
            found.append(process)
    pids = {process.pid for process in found}
    return [process for process in found if process.ppid() not in pids]
