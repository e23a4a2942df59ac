"""Drawings of a class: one question's outcomes as a bar, the points of all as columns."""

from __future__ import annotations

import math

from markupsafe import Markup

from autograder.reports.questions import SIGNS
from autograder.reports.standing import Standing
from autograder.reports.tally import Tally

MAX_COLUMNS = 26  # of the picture of points
# Okabe and Ito's colours, told apart by everyone, each with a text colour that can be read on it.
FILL = {
    "right": ("#0072b2", "#fff"),
    "partly right": ("#56b4e9", "#000"),
    "wrong": ("#d55e00", "#000"),
    "not attempted": ("#c6c6c3", "#000"),
    "to be read": ("#f0e442", "#000"),
    "not graded": ("#e9e9e6", "#000"),
}


def sentence(one: Tally) -> str:
    """Say a question's bar in words."""
    return ", ".join(f"{count} {outcome}" for outcome, count in one.outcomes.items() if count)


def bar(one: Tally) -> Markup:
    """Draw one question's outcomes side by side, each with its sign and number."""
    width, at, parts = 860.0, 0.0, []
    for outcome, count in one.outcomes.items():
        if not count:
            continue
        wide = width * count / one.count
        fill, ink = FILL[outcome]
        label = f"{SIGNS[outcome]} {count}" if wide >= 40 else str(count) if wide >= 14 else ""
        text = f'<text x="{at + wide / 2:.1f}" y="20" text-anchor="middle" style="fill:{ink}">{label}</text>'
        parts.append(
            f'<g><title>{count} {outcome}</title><rect x="{at:.1f}" width="{max(1.0, wide - 2):.1f}" height="30" rx="3"'
            f' fill="{fill}"/>{text}</g>'
        )
        at += wide
    about = Markup('role="img" aria-label="{}"').format(sentence(one))
    return Markup(f'<svg viewBox="0 0 860 30" width="860" {about} font-size="15">{"".join(parts)}</svg>')


def points(standings: list[Standing]) -> Markup:
    """Draw how many earned how much: a column a point (or a few), a block a submission."""
    graded = [standing for standing in standings if standing.status == "graded" and standing.points]
    if not graded:
        return Markup("")
    full = max(result.points for result in graded)
    step = max(1, math.ceil(full / (MAX_COLUMNS + 1)))
    columns: list[list[Standing]] = [[] for _ in range(int(full // step) + 1)]
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
            parts.append(f'<rect {block} height="{height:.1f}" rx="2" fill="{FILL["right"][0]}">{title}</rect>')
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
