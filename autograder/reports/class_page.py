"""The class on one page, for its instructor: how it went, what went wrong, who needs a look."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from urllib.parse import quote

from markupsafe import Markup

from autograder.exercise.result import Result
from autograder.reports.page import page, template
from autograder.reports.questions import SIGNS, Question, questions
from autograder.reports.table import ordered, summary
from autograder.reports.tally import Tally, named_mistakes, tally

# Okabe and Ito's colours, told apart by everyone, each with a text colour that can be read on it.
_FILL = {
    "right": ("#0072b2", "#fff"),
    "partly right": ("#56b4e9", "#000"),
    "wrong": ("#d55e00", "#000"),
    "not attempted": ("#c6c6c3", "#000"),
    "to be read": ("#f0e442", "#000"),
    "not graded": ("#e9e9e6", "#000"),
}
_MAX_ROWS = 400  # students in the table of everyone
_MAX_COLUMNS = 26  # of the picture of points


def class_page(results: Iterable[Result], link: Callable[[Result], str] | None = None) -> str:
    """Return the page as one self-contained HTML text without scripts.

    `link` gives the path of a learner's own page, relative to where this one will lie.
    """
    results = ordered(results)
    lessons = []
    for lesson in dict.fromkeys(result.lesson for result in results):
        here = [result for result in results if result.lesson == lesson]
        counted = tally(here)
        graded = [(result, questions(result)) for result in here if result.status == "graded"]
        graded.sort(key=lambda pair: (-pair[0].earned, pair[0].student))
        lessons.append(
            {
                "name": lesson,
                "summary": summary(here),
                "points": _points(here),
                "questions": [{"tally": one, "bar": _bar(one), "sentence": _sentence(one)} for one in counted],
                "look": [(result, why) for result in here if (why := _why_look(result))],
                "rows": [(result, [_mark(each) for each in asked]) for result, asked in graded[:_MAX_ROWS]],
                "left_out": max(0, len(graded) - _MAX_ROWS),
                "unwalled": sum(not result.isolated for result, _ in graded),
            }
        )
    body = template(_BODY).render(
        lessons=lessons,
        path=lambda result: quote(link(result)) if link else "",
        fill=_FILL,
        signs=SIGNS,
    )
    return page("The class at a glance", Markup(body), _STYLE)


def _why_look(result: Result) -> list[str]:
    """Say why a person should look at a submission; nothing where there is no need."""
    if result.status != "graded":
        return [f"{result.status}: {result.reason}"]
    lost = [verdict.title for verdict in result.verdicts if verdict.outcome == "not graded"]
    return [*(f"Could not be examined: {title}." for title in lost), *result.notes]


def _mark(question: Question) -> dict[str, str]:
    points = "to be read" if question.earned is None else f"{question.earned:g} of {question.points:g} points"
    says = "; ".join([f"{question.title}: {question.outcome}, {points}", *named_mistakes(question)])
    return {"outcome": question.outcome, "says": says}


def _sentence(one: Tally) -> str:
    """Say a question's bar in words."""
    return ", ".join(f"{count} {outcome}" for outcome, count in one.outcomes.items() if count)


def _bar(one: Tally) -> Markup:
    """Draw one question's outcomes side by side, each with its sign and number."""
    width, at, parts = 860.0, 0.0, []
    for outcome, count in one.outcomes.items():
        if not count:
            continue
        wide = width * count / one.count
        fill, ink = _FILL[outcome]
        label = f"{SIGNS[outcome]} {count}" if wide >= 40 else str(count) if wide >= 14 else ""
        text = f'<text x="{at + wide / 2:.1f}" y="20" text-anchor="middle" style="fill:{ink}">{label}</text>'
        parts.append(
            f'<g><title>{count} {outcome}</title><rect x="{at:.1f}" width="{max(1.0, wide - 2):.1f}" height="30" rx="3"'
            f' fill="{fill}"/>{text}</g>'
        )
        at += wide
    about = Markup('role="img" aria-label="{}"').format(_sentence(one))
    return Markup(f'<svg viewBox="0 0 860 30" width="860" {about} font-size="15">{"".join(parts)}</svg>')


def _points(results: list[Result]) -> Markup:
    """Draw how many earned how much: a column a point (or a few), a block a submission."""
    graded = [result for result in results if result.status == "graded" and result.points]
    if not graded:
        return Markup("")
    full = max(result.points for result in graded)
    step = max(1, math.ceil(full / (_MAX_COLUMNS + 1)))
    columns: list[list[Result]] = [[] for _ in range(int(full // step) + 1)]
    for result in graded:
        columns[min(int(result.earned // step), len(columns) - 1)].append(result)
    highest = max(len(column) for column in columns)
    unit, wide, base = min(20.0, 190 / highest), 860 / len(columns), 230
    parts = []
    for number, column in enumerate(columns):
        left, top = number * wide, base - len(column) * unit
        name = f"{number * step}" if step == 1 else f"{number * step}–{min(number * step + step - 1, int(full))}"
        for row, result in enumerate(column):
            block = f'x="{left + 2:.1f}" y="{base - (row + 1) * unit:.1f}" width="{wide - 4:.1f}"'
            title = Markup("<title>{}: {:g}</title>").format(result.student, result.earned)
            height = max(0.5, unit - 2) if unit >= 4 else unit
            parts.append(f'<rect {block} height="{height:.1f}" rx="2" fill="{_FILL["right"][0]}">{title}</rect>')
        middle = left + wide / 2
        if column:
            parts.append(f'<text x="{middle:.1f}" y="{top - 6:.1f}" text-anchor="middle">{len(column)}</text>')
        if step == 1 or number % 2 == 0:
            label = f'<text class="soft" x="{middle:.1f}" y="{base + 20}" text-anchor="middle">{name}</text>'
            parts.append(label)
    earned = sorted(result.earned for result in graded)
    says = f"{len(graded)} submissions earned from {earned[0]:g} to {earned[-1]:g} of {full:g} points."
    about = Markup('role="img" aria-label="{}"').format(says)
    axis = f'<line x1="0" x2="860" y1="{base + 1}" y2="{base + 1}" stroke="currentColor" stroke-opacity=".4"/>'
    return Markup(f'<svg viewBox="0 0 860 256" width="860" {about} font-size="14">{axis}{"".join(parts)}</svg>')


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
.everyone td, .everyone th { padding: .12rem .25rem; border: 0; white-space: nowrap; }
.everyone td.mark { min-width: 2rem; text-align: center; border: 2px solid var(--paper); border-radius: 5px; }
.everyone td.number { padding-right: .8rem; }
"""
_BODY = """
{% macro named(result) %}
{% if path(result) %}<a href="{{ path(result) }}">{{ result.student }}</a>{% else %}{{ result.student }}{% endif %}
{% endmacro %}
<header><p class="soft">For the instructor</p><h1>The class at a glance</h1></header>
<main>
{% for lesson in lessons %}
<section class="block" aria-labelledby="lesson-{{ loop.index }}">
<h2 id="lesson-{{ loop.index }}">{{ lesson.name }}</h2>
<p>{{ lesson.summary }}</p>
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
{% for result, why in lesson.look %}
<tr><th scope="row">{{ named(result) }}</th>
<td>{% for line in why %}{{ line }}{% if not loop.last %}<br>{% endif %}{% endfor %}</td></tr>
{% endfor %}
</tbody></table>
{% endif %}
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
<h3>Everyone</h3>
<div class="scroll"><table class="everyone"><thead><tr><th scope="col">Student</th>
<th scope="col" class="number">Points</th>
{% for each in lesson.questions %}
<th scope="col"><span aria-hidden="true">{{ loop.index }}</span><span class="unseen">{{ each.tally.title }}</span></th>
{% endfor %}
</tr></thead><tbody>
{% for result, marks in lesson.rows %}
<tr><th scope="row">{{ named(result) }}</th><td class="number">{{ result.earned | g }}</td>
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
