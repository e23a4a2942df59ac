"""A class as a table: in the terminal for a person, as CSV for everything else."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable, Sequence
from pathlib import Path

from rich.box import SIMPLE_HEAD
from rich.table import Table
from rich.text import Text

from autograder.exercise.result import Left
from autograder.files import shown, write_whole
from autograder.reports.standing import Standing, clock

MOST_ROWS = 60
LONGEST_NAME = 24  # characters of a student's name in one line of the terminal
_STATUS = {"graded": ("graded", ""), "unreadable": ("unreadable", "yellow"), "not graded": ("not graded", "red")}
# A spreadsheet computes what begins so, also behind whatever it takes for a separator.
_FORMULA = re.compile(r"""(^|[;,|\t\r\n])(["'\s]*)(?=[=+\-@\t\r\n＝＋－＠])""")


def ordered(standings: Iterable[Standing]) -> list[Standing]:
    """Return standings by lesson, then student."""
    return sorted(standings, key=lambda standing: (standing.lesson, standing.student))


def class_table(standings: Iterable[Standing], left: Sequence[Left] = ()) -> Table:
    """Return a table for the terminal; its caption is the summary.

    It has a row a submission or, of more than MOST_ROWS, a row for each that somebody should look at; and a row for
    all that was `left`. Of several lessons, each has its name above its rows.
    """
    standings = ordered(standings)
    several = len({standing.lesson for standing in standings}) > 1
    rows, title = standings, None
    if len(standings) > MOST_ROWS:
        odd = [each for each in standings if each.result.notes or each.status != "graded" or each.late]
        rows = odd[:MOST_ROWS]
        title = f"{len(rows)} of {len(odd)} to look at" if odd else "Nothing to look at"
        title += "; everybody is in grades.csv and class.html"
    look = {"box": SIMPLE_HEAD, "pad_edge": False, "padding": (0, 2, 0, 0)}  # seven columns fit into 80 characters
    look |= {"title_justify": "left", "caption_justify": "left", "caption_style": "bold"}
    table = Table(title=title, caption=summary(standings, left), **look)
    table.add_column("student", overflow="fold", max_width=LONGEST_NAME)
    table.add_column("points", justify="right", no_wrap=True)
    table.add_column("%", justify="right", no_wrap=True)
    table.add_column("by\nhand", justify="right", no_wrap=True)
    table.add_column("notes", justify="right", no_wrap=True)
    table.add_column("s", justify="right", no_wrap=True)
    table.add_column("status", overflow="fold", min_width=18)
    lesson = ""
    for standing in rows:
        if several and standing.lesson != lesson:
            lesson = standing.lesson
            table.add_row(Text(shown(lesson), style="bold"))
        table.add_row(*_row(standing))
    for each in left:
        what = f"not taken: {shown(each.name)}: {each.why}" if each.name else f"not taken: {each.why}"
        table.add_row(Text(shown(each.student)), "–", "", "", "", "", Text(what, style="red"))
    return table


def summary(standings: Iterable[Standing], left: Sequence[Left] = ()) -> str:
    """Return the class in one line: how many, how well, what is left to do."""
    standings = list(standings)
    graded = [standing for standing in standings if standing.status == "graded"]
    words = [f"{len(standings)} {'submission' if len(standings) == 1 else 'submissions'}", f"{len(graded)} graded"]
    for status in ("unreadable", "not graded"):
        count = sum(standing.status == status for standing in standings)
        words += [f"{count} {status}"] if count else []
    words += [f"{len(left)} not taken"] if left else []
    shares = sorted(standing.share for standing in graded if standing.share is not None)
    if shares:
        middle = len(shares) // 2
        median = shares[middle] if len(shares) % 2 else (shares[middle - 1] + shares[middle]) / 2
        words.append(f"median {median:.0f} % of what is graded")
    late = sum(bool(standing.seconds_late or standing.marked_late) for standing in standings)
    words += [f"{late} late"] if late else []
    by_hand = sum(standing.open_points > 0 for standing in graded)
    words += [f"{by_hand} with answers to read"] if by_hand else []
    unwalled = sum(not standing.result.isolated for standing in graded)
    words += [f"{unwalled} graded without isolation"] if unwalled else []
    return " · ".join(words)


def write_csv(standings: Iterable[Standing], path: Path, left: Sequence[Left] = (), mode: int | None = None) -> Path:
    """Write a row a submission; the file is there whole or as it was before, never in part.

    `earned` is what counts: points given by hand and extra credit in it, and the late penalty taken off. A submission
    that the machine failed on has empty cells where others have points: it has not lost any.
    """
    standings = ordered(standings)
    ids = list(dict.fromkeys(score.grade_id for standing in standings for score in standing.result.scores))
    full = {standing.lesson: standing.points for standing in standings if standing.points}
    head = [
        "student",
        "lesson",
        "status",
        "earned",
        "points",
        "open_points",
        *ids,
        "late_penalty",
        "isolated",
        "reason",
    ]
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow([harmless(name) for name in [*head, "by_hand", "submitted_at", "late", "notes"]])
    for standing in standings:
        result, graded = standing.result, standing.status != "not graded"
        earned = {question.grade_id: question.earned for question in standing.questions if graded}
        writer.writerow(
            [
                harmless(result.student),
                harmless(result.lesson),
                result.status,
                number(standing.earned) if graded else "",
                number(full.get(result.lesson, 0.0)),
                number(standing.open_points) if graded else "",
                *(number(earned.get(grade_id)) for grade_id in ids),
                number(standing.penalty),
                "yes" if result.isolated else "no",
                harmless(result.reason),
                number(sum(standing.manual.values())) if standing.manual else "",
                clock(standing.submitted_at) or "unknown",
                standing.late,
                harmless(" ".join(result.notes)),
            ]
        )
    for each in left:
        row = [each.student, each.name, "not taken", *[""] * (len(ids) + 5), each.why, *[""] * 4]
        writer.writerow([harmless(cell) for cell in row])
    write_whole(path, text.getvalue(), mode)
    return path


def harmless(text: str) -> str:
    """Keep spreadsheets from computing a text: what looks like a formula to them gets an apostrophe before it.

    Some split at semicolons, whatever stands in quotes: so does this.
    """
    return _FORMULA.sub(r"\1'\2", shown(text))


def number(value: float | None) -> str:
    """Return a number as a spreadsheet reads it, "" for none."""
    return "" if value is None else f"{round(value, 4):g}"


def _row(standing: Standing) -> list[Text]:
    result, graded = standing.result, standing.status != "not graded"
    word, style = _STATUS[result.status]
    reason = result.reason.split(". ")[0].rstrip(".")  # the page and the CSV have all of it
    status = Text(shown(f"{word}: {reason}" if reason else word), style=style)
    if standing.late:
        status.append(f", {standing.late}", style="yellow")
    if result.status == "graded" and not result.isolated:
        status.append(" (not isolated)", style="yellow")
    return [
        Text(shown(result.student)),
        Text(f"{number(standing.earned)} / {number(standing.points)}" if graded and standing.points else "–"),
        Text("" if standing.share is None else f"{standing.share:.0f}"),
        Text(number(standing.open_points) if standing.open_points else ""),
        Text(str(len(result.notes)) if result.notes else ""),
        Text(f"{result.seconds:.1f}"),
        status,
    ]
