"""Which questions went wrong, for how many, and why: bars in the terminal."""

from __future__ import annotations

from collections.abc import Iterable

from rich.console import Group
from rich.table import Table
from rich.text import Text

from autograder.reports.questions import SIGNS
from autograder.reports.standing import Standing
from autograder.reports.tally import Tally, tally

WIDTH = 30
SHOWN = 8  # named mistakes; the page of the class has all of them
# Each outcome has a shade of its own beside its colour: the bars can be read in black and white.
_BLOCKS = {
    "right": ("█", "#0072b2"),
    "partly right": ("▓", "#56b4e9"),
    "wrong": ("▒", "#d55e00"),
    "not attempted": ("░", "grey62"),
    "to be read": ("·", "grey62"),
    "not graded": ("?", "grey62"),
}


def mistakes(standings: Iterable[Standing]) -> Group:
    """Return, for the terminal, a bar for every question and beneath them the mistakes most often made."""
    counted = tally(standings)
    several = len({one.lesson for one in counted}) > 1
    table = Table(box=None, padding=(0, 2, 0, 0), pad_edge=False, show_header=False)
    table.add_column(ratio=1)
    table.add_column(width=WIDTH, no_wrap=True)
    table.add_column(no_wrap=True)
    lesson = ""
    for one in counted:
        if several and one.lesson != lesson:
            table.add_row(Text(one.lesson, style="bold"))
            lesson = one.lesson
        table.add_row(Text(one.title), _bar(one), _counts(one))
    used = [outcome for outcome in _BLOCKS if any(one.outcomes[outcome] for one in counted)]
    legend = Text("  ").join(Text(f"{_BLOCKS[each][0]} {SIGNS[each]} {each}", style=_BLOCKS[each][1]) for each in used)
    return Group(Text("\nQuestion by question", style="bold"), legend, table, *_named(counted))


def _bar(one: Tally) -> Text:
    """Fill WIDTH characters in proportion; whatever occurs at all gets at least one."""
    shares = {name: count for name, count in one.outcomes.items() if count}
    lengths = {name: max(1, round(WIDTH * count / one.count)) for name, count in shares.items()}
    while sum(lengths.values()) != WIDTH:
        longest = max(lengths, key=lengths.get)
        lengths[longest] += 1 if sum(lengths.values()) < WIDTH else -1
    return Text().join(Text(_BLOCKS[name][0] * length, style=_BLOCKS[name][1]) for name, length in lengths.items())


def _counts(one: Tally) -> Text:
    return Text("  ").join(
        Text(f"{SIGNS[name]} {count}", style=_BLOCKS[name][1]) for name, count in one.outcomes.items() if count
    )


def _named(counted: list[Tally]) -> list[Text]:
    """List the mistakes that most submissions made, each in one line."""
    made = [(mistake, one.title) for one in counted for mistake in one.mistakes]
    made.sort(key=lambda pair: -len(pair[0].students))
    lines = [
        Text.assemble((f"{len(mistake.students):>4} × ", "bold"), mistake.name, (f"  ({title})", "dim"))
        for mistake, title in made[:SHOWN]
    ]
    if len(made) > SHOWN:
        lines.append(Text(f"       and {len(made) - SHOWN} more, made by fewer or as many", style="dim"))
    return [Text("\nThe mistakes most often made", style="bold"), *lines] if lines else []
