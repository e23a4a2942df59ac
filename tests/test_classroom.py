"""Does the command keep what is finished, whatever happens to it?"""

import csv
import shutil
import subprocess
import sys
import time
from pathlib import Path

import pytest


def grade(course, *words, **more):
    command = [Path(sys.executable).with_name("autograder"), "--course", course.root, "grade", *words]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, **more)


def finished(course):
    return list((course.work / "results").glob("??/*.json"))


def grades(course):
    with open(course.work / "grades.csv", newline="", encoding="utf-8") as file:
        return {row["student"]: row["earned"] for row in csv.DictReader(file)}


@pytest.fixture
def slow_class(tiny_course, hand_in, empty_gradebook):
    tiny_course.work.mkdir(exist_ok=True)
    shutil.copy(empty_gradebook, tiny_course.work / "gradebook.db")
    for number in range(5):
        hand_in(f"s{number}", scores="import time; time.sleep(0.5)\ndef scores(query, key): return key @ query")
    return tiny_course


def test_does_a_killed_run_go_on_where_it_stopped(slow_class):
    process = grade(slow_class, "--workers", "1")
    while len(finished(slow_class)) < 2:
        assert process.poll() is None, process.stdout.read()
        time.sleep(0.02)
    process.kill()
    process.communicate()
    before = {path: path.stat().st_mtime_ns for path in finished(slow_class)}
    again = grade(slow_class, "--workers", "1")
    said, _ = again.communicate()
    assert again.returncode == 0, said
    assert {path: path.stat().st_mtime_ns for path in before} == before  # kept, not graded again
    assert grades(slow_class) == {f"s{number}": "6" for number in range(5)}


def test_is_a_second_grader_kept_out(slow_class):
    first = grade(slow_class, "--workers", "1")
    while not finished(slow_class):
        assert first.poll() is None, first.stdout.read()
        time.sleep(0.02)
    second = grade(slow_class, "--workers", "1")
    said, _ = second.communicate()
    assert (second.returncode, first.poll()) == (1, None)
    assert "Another `autograder grade` is at work" in said
    assert "Traceback" not in said
    first.communicate()
    assert first.returncode == 0


def test_does_a_name_that_nobody_has_get_told(slow_class):
    process = grade(slow_class, "--student", "nobody")
    said, _ = process.communicate()
    assert process.returncode == 1
    assert "Nothing in work/submitted fits" in said
    assert "Traceback" not in said
