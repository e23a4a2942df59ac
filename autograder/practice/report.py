"""A verdict as a person reads it: plain text, and HTML that follows the page's own colours."""

from __future__ import annotations

import re
from html import escape

from autograder.exercise.vocabulary import PartVerdict, Verdict

_HEADLINE = {
    "right": "all right",
    "partly right": "partly right",
    "wrong": "not right yet",
    "not attempted": "not attempted yet",
    "not graded": "not graded",
}
_PART = {"right": "passed", "wrong": "not yet", "not attempted": "open", "not graded": "not graded"}
_FOLDED_LINES, _FOLDED_CHARACTERS = 7, 400  # what is longer is folded in a page
_CUT_LINES = 16  # what is longer is cut in plain text
_OF_A_CELL = re.compile(r"(?:<ipython-input-\S+>|\S*ipykernel_\d+[/\\]\w+\.py):(\d+): ")
_REPEATED = "For the same reason as above."
_SIGN = {"right": "✓", "wrong": "✗", "not attempted": "○", "not graded": "?"}
# Blue and orange are told apart by everyone; every state also has its own sign and word.
_COLOUR = {"right": "#1f83c9", "wrong": "#d55e00", "not attempted": "#767676", "not graded": "#767676"}


class Report:
    """Shows a verdict in a notebook; `str(report)` is the same in plain text.

    `notes` are sentences that come before the parts: what must be known to read them rightly.
    """

    def __init__(self, verdict: Verdict, next_step: str = "", notes: tuple[str, ...] = ()) -> None:
        self.verdict = verdict
        self.next_step = next_step
        self.notes = notes

    def __str__(self) -> str:
        return as_text(self.verdict, self.next_step, self.notes)

    __repr__ = __str__

    def _repr_mimebundle_(self, include=None, exclude=None) -> dict[str, str]:
        return {"text/plain": str(self), "text/html": as_html(self.verdict, self.next_step, self.notes)}


def headline(verdict: Verdict) -> str:
    """Return one line: the exercise, the outcome in words, the points."""
    return f"{verdict.exercise}: {_HEADLINE[verdict.outcome]}, {verdict.earned:g} of {verdict.points:g} points"


def as_text(verdict: Verdict, next_step: str = "", notes: tuple[str, ...] = ()) -> str:
    """Return the report as plain text."""
    lines = [headline(verdict), *(f"  Note: {note}" for note in (*notes, *verdict.notes))]
    for part, repeated in _told(verdict):
        lines.append(f"  {_SIGN[part.outcome]} {_PART[part.outcome]:<8} {part.name} ({part.earned:g}/{part.points:g})")
        if repeated:
            lines.append(f"      {_REPEATED}")
        elif part.outcome == "wrong":
            lines += [_indent(text, 6) for text in _sentences(part)]
            lines += [f"      {label}\n{_indent(_cut(text), 8)}" for label, text in _shown(part)]
    if verdict.printed:
        lines.append(f"  Your code printed:\n{_indent(_cut(_printed(verdict)), 4)}")
    if next_step:
        lines.append(f"  Next: {next_step}")
    return "\n".join(lines)


def as_html(verdict: Verdict, next_step: str = "", notes: tuple[str, ...] = ()) -> str:
    """Return the report as HTML: a list of parts, no script, no colour that carries meaning alone.

    What is long is folded: a click, or the Enter key, unfolds it.
    """
    points = f"{verdict.earned:g} of {verdict.points:g} points"
    head = f"<strong>{escape(verdict.exercise)}</strong>: {_HEADLINE[verdict.outcome]}, {points}"
    items = "".join(_part_html(part, repeated) for part, repeated in _told(verdict))
    notes = (*notes, *verdict.notes)
    told = "".join(f"<p style='margin:.4em 0 0'><strong>Note:</strong> {as_code(note)}</p>" for note in notes)
    printed = _block("Your code printed", _printed(verdict)) if verdict.printed else ""
    step = f"<p style='margin:.4em 0 0'><strong>Next:</strong> {as_code(next_step)}</p>" if next_step else ""
    colour = _COLOUR.get(verdict.outcome, _COLOUR["wrong"])
    style = f"border-left:4px solid {colour};padding:.5em .9em;margin:.3em 0;max-width:56em;line-height:1.45"
    label = escape(headline(verdict), quote=True)
    items = f"<ul style='list-style:none;margin:.4em 0 0;padding:0'>{items}</ul>"
    return f"<section aria-label='{label}' style='{style}'>{head}{told}{items}{printed}{step}</section>"


def _told(verdict: Verdict) -> list[tuple[PartVerdict, bool]]:
    """Pair each part with whether an earlier part failed for the very same reason."""
    told, seen = [], set()
    for part in verdict.parts:
        reason = part.misconception or part.says
        told.append((part, part.outcome == "wrong" and reason in seen))
        if part.outcome == "wrong" and reason:
            seen.add(reason)
    return told


def _part_html(part: PartVerdict, repeated: bool) -> str:
    sign = (
        f"<span aria-hidden='true' style='color:{_COLOUR[part.outcome]};font-weight:bold'>{_SIGN[part.outcome]}</span>"
    )
    head = f"{sign} <strong>{_PART[part.outcome]}</strong> {escape(part.name)} ({part.earned:g}/{part.points:g})"
    body = f"<p style='margin:.2em 0 .2em 1.3em'>{_REPEATED}</p>" if repeated else ""
    if part.outcome == "wrong" and not repeated:
        told = "".join(f"<p style='margin:.2em 0 .2em 1.3em'>{as_code(text)}</p>" for text in _sentences(part))
        name = escape(part.misconception, quote=False)
        body += told.replace(name, f"<strong>{name}</strong>", 1) if name else told
        shown = "".join(_block(label, text) for label, text in _shown(part))
        body += f"<div style='display:flex;flex-wrap:wrap;gap:.2em 2em;margin:.2em 0 .2em 1.3em'>{shown}</div>"
    return f"<li style='margin:.15em 0'>{head}{body}</li>"


def _sentences(part: PartVerdict) -> list[str]:
    says = list(part.says) or ["The output differs from what was expected."]
    if part.misconception:
        says[0] = f"The likely mistake, {part.misconception}: {says[0]}"
    return [*says, *([f"To find it: {part.hint}"] if part.hint else [])]


def _shown(part: PartVerdict) -> list[tuple[str, str]]:
    pairs = (("asked with", part.inputs), ("expected", part.expected), ("received", part.received))
    return [(label, text) for label, text in pairs if text]


def _printed(verdict: Verdict) -> str:
    """Return what was printed; a warning names the line of its cell, not the file that a kernel makes of it."""
    return _OF_A_CELL.sub(r"line \1: ", verdict.printed.rstrip())


def _block(label: str, text: str) -> str:
    """Return a text under its label, folded where it is long."""
    if _is_short(text):
        return f"<div>{escape(label)}{_pre(text)}</div>"
    names = [escape(line.split(" = ")[0]) for line in text.splitlines() if re.match(r"\w+ = ", line)]
    summary = f"{escape(label)} {', '.join(names)}" if names else escape(label)
    return f"<details><summary>{summary} (unfold)</summary>{_pre(text)}</details>"


def _is_short(text: str) -> bool:
    return text.count("\n") < _FOLDED_LINES and len(text) < _FOLDED_CHARACTERS


def _cut(text: str) -> str:
    """Return the first lines of a text that cannot be folded, and how many there are more."""
    lines = text.splitlines()
    if len(lines) <= _CUT_LINES:
        return text
    return "\n".join([*lines[: _CUT_LINES - 1], f"... ({len(lines) - _CUT_LINES + 1} lines more)"])


def _pre(text: str) -> str:
    style = "margin:.1em 0 .1em .8em;padding:.1em .5em;background:transparent;color:inherit"
    style += ";white-space:pre-wrap;font-family:monospace"
    return f"<pre style='{style}'>{escape(text)}</pre>"


def as_code(text: str) -> str:
    """Escape a sentence and set what stands between back-ticks as code."""
    pieces = escape(text, quote=False).split("`")
    if len(pieces) % 2 == 0:
        return "`".join(pieces)
    return "".join(f"<code>{piece}</code>" if i % 2 else piece for i, piece in enumerate(pieces))


def _indent(text: str, by: int) -> str:
    return "\n".join(" " * by + line for line in text.splitlines())
