"""Names of learners: how a name that a person types becomes one that a folder and an address can bear."""

from __future__ import annotations

import re
import unicodedata
from pathlib import Path

INSTRUCTOR = "instructor"
MOST_LETTERS = 32


class OddName(ValueError):
    """A name that nobody can sign in with; the message says why and what to do."""


def account_name(shown: str) -> str:
    """Return the account of a name: "Zoë Müller" -> "zoe-muller", "王伟" -> "王伟".

    Letters of any script stay; accents go, so that people may leave them out; all else becomes a hyphen.
    Raise OddName where nothing is left, or too much.
    """
    plain = "".join(each for each in unicodedata.normalize("NFKD", shown.strip()) if not unicodedata.combining(each))
    plain = unicodedata.normalize("NFKC", plain).casefold()
    name = re.sub(r"-+", "-", "".join(each if each.isalnum() else "-" for each in plain)).strip("-")
    if not name or name.isdigit():
        raise OddName(f"Expected a name with letters, got {_short(shown)}. Write it as you are called.")
    if len(name) > MOST_LETTERS or len(name.encode()) > 3 * MOST_LETTERS:
        raise OddName(f"Expected a name of at most {MOST_LETTERS} letters, got {_short(shown)}. Shorten it.")
    return name


def read_names(path: Path) -> dict[str, str]:
    """Read a list of names, one a line, as {account: name as written}; `#` starts a remark.

    Raise OddName with one line for each that is doubled, odd or the instructor's, and OSError where it cannot be read.
    """
    found: dict[str, str] = {}
    wrong = []
    try:
        lines = path.read_text("utf-8-sig").splitlines()
    except UnicodeDecodeError:
        raise OddName(f"Expected {path.name} to be text in UTF-8, one name a line. Save it so.") from None
    for number, line in enumerate(lines, 1):
        shown = line.partition("#")[0].strip().strip(",;")
        if not shown:
            continue
        try:
            name = account_name(shown)
        except OddName as error:
            wrong.append(f"line {number}: {error}")
            continue
        if name == INSTRUCTOR:
            wrong.append(f"line {number}: {shown!r} is the instructor's own name. Leave it out.")
        elif name in found:
            wrong.append(
                f"line {number}: {shown!r} and {found[name]!r} are both {name} to a computer. Add a letter to one."
            )
        else:
            found[name] = shown
    if not found and not wrong:
        wrong.append("there is no name in it")
    if wrong:
        raise OddName(f"The list of names in {path.name} cannot be used:\n  " + "\n  ".join(wrong))
    return found


def _short(text: str) -> str:
    return repr(text if len(text) <= 40 else f"{text[:37]}...")
