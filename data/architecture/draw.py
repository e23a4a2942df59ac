"""Draw every picture of the course, and put each into the lesson that shows it.

Each module in pictures/ draws one: `draw` returns the board, ALT says in words what can be seen, LESSON names the
lesson. The picture goes into that lesson's cell `drawing`, as an attachment, so that a notebook is whole by itself.
"""

from __future__ import annotations

import base64
import importlib
import json
import tempfile
from pathlib import Path

from board import ROOT

HERE = Path(__file__).resolve().parent


def names() -> list[str]:
    """Return the names of all pictures."""
    return sorted(path.stem for path in (HERE / "pictures").glob("[!_]*.py"))


def put(lesson: str, name: str, alt: str, picture: bytes) -> bool:
    """Put a picture into a lesson's cell `drawing`; return whether that changed it."""
    (path,) = (ROOT / "solutions" / lesson).glob("*.ipynb")
    before = path.read_text("utf-8")
    notebook = json.loads(before)
    (cell,) = (cell for cell in notebook["cells"] if cell["id"] == "drawing")
    file = f"{name}.png"
    cell["attachments"] = {file: {"image/png": base64.b64encode(picture).decode()}}
    lines = [line for line in "".join(cell["source"]).splitlines() if not line.startswith("![")]
    text = "\n".join([*lines, f"![{alt}](attachment:{file})"])
    cell["source"] = text.splitlines(keepends=True)
    after = json.dumps(notebook, ensure_ascii=False, indent=1, sort_keys=True) + "\n"
    if after != before:
        path.write_text(after, "utf-8", newline="\n")
    return after != before


def main() -> None:
    """Draw all pictures, and say where each one is."""
    for name in names():
        picture = importlib.import_module(f"pictures.{name}")
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder, "picture.png")
            picture.draw().save(path)
            drawn = path.read_bytes()
        if picture.LESSON:
            changed = put(picture.LESSON, name, " ".join(picture.ALT.split()), drawn)
            print(f"{name}: lesson {picture.LESSON}, {'new' if changed else 'unchanged'}, {len(drawn) // 1024} kB")
        if getattr(picture, "FILE", ""):
            (ROOT / picture.FILE).write_bytes(drawn)
            print(f"{name}: {picture.FILE}, {len(drawn) // 1024} kB")


if __name__ == "__main__":
    main()
