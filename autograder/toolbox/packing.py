"""Arrays into a file whose bytes depend on nothing but the arrays: what the scripts that make data sets share."""

from __future__ import annotations

import io
import zipfile
from pathlib import Path

import numpy as np


def pack(arrays: dict[str, np.ndarray]) -> bytes:
    """Return the bytes of an npz file, uncompressed and with a fixed date, so that equal arrays give equal bytes."""
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_STORED) as archive:
        for name, array in arrays.items():
            entry = io.BytesIO()
            np.lib.format.write_array(entry, array, allow_pickle=False)
            archive.writestr(zipfile.ZipInfo(f"{name}.npy", (1980, 1, 1, 0, 0, 0)), entry.getvalue())
    return file.getvalue()


def keep(file: Path, content: bytes, check: bool = False) -> int:
    """Write a file or, with `check`, only compare it; say what was done. Return the exit status: 1 if they differ."""
    if check:
        same = file.is_file() and file.read_bytes() == content
        print(f"{file.name}: {'the same' if same else 'different'}")
        return 0 if same else 1
    file.write_bytes(content)
    print(f"{file.name}: {len(content):,} bytes")
    return 0
