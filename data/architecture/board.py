"""The few shapes that every drawing of the course is made of.

One unit of a drawing is one pixel of the picture shown at its own width; y grows downwards.
"""

from __future__ import annotations

from pathlib import Path

import matplotlib
import numpy as np
from matplotlib.figure import Figure
from matplotlib.patches import FancyBboxPatch, PathPatch, Polygon, Rectangle
from matplotlib.path import Path as Outline
from PIL import Image

ROOT = Path(__file__).resolve().parents[2]
WIDTH, SHARPNESS, POINT = 830, 2, 0.72  # POINT: points of type to one unit

# Roles, in colours of the Okabe-Ito palette; every role is also named in words.
QUERY, KEY, VALUE, WEIGHT = "#0072B2", "#009E73", "#E69F00", "#CC79A7"
QUERY_TEXT, KEY_TEXT, VALUE_TEXT, WEIGHT_TEXT = "#005A8E", "#00694D", "#8A5600", "#8E3A68"
INK, SOFT, LINE, HIDDEN, PLAIN = "#1F2328", "#5A6068", "#6B7178", "#A9AFB6", "#D5D8DC"
CARD, WHITE, EDGE = "#F3F1EA", "#FFFFFF", "#D3D0C6"


def softmax(scores: np.ndarray) -> np.ndarray:
    """Return the distribution that the scores stand for, along the last axis."""
    powers = np.exp(scores - np.max(scores, axis=-1, keepdims=True))
    return powers / powers.sum(axis=-1, keepdims=True)


def direction(start: np.ndarray, end: np.ndarray) -> np.ndarray:
    """Return the step of length one from start towards end."""
    return (end - start) / np.hypot(*(end - start))


class Board:
    """A rounded card of one size, and what can be drawn on it."""

    def __init__(self, height: int, width: int = WIDTH):
        self.width, self.height = width, height
        matplotlib.rcdefaults()  # nobody's own settings: everybody draws the same picture
        matplotlib.rcParams["mathtext.fontset"] = "dejavusans"
        self.figure = Figure(figsize=(width / 100, height / 100))
        self.axes = self.figure.add_axes((0, 0, 1, 1))
        self.axes.set(xlim=(0, width), ylim=(height, 0))
        self.axes.axis("off")
        self.box(width / 2, height / 2, width - 4, height - 4, CARD, EDGE, radius=16, z=-2)

    def text(self, x, y, words, size=11.5, colour=INK, align="center", bold=False, code=False):
        """Write lines of words centred on y; align says which part of them is at x."""
        lines = words.split("\n")
        for i, line in enumerate(lines):
            base = y + 0.36 * size + 1.35 * size * (i - (len(lines) - 1) / 2)
            self.axes.text(
                x,
                base,
                line,
                color=colour,
                ha=align,
                va="baseline",
                zorder=6,
                fontsize=size * POINT,
                weight="bold" if bold else "normal",
                family="DejaVu Sans Mono" if code else "DejaVu Sans",
            )

    def note(self, x, y, words, align="center"):
        """Write a shape or a remark, which may stand back."""
        self.text(x, y, words, colour=SOFT, align=align)

    def title(self, x, y, name, colour, align="center"):
        """Write a heading or the name of a role: query, key, value, context."""
        self.text(x, y, name, size=13, colour=colour, align=align, bold=True)

    def box(self, x, y, width, height, fill=WHITE, edge=LINE, radius=5, line=1.2, z=3, dash="-"):
        """Draw a rounded box centred on (x, y)."""
        self.axes.add_patch(
            FancyBboxPatch(
                (x - width / 2, y - height / 2),
                width,
                height,
                f"round,pad=0,rounding_size={radius}",
                facecolor=fill,
                edgecolor=edge,
                linewidth=line * POINT,
                linestyle=dash,
                zorder=z,
            )
        )

    def chip(self, x, y, word, strong=False):
        """Draw a token; the two markers of a sentence get a dashed edge."""
        marker = word.startswith("[")
        self.box(
            x,
            y,
            44,
            22,
            radius=11,
            edge=INK if strong else LINE,
            line=1.8 if strong else 1.1,
            dash=(0, (3, 2)) if marker else "-",
        )
        self.text(x, y, word, size=11, bold=strong, colour=SOFT if marker else INK)

    def bar(self, x, y, width, tall, fill, edge=INK, line=0.9):
        """Draw an upright bar that stands on y, x being its middle."""
        self.axes.add_patch(
            Rectangle(
                (x - width / 2, y - tall), width, tall, facecolor=fill, edgecolor=edge, linewidth=line * POINT, zorder=4
            )
        )

    def vector(self, x, y, cells, alpha=1.0):
        """Draw a vector as a strip of cells, one colour each, centred on (x, y)."""
        for i, colour in enumerate(cells):
            self.bar(x + 10 * (i - (len(cells) - 1) / 2), y + 6.5, 10, 13, (colour, alpha))

    def arrow(self, *points, colour=LINE, line=1.6, dash=False, turn=8):
        """Draw an arrow along points, with rounded corners and a filled head."""
        points = [np.array(point, dtype=float) for point in points]
        tip, ahead = points[-1], direction(points[-2], points[-1])
        side = np.array([-ahead[1], ahead[0]])
        tail, half = tip - (5 + 1.6 * line) * ahead, (2.2 + 1.1 * line) * side
        self.polygon([tip, tail + half, tail - half], colour, z=3)
        points[-1] = tail + ahead
        verts = [points[0]]
        for before, corner, after in zip(points, points[1:], points[2:]):
            verts += [corner + turn * direction(corner, before), corner, corner + turn * direction(corner, after)]
        turns = [Outline.LINETO, Outline.CURVE3, Outline.CURVE3] * (len(points) - 2)
        way = Outline([*verts, points[-1]], [Outline.MOVETO, *turns, Outline.LINETO])
        self.axes.add_patch(
            PathPatch(
                way,
                facecolor="none",
                edgecolor=colour,
                zorder=2,
                linewidth=line * POINT,
                capstyle="butt",
                linestyle=(0, (4, 2.5)) if dash else "-",
            )
        )

    def polygon(self, corners, fill, z=1):
        """Draw a filled polygon without an edge."""
        self.axes.add_patch(Polygon(corners, facecolor=fill, linewidth=0, zorder=z))

    def row(self, y, name, *more, code=False):
        """Write what a row is, in the margin left of it; its first two lines may be code."""
        for i, words in enumerate((name, *more)):
            strong = i < (2 if code else 1)
            self.text(
                26,
                y + 15.5 * (i - len(more) / 2),
                words,
                size=12,
                align="left",
                colour=INK if strong else SOFT,
                bold=strong,
                code=code and strong,
            )

    def panel(self, left, top, right, bottom):
        """Draw a white ground for a part of the drawing."""
        self.box((left + right) / 2, (top + bottom) / 2, right - left, bottom - top, edge="none", radius=10, z=0)

    def step(self, x, y, words, width=96, height=32, colour=LINE, strong=False):
        """Draw a box that computes something, its name inside."""
        self.box(x, y, width, height, edge=colour, line=2.0 if colour != LINE else 1.2)
        self.text(x, y, words, size=11.5, bold=strong)

    def token(self, x, y, word, width=44, fill=WHITE, edge=LINE):
        """Draw a token that is `width` wide."""
        self.box(x, y, width, 22, radius=11, fill=fill, edge=edge)
        self.text(x, y, word, size=11)

    def plus(self, x, y):
        """Draw the circle in which two arrows are added."""
        self.box(x, y, 20, 20, radius=10)
        self.text(x, y, "+", size=14, bold=True)

    def grid(self, x, y, weights, size=22, colour=WEIGHT, crossed=None, gap=0):
        """Draw a matrix, its upper left corner at (x, y): the darker, the more; `crossed` cells are ruled out."""
        for i, row in enumerate(weights):
            for j, weight in enumerate(row):
                left, top = x + j * (size + gap), y + i * (size + gap)
                out = crossed is not None and crossed[i][j]
                fill = PLAIN if out else (colour, 0.08 + 0.92 * float(weight))
                self.axes.add_patch(
                    Rectangle((left, top), size, size, facecolor=fill, edgecolor=LINE, linewidth=0.8 * POINT, zorder=4)
                )
                if out:
                    for ends in ((top + 5, top + size - 5), (top + size - 5, top + 5)):
                        self.axes.plot((left + 5, left + size - 5), ends, color=LINE, linewidth=0.9 * POINT, zorder=5)

    def letters(self, y, **meaning):
        """Write what each letter of a shape stands for, in the middle of the last row."""
        words = "   ".join(f"$\\mathbf{{{letter}}}$ {what}" for letter, what in meaning.items())
        self.text(self.width / 2, y, words)

    def save(self, path: Path):
        """Write the picture in 255 colours, its corners transparent: the same bytes each time, and small."""
        self.figure.savefig(path, dpi=100 * SHARPNESS, transparent=True, metadata={"Software": None})
        with Image.open(path) as picture:
            colours, covered = picture.convert("RGB"), np.asarray(picture.getchannel("A")) >= 128
        few = colours.quantize(255, dither=Image.Dither.NONE)
        kept = Image.fromarray(np.where(covered, np.asarray(few), 255).astype(np.uint8), "P")
        kept.putpalette([*few.getpalette(), *[0] * 768][:768])
        kept.save(path, optimize=True, transparency=255)
