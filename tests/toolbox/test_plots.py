"""Figures that everyone can read."""

from __future__ import annotations

import matplotlib
import matplotlib.pyplot as plt
import numpy as np
import pytest
from IPython.core.interactiveshell import InteractiveShell
from IPython.utils.capture import capture_output

from autograder.toolbox import COLOURS, heatmap, show

matplotlib.use("agg")

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


def test_is_the_alternative_text_stored_with_the_picture():
    with capture_output() as captured:
        figure, _ = plt.subplots()
        show(figure, "A line that rises.")
    (output,) = captured.outputs
    assert output.metadata["image/png"]["alt"] == "A line that rises."


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
    assert drawn[0][1] == "Two by three."


def test_is_every_number_written_where_there_is_room(drawn):
    heatmap(WEIGHTS, "ab", "xyz", alt="")
    assert [text.get_text() for text in drawn[0][0].axes[0].texts] == ["0.25", "0.75", "0.00", "1.00", "0.00", "0.00"]


def test_do_colours_mean_the_same_in_every_heat_map(drawn):
    heatmap(WEIGHTS / 10, "ab", "xyz", alt="")
    assert drawn[0][0].axes[0].images[0].get_clim() == (0, 1)


@pytest.mark.parametrize("rows, columns", [("abc", "xyz"), ("ab", "xy"), ("", "")])
def test_do_labels_that_do_not_fit_raise_in_words(rows, columns):
    expected = rf"Expected weights of shape \({len(rows)}, {len(columns)}\) for these labels, received \(2, 3\)\."
    with pytest.raises(ValueError, match=expected):
        heatmap(WEIGHTS, rows, columns, alt="")


def test_is_a_frame_drawn_around_the_cells_asked_for(drawn):
    heatmap(WEIGHTS, "ab", "xyz", alt="", outline=WEIGHTS > 0.5)
    assert [np.round(patch.get_center()).tolist() for patch in drawn[0][0].axes[0].patches] == [[1, 0], [0, 1]]


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
