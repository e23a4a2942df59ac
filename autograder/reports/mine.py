"""A learner's own record: what the checks on this machine have seen mastered. No account, no server."""

from __future__ import annotations

from datetime import UTC, datetime

from markupsafe import Markup
from rich.console import Group
from rich.table import Table
from rich.text import Text

from autograder.course import Course
from autograder.exercise.library import of_lesson
from autograder.exercise.vocabulary import Exercise
from autograder.files import write_whole
from autograder.practice.record import Record
from autograder.reports.page import page, template

_WORDS = {"done": ("✓", "mastered"), "begun": ("◐", "begun"), "open": ("○", "open")}


def write_mine(course: Course) -> Group:
    """Write `work/me.html` and return the same for the terminal."""
    lessons, today = _lessons(course, Record().read()), datetime.now(UTC)
    done, total = _counts([each for lesson in lessons for each in lesson["exercises"]])
    body = template(_BODY).render(lessons=lessons, today=f"{today:%Y-%m-%d}", done=done, total=total, words=_WORDS)
    path = course.work / "me.html"
    write_whole(path, page("What I have mastered", Markup(body)), 0o600)
    table = Table("lesson", "mastered", "points", box=None, pad_edge=False, padding=(0, 2, 0, 0))
    for each in lessons:
        table.add_row(each["name"], f"{each['done']} of {each['total']}", f"{each['earned']:g} / {each['points']:g}")
    where = path.relative_to(course.root).as_posix() if path.is_relative_to(course.root) else path
    return Group(table, Text(f"{done} of {total} exercises mastered. Written: {where}, to print or to keep.", "bold"))


def _lessons(course: Course, record: dict) -> list[dict]:
    found = []
    for name in course.lesson_names():
        exercises = [_exercise(each, record) for each in of_lesson(name)]
        if not exercises:
            continue  # a page without exercises
        done, total = _counts(exercises)
        earned, points = (sum(each[key] for each in exercises) for key in ("earned", "points"))
        about = {"name": name, "exercises": exercises, "done": done, "total": total}
        found.append({**about, "earned": earned, "points": points})
    return found


def _exercise(exercise: Exercise, record: dict) -> dict:
    best, hints = record["points"].get(exercise.name), record["hints"].get(exercise.name, 0)
    earned = float(best) if isinstance(best, (int, float)) else 0.0
    state = "open" if best is None else "done" if earned >= exercise.points else "begun"
    hints = hints if isinstance(hints, int) else 0
    return {"title": exercise.title, "points": exercise.points, "earned": earned, "state": state, "hints": hints}


def _counts(exercises: list[dict]) -> tuple[int, int]:
    return sum(each["state"] == "done" for each in exercises), len(exercises)


_BODY = """
<header><p class="soft">My own record, {{ today }}</p><h1>What I have mastered</h1>
<p class="points"><strong>{{ done }}</strong> of {{ total }} exercises</p>
<p class="soft">From the checks on this machine. A hint is no shame: how many were read is said beside the exercise.</p>
</header>
<main>
{% for lesson in lessons %}
<section class="block" aria-labelledby="lesson-{{ loop.index }}">
<h2 id="lesson-{{ loop.index }}">{{ lesson.name }}</h2>
<p>{{ lesson.done }} of {{ lesson.total }} mastered, {{ lesson.earned | g }} of {{ lesson.points | g }} points.</p>
<table><thead><tr><th scope="col">Exercise</th><th scope="col" class="number">Points</th><th scope="col">State</th>
</tr></thead><tbody>
{% for each in lesson.exercises %}
<tr><th scope="row">{{ each.title }}</th><td class="number">{{ each.earned | g }} / {{ each.points | g }}</td>
<td><span class="sign" aria-hidden="true">{{ words[each.state][0] }}</span>{{ words[each.state][1] }}
{%- if each.hints %}, {{ each.hints }} {{ "hint" if each.hints == 1 else "hints" }}{% endif %}</td></tr>
{% endfor %}
</tbody></table></section>
{% endfor %}
</main>
"""
