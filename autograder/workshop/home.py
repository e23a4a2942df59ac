"""A learner's home at the start of a server: the lessons, and links to what they need.

`python -m autograder.workshop.home` does it for the home of who calls it, in a cluster's image for instance.
"""

from __future__ import annotations

import os
import shutil
from pathlib import Path

COURSE = "/srv/course"
"""Where the course is shown to a learner, to read only."""


def lay_out_home(home: Path) -> None:
    """As the learner: put lessons that are not there yet into the home, and links to what they need."""
    for name in ("data", "nbgrader_config.py"):
        if not os.path.lexists(home / name) and os.path.exists(f"{COURSE}/{name}"):
            os.symlink(f"{COURSE}/{name}", home / name)
    (home / "work").mkdir(exist_ok=True)
    (home / "lessons").mkdir(exist_ok=True)
    for lesson in sorted(Path(COURSE, "lessons").iterdir()):
        target = home / "lessons" / lesson.name
        if target.exists() or target.is_symlink():
            continue
        partial = target.with_name(f".{lesson.name}.new")
        shutil.rmtree(partial, ignore_errors=True)
        shutil.copytree(lesson, partial, copy_function=shutil.copyfile)
        partial.rename(target)


if __name__ == "__main__":
    lay_out_home(Path.home())
