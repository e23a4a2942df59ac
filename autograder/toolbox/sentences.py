"""English-French sentence pairs in the form of the Anki collection: taken from a path, or fetched and checked.

The collection (https://www.manythings.org/anki/, sentences from https://tatoeba.org, CC-BY 2.0 FR) is not part of
the course. `sentences()` reads a file that you name, or downloads one edition of it whose checksum is published.
"""

from __future__ import annotations

import hashlib
import io
import os
import unicodedata
import urllib.error
import urllib.request
import zipfile
from dataclasses import dataclass
from pathlib import Path

from autograder.course import NotACourse, find_course
from autograder.toolbox.datasets import NoSuchData

PLACE = "COURSE_SENTENCES"  # the environment variable that names a file
# SHA-256 of the file on which the lesson's figures were measured
MEASURED = "c52ae3c5a2f6b3c96d985aad8e2f1aab814c6701cfa9face467989069624bcaa"
MAX_BYTES = 64 * 2**20
SECONDS = 60


@dataclass(frozen=True)
class Edition:
    """One edition of the collection as somebody serves it: a zip file, the text file in it, and the zip's checksum."""

    name: str
    url: str
    member: str
    algorithm: str
    checksum: str


# The collection's own zip changes with every update, so no checksum of it can be kept. This copy does not change,
# and its checksum has been printed in a textbook since 2020 (as SHA-1, which is enough to tell a broken file).
EDITION = Edition(
    name="the copy that Dive into Deep Learning serves (section 10.5 of https://d2l.ai)",
    url="https://d2l-data.s3-accelerate.amazonaws.com/fra-eng.zip",
    member="fra-eng/fra.txt",
    algorithm="sha1",
    checksum="94646ad1522d915e7b0f9296181140edcf86a4f5",
)


@dataclass(frozen=True)
class Sentences:
    """N pairs, row by row: `english` and `french` as written, and `edition`, one sentence on which file it was."""

    english: tuple[str, ...]
    french: tuple[str, ...]
    edition: str

    def __len__(self) -> int:
        return len(self.english)


def sentences(path: str | os.PathLike | None = None, *, download: bool = True, edition: Edition = EDITION) -> Sentences:
    """Return the pairs of a file in the collection's form, `English<TAB>French` and perhaps `<TAB>attribution`.

    The file is `path`; else what COURSE_SENTENCES names; else an earlier download; else, with `download`, the
    edition from the network, kept in work/sentences. Raise NoSuchData, saying what to do, if there is none.
    """
    given = path or os.environ.get(PLACE)
    if given:
        return _read(Path(given))
    kept = _kept()
    if kept is not None and kept.is_file():
        return _read(kept)
    if not download:
        raise NoSuchData(f"Expected a file of sentence pairs, found none. {_what_to_do(edition)}")
    data = _fetch(edition)
    if kept is None:
        return _parse(data, edition.name)
    kept.parent.mkdir(parents=True, exist_ok=True)
    kept.write_bytes(data)
    return _read(kept)


def _read(path: Path) -> Sentences:
    try:
        return _parse(path.read_bytes(), str(path.name))
    except OSError as error:
        reason = error.strerror or type(error).__name__
        raise NoSuchData(f"Expected a file of sentence pairs, could not read {path}: {reason}.") from None


def _parse(data: bytes, name: str) -> Sentences:
    """Split the text into pairs; a checksum that is not the measured one is said, not held against the file."""
    try:
        lines = data.decode("utf-8-sig").splitlines()
    except UnicodeDecodeError:
        raise NoSuchData(f"Expected text in UTF-8, {name} is something else. Is it still zipped?") from None
    rows = [line.split("\t") for line in lines if line.strip()]
    short = next((number for number, row in enumerate(rows, 1) if len(row) < 2), None)
    if not rows or short:
        where = f"line {short} has no tab" if short else "the file is empty"
        raise NoSuchData(f"Expected lines of English<TAB>French in {name}; {where}.")
    found = hashlib.sha256(data).hexdigest()
    edition = f"{name}, {len(rows):,} pairs: the file on which the course's figures were measured."
    if found != MEASURED:
        edition = (
            f"{name}, {len(rows):,} pairs, SHA-256 {found[:12]}: not the file on which the course's figures were "
            f"measured (SHA-256 {MEASURED[:12]}). It will do, but your figures will differ."
        )
    english, french = zip(*(row[:2] for row in rows))
    return Sentences(english, french, edition)


def _fetch(edition: Edition) -> bytes:
    """Download the edition's zip, compare its checksum, and return the text file in it."""
    try:
        with urllib.request.urlopen(edition.url, timeout=SECONDS) as answer:
            packed = answer.read(MAX_BYTES + 1)
    except (urllib.error.URLError, OSError) as error:
        raise NoSuchData(f"Could not download {edition.url} ({error}). {_what_to_do(edition)}") from None
    found = hashlib.new(edition.algorithm, packed).hexdigest()
    if found != edition.checksum:
        raise NoSuchData(
            f"Downloaded {edition.url}, but it is not {edition.name}: expected {edition.algorithm} "
            f"{edition.checksum}, received {found}. The copy has changed or the download is broken; nothing was "
            f"kept. {_what_to_do(edition)}"
        )
    with zipfile.ZipFile(io.BytesIO(packed)) as archive, archive.open(edition.member) as member:
        return member.read(MAX_BYTES)


def _kept() -> Path | None:
    """Return where a download is kept, or None outside a course."""
    try:
        return find_course().work / "sentences" / "fra.txt"
    except NotACourse:
        return None


def _what_to_do(edition: Edition) -> str:
    return (
        f"With a network, `sentences()` downloads {edition.name}. Without one, bring fra.txt from the fra-eng.zip "
        f"of https://www.manythings.org/anki/ and set {PLACE}=/path/to/fra.txt, or pass the path. "
        "The lesson runs without it, on shipped weights and sentences of its own."
    )


def clean(text: str) -> str:
    """Return a sentence in lower case with plain apostrophes and single spaces: what lesson 5 translates and scores."""
    text = unicodedata.normalize("NFKC", text).lower().replace("’", "'").replace("‘", "'")
    return " ".join(text.split())
