"""Drawing for the lessons: figures with alternative text, and attention as a heat map."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape
from typing import Any

# blue, orange, green, purple of Okabe and Ito (2008): told apart with every kind of colour vision
COLOURS = ("#0072b2", "#d55e00", "#009e73", "#cc79a7")


def show(figure: Any, alt: str) -> None:
    """Display a Matplotlib figure once, with `alt` as its text for those who cannot see it.

    Legends stand above their axes, where they cover nothing. The picture is stored as PNG, for tools that look for
    one, and as an HTML image, because JupyterLab and nbconvert show the text of no other; where neither can be
    shown, the text stands alone.
    """
    import matplotlib.pyplot as plt
    from IPython.core.pylabtools import print_figure
    from IPython.display import display

    for axes in figure.axes:
        handles, labels = axes.get_legend_handles_labels()
        if axes.get_legend() is not None:
            place = {"loc": "lower center", "bbox_to_anchor": (0.5, 1), "borderaxespad": 0.2, "frameon": False}
            axes.legend(handles, labels, ncols=len(labels), columnspacing=1.2, **place)
    figure.tight_layout()
    picture = print_figure(figure, "png", bbox_inches="tight", base64=True)
    html = f'<img alt="{escape(alt)}" src="data:image/png;base64,{picture.strip()}">'
    display(
        {"image/png": picture, "text/html": html, "text/plain": alt}, raw=True, metadata={"image/png": {"alt": alt}}
    )
    plt.close(figure)


def heatmap(
    weights: Any,
    rows: Sequence[str],
    columns: Sequence[str],
    *,
    alt: str,
    row_label: str = "query",
    column_label: str = "key",
    title: str = "",
    outline: Any = None,
) -> None:
    """Draw attention weights, shape (len(rows), len(columns)), numbers from 0 to 1, one row a query.

    `alt` says what is drawn; where the largest weight of each row lies is added to it. The colours go from 0 to 1, or
    to the tenth above the largest weight if none is above one half. `outline`, booleans of the same shape, draws a
    line around some cells, one around neighbours: where the weight belongs, say.
    Raise ValueError if a shape does not fit the labels.
    """
    import matplotlib.pyplot as plt
    import numpy as np

    weights = np.asarray(weights, dtype=float)
    if weights.shape != (len(rows), len(columns)):
        raise ValueError(
            f"Expected weights of shape {(len(rows), len(columns))} for these labels, received {weights.shape}."
        )
    outline = np.zeros(weights.shape, bool) if outline is None else np.asarray(outline, dtype=bool)
    if outline.shape != weights.shape:
        raise ValueError(f"Expected an outline of shape {weights.shape}, as the weights, received {outline.shape}.")
    top = _top_of_scale(float(weights.max()))
    figure, axes = plt.subplots(figsize=(1.6 + 0.55 * len(columns), 1.2 + 0.42 * len(rows)))
    image = axes.imshow(weights, cmap="cividis", vmin=0, vmax=top, aspect="auto")
    axes.set_xticks(range(len(columns)), columns, rotation=35, ha="right", rotation_mode="anchor")
    axes.set_yticks(range(len(rows)), rows)
    axes.set_xlabel(column_label)
    axes.set_ylabel(row_label)
    axes.set_title(title)
    if weights.size <= 64:
        for (i, j), weight in np.ndenumerate(weights):
            colour = "black" if weight > 0.5 * top else "white"
            axes.text(j, i, f"{weight:.2f}", ha="center", va="center", fontsize=8, color=colour)
    for xs, ys in _edges(outline):
        axes.plot(
            xs, ys, color=COLOURS[1], linewidth=2.5, solid_capstyle="round", clip_on=False, scalex=False, scaley=False
        )
    figure.colorbar(image, ax=axes, label="weight")
    largest = "; ".join(f"{row}: {_largest(each, columns)}" for row, each in zip(rows, weights))
    show(figure, f"{alt} Largest weight of each row: {largest}.")


def _largest(weights: Any, columns: Sequence[str]) -> str:
    """Return the largest of a row of weights, and whose it is; those that look the same are named together."""
    top = f"{max(weights):.2f}"
    return " and ".join(column for column, weight in zip(columns, weights) if f"{weight:.2f}" == top) + " " + top


def _top_of_scale(largest: float) -> float:
    """Return where the colours end: at 1, or at the tenth above a largest weight of at most one half."""
    import math

    return 1.0 if largest > 0.5 else max(math.ceil(round(10 * largest, 6)), 1) / 10


def _edges(inside: Any) -> list[tuple[tuple[float, float], tuple[float, float]]]:
    """Return the lines, as their x and their y, between cells inside and cells outside: (rows, columns) booleans."""
    import numpy as np

    padded = np.pad(inside, 1)
    upright = padded[1:-1, 1:] != padded[1:-1, :-1]  # between a cell and the one on its left
    level = padded[1:, 1:-1] != padded[:-1, 1:-1]  # between a cell and the one above
    lines = [((j - 0.5, j - 0.5), (i - 0.5, i + 0.5)) for i, j in np.argwhere(upright)]
    return lines + [((j - 0.5, j + 0.5), (i - 0.5, i - 0.5)) for i, j in np.argwhere(level)]
