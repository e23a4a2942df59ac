"""Codes to sign in with: easy to read aloud, hard to guess."""

from __future__ import annotations

import hmac
import secrets

_LETTERS = "abcdefghjkmnpqrstuvwxyz23456789"  # none that is taken for another
LEAST = 6
"""Characters that a code of one's own choice must have."""


def new_code() -> str:
    """Return a code such as "kfw7-m2xp": one of 8.5e11."""
    pieces = ("".join(secrets.choice(_LETTERS) for _ in range(4)) for _ in range(2))
    return "-".join(pieces)


def same_code(said: str, code: str) -> bool:
    """Whether a code is the right one; capitals, spaces and hyphens do not matter."""
    return bool(code) and hmac.compare_digest(_bare(said), _bare(code))


def _bare(code: str) -> bytes:
    return "".join(each for each in code.casefold() if each.isalnum()).encode()
