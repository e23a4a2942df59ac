"""Files that are whole or as they were before, never half written, and their names as text that can be shown."""

from __future__ import annotations

import os
import re
from pathlib import Path

# Control characters, lone surrogates, and marks that make text read in another order than it is written.
_UNSEEN = re.compile("[\x00-\x1f\x7f-\x9f\u200e\u200f\u2028-\u202e\u2066-\u2069\ud800-\udfff]")


def write_whole(path: Path, content: str | bytes, mode: int | None = None) -> None:
    """Write a file, text in UTF-8 with line ends as they are, so that it is never seen half written.

    `mode` are its permissions, where they are not to be what the system gives every new file.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    fresh = path.with_name(f".{path.name[:80]}.{os.getpid()}")
    try:
        fresh.write_bytes(content.encode("utf-8") if isinstance(content, str) else content)
        if mode is not None:
            fresh.chmod(mode)
        fresh.replace(path)
    finally:
        fresh.unlink(missing_ok=True)


def shown(name: str) -> str:
    """Return a name as one line of text: a file's name is bytes, and may hold anything but a slash and a null."""
    return _UNSEEN.sub(lambda found: f"\\u{ord(found[0]):04x}", name)


def is_plain(name: str) -> bool:
    """Tell whether a name can be stored and shown as it is."""
    return not _UNSEEN.search(name)
