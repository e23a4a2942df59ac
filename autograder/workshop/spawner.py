"""How the hub starts a server: a learner's in a container under its keeper, the instructor's in the course's folder."""

from __future__ import annotations

import contextlib
import json
import os
import pwd
import site
import sys
from dataclasses import asdict
from pathlib import Path

from jupyterhub.spawner import LocalProcessSpawner
from traitlets import Instance

from autograder.course import MARKER
from autograder.files import write_whole
from autograder.workshop.container import Container
from autograder.workshop.learners import Learner, Learners
from autograder.workshop.settings import Settings

_PACKAGE = Path(__file__).resolve().parents[1]
_HERE = _PACKAGE / "workshop"
_BIN = str(Path(sys.executable).parent)
OWN_CODE = "your_code.txt"


class WorkshopSpawner(LocalProcessSpawner):
    """One spawner for both: whose server it is decides."""

    settings = Instance(Settings).tag(config=True)

    @property
    def _is_instructor(self) -> bool:
        return self.user.name == self.settings.instructor

    def make_preexec_fn(self, name):
        """The keeper changes users itself; the instructor's server runs as whom the course's folder belongs to."""
        uid, gid = self.settings.owner
        if not self._is_instructor or uid == 0:
            return None

        def become_owner() -> None:
            os.initgroups(pwd.getpwuid(uid).pw_name, gid)
            os.setgid(gid)
            os.setuid(uid)

        return become_owner

    def user_env(self, env: dict[str, str]) -> dict[str, str]:
        """Return the environment of a server; nothing of the hub's own is in it."""
        if self._is_instructor:
            owner = pwd.getpwuid(self.settings.owner[0])
            home, name, config = owner.pw_dir, owner.pw_name, "instructor"
        else:
            home, name, config = f"/home/{self.user.name}", self.user.name, "learner"
            env |= {"JUPYTER_RUNTIME_DIR": "/tmp/jupyter", "MPLCONFIGDIR": "/tmp/matplotlib"}
            env["AUTOGRADER_ROOM"] = f"http://127.0.0.1:{self.settings.room_port}/services/room/event"
        env |= {
            **{"HOME": home, "USER": name, "SHELL": "/bin/bash", "LANG": "C.UTF-8"},
            "PATH": f"{_BIN}:/usr/local/bin:/usr/bin:/bin",
            "JUPYTER_CONFIG_PATH": str(_HERE / config),
        }
        return env

    async def start(self):
        """Start the server: (address, port)."""
        command = [sys.executable, "-m", "jupyterhub.singleuser"]
        if self._is_instructor:
            self.cmd = command
            self.default_url = "/formgrader"
            self.args = [f"--ServerApp.root_dir={self.settings.course}"]
            self.args += ["--allow-root"] if self.settings.owner[0] == 0 else []
            self.popen_kwargs = {"cwd": self.settings.course}
        else:
            about = self._container(Learners(self.settings.folder).read()[self.user.name])
            self.cmd = [sys.executable, "-m", "autograder.workshop.keeper", str(about), *command]
            self.popen_kwargs = {"cwd": "/"}
        return await super().start()

    def _container(self, learner: Learner) -> Path:
        """Make the learner's folders and write what their keeper needs; return the file."""
        settings = self.settings
        home, inbox = settings.homes / learner.name, settings.folder / "inboxes" / learner.name
        for folder in (home, inbox):
            with contextlib.suppress(FileExistsError):
                folder.mkdir(mode=0o700, parents=True)
                os.chown(folder, learner.uid, learner.uid)
        _write_code(home, learner)
        course = {
            name: str(Path(settings.course, name))
            for name in ("data", "lessons")
            if Path(settings.course, name).exists()
        }
        course[MARKER] = str(_HERE / "learner" / MARKER)
        container = Container(
            **{"name": learner.name, "uid": learner.uid, "gid": learner.uid, "course": course},
            **{
                "home": str(home),
                "inbox": str(inbox),
                "exchange": str(settings.exchange),
                "folder": str(settings.folder),
            },
            **{"memory": settings.memory, "processes": settings.processes, "disk": settings.disk},
            readable=tuple(map(str, readable())),
        )
        path = settings.folder / "containers" / f"{learner.name}.json"
        write_whole(path, json.dumps(asdict(container)))
        return path


def readable() -> list[Path]:
    """Return what Python, its libraries and the course's package are made of."""
    paths = [Path(sys.base_prefix), Path(sys.prefix), _PACKAGE, *map(Path, site.getsitepackages())]
    found = dict.fromkeys(each for path in paths for each in (path.absolute(), path.resolve()))
    return [path for path in found if not any(above in found for above in path.parents) and str(path) != "/usr"]


def _write_code(home: Path, learner: Learner) -> None:
    """Leave the learner's own code in their home, once."""
    with contextlib.suppress(OSError):
        descriptor = os.open(home / OWN_CODE, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o600)
        with open(descriptor, "w", encoding="utf-8") as file:
            file.write(f"Your name here: {learner.name}\nYour own code:  {learner.code}\n\n")
            file.write("From another browser, sign in with these two, instead of the code of the day.\n")
            os.fchown(descriptor, learner.uid, learner.uid)
