"""The class on one page, for its instructor: how it went, what went wrong, who needs a look."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from markupsafe import Markup

from autograder.exercise.result import Left
from autograder.files import shown
from autograder.reports.causes import points_lost_to_one_cause
from autograder.reports.drawings import FILL, bar, points, sentence
from autograder.reports.page import page, template
from autograder.reports.questions import SIGNS, Question
from autograder.reports.standing import Standing, clock
from autograder.reports.table import ordered, summary
from autograder.reports.tally import named_mistakes, tally

_MAX_ROWS = 400  # students in the table of everyone
_MAX_SLOW = 8
SLOW_SECONDS = 5.0  # and four times the median: what is named as slow


@dataclass(frozen=True)
class ToRead:
    """A question in words: the model answer, and the answers that wait for a person, by student."""

    title: str
    model: str
    answers: tuple[tuple[str, str], ...]


def class_page(
    standings: Iterable[Standing],
    left: Sequence[Left] = (),
    link: Callable[[Standing], str] | None = None,
    to_read: Mapping[str, Sequence[ToRead]] | None = None,
) -> str:
    """Return the page as one self-contained HTML text without scripts.

    `link` gives the path of a learner's own page, relative to where this one will lie. `left` is what could not be
    taken. `to_read` has, by lesson, the answers that wait for a person.
    """
    standings = ordered(standings)
    lessons = []
    for lesson in dict.fromkeys(standing.lesson for standing in standings):
        here = [standing for standing in standings if standing.lesson == lesson]
        graded = sorted(
            (standing for standing in here if standing.status == "graded"),
            key=lambda each: (-each.earned, each.student),
        )
        lessons.append(
            {
                "name": lesson,
                "summary": summary(here),
                "due": next((clock(standing.due) for standing in here if standing.due), ""),
                "points": points(here),
                "questions": [{"tally": one, "bar": bar(one), "sentence": sentence(one)} for one in tally(here)],
                "look": [(standing, why) for standing in _by_causes(here) if (why := _why_look(standing))],
                "slow": _slow(here),
                "to_read": (to_read or {}).get(lesson, ()),
                "rows": [(standing, [_mark(each) for each in standing.questions]) for standing in graded[:_MAX_ROWS]],
                "left_out": max(0, len(graded) - _MAX_ROWS),
                "unwalled": sum(not standing.result.isolated for standing in graded),
            }
        )
    body = template(_BODY).render(
        lessons=lessons,
        table=_students_by_lessons(standings),
        left=[(shown(each.student), shown(each.name), each.why) for each in left],
        path=lambda standing: quote(link(standing)) if link else "",
        fill=FILL,
        signs=SIGNS,
    )
    return page("The class at a glance", Markup(body), _STYLE)


def _students_by_lessons(standings: list[Standing]) -> dict[str, Any]:
    """Return the class as a table: a row a student, a cell a lesson, and the sum."""
    lessons = list(dict.fromkeys(standing.lesson for standing in standings))
    students = sorted({standing.student for standing in standings})
    found = {(standing.student, standing.lesson): standing for standing in standings}
    rows = []
    for student in students[:_MAX_ROWS]:
        cells = [_cell(found.get((student, lesson))) for lesson in lessons]
        rows.append({"student": student, "cells": cells, "sum": sum(cell["earned"] for cell in cells)})
    return {"lessons": lessons, "rows": rows, "left_out": max(0, len(students) - _MAX_ROWS)}


def _cell(standing: Standing | None) -> dict[str, Any]:
    """Say how one student's lesson stands: points, and beneath them whatever is unusual."""
    if standing is None:
        return {"points": "", "earned": 0.0, "about": ["not handed in"], "standing": None}
    about = [clock(standing.submitted_at)] if standing.submitted_at else []
    about += [standing.late] if standing.late else []
    about += [f"{standing.penalty:g} taken off"] if standing.penalty else []
    about += [f"{sum(standing.manual.values()):g} by hand"] if standing.manual else []
    about += [f"{sum(standing.extra.values()):g} extra"] if standing.extra else []
    about += [f"{standing.open_points:g} to be given"] if standing.open_points else []
    about += [standing.status] if standing.status != "graded" else []
    points = "?" if standing.status == "not graded" else f"{round(standing.earned, 2):g} / {standing.points:g}"
    return {"points": points, "earned": standing.earned, "about": about, "standing": standing}


def _slow(standings: list[Standing]) -> list[Standing]:
    """Return the few that took far longer to grade than the others, the slowest first."""
    times = sorted(standing.result.seconds for standing in standings if standing.result.seconds)
    if not times:
        return []
    limit = max(SLOW_SECONDS, 4 * times[len(times) // 2])
    slow = [standing for standing in standings if standing.result.seconds > limit]
    return sorted(slow, key=lambda standing: -standing.result.seconds)[:_MAX_SLOW]


def _why_look(standing: Standing) -> list[str]:
    """Say why a person should look at a submission; nothing where there is no need."""
    result = standing.result
    notes = [*([standing.late] if standing.late else []), *result.notes]
    if result.status != "graded":
        return [f"{result.status}: {result.reason}", *notes]
    lost = [each.title for each in standing.questions if each.outcome == "not graded"]
    points, cause = points_lost_to_one_cause(result)
    one = [f"One cause took {points:g} points: {cause}"] if points else []
    return [*one, *(f"Could not be examined: {title}." for title in lost), *notes]


def _by_causes(standings: Iterable[Standing]) -> list[Standing]:
    """Put first what lost the most points to one cause: that is where a person can mend most."""
    return sorted(standings, key=lambda standing: -points_lost_to_one_cause(standing.result)[0])


def _mark(question: Question) -> dict[str, str]:
    earned = "to be read" if question.earned is None else f"{question.earned:g} of {question.points:g} points"
    says = "; ".join([f"{question.title}: {question.outcome}, {earned}", *named_mistakes(question)])
    return {"outcome": question.outcome, "says": says}


_STYLE = """
.legend { display: flex; flex-wrap: wrap; gap: .3rem 1.2rem; list-style: none; padding: 0; margin: .4rem 0 1rem; }
.swatch { display: inline-block; width: 1.5em; text-align: center; border-radius: 3px; margin-right: .4em; }
.question { margin: 1.5rem 0 2rem; break-inside: avoid; }
.question h3 { margin-bottom: .4rem; }
.question ul { list-style: none; padding: 0; margin: .5rem 0 0; }
.question li { display: grid; grid-template-columns: 3.2rem 1fr; margin: .25rem 0; }
.times { text-align: right; padding-right: .8rem; font-variant-numeric: tabular-nums; font-weight: 700; }
.look th { white-space: nowrap; }
.scroll { overflow-x: auto; }
.lessons td .soft { display: block; font-size: .85rem; max-width: 16rem; }
.lessons td, .lessons th { padding-right: 1.2rem; }
.read td.words { white-space: pre-wrap; overflow-wrap: anywhere; width: 42%; border-left: 0; padding-left: 0; }
.everyone td, .everyone th { padding: .12rem .25rem; border: 0; white-space: nowrap; }
.everyone td.mark { min-width: 2rem; text-align: center; border: 2px solid var(--paper); border-radius: 5px; }
.everyone td.number { padding-right: .8rem; }
"""
_BODY = """
{% macro named(standing) %}
{% if path(standing) %}<a href="{{ path(standing) }}">{{ standing.student }}</a>{% else %}{{ standing.student }}
{% endif %}
{% endmacro %}
<header><p class="soft">For the instructor</p><h1>The class at a glance</h1></header>
<main>
{% if left %}
<section class="block" aria-labelledby="left"><h2 id="left">Not taken</h2>
<p>This was handed in and was not graded.</p>
<table class="look"><thead><tr><th scope="col">Student</th><th scope="col">What</th><th scope="col">Why</th></tr>
</thead><tbody>
{% for student, name, why in left %}
<tr><th scope="row">{{ student }}</th><td>{{ name }}</td><td>{{ why | prose }}</td></tr>
{% endfor %}
</tbody></table></section>
{% endif %}
{% if table.rows %}
<section class="block" aria-labelledby="everybody"><h2 id="everybody">Students and lessons</h2>
<div class="scroll" tabindex="0" role="region" aria-label="Table of students and lessons">
<table class="lessons"><thead><tr><th scope="col">Student</th>
{% for lesson in table.lessons %}<th scope="col">{{ lesson }}</th>{% endfor %}
{% if table.lessons | length > 1 %}<th scope="col" class="number">Sum</th>{% endif %}
</tr></thead><tbody>
{% for row in table.rows %}
<tr><th scope="row">{{ row.student }}</th>
{% for cell in row.cells %}
<td>{% if cell.standing and path(cell.standing) %}<a href="{{ path(cell.standing) }}">{{ cell.points }}</a>
{%- else %}{{ cell.points }}{% endif %}
{% if cell.about %}<span class="soft">{{ cell.about | join(", ") }}</span>{% endif %}</td>
{% endfor %}
{% if table.lessons | length > 1 %}<td class="number">{{ row.sum | g }}</td>{% endif %}
</tr>
{% endfor %}
</tbody></table></div>
{% if table.left_out %}<p class="soft">{{ table.left_out }} more are in grades.csv.</p>{% endif %}
</section>
{% endif %}
{% for lesson in lessons %}
<section class="block" aria-labelledby="lesson-{{ loop.index }}">
<h2 id="lesson-{{ loop.index }}">{{ lesson.name }}</h2>
<p>{{ lesson.summary }}{% if lesson.due %} · due {{ lesson.due }}{% endif %}</p>
{% if lesson.unwalled %}
<p class="notice"><strong>Not isolated:</strong> {{ lesson.unwalled }} of these were graded on a machine that lacks
a wall around the learners' code. <code>autograder doctor</code> says which.</p>
{% endif %}
{% if lesson.points %}
<h3>Points so far</h3>
<p class="soft">A block is a submission, above the points it earned; answers still to be read count as none.</p>
{{ lesson.points }}
{% endif %}
{% if lesson.look %}
<h3>Worth a look</h3>
<table class="look"><thead><tr><th scope="col">Student</th><th scope="col">Why</th></tr></thead><tbody>
{% for standing, why in lesson.look %}
<tr><th scope="row">{{ named(standing) }}</th>
<td>{% for line in why %}{{ line | prose }}{% if not loop.last %}<br>{% endif %}{% endfor %}</td></tr>
{% endfor %}
</tbody></table>
{% endif %}
{% if lesson.slow %}
<h3>Slow to grade</h3>
<ul>{% for standing in lesson.slow %}
<li>{{ named(standing) }}: {{ "%.1f" | format(standing.result.seconds) }} s</li>
{% endfor %}</ul>
{% endif %}
{% for each in lesson.to_read %}
<h3>To be read: {{ each.title }}</h3>
<table class="read"><thead><tr><th scope="col">Student</th><th scope="col">Answer</th><th scope="col">Model answer</th>
</tr></thead><tbody>
{% for student, answer in each.answers %}
<tr><th scope="row">{{ student }}</th><td class="words">{{ answer }}</td>
{% if loop.first %}<td class="words" rowspan="{{ each.answers | length }}">{{ each.model }}</td>{% endif %}</tr>
{% endfor %}
</tbody></table>
{% endfor %}
{% if lesson.questions %}
<h3>Question by question</h3>
<ul class="legend">
{% for outcome, (colour, ink) in fill.items() %}
<li><span class="swatch" aria-hidden="true" style="background:{{ colour }};color:{{ ink }}">{{ signs[outcome] }}</span>
{{- outcome }}</li>
{% endfor %}
</ul>
{% for each in lesson.questions %}
<div class="question">
<h3>{{ loop.index }}. {{ each.tally.title }} <span class="soft">({{ each.tally.points | g }}
{{ "point" if each.tally.points == 1 else "points" }})</span></h3>
{{ each.bar }}
{% if each.tally.parts %}
<p class="soft">Passed:
{% for name, passed, count in each.tally.parts %}{{ name }} {{ passed }} of {{ count }}
{{- " · " if not loop.last else "" }}
{% endfor %}</p>
{% endif %}
{% if each.tally.mistakes %}
<ul>
{% for mistake in each.tally.mistakes %}
<li><span class="times">{{ mistake.students | length }} ×</span>
<span><strong>{{ mistake.name }}.</strong> {{ mistake.says | prose }}</span></li>
{% endfor %}
{% if each.tally.unnamed %}
<li><span class="times">{{ each.tally.unnamed }} ×</span><span class="soft">something else</span></li>
{% endif %}
</ul>
{% elif each.tally.unnamed %}
<ul><li><span class="times">{{ each.tally.unnamed }} ×</span><span class="soft">no mistake with a name</span></li></ul>
{% endif %}
</div>
{% endfor %}
{% endif %}
{% if lesson.rows %}
<h3 id="everyone-{{ loop.index }}">Everyone</h3>
<div class="scroll" tabindex="0" role="region" aria-label="{{ lesson.name }}: everyone, question by question">
<table class="everyone"><thead><tr><th scope="col">Student</th>
<th scope="col" class="number">Points</th>
{% for each in lesson.questions %}
<th scope="col"><span aria-hidden="true">{{ loop.index }}</span><span class="unseen">{{ each.tally.title }}</span></th>
{% endfor %}
</tr></thead><tbody>
{% for standing, marks in lesson.rows %}
<tr><th scope="row">{{ named(standing) }}</th><td class="number">{{ standing.earned | g }}</td>
{% for mark in marks %}
<td class="mark" title="{{ mark.says }}"
 style="background:{{ fill[mark.outcome][0] }};color:{{ fill[mark.outcome][1] }}">
<span aria-hidden="true">{{ signs[mark.outcome] }}</span><span class="unseen">{{ mark.outcome }}</span></td>
{% endfor %}
</tr>
{% endfor %}
</tbody></table></div>
{% if lesson.left_out %}<p class="soft">{{ lesson.left_out }} more are in grades.csv.</p>{% endif %}
{% endif %}
</section>
{% endfor %}
</main>
"""
