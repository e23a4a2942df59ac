"""Class C: files beside the notebook."""

from __future__ import annotations

import os
import zipfile
from collections.abc import Callable
from pathlib import Path

from .attack import NOTHING, WRONG, Attack, World, twin

_FORGE = "import atexit\nraise SystemExit('planted')\n"


def _planted(name: str, tries: str, files: dict[str, str], twin_points=None) -> Attack:
    def plant(world: World) -> None:
        for path, text in files.items():
            target = world.folder / path
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_text(world.told(text))

    return Attack(name, tries, answers={"scores": "pass" + WRONG}, files=plant)


def _instead(name: str, tries: str, put: Callable[[World, Path], None], **more) -> Attack:
    """The notebook itself is something else."""

    def place(world: World) -> None:
        path = world.folder / "tiny.ipynb"
        path.unlink(missing_ok=True)
        put(world, path)

    return Attack(name, tries, files=place, earns=NOTHING, status="unreadable", **more)


def _folder_is_link(world: World) -> None:
    for path in world.folder.iterdir():
        path.unlink()
    world.folder.rmdir()
    world.folder.symlink_to(Path(world.places["NEIGHBOUR"]) / "01_tiny")


def _student_is_link(world: World) -> None:
    for path in world.folder.iterdir():
        path.unlink()
    world.folder.rmdir()
    world.folder.parent.rmdir()
    world.folder.parent.symlink_to(world.places["NEIGHBOUR"])


def _huge(world: World, path: Path) -> None:
    with open(path, "wb") as file:
        file.truncate(8 << 30)  # a hole: it takes no room


def _zip_bomb(world: World) -> None:
    with zipfile.ZipFile(world.folder / "data.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("../../../escaped.txt", "canary")
        archive.writestr("zeros", bytes(20 << 20))


def _odd_names(world: World, path: Path) -> None:
    for name in (b"\xff\xfe.ipynb", b"<img src=x onerror=alert(1)>.ipynb", b"=1+1.ipynb"):
        Path(os.fsdecode(os.fsencode(world.folder) + b"/" + name)).write_bytes(b"{}")


ATTACKS = (
    _planted("numpy-folder", "Brings a numpy of its own.", {"numpy/__init__.py": _FORGE, "numpy.py": _FORGE}),
    _planted(
        "kernel-launcher",
        "Brings an ipykernel_launcher.py and an ipykernel.",
        {"ipykernel_launcher.py": _FORGE, "ipykernel/__init__.py": _FORGE, "zmq.py": _FORGE},
    ),
    _planted(
        "autograder-folder",
        "Brings an autograder package whose check gives full points.",
        {
            "autograder/__init__.py": "",
            "autograder/practice/__init__.py": "check = lambda name: 2.0",
            "autograder/asking/answer.py": _FORGE,
            "msgpack.py": _FORGE,
            "base64.py": _FORGE,
        },
    ),
    _planted(
        "start-up-modules",
        "Brings sitecustomize.py and usercustomize.py.",
        {"sitecustomize.py": _FORGE, "usercustomize.py": _FORGE, "site.py": _FORGE, "evil.pth": "import evil"},
    ),
    _planted(
        "ipython-start-up",
        "Brings IPython start-up files and profiles.",
        {
            ".ipython/profile_default/startup/00-evil.py": "check = lambda name: 2.0",
            "ipython_config.py": "c.InteractiveShellApp.exec_lines = ['check = lambda name: 2.0']",
            ".jupyter/jupyter_config.py": _FORGE,
        },
    ),
    _planted(
        "grader-config",
        "Brings an nbgrader_config.py and a gradebook of its own.",
        {
            "nbgrader_config.py": "c = get_config()\nc.CourseDirectory.db_url = 'sqlite:///evil.db'\n" + _FORGE,
            "gradebook.db": "evil",
            "work/secret": "00" * 32,
            "../nbgrader_config.py": _FORGE,
        },
    ),
    _planted(
        "test-configuration",
        "Brings conftest.py, pyproject.toml and a Makefile.",
        {"conftest.py": _FORGE, "pyproject.toml": "[", "Makefile": "all:\n\tfalse", "setup.cfg": "["},
    ),
    _planted(
        "time-stamp",
        "Brings a timestamp.txt of long ago, and one that is none.",
        {"timestamp.txt": "1999-01-01 00:00:00 UTC"},
    ),
    _planted(
        "second-notebook",
        "Brings a second notebook and a checkpoint with other answers.",
        {"tiny (1).ipynb": "{}", ".ipynb_checkpoints/tiny-checkpoint.ipynb": "{}", "tiny.ipynb.bak": "{}"},
    ),
    Attack(
        "zip-bomb",
        "Brings an archive that writes outside when it is unpacked, and grows.",
        answers={"scores": "pass" + WRONG},
        files=_zip_bomb,
    ),
    Attack(
        "links-beside",
        "Brings links to the solution, the secret and the root folder.",
        answers={
            "scores": "import os\nfor name in ('answers', 'secret', 'root/etc/passwd'):\n"
            "    try:\n        print(open(name).read())\n    except OSError as error:\n"
            "        print(error)" + WRONG
        },
        files=lambda world: [
            (world.folder / name).symlink_to(target)
            for name, target in (
                ("answers", world.course / "solutions/01_tiny/tiny.ipynb"),
                ("secret", world.course / "work/secret"),
                ("root", "/"),
                ("loop", "loop"),
            )
        ],
    ),
    _instead(
        "link-to-neighbour",
        "Is a link to another submission.",
        lambda world, path: path.symlink_to(Path(world.places["NEIGHBOUR"]) / "01_tiny" / "tiny.ipynb"),
    ),
    _instead(
        "link-to-solution",
        "Is a link to the instructor's notebook.",
        lambda world, path: path.symlink_to(world.course / "solutions" / "01_tiny" / "tiny.ipynb"),
    ),
    _instead(
        "link-to-device",
        "Is a link to a device that never ends.",
        lambda world, path: path.symlink_to("/dev/zero"),
        dangerous=True,
    ),
    _instead("link-to-nothing", "Is a link to nothing.", lambda world, path: path.symlink_to("nowhere")),
    Attack(
        "folder-is-a-link",
        "Is a folder that is a link to another submission.",
        files=_folder_is_link,
        earns=NOTHING,
        status="unreadable",
    ),
    Attack(
        "student-is-a-link",
        "Is a student whose folder is a link to another student's.",
        files=_student_is_link,
        earns=NOTHING,
        status="unreadable",
    ),
    _instead(
        "pipe", "Is a pipe, on which a reader waits for ever.", lambda world, path: os.mkfifo(path), dangerous=True
    ),
    _instead("folder-as-notebook", "Is a folder with the notebook's name.", lambda world, path: path.mkdir()),
    _instead("huge-file", "Is a file of 8 GB.", _huge, dangerous=True),
    _instead("odd-names", "Holds only files with names that are no text, HTML, or a formula.", _odd_names),
    _instead("no-file", "Holds nothing.", lambda world, path: None),
)


def _notes(world: World) -> None:
    (world.folder / "notes.txt").write_text("mine")
    (world.folder / "helper.py").write_text("X = 1")
    (world.folder / ".ipynb_checkpoints").mkdir()
    (world.folder / ".ipynb_checkpoints" / "tiny-checkpoint.ipynb").write_text("{")
    (world.folder / "tiny.html").write_text("exported")


TWINS = (
    twin("files-of-its-own", "Hands in notes, a helper, a checkpoint and an export beside the notebook.", files=_notes),
    twin(
        "read-only-file",
        "Is read-only, as some learning platforms save.",
        files=lambda world: (world.folder / "tiny.ipynb").chmod(0o444),
    ),
    twin(
        "byte-order-mark",
        "Begins with a byte order mark, as Windows tools write.",
        whole=lambda content: b"\xef\xbb\xbf" + __import__("json").dumps(content).encode(),
    ),
    twin(
        "writes-its-own-file",
        "Writes a file and reads it again.",
        cells=(("imports", "np.savetxt('mine.txt', [1, 2])\nprint(np.loadtxt('mine.txt'))"),),
    ),
)
