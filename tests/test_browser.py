"""Lesson 1 as a learner meets it: in JupyterLab, in a real browser."""

from __future__ import annotations

import os
import re
import shutil
import time

import pytest
from server import TOKEN, Server, apart
from tiny import ROOT

LESSON = "lessons/01_attention/attention.ipynb"
FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run"]
FLAGS += ["--disable-background-networking", "--disable-component-update", "--disable-sync"]
WRONG = "def scores(query, key):\nreturn query * key"  # the editor indents after a colon
RIGHT = "def scores(query, key):\nreturn key @ query"
SECONDS = 1000  # Playwright counts in milliseconds


def chromium() -> str | None:
    """Return the path of a Chromium, as CHROMIUM says or as it is usually called."""
    names = (os.environ.get("CHROMIUM"), "chromium", "chromium-browser", "google-chrome")
    return next((path for name in names if name and (path := shutil.which(name))), None)


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    """JupyterLab on a copy of the lesson: nothing in the checkout changes."""
    root = tmp_path_factory.mktemp("course")
    (root / LESSON).parent.mkdir(parents=True)
    shutil.copy(ROOT / LESSON, root / LESSON)
    shutil.copy(ROOT / "nbgrader_config.py", root)
    environment = apart(tmp_path_factory.mktemp("home"))
    environment.pop("AUTOGRADER_PROGRESS", None)
    server = Server(root, environment)
    try:
        server.wait()
        yield server
    finally:
        server.stop()


@pytest.fixture(scope="module")
def page():
    """A page of a browser, or no test where there is none."""
    path = chromium()
    if path is None:
        pytest.skip("No Chromium: `apt-get install chromium`, or set CHROMIUM=/path/to/it.")
    sync_api = pytest.importorskip("playwright.sync_api", reason="No Playwright: `pip install playwright`.")
    with sync_api.sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=FLAGS)
        page = browser.new_page(viewport={"width": 1280, "height": 900})
        page.set_default_timeout(60 * SECONDS)
        yield page
        browser.close()


class Lesson:
    """The open notebook: cells are found by a line that they hold."""

    def __init__(self, page, server) -> None:
        self.page = page
        page.goto(server.address(f"lab/tree/{LESSON}?token={TOKEN}"))
        page.locator(".jp-Notebook-ExecutionIndicator[data-status=idle]").wait_for(timeout=120 * SECONDS)

    def cell(self, line: str):
        """Return the code cell that holds this line."""
        return self.page.locator(".jp-CodeCell", has=self.page.locator(".cm-line", has_text=line)).first

    def run(self, line: str, seconds: float = 60) -> None:
        """Run the cell that holds this line, and wait until it is done."""
        cell = self.cell(line)
        cell.scroll_into_view_if_needed()
        prompt = cell.locator(".jp-InputPrompt")
        before = now = prompt.inner_text()
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            cell.locator(".cm-content").click()
            self.page.keyboard.press("Control+Enter")
            again = time.monotonic() + 5  # a kernel that is just connecting drops what it is asked
            while time.monotonic() < (end if "*" in now else again):
                now = prompt.inner_text()
                if now != before and re.search(r"\d", now):
                    return
                self.page.wait_for_timeout(50)
        pytest.fail(f"Not done in {seconds} seconds: {line}")

    def write(self, line: str, text: str) -> None:
        """Replace the text of the cell that holds this line, as a person types."""
        cell = self.cell(line)
        cell.scroll_into_view_if_needed()
        cell.locator(".cm-content").click()
        self.page.keyboard.press("Control+A")
        self.page.keyboard.press("Delete")
        self.page.keyboard.type(text)

    def report(self, headline: str):
        """Return the report of this name, when it is there."""
        report = self.page.get_by_role("region", name=headline)
        report.wait_for()
        return report


@pytest.mark.timeout(300)
def test_does_a_learner_get_from_a_wrong_answer_to_progress(page, server):
    lesson = Lesson(page, server)
    lesson.run("from autograder.practice import", seconds=120)
    lesson.write("def scores(query, key):", WRONG)
    lesson.run("return query * key")
    lesson.run('check("scores")')

    report = lesson.report("scores: not right yet, 0 of 2 points")
    assert "The likely mistake, products left unsummed" in report.inner_text()
    assert "received" in report.inner_text()

    lesson.write("return query * key", RIGHT)
    lesson.run("return key @ query")
    lesson.run('check("scores")')
    assert "passed" in lesson.report("scores: all right, 2 of 2 points").inner_text()

    lesson.run("progress(")
    done = page.get_by_role("listitem", name="scores: done")
    done.wait_for()
    assert page.get_by_role("listitem", name="distribution: open").is_visible()
