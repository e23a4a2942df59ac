"""What the instructor asked for, handed from the command to the hub and its parts as one object."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, fields
from pathlib import Path

from autograder.files import write_whole

SETTINGS = "AUTOGRADER_WORKSHOP"
"""The environment variable that names the file of settings."""


@dataclass(frozen=True)
class Settings:
    """One workshop. Paths are absolute; memory and disk are in MiB, for each learner.

    address, port: where people reach it. hub_port, proxy_port, room_port: its parts, on 127.0.0.1.
    names: {account: name as written}, empty where anybody with the code may come in.
    accounts: "codes", or "system" for the machine's own accounts and passwords.
    owner: (user, group) ids of the instructor, to whom the course's folder belongs.
    """

    course: str
    course_id: str
    address: str
    port: int
    hub_port: int
    proxy_port: int
    room_port: int
    code: str
    instructor_code: str
    day: str
    owner: tuple[int, int]
    instructor: str = "instructor"
    names: dict[str, str] | None = None
    accounts: str = "codes"
    certificate: str = ""
    key: str = ""
    memory: int = 2048
    processes: int = 512
    disk: int = 1024

    @property
    def folder(self) -> Path:
        """Everything that the workshop keeps: `work/workshop`, closed to all but root."""
        return Path(self.course, "work", "workshop")

    @property
    def exchange(self) -> Path:
        """nbgrader's exchange for this course, as the instructor sees it."""
        return Path(self.course, "work", "exchange", self.course_id)

    @property
    def homes(self) -> Path:
        """One folder a learner: what they made."""
        return self.folder / "homes"

    @property
    def url(self) -> str:
        """The learners' address."""
        host = f"[{self.address}]" if ":" in self.address else self.address
        return f"{'https' if self.certificate else 'http'}://{host}:{self.port}/"

    def save(self) -> Path:
        """Write the settings where only root can read them; return the file."""
        self.folder.mkdir(parents=True, exist_ok=True)
        self.folder.chmod(0o700)
        path = self.folder / "settings.json"
        write_whole(path, json.dumps(asdict(self), indent=1))
        return path

    @classmethod
    def load(cls, path: Path | str) -> Settings:
        """Read what `save` wrote; raise ValueError where it is something else."""
        try:
            found = json.loads(Path(path).read_text("utf-8"))
            found["owner"] = tuple(found["owner"])
            return cls(**{field.name: found[field.name] for field in fields(cls)})
        except (KeyError, TypeError, json.JSONDecodeError) as error:
            raise ValueError(f"Expected the settings of a workshop in {Path(path).name} ({error}).") from None
