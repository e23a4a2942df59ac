"""The post: what a learner submits goes from an inbox of their own to the exchange's, as plain files in their name.

nbgrader's exchange is one folder that all may write to; whoever knows how can submit there for somebody else. Here
each learner sees only an inbox of their own, and what lies in it is copied on by root once it is complete.
"""

from __future__ import annotations

import os
import re
import shutil
import stat
import sys
from datetime import UTC, datetime
from pathlib import Path

MOST_BYTES = 64 << 20
MOST_FILES = 200
_PATIENCE = 60  # seconds that copying into the inbox may take
_HOUR = "%Y-%m-%d %H:%M:%S.%f UTC"
_NAME = re.compile(r"(?P<name>[^+/]+)\+(?P<lesson>[^+/]+)\+(?P<hour>[^+/]+)\+(?P<secret>[\w=-]+)")


class Refused(Exception):
    """A submission that is not passed on; the message says why."""


def deliver(inbox: Path, inbound: Path, name: str, uid: int) -> list[str]:
    """Pass on every complete submission in one learner's inbox; return a sentence for each that was refused."""
    said = []
    with os.scandir(inbox) as entries:
        found = sorted(each.name for each in entries if _is_complete(each))
    for folder in found:
        partial = inbound / f".{folder}"
        try:
            true_name = _checked_name(inbox / folder, name)
            _copy(inbox, folder, partial, uid)
            hour = _NAME.fullmatch(true_name)["hour"]
            (partial / "timestamp.txt").write_text(hour)
            (partial / "timestamp.txt").chmod(0o644)
            if not (inbound / true_name).exists():  # delivered before the last stop
                partial.rename(inbound / true_name)
        except Refused as error:
            said.append(f"A submission was refused: {error}")
        finally:
            shutil.rmtree(partial, ignore_errors=True)
        shutil.rmtree(inbox / folder, ignore_errors=True)
    return said


def _is_complete(entry: os.DirEntry) -> bool:
    """Whether nbgrader has finished with a folder: its last step opens it to all."""
    return entry.is_dir(follow_symlinks=False) and entry.stat(follow_symlinks=False).st_mode & 0o777 == 0o777


def _checked_name(folder: Path, name: str) -> str:
    """Return the folder's name with the hour at which it was finished, where the hour it claims is earlier."""
    found = _NAME.fullmatch(folder.name)
    if found is None:
        raise Refused("it was not made by Submit.")
    if found["name"] != name:
        raise Refused(f"it was handed in for {found['name']}.")
    finished = datetime.fromtimestamp(folder.lstat().st_ctime, UTC)
    try:
        claimed = datetime.strptime(found["hour"], _HOUR).replace(tzinfo=UTC)
    except ValueError:
        raise Refused("its hour is not one that Submit writes.") from None
    if abs((finished - claimed).total_seconds()) <= _PATIENCE:
        return folder.name
    return f"{name}+{found['lesson']}+{finished.strftime(_HOUR)}+{found['secret']}"


def _copy(inbox: Path, folder: str, target: Path, uid: int) -> None:
    """Copy plain files within the caps. Folders are opened once and held: none can become a link on the way."""
    left, files = MOST_BYTES, 0
    shutil.rmtree(target, ignore_errors=True)
    outside = os.open(inbox, os.O_RDONLY | os.O_DIRECTORY)
    try:
        for here, _, names, descriptor in os.fwalk(folder, dir_fd=outside, follow_symlinks=False):
            place = target / Path(here).relative_to(folder)
            place.mkdir(mode=0o755)
            os.chown(place, uid, -1)
            for each in names:
                about = os.stat(each, dir_fd=descriptor, follow_symlinks=False)
                if not stat.S_ISREG(about.st_mode):
                    continue
                files, left = files + 1, left - about.st_size
                if left < 0 or files > MOST_FILES:
                    most = f"{MOST_FILES} files or {MOST_BYTES >> 20} MB"
                    raise Refused(f"it holds more than {most}. Hand in the notebook only.")
                _copy_file(each, descriptor, place / each, uid)
    finally:
        os.close(outside)


def _copy_file(name: str, folder: int, target: Path, uid: int) -> None:
    descriptor = os.open(name, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK, dir_fd=folder)
    with open(descriptor, "rb") as source:
        if not stat.S_ISREG(os.fstat(descriptor).st_mode):
            return
        with open(target, "xb") as copy:
            copy.write(source.read(MOST_BYTES))
            os.fchmod(copy.fileno(), 0o644)
            os.fchown(copy.fileno(), uid, -1)


def deliver_all(inboxes: Path, inbound: Path) -> list[str]:
    """Pass on what lies in all inboxes, each named after its learner; return a sentence for each that was refused."""
    said = []
    for inbox in sorted(inboxes.iterdir()):
        if inbox.is_dir() and not inbox.is_symlink():
            said += [f"{inbox.name}: {sentence}" for sentence in deliver(inbox, inbound, inbox.name, -1)]
    return said


if __name__ == "__main__":  # on a cluster, once a minute: python -m autograder.workshop.post INBOXES INBOUND
    print("\n".join(deliver_all(Path(sys.argv[1]), Path(sys.argv[2]))))
