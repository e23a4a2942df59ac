"""The first hour as a learner meets it: `make learn`, in a real browser."""

from __future__ import annotations

import shutil
import sys
from pathlib import Path

import nbformat
import pytest
from lab_in_browser import FLAGS, SECONDS, Lab, Started, chromium, copy_course
from tiny import ROOT

from autograder.course import Course

LESSONS = [f"work/lessons/{name}/{Course(ROOT).notebook(name).name}" for name in Course(ROOT).lesson_names()]
START, FIRST = LESSONS[:2]
# What lessons and our outputs bring into the page, but for the editor's own cells.
OURS = {"include": [[".jp-RenderedMarkdown"], [".jp-OutputArea-output"]]}
WRONG = "def scores(query, key):\nreturn query * key"  # the editor indents after a colon
RIGHT = "def scores(query, key):\nreturn key @ query"

pytestmark = [
    pytest.mark.skipif(shutil.which("make") is None, reason="Without make the command is another; see test_readme.py."),
    pytest.mark.skipif(not Path(sys.prefix, "ready").exists(), reason="Not in the environment that `make` sets up."),
    pytest.mark.timeout(900),
]


@pytest.fixture(scope="module")
def course(tmp_path_factory):
    """A copy of the course: nothing in the checkout changes."""
    return copy_course(tmp_path_factory.mktemp("course"))


@pytest.fixture(scope="module")
def home(tmp_path_factory):
    return tmp_path_factory.mktemp("home")


@pytest.fixture(scope="module")
def browser():
    """A browser, or no test where there is none."""
    path = chromium()
    if path is None:
        pytest.skip("No Chromium: `apt-get install chromium`, or set CHROMIUM=/path/to/it.")
    sync_api = pytest.importorskip("playwright.sync_api", reason="No Playwright: `pip install playwright`.")
    with sync_api.sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=FLAGS)
        yield browser
        browser.close()


@pytest.fixture(scope="module")
def learn(course, home, browser):
    """`make learn`, running."""
    with Started(course, home) as started:
        yield started


@pytest.fixture
def lab(browser):
    page = browser.new_page(viewport={"width": 1280, "height": 900})
    page.set_default_timeout(60 * SECONDS)
    yield Lab(page)
    page.close()


def test_make_learn_prints_the_address_of_the_start_page(learn):
    assert f"/lab/tree/{START}?token=" in learn.address


@pytest.mark.parametrize("theme", ["JupyterLab Light", "JupyterLab Dark"])
def test_axe_finds_nothing_serious_in_what_is_ours(learn, lab, theme):
    """In the lessons' text and in what our cells show; what is JupyterLab's own is not ours to mend."""
    sync_playwright = pytest.importorskip("axe_playwright_python.sync_playwright")
    learn.put_setting("@jupyterlab/apputils-extension:themes", {"theme": theme})
    lab.open(learn.address)
    lab.page.locator(f"body[data-jp-theme-name='{theme}']").wait_for(state="attached")
    found = {}

    def look(name):
        axe = sync_playwright.Axe().run(lab.page, context=OURS, options={"resultTypes": ["violations"]})
        assert axe.response["passes"], "nothing of ours was looked at"
        serious = [each for each in axe.response["violations"] if each["impact"] in ("serious", "critical")]
        found[name] = {each["id"]: [node["html"][:200] for node in each["nodes"]] for each in serious}

    look("start page")
    for line in ("from autograder.practice import", "def scores(query, key):", 'check("scores")'):
        lab.run(line, seconds=120)
    lab.page.get_by_role("region", name="scores: not right yet").scroll_into_view_if_needed()
    look("report")
    lab.run("progress()")
    lab.page.get_by_role("listitem", name="scores: ").first.scroll_into_view_if_needed()
    look("progress")
    lab.open(learn.address.replace(START, FIRST))
    look("lesson 1")
    assert {name: each for name, each in found.items() if each} == {}


def test_the_instructor_has_the_tools_that_a_learner_has_not(course, home, learn, lab):
    lab.open(learn.address)
    assert lab.page.get_by_role("menuitem", name="Nbgrader").count() == 0
    assert lab.notebook.get_by_role("button", name="Validate").is_visible()
    with Started(course, home, "teach") as teach:
        lab.page.goto(teach.address)
        lab.page.get_by_role("menuitem", name="Nbgrader").click()
        lab.page.get_by_role("menuitem", name="Formgrader").wait_for()


def test_an_answer_is_there_after_everything_was_started_again(course, home, lab):
    with Started(course, home) as learn:
        lab.open(learn.address.replace(START, FIRST))
        lab.run("from autograder.practice import", seconds=120)
        lab.write("def scores(query, key):", WRONG)
        lab.run("return query * key")
        lab.run('check("scores")')
        report = lab.report("scores: not right yet, 0 of 2 points")
        assert "The likely mistake, products left unsummed" in report.inner_text()

        lab.write("return query * key", RIGHT)
        lab.run("return key @ query")
        lab.run('check("scores")')
        assert "passed" in lab.report("scores: all right, 2 of 2 points").inner_text()
        lab.save()

    with Started(course, home) as again:
        assert not any("new" in line for line in again.lines[:3])
        lab.open(again.address)
        lab.run("from autograder.practice import", seconds=120)
        lab.run("progress()")
        lab.notebook.get_by_role("listitem", name="scores: done").wait_for()
        lab.open(again.address.replace(START, FIRST))
        assert lab.cell("return key @ query").count() == 1
        lab.report("scores: all right, 2 of 2 points")
    saved = nbformat.read(course / FIRST, 4)
    assert any("return key @ query" in cell.source for cell in saved.cells)


def test_every_link_leads_on_from_the_start_page_to_the_last_lesson_and_back(learn, lab):
    lab.open(learn.address)
    leads = [*LESSONS[1:], FIRST]  # one for each lesson, and "go on" at the foot
    for number, path in enumerate(leads):
        assert lab.links("page").count() == len(leads)
        lab.follow(lab.links("page").nth(number), path)
        lab.front(START)
    lab.follow(lab.links("page").first, FIRST)
    for before, here, after in zip(LESSONS, LESSONS[1:], [*LESSONS[2:], None]):
        for end, paths in {"head": [START, before, after], "foot": [START, after]}.items():
            for path in filter(None, paths):
                lab.follow(lab.to(path, end), path)
                lab.front(here)
        if after:
            lab.follow(lab.to(after, "foot"), after)
