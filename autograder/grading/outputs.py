"""A kernel's messages, which a learner can write as he likes, as outputs that can be stored and shown.

Every output is built anew from the fields that are known, each of the type that it must have. Of data, text and
pictures are kept: what a browser could run (HTML, SVG, scripts, widgets) is not.
"""

from __future__ import annotations

import re
from typing import Any

from nbformat import NotebookNode
from nbformat.v4 import new_output

_PICTURES = ("image/png", "image/jpeg")
_BASE64 = re.compile(r"[A-Za-z0-9+/=\s]+")
_NO_TEXT = "(a result without a text)"
_MAX_LINES = 500  # of a traceback


def output_from(kind: str, content: dict[str, Any]) -> NotebookNode | None:
    """Return the output that a message stands for, or None if it is no message with an output."""
    if kind == "stream":
        name = "stderr" if content.get("name") == "stderr" else "stdout"
        return new_output("stream", name=name, text=storable(content.get("text")))
    if kind == "display_data":
        return new_output("display_data", data=_data(content))
    if kind == "execute_result":
        data = _data(content)
        # nbgrader reads points off this text, and raises where there is none.
        return new_output("execute_result", data={**data, "text/plain": data.get("text/plain") or _NO_TEXT})
    if kind == "error":
        lines = content.get("traceback")
        return new_output(
            "error",
            ename=storable(content.get("ename")) or "Error",
            evalue=storable(content.get("evalue")),
            traceback=[storable(line) for line in lines[:_MAX_LINES]] if isinstance(lines, list) else [],
        )
    return None


def size_of(output: NotebookNode) -> int:
    """Return about how many bytes an output takes."""
    texts = (*output.get("data", {}).values(), *output.get("traceback", ()))
    return 100 + sum(map(len, texts)) + sum(len(output.get(name, "")) for name in ("text", "ename", "evalue"))


def storable(text: Any) -> str:
    """Return a text without the halves of characters that no file can hold; "" for what is no text."""
    return text.encode("utf-8", "replace").decode() if isinstance(text, str) else ""


def _data(content: dict[str, Any]) -> dict[str, str]:
    data = content.get("data")
    if not isinstance(data, dict):
        return {}
    kept = {"text/plain": storable(data.get("text/plain"))}
    for kind in _PICTURES:
        picture = data.get(kind)
        if isinstance(picture, str) and _BASE64.fullmatch(picture):
            kept[kind] = picture
    return {kind: text for kind, text in kept.items() if text}
