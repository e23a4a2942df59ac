"""A class as a table: in the terminal for a person, as CSV for everything else."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Mapping
from pathlib import Path

from rich.box import SIMPLE_HEAD
from rich.table import Table
from rich.text import Text

from autograder.exercise.result import Result
from autograder.files import write_whole

MOST_ROWS = 60
_STATUS = {"graded": ("graded", ""), "unreadable": ("unreadable", "yellow"), "not graded": ("not graded", "red")}
_FORMULA = tuple("=+-@\t\r\n＝＋－＠")  # a spreadsheet computes what begins so


def ordered(results: Iterable[Result]) -> list[Result]:
    """Return results by lesson, then student."""
    return sorted(results, key=lambda result: (result.lesson, result.student))


def class_table(results: Iterable[Result]) -> Table:
    """Return a table for the terminal; its caption is the summary.

    It has a row a submission or, of more than MOST_ROWS, a row for each that somebody should look at. Of several
    lessons, each has its name above its rows.
    """
    results = ordered(results)
    several = len({result.lesson for result in results}) > 1
    shown, title = results, None
    if len(results) > MOST_ROWS:
        odd = [result for result in results if result.notes or result.status != "graded"]
        shown = odd[:MOST_ROWS]
        title = f"{len(shown)} of {len(odd)} to look at" if odd else "Nothing to look at"
        title += "; everybody is in grades.csv and class.html"
    look = {"box": SIMPLE_HEAD, "pad_edge": False, "padding": (0, 2, 0, 0)}  # eight columns fit into 80 characters
    look |= {"title_justify": "left", "caption_justify": "left", "caption_style": "bold"}
    table = Table(title=title, caption=summary(results), **look)
    table.add_column("student", no_wrap=True)
    table.add_column("points", justify="right", no_wrap=True)
    table.add_column("%", justify="right", no_wrap=True)
    table.add_column("by\nhand", justify="right", no_wrap=True)
    table.add_column("notes", justify="right", no_wrap=True)
    table.add_column("s", justify="right", no_wrap=True)
    table.add_column("status", overflow="fold")
    lesson = ""
    for result in shown:
        if several and result.lesson != lesson:
            lesson = result.lesson
            table.add_row(Text(lesson, style="bold"))
        table.add_row(*_row(result))
    return table


def summary(results: Iterable[Result]) -> str:
    """Return the class in one line: how many, how well, what is left to do."""
    results = list(results)
    graded = [result for result in results if result.status == "graded"]
    words = [f"{len(results)} {'submission' if len(results) == 1 else 'submissions'}", f"{len(graded)} graded"]
    for status in ("unreadable", "not graded"):
        count = sum(result.status == status for result in results)
        words += [f"{count} {status}"] if count else []
    shares = sorted(share for result in graded if (share := _share(result)) is not None)
    if shares:
        middle = len(shares) // 2
        median = shares[middle] if len(shares) % 2 else (shares[middle - 1] + shares[middle]) / 2
        words.append(f"median {median:.0f} % of what is graded")
    by_hand = sum(result.open_points > 0 for result in graded)
    words += [f"{by_hand} with answers to read"] if by_hand else []
    unwalled = sum(not result.isolated for result in graded)
    words += [f"{unwalled} graded without isolation"] if unwalled else []
    return " · ".join(words)


def write_csv(results: Iterable[Result], path: Path, late: Mapping[tuple[str, str], float] | None = None) -> Path:
    """Write a row a submission; the file is there whole or as it was before, never in part.

    `late` are points to take off, by (student, lesson); they are taken off `earned`. A submission that the
    machine failed on has empty cells where others have points: it has not lost any.
    """
    results = ordered(results)
    ids = list(dict.fromkeys(score.grade_id for result in results for score in result.scores))
    full = {result.lesson: result.points for result in results if result.scores}
    head = ["student", "lesson", "status", "earned", "points", "open_points"]
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow([_harmless(name) for name in [*head, *ids, "late_penalty", "isolated", "reason"]])
    for result in results:
        penalty = (late or {}).get((result.student, result.lesson), 0.0)
        graded = result.status != "not graded"
        scores = {score.grade_id: score.earned for score in result.scores if graded}
        writer.writerow(
            [
                _harmless(result.student),
                _harmless(result.lesson),
                result.status,
                _number(max(0.0, result.earned - penalty)) if graded else "",
                _number(full.get(result.lesson, 0.0)),
                _number(result.open_points) if graded else "",
                *(_number(scores.get(grade_id)) for grade_id in ids),
                _number(penalty),
                "yes" if result.isolated else "no",
                _harmless(result.reason),
            ]
        )
    write_whole(path, text.getvalue())
    return path


def _row(result: Result) -> list[Text]:
    share = _share(result)
    word, style = _STATUS[result.status]
    reason = result.reason.split(". ")[0].rstrip(".")  # the page and the CSV have all of it
    status = Text(f"{word}: {reason}" if reason else word, style=style)
    if result.status == "graded" and not result.isolated:
        status.append(" (not isolated)", style="yellow")
    graded = result.status != "not graded"
    return [
        Text(result.student),
        Text(f"{_number(result.earned)} / {_number(result.points)}" if graded and result.points else "–"),
        Text("" if share is None else f"{share:.0f}"),
        Text(_number(result.open_points) if result.open_points else ""),
        Text(str(len(result.notes)) if result.notes else ""),
        Text(f"{result.seconds:.1f}"),
        status,
    ]


def _share(result: Result) -> float | None:
    """Return the percentage of the points that could be earned so far."""
    possible = result.points - result.open_points
    return 100 * result.earned / possible if possible > 0 and result.status == "graded" else None


def _number(value: float | None) -> str:
    return "" if value is None else f"{round(value, 4):g}"


def _harmless(text: str) -> str:
    """Keep a spreadsheet from computing a text: what looks like a formula gets an apostrophe before it."""
    return f"'{text}" if text.lstrip(" ").startswith(_FORMULA) else text
