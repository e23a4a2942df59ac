"""JupyterLab on the course: every link works, and a learner sees no instructor's tools."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

from autograder.course import Course

LEARNER = Path(__file__).with_name("learner")  # Jupyter's settings for learners: nbgrader's Validate, and no more


def command(course: Course, opens: Path | None = None, options: list[str] | None = None) -> list[str]:
    """Return the command that starts JupyterLab in the course's folder and opens a file of it.

    The root is the course, so that a link leads from any lesson to any other, and nbgrader finds its configuration;
    naming the file itself would make its folder the root.
    """
    page = f"/lab/tree/{opens.relative_to(course.root).as_posix()}" if opens else "/lab"
    as_root = ["--allow-root"] if hasattr(os, "geteuid") and os.geteuid() == 0 else []
    return [
        *(sys.executable, "-m", "jupyter", "lab", f"--ServerApp.root_dir={course.root}"),
        *(f"--LabApp.default_url={page}", *as_root, *(options or ())),
    ]


def environment(learner: bool) -> dict[str, str]:
    """Return the environment for JupyterLab, in which the tools beside this Python can be called by name."""
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", "")])
    settings = os.pathsep.join(filter(None, [str(LEARNER), os.environ.get("JUPYTER_CONFIG_PATH", "")]))
    return {**os.environ, "PATH": path, **({"JUPYTER_CONFIG_PATH": settings} if learner else {})}


def start(course: Course, opens: Path | None, learner: bool, options: list[str]) -> int:
    """Start JupyterLab and stay until it ends; return its exit status."""
    arguments = command(course, opens, options)
    if os.name != "nt":
        os.chdir(course.root)
        os.execve(arguments[0], arguments, environment(learner))  # Ctrl-C is Jupyter's to answer
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    return subprocess.call(arguments, cwd=course.root, env=environment(learner))
