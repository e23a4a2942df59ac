"""The learner's own copies of the lessons: made once, corrected while nobody wrote in them, never overwritten.

lessons/         git's, and what `make lessons` makes: nobody should write there
work/lessons/    the learner's copies, with their answers
work/released/   each lesson as it was when it was copied: what differs from it, the learner wrote
work/kept/       whatever had to make room, in full
"""

from __future__ import annotations

import hashlib
import json
import subprocess
from collections.abc import Iterator
from pathlib import Path

from autograder.course import Course
from autograder.files import write_whole
from autograder.lab.merge import Unreadable, joined, same_text


class NoSuchLesson(Exception):
    """A lesson was named that the course does not have; the message lists those that it has."""


def bring_up_to_date(course: Course, renew: tuple[str, ...] = ()) -> list[str]:
    """Copy what is new in lessons/ to the learner's copies; return a sentence for each thing done, or left to do.

    `renew` names lessons whose correction goes into a copy with answers, too; the copy as it was is kept.
    Raise NoSuchLesson for a name that is none.
    """
    places = sorted(place for place in files_in(course.lessons) if len(place.parts) > 1)
    lessons = sorted({place.parts[0] for place in places})
    for name in renew:
        if name not in lessons:
            raise NoSuchLesson(f"Expected a lesson, one of {', '.join(lessons) or 'none'}; received {name}.")
    new, says = 0, []
    for place in places:
        if (course.own / place).exists():
            says += _update(course, place, place.parts[0] in renew)
        else:
            _put(course, place, (course.lessons / place).read_bytes())
            new += place.suffix == ".ipynb"
    if new:
        says.insert(0, f"Your own copies of the lessons are in {_shown(course, course.own)}: {new} new.")
    return says


def rescue(course: Course, place: Path, data: bytes, base: bytes) -> str:
    """Take to a safe place what was written in a file of lessons/, and say where it is."""
    own, released = course.own / place, course.work / "released" / place
    if own.exists() and same_text(own.read_bytes(), data):
        return f"{place}: what was written in lessons/ is in your copy, {_shown(course, own)}, too."
    if not own.exists() or (released.exists() and same_text(own.read_bytes(), released.read_bytes())):
        write_whole(own, data)
        write_whole(released, base)
        return f"{place}: what was written in lessons/ is now in your copy, {_shown(course, own)}. Go on there."
    kept = _keep(course, place, data)
    return f"{place}: what was written in lessons/ is now in {_shown(course, kept)}, as you have a copy already."


def is_known(course: Course, place: Path, data: bytes) -> bool:
    """Tell whether a file in lessons/ says what git, `make lessons` or the last copy says: nobody wrote in it."""
    released = course.work / "released" / place
    head = committed(course, place)
    return (
        (head is not None and same_text(data, head))
        or is_made(course, place, data)
        or (released.exists() and same_text(data, released.read_bytes()))
    )


def is_made(course: Course, place: Path, data: bytes) -> bool:
    """Tell whether a file is as `make lessons` last made it."""
    try:
        found = json.loads((course.work / "made.json").read_text("utf-8"))
    except (OSError, ValueError):
        return False
    return isinstance(found, dict) and found.get(place.as_posix()) == hashlib.sha256(data).hexdigest()


def note_made(course: Course) -> None:
    """Note that all files in lessons/ are as they were just made."""
    made = {
        place.as_posix(): hashlib.sha256((course.lessons / place).read_bytes()).hexdigest()
        for place in files_in(course.lessons)
    }
    write_whole(course.work / "made.json", json.dumps(made, indent=1, sort_keys=True))


def files_in(folder: Path) -> Iterator[Path]:
    """Yield the places of all files below a folder, relative to it, without hidden ones."""
    for path in folder.rglob("*"):
        place = path.relative_to(folder)
        if path.is_file() and not any(part.startswith(".") for part in place.parts):
            yield place


def _update(course: Course, place: Path, renew: bool) -> list[str]:
    own, released, name = course.own / place, course.work / "released" / place, place.parts[0]
    mine, lesson = own.read_bytes(), (course.lessons / place).read_bytes()
    base = released.read_bytes() if released.exists() else None
    if same_text(mine, lesson):
        write_whole(released, lesson)
        return []
    if base is not None and same_text(lesson, base):
        return [f"{name}: there is no correction that you do not have."] if renew else []
    touched = base is None or not same_text(mine, base)
    if touched and not renew:
        return [
            f"{name} was corrected after you began it. Your copy stays as it is. To get the correction, with your "
            f"answers put into it: make learn NEW={name} (without make: autograder learn --new {name})."
        ]
    kept = _keep(course, place, mine) if touched else None
    try:
        text, both = joined(mine, lesson if base is None else base, lesson)
    except Unreadable:
        text, both = lesson, []
    _put(course, place, lesson, text)
    if kept is None:
        return [f"{name} was corrected; you have the new version."]
    says = f"{name}: you have the corrected version, with your answers. As it was before: {_shown(course, kept)}."
    if both:
        says += f" You and the correction both changed {', '.join(both)}: your text stands; compare it with lessons/."
    return [says]


def _put(course: Course, place: Path, lesson: bytes, own: str | bytes | None = None) -> None:
    write_whole(course.own / place, lesson if own is None else own)
    write_whole(course.work / "released" / place, lesson)


def _keep(course: Course, place: Path, data: bytes) -> Path:
    """Write data to a file of its own under work/kept, unless it is there already; return its path."""
    number = 1
    while True:
        path = course.work / "kept" / place.with_stem(f"{place.stem}-{number}")
        if path.exists() and path.read_bytes() != data:
            number += 1
            continue
        write_whole(path, data)
        return path


def committed(course: Course, place: Path) -> bytes | None:
    """Return a file of lessons/ as it was last committed, or None where git does not know it."""
    name = f"HEAD:./{(course.lessons / place).relative_to(course.root).as_posix()}"
    try:
        done = subprocess.run(["git", "show", name], cwd=course.root, capture_output=True)
    except OSError:
        return None
    return done.stdout if done.returncode == 0 else None


def _shown(course: Course, path: Path) -> str:
    return path.relative_to(course.root).as_posix()
