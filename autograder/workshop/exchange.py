"""nbgrader's exchange for a workshop: made ready, and every lesson handed out."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

from autograder.workshop.settings import Settings


def prepare_exchange(settings: Settings) -> None:
    """Make the exchange's folders, and hand out each lesson of lessons/ that is not handed out yet.

    What was handed out before stays as it is: `nbgrader release_assignment` or formgrader's button replace it.
    """
    modes = {"outbound": 0o755, "inbound": 0o733, "feedback": 0o711}  # as nbgrader makes them
    for name, mode in {"": 0o755, **modes}.items():
        folder = settings.exchange / name
        folder.mkdir(parents=True, exist_ok=True)
        folder.chmod(mode)
    for lesson in sorted(Path(settings.course, "lessons").iterdir()):
        target = settings.exchange / "outbound" / lesson.name
        if lesson.is_dir() and not target.exists():
            partial = target.with_name(f".{lesson.name}.new")
            shutil.rmtree(partial, ignore_errors=True)
            shutil.copytree(lesson, partial)
            partial.rename(target)
    uid, gid = settings.owner
    work = settings.exchange.parents[1]
    if work.stat().st_uid == 0 != uid:
        os.chown(work, uid, gid)
    for folder, folders, files in os.walk(settings.exchange.parent):
        for name in (folder, *(os.path.join(folder, each) for each in (*folders, *files))):
            if os.lstat(name).st_uid == 0 != uid:
                os.chown(name, uid, gid, follow_symlinks=False)
