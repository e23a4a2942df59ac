"""The paragraph of a lesson that each exercise is about, to be read again by whom it did not go well for."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from markupsafe import Markup

from autograder.reports.safe import clean_html

MAX_CHARACTERS = 6_000
_HEADING = re.compile(r"^(#{1,3}) +(.+)$", re.MULTILINE)
_PASSED = re.compile(r"\s*\**passed\b", re.IGNORECASE)  # "Passed means: ...", after a check


@dataclass(frozen=True)
class Paragraph:
    """A piece of a lesson: the heading above it, its text as HTML, and the id that links lead to."""

    title: str
    anchor: str
    html: Markup


def paragraphs(cells: Iterable[Any]) -> dict[str, Paragraph]:
    """Return, by the grade id of each graded cell, what the lesson says on it before it asks.

    That is the text since the last heading or, after another exercise, since that one.
    """
    found: dict[str, Paragraph] = {}
    title, texts, above = "", [], []
    for cell in cells:
        about = cell["metadata"].get("nbgrader") or {}
        if about.get("grade"):
            lines = texts or above
            if title and lines:
                found[about["grade_id"]] = _paragraph(title, lines, len(found))
            above, texts = lines, []
        elif cell["cell_type"] == "markdown" and not about.get("grade_id"):
            heading = _HEADING.search(cell["source"])
            if heading:
                title, texts, above = re.sub(r"[*`$]", "", heading[2]).strip(), [], []
            text = _HEADING.sub("", cell["source"], count=1).strip()
            if text and not _PASSED.match(text):
                texts.append(text)
    return found


def _paragraph(title: str, texts: list[str], number: int) -> Paragraph:
    from nbconvert.filters import markdown2html  # slow to import, and a page without mistakes needs it not

    html = markdown2html("\n\n".join(texts)[:MAX_CHARACTERS])
    return Paragraph(title, f"read-again-{number + 1}", Markup(_without_pictures(clean_html(html))))


def _without_pictures(html: str) -> str:
    """Drop pictures, which lie beside the lesson, and links to files there: the page stands by itself."""
    html = re.sub(r"<img\b[^>]*>", "", html)
    return re.sub(r'<a\b[^>]*href="(?!https?://)[^"]*"[^>]*>(.*?)</a>', r"\1", html, flags=re.DOTALL)
