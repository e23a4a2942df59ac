"""Figures that everyone can read."""

from __future__ import annotations

import base64
from html.parser import HTMLParser

import matplotlib
import matplotlib.pyplot as plt
import numpy as np
import pytest
from IPython.core.interactiveshell import InteractiveShell
from IPython.utils.capture import capture_output
from nbconvert import HTMLExporter
from nbformat.v4 import new_code_cell, new_notebook, new_output

from autograder.toolbox import COLOURS, heatmap, show

matplotlib.use("agg")


class Images(HTMLParser):
    """Collects the attributes of all images of a page."""

    def of(self, html):
        self.found = []
        self.feed(html)
        return self.found

    def handle_starttag(self, tag, attrs):
        if tag == "img":
            self.found.append(dict(attrs))


WEIGHTS = np.array([[0.25, 0.75, 0.0], [1.0, 0.0, 0.0]])


@pytest.fixture(scope="module", autouse=True)
def shell():
    """Displays need a shell to go to."""
    yield InteractiveShell.instance()
    InteractiveShell.clear_instance()
    plt.close("all")


@pytest.fixture
def drawn(monkeypatch):
    """Keep figures instead of showing them."""
    kept = []
    monkeypatch.setattr("autograder.toolbox.plots.show", lambda figure, alt: kept.append((figure, alt)))
    return kept


@pytest.fixture
def shown():
    """Show one figure with two lines and a legend; return its output and the figure."""
    with capture_output() as captured:
        figure, axes = plt.subplots()
        axes.plot([1, 2], label="rises")
        axes.plot([2, 1], label="falls")
        axes.legend()
        show(figure, 'Two lines: "rises" & <falls>.')
    (output,) = captured.outputs
    return output, figure


def test_is_the_alternative_text_stored_with_the_picture(shown):
    assert shown[0].metadata["image/png"]["alt"] == 'Two lines: "rises" & <falls>.'


def test_is_the_alternative_text_what_stands_where_no_picture_can(shown):
    assert shown[0].data["text/plain"] == 'Two lines: "rises" & <falls>.'


def test_does_a_browser_read_the_alternative_text_of_the_very_same_picture(shown):
    (image,) = Images().of(shown[0].data["text/html"])
    assert image["alt"] == 'Two lines: "rises" & <falls>.'
    picture = base64.b64decode(image["src"].removeprefix("data:image/png;base64,"), validate=True)
    assert picture == base64.b64decode(shown[0].data["image/png"])
    assert picture.startswith(b"\x89PNG")


def test_does_a_page_made_of_the_notebook_have_the_alternative_text(shown):
    output = new_output("display_data", data=shown[0].data, metadata=shown[0].metadata)
    page, _ = HTMLExporter().from_notebook_node(new_notebook(cells=[new_code_cell("show()", outputs=[output])]))
    assert [image["alt"] for image in Images().of(page) if image["src"].startswith("data:image/png")] == [
        'Two lines: "rises" & <falls>.'
    ]


def test_does_a_legend_cover_nothing(shown):
    _, figure = shown
    legend = figure.axes[0].get_legend().get_window_extent()
    assert legend.y0 >= figure.axes[0].get_window_extent().y1
    assert [text.get_text() for text in figure.axes[0].get_legend().get_texts()] == ["rises", "falls"]


def test_has_a_figure_without_a_legend_none_afterwards():
    with capture_output():
        figure, axes = plt.subplots()
        axes.plot([1, 2], label="rises")
        show(figure, "A line.")
    assert axes.get_legend() is None


def test_is_a_figure_shown_once():
    with capture_output() as captured:
        show(plt.subplots()[0], "One.")
    assert len(captured.outputs) == 1
    assert plt.get_fignums() == []


def test_are_rows_queries_and_columns_keys(drawn):
    heatmap(WEIGHTS, ["the", "cat"], ["le", "chat", "noir"], alt="Two by three.")
    axes = drawn[0][0].axes[0]
    assert [label.get_text() for label in axes.get_yticklabels()] == ["the", "cat"]
    assert [label.get_text() for label in axes.get_xticklabels()] == ["le", "chat", "noir"]
    assert (axes.get_ylabel(), axes.get_xlabel()) == ("query", "key")


def test_is_every_number_written_where_there_is_room(drawn):
    heatmap(WEIGHTS, "ab", "xyz", alt="")
    assert [text.get_text() for text in drawn[0][0].axes[0].texts] == ["0.25", "0.75", "0.00", "1.00", "0.00", "0.00"]


@pytest.mark.parametrize(
    "largest, top", [(1.0, 1), (0.75, 1), (0.51, 1), (0.5, 0.5), (0.33, 0.4), (0.3, 0.3), (0.0, 0.1)]
)
def test_does_the_scale_show_what_is_there(drawn, largest, top):
    heatmap(WEIGHTS * largest, "ab", "xyz", alt="")
    assert drawn[0][0].axes[0].images[0].get_clim() == (0, top)


def test_is_where_the_largest_weights_lie_said_in_words(drawn):
    heatmap(WEIGHTS, ["the", "cat"], ["le", "chat", "noir"], alt="Two by three.")
    assert drawn[0][1] == "Two by three. Largest weight of each row: the: chat 0.75; cat: le 1.00."


def test_are_weights_that_look_the_same_named_together(drawn):
    heatmap([[0.451, 0.1, 0.449]], ["never"], ["ne", "dort", "jamais"], alt="One row.")
    assert drawn[0][1] == "One row. Largest weight of each row: never: ne and jamais 0.45."


@pytest.mark.parametrize("rows, columns", [("abc", "xyz"), ("ab", "xy"), ("", "")])
def test_do_labels_that_do_not_fit_raise_in_words(rows, columns):
    expected = rf"Expected weights of shape \({len(rows)}, {len(columns)}\) for these labels, received \(2, 3\)\."
    with pytest.raises(ValueError, match=expected):
        heatmap(WEIGHTS, rows, columns, alt="")


def lines(drawn):
    """Return the lines of an outline, each as the set of its two ends."""
    return {frozenset(map(tuple, line.get_xydata().tolist())) for line in drawn[0][0].axes[0].lines}


def test_is_a_line_drawn_around_a_cell(drawn):
    heatmap(WEIGHTS, "ab", "xyz", alt="", outline=[[0, 1, 0], [0, 0, 0]])
    corners = [(0.5, -0.5), (1.5, -0.5), (1.5, 0.5), (0.5, 0.5)]
    assert lines(drawn) == {frozenset({corners[i - 1], corners[i]}) for i in range(4)}


def test_is_one_line_drawn_around_neighbours_and_none_between_them(drawn):
    heatmap(WEIGHTS, "ab", "xyz", alt="", outline=[[1, 1, 0], [0, 1, 0]])
    between = [{(0.5, -0.5), (0.5, 0.5)}, {(0.5, 0.5), (1.5, 0.5)}]
    assert len(lines(drawn)) == 8  # around an L of three cells
    assert not lines(drawn) & set(map(frozenset, between))


def test_does_an_outline_leave_the_picture_as_large_as_it_was(drawn):
    heatmap(WEIGHTS, "ab", "xyz", alt="", outline=np.ones((2, 3)))
    axes = drawn[0][0].axes[0]
    assert (axes.get_xlim(), axes.get_ylim()) == ((-0.5, 2.5), (1.5, -0.5))


def test_does_an_outline_that_does_not_fit_raise_in_words(drawn):
    with pytest.raises(ValueError, match=r"Expected an outline of shape \(2, 3\), as the weights, received \(3, 2\)"):
        heatmap(WEIGHTS, "ab", "xyz", alt="", outline=WEIGHTS.T > 0.5)


def test_may_weights_be_lists(drawn):
    heatmap(WEIGHTS.tolist(), "ab", "xyz", alt="")
    assert len(drawn) == 1


def test_are_the_colours_told_apart_in_grey():
    """Also printed without colour: no two are equally bright."""
    light = sorted(sum(int(c[i : i + 2], 16) * w for i, w in ((1, 0.2126), (3, 0.7152), (5, 0.0722))) for c in COLOURS)
    assert min(np.diff(light)) > 5
