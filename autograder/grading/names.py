"""What the name of a folder or a file means: people hand in `Lesson 1/attention (1).ipynb`, and mean 01_attention."""

from __future__ import annotations

import json
import re
import unicodedata
from collections.abc import Iterable, Mapping

_ENDINGS = re.compile(r"(\.(ipynb|json|txt|zip))+$")
_COPY = re.compile(r"(\s*\(\d+\)|\s*[-_ ]+(copy|kopie|copie|copia)[-_ ]*\d*|\s+\d+)$")  # as systems and Jupyter add
_GENERIC = {"lesson", "lessons", "assignment", "notebook", "notebooks", "exercise", "nb"}
_ID = re.compile(rb'"grade_id"\s*:\s*"([^"\\]{1,200})"')


def lesson_meant(name: str, lessons: Mapping[str, str]) -> str:
    """Return the one lesson that a name can mean, or "". `lessons` has each lesson's notebook, without its ending."""
    if name in lessons:
        return name
    for words in _words(name):
        fits = [lesson for lesson, notebook in lessons.items() if words in _spellings(lesson, notebook)]
        if len(fits) == 1:
            return fits[0]
    return ""


def is_notebook(name: str) -> bool:
    """Tell whether a file can be a notebook by its name, also where something was added to its ending."""
    return bool(re.search(r"\.ipynb(\.(txt|json))?$", name.lower()))


def lesson_inside(data: bytes, ids: Mapping[str, Iterable[str]]) -> str:
    """Return the lesson most of whose cells a notebook has, by nbgrader's ids; "" if it has none of any."""
    there = {found.decode("utf-8", "replace") for found in _ID.findall(data)}
    shares = {lesson: len(there.intersection(known)) for lesson, known in ids.items()}
    best = max(shares, key=shares.get, default="")
    return best if best and shares[best] else ""


def grade_ids(text: str) -> set[str]:
    """Return nbgrader's ids of a lesson's own notebook."""
    cells = json.loads(text).get("cells", ())
    return {
        about["grade_id"]
        for cell in cells
        if (about := cell.get("metadata", {}).get("nbgrader")) and "grade_id" in about
    }


def _spellings(lesson: str, notebook: str) -> list[list[str]]:
    whole = _plain_words(lesson)
    numbers, letters = [word for word in whole if word.isdecimal()], [word for word in whole if not word.isdecimal()]
    return [spelling for spelling in (whole, letters, numbers[:1], _plain_words(notebook)) if spelling]


def _words(name: str) -> list[list[str]]:
    """Return the words of a name as it is, and without one mark of a copy after the other."""
    texts = [_ENDINGS.sub("", unicodedata.normalize("NFKC", name[:200]).casefold().strip())]
    while (shorter := _COPY.sub("", texts[-1])) != texts[-1]:
        texts.append(shorter)
    found = ([word for word in _plain_words(text) if word not in _GENERIC] for text in texts)
    return [words for words in found if words]


def _plain_words(text: str) -> list[str]:
    found = re.findall(r"\d+|[^\W\d_]+", text.casefold())
    return [str(int(word)) if word.isdecimal() and len(word) < 10 else word for word in found]
