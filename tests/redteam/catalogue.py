"""All attacks and twins, in the order of the classes."""

from __future__ import annotations

from dataclasses import replace

from . import (
    beside_the_notebook,
    exhaust,
    feedback_pages,
    forge_kernel,
    notebook_json,
    reach_beyond,
    read_answers,
    rescues,
)
from .attack import Attack

_MODULES = {
    "A": forge_kernel,
    "B": read_answers,
    "C": beside_the_notebook,
    "D": notebook_json,
    "E": reach_beyond,
    "F": exhaust,
    "G": feedback_pages,
    "H": rescues,
}

ALL: tuple[Attack, ...] = tuple(
    replace(one, kind=kind) for kind, module in _MODULES.items() for one in (*module.ATTACKS, *module.TWINS)
)
ATTACKS = tuple(one for one in ALL if not one.twin)
TWINS = tuple(one for one in ALL if one.twin)
if len({one.name for one in ALL}) != len(ALL):
    raise ValueError("Two attacks have the same name.")
