"""A workshop on a copy of the course, or no test where there cannot be one."""

from __future__ import annotations

import importlib.util
import shutil

import pytest
from here import Workshop
from tiny import ROOT


@pytest.fixture(scope="session")
def workshop_course(tmp_path_factory):
    """A course of the start page and lesson 1, in a folder of its own."""
    root = tmp_path_factory.mktemp("workshop")
    for tree in ("lessons", "solutions"):
        for lesson in ("00_start", "01_attention"):
            shutil.copytree(ROOT / tree / lesson, root / tree / lesson, ignore=shutil.ignore_patterns(".*"))
    shutil.copy(ROOT / "nbgrader_config.py", root)
    (root / "data").symlink_to(ROOT / "data")
    return root


@pytest.fixture(scope="session")
def workshop(workshop_course):
    """A workshop that runs for all tests of it; skipped, with the reason, where it cannot."""
    if importlib.util.find_spec("jupyterhub") is None:
        pytest.skip("No JupyterHub: `pip install -r autograder/workshop/requirements.txt`, as `make test` does.")
    if shutil.which("npm") is None:
        pytest.skip("No npm, from which JupyterHub's proxy comes: `apt-get install npm`.")
    found = Workshop(workshop_course)
    try:
        found.wait()
        yield found
    finally:
        found.stop()
