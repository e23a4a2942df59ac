"""What the instructor should know: one line a happening, written by the hub and the keepers, shown in the room."""

from __future__ import annotations

import contextlib
import json
import os
import time
from pathlib import Path

_FILE = "told.jsonl"
_MOST_BYTES = 1 << 20


def tell(folder: Path, name: str, what: str) -> None:
    """Add one sentence about one account. A full disk costs the sentence, nothing else."""
    line = json.dumps({"time": time.time(), "name": name, "what": what}, ensure_ascii=False) + "\n"
    with contextlib.suppress(OSError):
        path = Path(folder, _FILE)
        if path.exists() and path.stat().st_size > _MOST_BYTES:
            path.replace(path.with_suffix(".old"))
        descriptor = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
        with open(descriptor, "a", encoding="utf-8") as file:
            file.write(line)


def told(folder: Path, last: int = 20) -> list[dict]:
    """Return the last happenings, newest first: [{"time": seconds, "name": account, "what": sentence}]."""
    try:
        lines = Path(folder, _FILE).read_text("utf-8").splitlines()[-last:]
    except OSError:
        return []
    found = []
    for line in reversed(lines):
        with contextlib.suppress(ValueError):
            found.append(json.loads(line))
    return found
