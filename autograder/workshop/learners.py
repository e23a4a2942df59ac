"""Who has signed in: each learner's number on this machine and their own code, in one file."""

from __future__ import annotations

import json
import pwd
from dataclasses import asdict, dataclass
from pathlib import Path

from autograder.files import write_whole
from autograder.workshop.codes import new_code

FIRST_UID = 40_001


@dataclass(frozen=True)
class Learner:
    """One learner. `uid` is theirs alone; `code` lets them in again from another browser."""

    name: str
    shown: str
    uid: int
    code: str


class Learners:
    """Reads and writes `learners.json`; only the hub writes."""

    def __init__(self, folder: Path) -> None:
        self.path = folder / "learners.json"

    def read(self) -> dict[str, Learner]:
        """Return all learners by account."""
        try:
            found = json.loads(self.path.read_text("utf-8"))
        except FileNotFoundError:
            return {}
        return {name: Learner(**about) for name, about in found.items()}

    def add(self, name: str, shown: str, uid: int | None = None) -> Learner:
        """Return the learner of this account, made anew where there is none, with a free user id if none is given."""
        known = self.read()
        if name in known:
            return known[name]
        taken = {each.uid for each in known.values()} | {each.pw_uid for each in pwd.getpwall()}
        uid = uid or next(each for each in range(FIRST_UID, FIRST_UID + 20_000) if each not in taken)
        learner = Learner(name, shown, uid, new_code())
        known[name] = learner
        write_whole(self.path, json.dumps({each.name: asdict(each) for each in known.values()}, indent=1))
        self.path.chmod(0o600)
        return learner
