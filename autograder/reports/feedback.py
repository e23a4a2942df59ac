"""One page for one learner: what each answer earned, why, and the answer itself."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from markupsafe import Markup

from autograder.exercise.result import Result
from autograder.practice.report import as_html
from autograder.reports.page import coloured, page, picture, shortened, template
from autograder.reports.paragraphs import Paragraph
from autograder.reports.questions import SIGNS, Question, about, cells_of, error_of, joined, points_of
from autograder.reports.standing import Standing, clock

MAX_OWN_CELLS = 12  # shown of the learner's own cells before one question
MAX_SHOWN = 4_000  # characters shown of what a cell printed
MAX_PICTURES = 3
_AGAIN = ("partly right", "wrong", "not attempted")
_UNTOUCHED = "(left as it was)"
_HIDDEN = "BEGIN HIDDEN TESTS"
_WORDS = {
    "right": "all right",
    "partly right": "partly right",
    "wrong": "not right yet",
    "not attempted": "not attempted",
    "to be read": "to be read by a person",
    "not graded": "not graded",
}
_COLOURS = {"right": "#0072b2", "partly right": "#56b4e9", "wrong": "#d55e00"}  # told apart by everyone
_NO_COLOUR = "#9a9ba1"


@dataclass
class _Shown:
    """A cell of the learner as the page shows it."""

    label: str
    code: Markup | None
    words: str = ""
    error: str = ""
    printed: str = ""
    pictures: list[Markup] = field(default_factory=list)


@dataclass
class _Section:
    """What the notebook holds for one graded cell."""

    title: str = ""
    names: list[str] = field(default_factory=list)  # nbgrader's ids of its cells: comments hang on them
    cells: list[_Shown] = field(default_factory=list)
    failed: str = ""  # why a plain test cell failed


def feedback_page(standing: Standing, again: Mapping[str, Paragraph] | None = None) -> str:
    """Return the learner's page as one self-contained HTML text, without scripts and without anything active.

    `again` has, by grade id, the paragraph of the lesson that a question is about; the page quotes those to read again.
    """
    result, found = standing.result, standing.questions if standing.status == "graded" else []
    sections = _sections(result)
    _, full, still_open = points_of(found)
    heading = next((title for title in map(_heading, cells_of(result)) if title), "")
    items = []
    for number, question in enumerate(found, 1):
        section = sections.get(question.grade_id, _Section())
        items.append(
            {
                "number": number,
                "question": question,
                "title": question.title if question.verdict else section.title or question.title,
                "report": Markup(as_html(question.verdict)) if question.verdict else "",
                "comments": [text for name in section.names if (text := standing.comments.get(name))],
                "cells": section.cells,
                "failed": section.failed,
                "again": (again or {}).get(question.grade_id) if question.outcome in _AGAIN else None,
            }
        )
    quoted = {item["again"].anchor: item["again"] for item in items if item["again"]}
    body = template(_BODY).render(
        result=result,
        heading=heading or result.lesson,
        items=items,
        again=[item for item in items if item["question"].outcome in _AGAIN],
        quoted=list(quoted.values()),
        earned=standing.earned,
        full=full,
        still_open=still_open,
        standing=standing,
        handed_in=clock(standing.submitted_at),
        strip=_strip(found),
        signs=SIGNS,
        words=_WORDS,
    )
    return page(f"Feedback: {heading or result.lesson}", Markup(body))


def _sections(result: Result) -> dict[str, _Section]:
    """Return, by grade id, the answers that belong to each graded cell and what stands above them."""
    found: dict[str, _Section] = {}
    current = _Section()
    own = 0
    for cell in cells_of(result):
        known = about(cell)
        title = _heading(cell)
        current.title = title or current.title
        answers = bool(known.get("solution") or known.get("task"))
        current.names += [known["grade_id"]] if known.get("grade_id") else []
        if answers or str(cell.get("id", "")).startswith("own-"):
            own += not answers
            if answers or (own <= MAX_OWN_CELLS and cell["source"].strip()):
                untouched = known.get("grade_id") in result.unanswered
                label = "Your answer" if answers else "Your own cell"
                current.cells.append(_Shown(label, None, words=_UNTOUCHED) if untouched else _shown(cell, label))
        if known.get("grade"):
            if not answers:
                current.failed = _failed(cell)
            found[known["grade_id"]] = current
            current, own = _Section(), 0
    return found


def _heading(cell: dict[str, Any]) -> str:
    """Return the first heading of a text cell of the lesson."""
    if cell.get("cell_type") != "markdown" or about(cell).get("solution"):
        return ""
    found = re.search(r"^#{1,4} +(.+)$", cell["source"], re.MULTILINE)
    return re.sub(r"[*`]", "", found[1]).removeprefix("Exercise: ").strip() if found else ""


def _shown(cell: dict[str, Any], label: str) -> _Shown:
    if cell.get("cell_type") != "code":
        attached = [joined(data) for kinds in cell.get("attachments", {}).values() for data in kinds.values()]
        pictures = [image for image in map(picture, attached) if image]
        return _Shown(label, None, words=shortened(cell["source"].strip()), pictures=pictures)
    name, message = error_of(cell)
    if name == "Stopped":
        error = f"This cell was stopped: {message}."
    else:
        error = f"This cell failed: {name}: {message}" if name else ""
    shown = _Shown(label, coloured(cell["source"]), error=shortened(error, 1_000))
    texts = []
    for output in cell.get("outputs", ()):
        data = output.get("data", {})
        if output.get("output_type") == "stream":
            texts.append(joined(output.get("text", "")))
        elif "image/png" in data and len(shown.pictures) < MAX_PICTURES:
            image = picture(joined(data["image/png"]))
            shown.pictures += [image] if image else []
        elif "text/plain" in data:
            texts.append(joined(data["text/plain"]) + "\n")
    shown.printed = shortened("".join(texts).rstrip(), MAX_SHOWN)
    return shown


def _failed(cell: dict[str, Any]) -> str:
    """Say why a test cell of plain asserts failed, without a word of the tests that are hidden."""
    name, message = error_of(cell)
    if not name or name == "NotImplementedError":
        return ""
    if name == "Stopped":
        return f"The test was stopped: {message}."
    if _HIDDEN in cell["source"]:
        return "A test of your answer failed. Some tests are hidden, so it is not shown which."
    return shortened(f"A test of your answer failed: {name}{': ' if message else ''}{message}", 1_000)


def _strip(found: list[Question]) -> Markup:
    """Draw the questions side by side, as wide as their points, filled as far as they were earned."""
    full = sum(question.points for question in found)
    if not full:
        return Markup("")
    width, at, parts = 860.0, 0.0, []
    for question in found:
        wide = width * question.points / full
        share = min(1.0, (question.earned or 0.0) / question.points) if question.points else 0.0
        colour = _COLOURS.get(question.outcome, _NO_COLOUR)
        box = f'x="{at + 1:.1f}" y="1" height="20" rx="3"'
        parts.append(f'<rect {box} width="{wide - 3:.1f}" fill="{colour}" fill-opacity=".22"/>')
        if share:
            parts.append(f'<rect {box} width="{(wide - 3) * share:.1f}" fill="{colour}"/>')
        at += wide
    return Markup(f'<svg viewBox="0 0 860 22" width="860" height="22" aria-hidden="true">{"".join(parts)}</svg>')


_BODY = """
<header>
<p class="soft">Feedback for <strong>{{ result.student }}</strong> · {{ result.lesson }}</p>
<h1>{{ heading }}</h1>
{% if handed_in %}<p class="soft">Handed in {{ handed_in }}{{ ", " ~ standing.late if standing.late else "" }}</p>
{% elif standing.late %}<p class="soft">{{ standing.late | capitalize }}</p>{% endif %}
{% if result.status == "graded" %}
<p class="points"><strong>{{ earned | g }}</strong> of {{ full | g }} points</p>
{{ strip }}
{% if again %}
<p>Worth another look:
{% for item in again %}<a href="#question-{{ item.number }}">{{ item.number }}. {{ item.title }}</a>
{{- ", " if not loop.last else "" }}
{% endfor %}</p>
{% endif %}
{% if still_open %}
<p>{{ still_open | g }} {{ "point is" if still_open == 1 else "points are" }} still to be given by hand.</p>
{% endif %}
{% if standing.penalty %}
<p>{{ standing.penalty | g }} {{ "point was" if standing.penalty == 1 else "points were" }} taken off for handing in
late.</p>
{% endif %}
{% elif result.status == "unreadable" %}
<div class="notice"><h2>Your submission could not be graded</h2>
<p>{{ result.reason | prose }}</p>
<p>It counts as no points for now. To check a file before you hand it in: open it in Jupyter, choose
<em>Restart Kernel and Run All Cells</em>, save, and submit that file.</p></div>
{% else %}
<div class="notice calm"><h2>Not graded yet</h2>
<p>Something went wrong on the grading side. It is not your doing, and you have lost no points.
Your instructor has been told and will have it graded again; you need not do anything.</p></div>
{% endif %}
</header>
<main>
{% if items %}
<section class="block" aria-labelledby="glance"><h2 id="glance">At a glance</h2>
<table><thead><tr>
<th scope="col">Question</th><th scope="col" class="number">Points</th><th scope="col">Outcome</th>
</tr></thead><tbody>
{% for item in items %}
{% set question = item.question %}
<tr><th scope="row"><a href="#question-{{ item.number }}">{{ item.number }}. {{ item.title }}</a></th>
<td class="number">{% if question.earned is none %}–{% else %}{{ question.earned | g }}{% endif %}
 / {{ question.points | g }}</td>
<td class="{{ question.outcome }}"><span class="sign" aria-hidden="true">{{ signs[question.outcome] }}</span>
{{- words[question.outcome] }}</td></tr>
{% endfor %}
</tbody></table></section>
{% endif %}
{% if result.notes %}
<section class="block" aria-labelledby="notes"><h2 id="notes">What we noticed in your notebook</h2>
<ul>{% for note in result.notes %}<li>{{ note | prose }}</li>{% endfor %}</ul></section>
{% endif %}
{% for item in items %}
{% set question = item.question %}
<section class="block" aria-labelledby="question-{{ item.number }}">
<h2 id="question-{{ item.number }}"><span class="number">{{ item.number }}.</span> {{ item.title }}</h2>
{% if question.by_hand or question.extra or not item.report %}
<p class="{{ question.outcome }}"><span class="sign" aria-hidden="true">{{ signs[question.outcome] }}</span>
{% if question.earned is none %}
{{ question.points | g }} points, to be given by a person who reads your answer.
{% else %}
{{ words[question.outcome] | capitalize }}, {{ question.earned | g }} of {{ question.points | g }} points
{{- ", given by hand" if question.by_hand }}{{ ", " ~ (question.extra | g) ~ " of them extra" if question.extra }}.
{% endif %}</p>
{% endif %}
{% if question.outcome == "not graded" %}
<p>This question could not be examined. It is not your doing: no points were lost, and your instructor knows.</p>
{% endif %}
{% for comment in item.comments %}
<div class="notice calm"><strong>Your instructor writes</strong>
<p class="comment">{{ comment | prose }}</p></div>
{% endfor %}
{% if item.failed %}<p>{{ item.failed }}</p>{% endif %}
{{ item.report }}
{% if item.again %}
<p>Read again: <a href="#{{ item.again.anchor }}">{{ item.again.title }}</a></p>
{% endif %}
{% for cell in item.cells %}
<h3>{{ cell.label }}</h3>
{% if cell.code is none %}
<div class="words">{{ cell.words or "(nothing written)" }}</div>
{% else %}
<pre class="cell"><code>{{ cell.code }}</code></pre>
{% endif %}
{% if cell.error %}<p class="wrong"><span class="sign" aria-hidden="true">✗</span>{{ cell.error }}</p>{% endif %}
{% if cell.printed %}<p class="soft">It showed:</p><pre class="cell shown">{{ cell.printed }}</pre>{% endif %}
{% for image in cell.pictures %}<p>{{ image }}</p>{% endfor %}
{% endfor %}
</section>
{% endfor %}
{% if quoted %}
<section class="block" aria-labelledby="again"><h2 id="again">To read again</h2>
<p class="soft">From the lesson {{ result.lesson }}.</p>
{% for paragraph in quoted %}
<div class="paragraph"><h3 id="{{ paragraph.anchor }}">{{ paragraph.title }}</h3>
{{ paragraph.html }}</div>
{% endfor %}
</section>
{% endif %}
</main>
"""
