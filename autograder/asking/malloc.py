"""How much freed memory the C library keeps instead of handing it back."""

from __future__ import annotations

import contextlib
import ctypes
import sys

_M_TOP_PAD = -2  # malloc.h


def keep_in_hand(size: int) -> None:
    """Let glibc keep `size` bytes at the top of each of its heaps; another C library stays as it is.

    Of itself it hands memory back after each step of a training and asks for it anew in the next: a quarter of the
    processor's time (`make bench-training` measures the step).
    """
    if sys.platform == "linux":
        with contextlib.suppress(AttributeError, OSError):  # another C library
            ctypes.CDLL(None).mallopt(_M_TOP_PAD, size)
