"""Drawing for the lessons: figures with alternative text, and attention as a heat map."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

# blue, orange, green, purple of Okabe and Ito (2008): told apart with every kind of colour vision
COLOURS = ("#0072b2", "#d55e00", "#009e73", "#cc79a7")


def show(figure: Any, alt: str) -> None:
    """Display a Matplotlib figure once, with `alt` as its text for those who cannot see it."""
    import matplotlib.pyplot as plt
    from IPython.display import display

    figure.tight_layout()
    display(figure, metadata={"image/png": {"alt": alt}})
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

    `outline`, booleans of the same shape, draws a frame around some cells: where the weight belongs, say.
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
    figure, axes = plt.subplots(figsize=(1.6 + 0.55 * len(columns), 1.2 + 0.42 * len(rows)))
    image = axes.imshow(weights, cmap="cividis", vmin=0, vmax=1, aspect="auto")
    axes.set_xticks(range(len(columns)), columns, rotation=35, ha="right", rotation_mode="anchor")
    axes.set_yticks(range(len(rows)), rows)
    axes.set_xlabel(column_label)
    axes.set_ylabel(row_label)
    axes.set_title(title)
    if weights.size <= 64:
        for (i, j), weight in np.ndenumerate(weights):
            axes.text(
                j, i, f"{weight:.2f}", ha="center", va="center", fontsize=8, color="black" if weight > 0.6 else "white"
            )
    for i, j in np.argwhere(outline):
        axes.add_patch(plt.Rectangle((j - 0.46, i - 0.46), 0.92, 0.92, fill=False, linewidth=2.5, edgecolor=COLOURS[1]))
    figure.colorbar(image, ax=axes, label="weight")
    show(figure, alt)
