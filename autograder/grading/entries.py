"""The files of a folder, and of the archives in it, read without trusting any of them."""

from __future__ import annotations

import errno
import os
import stat
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from autograder.files import shown
from autograder.grading.reading import Unreadable

MOST = 2_000  # files looked at in one folder or archive
DEEPEST = 4  # folders within folders
MOST_OF_AN_ARCHIVE = 256 * 2**20  # bytes; of a larger one not even the list is read
_LITTER = {"__MACOSX", "Thumbs.db", "desktop.ini"}  # what systems leave behind; nobody hands it in
# What a learner can be told to do better; any other failure to read is the machine's.
_LEARNERS = {errno.ELOOP, errno.ENOENT, errno.ENOTDIR, errno.ENXIO, errno.EISDIR, errno.EOPNOTSUPP, errno.ENAMETOOLONG}
_BROKEN = (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError, ValueError, KeyError)


class Unavailable(Exception):
    """What was handed in cannot be had, or cannot be told from other files; the message says why, to the instructor.

    It is no fault of the learner's: nothing is graded, and no points are lost.
    """


@dataclass(frozen=True)
class Entry:
    """A file in a folder, or `member` of an archive there; `name` is where it lies, as it can be shown."""

    name: str
    path: Path
    member: str = ""

    @property
    def parts(self) -> tuple[str, ...]:
        """The names of its folders and its own."""
        return tuple(self.name.split("/"))

    def read(self, most: int) -> bytes:
        """Return its bytes; raise Unreadable, to the learner, or Unavailable, to the instructor, if there are none.

        A symbolic link is not followed: it could point at another learner's work.
        """
        return self._read_member(most) if self.member else read_plain(self.path, most, self.parts[-1])

    def _read_member(self, most: int) -> bytes:
        try:
            with _opened(self.path) as file, zipfile.ZipFile(file) as archive:
                size = archive.getinfo(self.member).file_size
                if size > most:
                    raise Unreadable(too_large(self.name, size, most))
                with archive.open(self.member) as inside:
                    data = inside.read(most + 1)
        except _BROKEN as error:
            raise Unreadable(f"{self.name} could not be taken out of its archive: {shown(str(error))}") from None
        if len(data) > most:
            raise Unreadable(too_large(self.name, len(data), most))
        return data


def entries(folder: Path) -> list[Entry]:
    """Return the files in a folder, in its folders and in its zip archives, by name; litter of systems left out.

    Raise Unavailable where the folder may not be read.
    """
    found: list[Entry] = []
    for path, name in _files(folder, "", 0):
        if len(found) >= MOST:
            break
        inside = list(members(path, name)) if name.lower().endswith(".zip") and not path.is_symlink() else []
        found += inside or [Entry(name, path)]
    return sorted(found, key=lambda entry: (len(entry.parts), entry.name))


def listed(folder: Path) -> list[Path]:
    """Return what lies in a folder, by name; raise Unavailable where it may not be read."""
    try:
        return [folder / name for name in sorted(os.listdir(folder))]
    except OSError as error:
        raise Unavailable(f"The folder {shown(folder.name)} could not be read: {error.strerror}.") from None


def is_litter(name: str) -> bool:
    """Tell whether a file is one that systems and editors leave behind."""
    return name in _LITTER or name.startswith((".", "~$"))


def read_plain(path: Path, most: int, name: str = "") -> bytes:
    """Return the bytes of an ordinary file of at most so many; raise Unreadable for a link, a pipe and the like."""
    name = name or path.name
    with _opened(path) as file:
        size = os.fstat(file.fileno()).st_size
        if size > most:
            raise Unreadable(too_large(name, size, most))
        try:
            data = file.read(most + 1)
        except OSError as error:
            raise Unavailable(f"{shown(name)} could not be read: {error.strerror}.") from None
    if len(data) > most:  # it grew
        raise Unreadable(too_large(name, len(data), most))
    return data


def too_large(name: str, size: int, most: int) -> str:
    """Say that a file is too large, and by how much."""
    return (
        f"{shown(name)} has {size / 2**20:,.1f} MB; at most {most // 2**20} MB are graded. "
        "Clear the outputs, save, and submit again."
    )


def place_in(info: zipfile.ZipInfo) -> str:
    """Return where a file lies in its archive, as it can be shown; "" for folders and litter. It leads nowhere else."""
    parts = [part for part in info.filename.replace("\\", "/").split("/") if part not in ("", ".", "..")]
    return "" if info.is_dir() or any(map(is_litter, parts)) else "/".join(map(shown, parts))


def _opened(path: Path):
    name = shown(path.name)
    if path.is_symlink():
        raise Unreadable(f"{name} is a link to another file. Submit the file itself.")
    flags = os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)
    try:
        file = open(os.open(path, flags), "rb")  # noqa: SIM115, the caller closes it
    except OSError as error:
        if isinstance(error, FileNotFoundError):
            raise
        if error.errno in _LEARNERS:
            raise Unreadable(f"{name} is not an ordinary file. Submit the file itself.") from None
        raise Unavailable(f"{name} could not be read: {error.strerror}.") from None
    if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
        file.close()
        raise Unreadable(f"{name} is not an ordinary file. Submit the file itself.")
    return file


def _files(folder: Path, place: str, depth: int) -> Iterator[tuple[Path, str]]:
    for path in listed(folder):
        if is_litter(path.name):
            continue
        name = f"{place}{shown(path.name)}"
        if path.is_dir() and not path.is_symlink():
            if depth < DEEPEST:
                yield from _files(path, f"{name}/", depth + 1)
        else:
            yield path, name


def members(path: Path, name: str) -> Iterator[Entry]:
    """Yield the files in a zip archive; none, where it is none: then the archive itself is the file."""
    try:
        with _opened(path) as file:
            if os.fstat(file.fileno()).st_size > MOST_OF_AN_ARCHIVE:
                return
            archive = zipfile.ZipFile(file)
            for info in archive.infolist()[:MOST]:
                if inside := place_in(info):
                    yield Entry(f"{name}/{inside}", path, info.filename)
    except (*_BROKEN, OSError, Unreadable):
        return
