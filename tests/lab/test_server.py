"""JupyterLab is started in the course's folder, with the tools of whoever starts it."""

from __future__ import annotations

import json
import os

from autograder.lab.server import LEARNER, command, environment


def test_the_root_is_the_course_and_the_page_is_opened(tiny_course):
    arguments = command(tiny_course, tiny_course.first_page, ["--no-browser"])
    assert f"--ServerApp.root_dir={tiny_course.root}" in arguments
    assert "--LabApp.default_url=/lab/tree/work/lessons/01_tiny/tiny.ipynb" in arguments
    assert arguments[-1] == "--no-browser"


def test_no_file_is_named_as_that_would_move_the_root(tiny_course):
    arguments = command(tiny_course, tiny_course.first_page)
    assert [each for each in arguments[4:] if not each.startswith("--")] == []


def test_a_learner_gets_settings_that_an_instructor_does_not(monkeypatch):
    monkeypatch.delenv("JUPYTER_CONFIG_PATH", raising=False)
    assert environment(learner=True)["JUPYTER_CONFIG_PATH"] == str(LEARNER)
    assert "JUPYTER_CONFIG_PATH" not in environment(learner=False)


def test_settings_of_ones_own_stay(monkeypatch):
    monkeypatch.setenv("JUPYTER_CONFIG_PATH", "mine")
    assert environment(learner=True)["JUPYTER_CONFIG_PATH"].split(os.pathsep) == [str(LEARNER), "mine"]


def test_a_learner_keeps_validate_and_loses_the_instructors_tools():
    server = json.loads((LEARNER / "jupyter_server_config.json").read_text())["ServerApp"]["jpserver_extensions"]
    assert server == {
        f"nbgrader.server_extensions.{name}": False for name in ("assignment_list", "course_list", "formgrader")
    }
    disabled = json.loads((LEARNER / "labconfig" / "page_config.json").read_text())["disabledExtensions"]
    assert "@jupyter/nbgrader:validate-assignment" not in disabled
    assert disabled["@jupyter/nbgrader:formgrader"]
