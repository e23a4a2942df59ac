"""Read a submitted file: of each cell its text, the marks it carries and the pictures pasted into it, nothing else.

Whatever an editor made of the notebook is read: formats 2 to 4, any encoding of Unicode or of Windows, any size of
stored outputs. What cannot be read is told in a sentence that says what to do.
"""

from __future__ import annotations

import base64
import binascii
import json
import re
from dataclasses import dataclass, field
from typing import Any

MAX_FILE_BYTES = 100 * 2**20  # with all its outputs, which are not looked at
MAX_ITEMS = 8_000_000  # commas and brackets of a file: what it takes to read it in memory
MAX_CELLS = 600
MAX_CELL_CHARACTERS = 200_000
MAX_PICTURE_BYTES = 2 * 2**20  # of one picture in an answer in words
MAX_PICTURES = 10  # in one cell
_KINDS = {"code": "code", "markdown": "markdown", "raw": "raw"}
_STARTS = {b"\x89PNG\r\n\x1a\n": "image/png", b"\xff\xd8\xff": "image/jpeg", b"GIF8": "image/gif"}
_PASTED = re.compile(r"data:image/[a-zA-Z0-9.+-]+;base64,([A-Za-z0-9+/=\s]+)")
_ELSEWHERE = re.compile(
    r"!\[[^\]]*\]\(\s*<?(?!attachment:)([^)\s>]+)|<img[^>]+src\s*=\s*[\"']?(?!attachment:)([^\"'\s>]+)"
)
_SAVE = "Save it in Jupyter and submit again."


class Unreadable(Exception):
    """A submission is not a notebook that can be graded; the message says why, to the learner."""


@dataclass(frozen=True)
class Cell:
    """All that is ever read of a submitted cell; `number` counts from 1, `notes` say what was left out of it."""

    number: int
    id: str
    grade_id: str
    kind: str
    text: str
    pictures: dict[str, dict[str, str]] = field(default_factory=dict, hash=False)  # as nbformat's attachments
    notes: tuple[str, ...] = ()


def read_cells(data: bytes) -> list[Cell]:
    """Return the cells of a submitted notebook; raise Unreadable if it is none."""
    if len(data) > MAX_FILE_BYTES:
        raise Unreadable(
            f"The file has {len(data) / 2**20:.1f} MB; at most {MAX_FILE_BYTES // 2**20} MB are read. "
            "Clear the outputs, save, and submit again."
        )
    if sum(map(data.count, (b",", b"[", b"{"))) > MAX_ITEMS:
        raise Unreadable("The file holds more than can be read. Clear the outputs, save, and submit again.")
    content = _json(data)
    cells = content.get("cells") if isinstance(content, dict) else None
    sheets = content.get("worksheets") if isinstance(content, dict) else None  # of formats 2 and 3
    if not isinstance(cells, list) and isinstance(sheets, list) and sheets:
        inside = [sheet.get("cells") for sheet in sheets if isinstance(sheet, dict)]
        cells = [cell for some in inside if isinstance(some, list) for cell in some]
    if not isinstance(cells, list):
        raise Unreadable(f"The file is not a notebook: it has no list of cells. {_SAVE}")
    if len(cells) > MAX_CELLS:
        raise Unreadable(f"The notebook has {len(cells):,} cells; at most {MAX_CELLS} are graded. Remove some.")
    return [_cell(cell, number) for number, cell in enumerate(cells, 1) if isinstance(cell, dict)]


def _json(data: bytes) -> Any:
    if not data.strip(b"\0 \r\n\t"):
        raise Unreadable("The file is empty. Open your notebook, save it, and submit that file.")
    text = _text(data)
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        pass
    start = text[:2_000].lstrip().lower()
    if start.startswith(("<!doctype", "<html")):
        raise Unreadable("The file is a web page, not a notebook. In Colab: File, Download, Download .ipynb.")
    if data.startswith((b"PK\x03\x04", b"\x1f\x8b", b"Rar!", b"7z")):
        raise Unreadable("The file is an archive, not a notebook. Unpack it and submit the notebook in it.")
    if "<<<<<<< " in text and ">>>>>>> " in text:
        raise Unreadable("The file is in the middle of a git merge: it has lines with <<<<<<<. Resolve them first.")
    if start.startswith("{") and '"cells"' in text:
        raise Unreadable(f"The file is not a whole notebook: it does not hold valid JSON to its end. {_SAVE}")
    raise Unreadable(f"The file is not a notebook: it does not hold valid JSON. {_SAVE}")


def _text(data: bytes) -> str:
    """Decode a file: what its first bytes say, else UTF-8, else what Windows wrote before there was UTF-8."""
    encoding = json.detect_encoding(data)
    text = data.decode(encoding, "replace").strip("\0\ufeff \r\n\t")
    strange = sum(ord(letter) > 127 for letter in text) if "\ufffd" in text else 0
    if text.count("\ufffd") * 2 > strange > 0:  # a file in UTF-8 with a broken letter or two stays one
        return data.decode("cp1252", "replace").strip("\0 \r\n\t")
    return text


def _cell(cell: dict[str, Any], number: int) -> Cell:
    kind, text = cell.get("cell_type"), _joined(cell["source"] if "source" in cell else cell.get("input"))
    if kind == "heading":  # of format 3
        level = cell.get("level")
        text = "#" * (level if level in range(1, 7) else 1) + " " + text
    metadata = cell.get("metadata") if isinstance(cell.get("metadata"), dict) else {}
    about = metadata.get("nbgrader")
    name = about.get("grade_id") if isinstance(about, dict) else None
    cell_id = cell.get("id") or metadata.get("id")  # Colab keeps it among the metadata
    kind = _KINDS.get(kind, "markdown") if isinstance(kind, str) else "markdown"
    pictures, notes = {}, []
    if kind != "code":
        text, pictures, notes = _with_pictures(text, cell.get("attachments"))
    if len(text) > MAX_CELL_CHARACTERS:
        notes.append(f"has {len(text):,} characters; at most {MAX_CELL_CHARACTERS:,} are graded. It was left out")
        text = ""
    return Cell(
        number,
        cell_id if isinstance(cell_id, str) else "",
        name if isinstance(name, str) else "",
        kind,
        text,
        pictures,
        tuple(notes),
    )


def _joined(text: Any) -> str:
    """Return a cell's text, lines ended as Python ends them, without halves of characters that nothing can store."""
    if isinstance(text, list):
        text = "".join(line for line in text if isinstance(line, str))
    if not isinstance(text, str):
        return ""
    return text.replace("\r\n", "\n").replace("\r", "\n").encode("utf-8", "replace").decode()


def _with_pictures(text: str, attachments: Any) -> tuple[str, dict[str, dict[str, str]], list[str]]:
    """Return a text cell's text, its pictures as attachments, and what is said of those that cannot be kept."""
    found: dict[str, dict[str, str]] = {}
    left_out = 0

    def keep(name: str, content: Any) -> bool:
        nonlocal left_out
        picture = _picture(content)
        if picture is None or len(found) >= MAX_PICTURES:
            left_out += 1
            return False
        found[name] = picture
        return True

    def pasted(match: re.Match) -> str:
        name = f"pasted-{len(found) + 1}"
        return f"attachment:{name}" if keep(name, match[1]) else "attachment:left-out"

    for name, data in attachments.items() if isinstance(attachments, dict) else ():
        keep(
            name.encode("utf-8", "replace").decode()[:200],
            next(iter(data.values()), "") if isinstance(data, dict) else "",
        )
    text = _PASTED.sub(pasted, text)
    notes = []
    if left_out:
        most = f"{MAX_PICTURE_BYTES // 2**20} MB"
        notes.append(f"holds {left_out} picture(s) that cannot be shown: only PNG, JPEG and GIF of at most {most} are")
    outside = [one or other for one, other in _ELSEWHERE.findall(text)] if len(text) <= MAX_CELL_CHARACTERS else []
    if outside:
        notes.append(f"shows a picture that is not in the notebook: {outside[0][:100]}. Paste the picture itself")
    return text, found, notes


def _picture(content: Any) -> dict[str, str] | None:
    """Return one picture as nbformat stores it, its kind told by its own first bytes; None if it is none."""
    if not isinstance(content, str) or len(content) > MAX_PICTURE_BYTES * 4 // 3 + 4:
        return None
    try:
        data = base64.b64decode("".join(content.split()), validate=True)
    except (binascii.Error, ValueError):
        return None
    kind = next((kind for start, kind in _STARTS.items() if data.startswith(start)), "")
    return {kind: base64.b64encode(data).decode()} if kind else None
