"""Who on this machine can read what a class hands in and earns, and the solutions."""

from __future__ import annotations

import os
import stat
from dataclasses import dataclass
from pathlib import Path

from rich.table import Table

from autograder.course import Course

_FILES = ("grades.csv", "class.html", "gradebook.db", "secret", "collected.json")
_FOLDERS = ("submitted", "autograded", "feedback", "results", "replaced", "export", "sample")


@dataclass(frozen=True)
class Readable:
    """A file or folder that others than its owner can read: who, and what closes it."""

    name: str
    who: str
    remedy: str


def open_to_others(course: Course) -> list[Readable]:
    """Return what of a course others can read: what they can get at, all the way down from the root."""
    names = [course.work / name for name in (*_FOLDERS, *_FILES)]
    found = []
    for path in (*names, course.solutions):
        if path.exists() and (who := _who(path)):
            name = path.relative_to(course.root).as_posix()
            found.append(Readable(name, who, f"chmod -R go-rwx {name}" if path.is_dir() else f"chmod go-rwx {name}"))
    return found


def readers_table(course: Course) -> Table:
    """Return a table for the terminal."""
    found = open_to_others(course)
    caption = (
        "Others on this machine can read this. In work/ only the exchange has to be open."
        if found
        else "Nobody else on this machine can read submissions, grades or solutions."
    )
    table = Table("what", "who can read it", "how to close it", caption=caption)
    for each in found:
        table.add_row(each.name, each.who, each.remedy)
    return table


def _who(path: Path) -> str:
    """Say who beside the owner can read a path; "" if nobody can."""
    if os.name == "nt":
        return ""  # other rights; Windows has no exchange either
    if _can(path, stat.S_IROTH, stat.S_IXOTH):
        return "everybody"
    group = path.stat().st_gid
    if _can(path, stat.S_IRGRP, stat.S_IXGRP) and _has_others(group, path.stat().st_uid):
        return f"the group {_name(group)}"
    return ""


def _can(path: Path, read: int, through: int) -> bool:
    """Tell whether a path is readable, and every folder above it can be passed through."""
    if not path.stat().st_mode & read:
        return False
    either = through | stat.S_IXOTH
    return all(above.stat().st_mode & either for above in path.resolve().parents)


def _has_others(group: int, owner: int) -> bool:
    """Tell whether a group has members beside the owner; a person's own group has none."""
    import grp
    import pwd

    members = {person.pw_uid for person in pwd.getpwall() if person.pw_gid == group}
    try:
        members |= {pwd.getpwnam(name).pw_uid for name in grp.getgrgid(group).gr_mem}
    except KeyError:
        return True  # a member that this machine does not know: better said than not
    return bool(members - {owner})


def _name(group: int) -> str:
    import grp

    try:
        return grp.getgrgid(group).gr_name
    except KeyError:
        return str(group)
