"""What grading costs, against stock nbgrader and against the floor, side by side in one run.

    python bench/grading.py [--submissions 40] [--workers 2] [--flat 0] [--no-stock]

The submissions are the honest ones of the sample class (an endless loop would flatter us: stock waits for its
time-out), handed in again under new names until there are enough. The floor runs the same cells and asks the same
questions in bare forks of a process that has imported TensorFlow: no Jupyter, no walls, no gradebook.
"""

from __future__ import annotations

import argparse
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

from autograder.course import Course, find_course

HONEST = ("right", "mistake", "blank", "half-done", "extra", "raises", "wrong-dtype", "returns-none", "ragged")
STOCK_CONFIG = """
c = get_config()
c.CourseDirectory.course_id = "bench"
c.CourseDirectory.source_directory = "solutions"
c.CourseDirectory.release_directory = "released"
c.CourseDirectory.submitted_directory = "work/submitted"
c.CourseDirectory.autograded_directory = "work/autograded"
c.CourseDirectory.db_url = "sqlite:///gradebook.db"
c.ClearSolutions.code_stub = {"python": "raise NotImplementedError  # your answer here"}
c.Execute.timeout = 120
"""
FLOOR = """
import json, os, sys
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
import matplotlib; matplotlib.use("Agg")
import tensorflow, keras, numpy, matplotlib.pyplot
from autograder.asking.answer import ask_in
from autograder.exercise.examine import examine
from autograder.exercise.library import find
from autograder.grading.rebuild import PRACTICE, checked_exercise, load_lesson, rebuild
from autograder.course import find_course
import time
lesson = load_lesson(find_course(sys.argv[1]), "01_attention")
workers, paths = int(sys.argv[2]), sys.argv[3:]
begun, running = time.monotonic(), 0
for path in paths:
    if running == workers:
        os.wait()
        running -= 1
    if os.fork() == 0:
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
        os.dup2(1, 2)
        names = {"__name__": "__main__"}
        for cell in rebuild(lesson, open(path, "rb").read()).notebook.cells:
            if cell.cell_type != "code" or PRACTICE in cell.metadata.get("tags", ()):
                continue
            name = checked_exercise(cell)
            try:
                examine(find(name), ask_in(names), path) if name else exec(compile(cell.source, "cell", "exec"), names)
            except BaseException:
                pass
        os._exit(0)
    running += 1
while running:
    os.wait()
    running -= 1
print(time.monotonic() - begun)
"""


def main() -> None:
    """Parse, run each way on the same submissions, print the figures and their ratios."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--submissions", type=int, default=40)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--flat", type=int, default=0, metavar="N", help="also grade N more and watch the memory")
    parser.add_argument("--no-stock", action="store_true", help="leave the slow part out")
    asked = parser.parse_args()
    course = find_course()
    with tempfile.TemporaryDirectory() as folder:
        bench = make_course(course, Path(folder), max(asked.submissions, asked.flat))
        names = sorted(path.name for path in bench.submitted.iterdir())
        few = names[: asked.submissions]
        print(f"{len(few)} submissions of lesson 1, {asked.workers} workers")
        stop_parent()
        cold, _ = first_verdict(bench, few[0])
        warm, _ = first_verdict(bench, few[1])
        print(f"first verdict from `autograder grade`: parent not running {cold:.1f} s, running {warm:.1f} s")
        ours, _ = grade(bench, few, asked.workers)
        print(f"this grader: {ours:.1f} s, {60 * len(few) / ours:.0f} a minute")
        print(f"memory, in a run of its own (looking costs time): {grade(bench, few, asked.workers, look=True)[1]}")
        floor = run_floor(bench, few, asked.workers)
        print(f"floor: {floor:.1f} s, {60 * len(few) / floor:.0f} a minute; this grader: {ours / floor:.2f} times that")
        further = (ours - warm) / (len(few) - 1) * len(few) / floor
        print(f"without the start, which a class pays once: {further:.2f} times the floor")
        if not asked.no_stock:
            stock = run_stock(bench, few)
            print(f"stock nbgrader autograde: {stock:.1f} s, {60 * len(few) / stock:.1f} a minute")
            print(f"this grader is {stock / ours:.1f} times as fast")
        if asked.flat:
            took, peak = grade(bench, names[: asked.flat], asked.workers, look=True)
            print(f"{asked.flat} submissions: {took:.0f} s; {peak}")
            again, _ = grade(bench, names[: asked.flat], asked.workers, force=False)
            print(f"the same again, unchanged: {again:.1f} s")


def make_course(course: Course, folder: Path, count: int) -> Course:
    """Copy the course into `folder` and hand in the honest sample submissions until there are `count`."""
    from autograder.sample import make_sample_class

    shutil.copy(course.root / "nbgrader_config.py", folder)
    for name in ("solutions", "data"):
        shutil.copytree(course.root / name, folder / name, ignore=shutil.ignore_patterns("0[02-9]_*", "1?_*"))
    bench = Course(folder)
    make_sample_class(bench, folder / "sample")
    honest = [path for path in sorted((folder / "sample").iterdir()) if path.name.startswith(HONEST)]
    for number in range(count):
        source = honest[number % len(honest)] / "01_attention"
        shutil.copytree(source, bench.submitted / f"s{number:04}" / "01_attention")
    return bench


def grade(
    course: Course, students: list[str], workers: int, force: bool = True, look: bool = False
) -> tuple[float, str]:
    """Run `autograder grade` on these students; return the seconds and a line about memory."""
    command = [
        str(Path(sys.executable).with_name("autograder")),
        "--course",
        str(course.root),
        "grade",
        "--workers",
        str(workers),
    ]
    command += [word for student in students for word in ("--student", student)] + ["--force"] * force
    begun = time.monotonic()
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL)
    watch = MemoryWatch() if look else None
    if process.wait():
        raise SystemExit(f"grading failed with status {process.returncode}")
    return time.monotonic() - begun, watch.stop() if watch else ""


def first_verdict(course: Course, student: str) -> tuple[float, str]:
    """Return the seconds from the command to the end of a class of one."""
    return grade(course, [student], 1)


def run_stock(course: Course, students: list[str]) -> float:
    """Return the seconds of stock `nbgrader autograde`, which knows no workers, without its set-up."""
    root = course.root / "stock"
    shutil.copytree(course.solutions, root / "solutions")
    for student in students:
        shutil.copytree(course.submitted / student, root / "work" / "submitted" / student)
    (root / "nbgrader_config.py").write_text(STOCK_CONFIG)
    tools = Path(sys.executable).parent
    environment = {**os.environ, "PATH": f"{tools}{os.pathsep}{os.environ['PATH']}"}
    nbgrader = [str(tools / "nbgrader")]
    quiet = {"cwd": root, "env": environment, "stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    subprocess.run([*nbgrader, "generate_assignment", "01_attention"], check=True, **quiet)
    begun = time.monotonic()
    subprocess.run([*nbgrader, "autograde", "01_attention"], **quiet)
    took = time.monotonic() - begun
    done = len(list((root / "work" / "autograded").glob("*/01_attention/*.ipynb")))
    if done != len(students):
        print(f"(stock graded {done} of {len(students)})")
    return took


def run_floor(course: Course, students: list[str], workers: int) -> float:
    """Return the seconds of the same cells and questions in bare forks."""
    paths = [str(course.submitted / student / "01_attention" / "attention.ipynb") for student in students]
    command = [sys.executable, "-c", FLOOR, str(course.root), str(workers), *paths]
    return float(subprocess.run(command, check=True, capture_output=True, text=True).stdout.split()[-1])


def stop_parent() -> None:
    """End every warm parent of this user, for a cold start."""
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            if b"autograder.kernels.warm.parent" in (folder / "cmdline").read_bytes():
                os.kill(int(folder.name), signal.SIGKILL)
        except OSError:
            continue


class MemoryWatch:
    """Looks at the memory of the grader, the warm parent and the kernels, four times a second."""

    def __init__(self) -> None:
        self.seen: list[dict[str, int]] = []
        self.going = True
        self.thread = threading.Thread(target=self._watch, daemon=True)
        self.thread.start()

    def stop(self) -> str:
        """Stop looking; return one line."""
        self.going = False
        self.thread.join()
        third = len(self.seen) // 3 or 1
        first, last = self.seen[:third], self.seen[-third:]
        return "at most, in the first and in the last third: " + ", ".join(
            f"{kind} {max(one[kind] for one in first) / 2**20:.0f} and {max(one[kind] for one in last) / 2**20:.0f} MiB"
            for kind in self.seen[0]
        )

    def _watch(self) -> None:
        while self.going:
            self.seen.append(self._look())
            time.sleep(0.25)

    def _look(self) -> dict[str, int]:
        """Return proportional set sizes (shared pages counted once) by kind of process."""
        found = {"grader and workers": 0, "warm parent": 0, "kernels": 0}
        for folder in Path("/proc").glob("[0-9]*"):
            try:
                command = (folder / "cmdline").read_bytes().replace(b"\0", b" ").decode()
                if "autograder" not in command and "multiprocessing" not in command:
                    continue
                text = (folder / "smaps_rollup").read_text()
                size = next(int(line.split()[1]) * 1024 for line in text.splitlines() if line.startswith("Pss:"))
                parent = int((folder / "stat").read_text().rsplit(")", 1)[1].split()[1])
            except (OSError, StopIteration, ValueError):
                continue
            warm = "kernels.warm.parent" in command
            kind = ("kernels" if _is_fork(parent) else "warm parent") if warm else "grader and workers"
            found[kind] += size
        return found


def _is_fork(parent: int) -> bool:
    try:
        return b"autograder.kernels" in Path(f"/proc/{parent}/cmdline").read_bytes()
    except OSError:
        return False


if __name__ == "__main__":
    main()
