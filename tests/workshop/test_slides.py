"""Slides of a lesson: from its notebook alone, without the network, legible at the back."""

from __future__ import annotations

import pytest
from test_browser import FLAGS, chromium
from tiny import ROOT

from autograder.course import Course
from autograder.workshop.slides import make_slides


@pytest.fixture(scope="module", params=["01_attention"])
def slides(request, tmp_path_factory):
    """The slides of a lesson, made in a folder of their own."""
    root = tmp_path_factory.mktemp("slides")
    for name in ("solutions", "nbgrader_config.py"):
        (root / name).symlink_to(ROOT / name)
    return make_slides(Course(root), request.param)


def test_answers_and_checks_stay_out(slides):
    html = slides.read_text("utf-8")
    assert "BEGIN SOLUTION" not in html
    assert "check(" not in html
    assert "Which of these items matters?" in html


@pytest.mark.timeout(180)
def test_every_slide_is_legible_at_the_back_and_nothing_comes_from_elsewhere(slides):
    path = chromium()
    if path is None:
        pytest.skip("No Chromium: `apt-get install chromium`, or set CHROMIUM=/path/to/it.")
    sync_api = pytest.importorskip("playwright.sync_api", reason="No Playwright: `pip install playwright`.")
    with sync_api.sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=FLAGS)
        page = browser.new_page(viewport={"width": 1280, "height": 720})
        asked, errors = [], []
        page.on("request", lambda request: asked.append(request.url))
        page.on("pageerror", lambda error: errors.append(str(error)))
        page.goto(slides.as_uri())
        page.wait_for_load_state("load")
        sizes = page.evaluate(
            "[...document.querySelectorAll('section')].map(each => [parseFloat(getComputedStyle(each).fontSize),"
            " each.scrollWidth - each.clientWidth, each.scrollHeight / innerHeight])"
        )
        page.keyboard.press("ArrowRight")
        page.wait_for_function("document.querySelectorAll('section')[1].getBoundingClientRect().top < 5")
        browser.close()
    assert [url for url in asked if not url.startswith(("file:", "data:"))] == []
    assert errors == []
    assert len(sizes) > 15
    assert min(size for size, *_ in sizes) >= 20, "a twenty-eighth of the height, at the least"
    assert max(beside for _, beside, _ in sizes) <= 1
    assert max(tall for *_, tall in sizes) < 1.6
