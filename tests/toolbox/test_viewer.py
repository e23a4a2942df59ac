"""Attention weights that one can walk through, in a real browser."""

from __future__ import annotations

import numpy as np
import pytest
from lab_in_browser import chromium

from autograder.toolbox.viewer import viewer

WORDS = ["las", "siete", "<y>"]
SOURCE = ["half", "past", "seven", "[end]"]
WEIGHTS = np.random.default_rng(1).dirichlet(np.ones(4), size=(2, 3))


@pytest.fixture(scope="module")
def page():
    """A page that shows the viewer, or no test where there is no browser."""
    path = chromium()
    if path is None:
        pytest.skip("No Chromium: `apt-get install chromium`, or set CHROMIUM=/path/to/it.")
    sync_api = pytest.importorskip("playwright.sync_api", reason="No Playwright: `pip install playwright`.")
    with sync_api.sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=["--no-sandbox", "--disable-gpu"])
        page = browser.new_page(viewport={"width": 900, "height": 400})
        page.set_content(f"<html lang=en><body>{viewer(WEIGHTS, WORDS, SOURCE, ['head']).html()}</body></html>")
        yield page
        browser.close()


def shown(page) -> tuple[str, list[str]]:
    """Return the label of the one row that can be seen, and its numbers."""
    (row,) = [each for each in page.locator("ol").all() if each.is_visible()]
    return row.get_attribute("aria-label"), row.locator("small").all_inner_texts()


def numbers(weights) -> list[str]:
    return [f"{weight:.2f}" if weight >= 0.005 else "0" for weight in weights]


def test_the_first_row_of_the_first_head_is_there_before_anything_is_touched(page):
    page.mouse.move(0, 0)
    assert shown(page) == ("las looks at", numbers(WEIGHTS[0, 0]))


def test_pointing_at_a_word_shows_its_row(page):
    page.get_by_text("siete").hover()
    assert shown(page) == ("siete looks at", numbers(WEIGHTS[0, 1]))
    page.mouse.move(0, 0)
    assert shown(page)[0] == "las looks at"


def test_the_keyboard_alone_reaches_every_row(page):
    page.mouse.move(0, 0)
    seen = set()
    page.get_by_role("group", name="head").get_by_role("radio").first.focus()
    for key in ("", "ArrowRight"):
        page.get_by_role("group", name="head").locator(":checked").focus()
        if key:
            page.keyboard.press(key)
        page.keyboard.press("Tab")
        for _ in WORDS:
            seen.add((*shown(page)[1],))
            page.keyboard.press("ArrowRight")
    assert seen == {tuple(numbers(row)) for head in WEIGHTS for row in head}


def test_a_word_is_text_and_not_markup(page):
    assert page.locator("y").count() == 0
    assert page.get_by_text("<y>").count() >= 1


def test_the_same_weights_give_the_same_text():
    assert viewer(WEIGHTS, WORDS, SOURCE, ["head"]).html() == viewer(WEIGHTS, WORDS, SOURCE, ["head"]).html()


def test_without_html_it_says_whom_each_word_looks_at_most():
    text = str(viewer([[0.1, 0.9], [0.7, 0.3]], ["a", "b"], ["x", "y"]))
    assert text == "Attention weights:\n  a looks at y most: 0.90\n  b looks at x most: 0.70"


def test_shapes_that_do_not_fit_are_told():
    with pytest.raises(ValueError, match=r"Expected weights of shape \(head, 3, 4\).*received shape \(3, 4\)"):
        viewer(WEIGHTS[0], WORDS, SOURCE, ["head"])
