"""Draw the encoder-decoder with attention, as the course builds it, into one picture.

One unit of the drawing is one pixel of the picture shown 830 pixels wide; y grows downwards.
The numbers in the drawing are an illustration, not the output of a trained model.
"""

import argparse
from pathlib import Path

import matplotlib
import numpy as np
from matplotlib.figure import Figure
from matplotlib.patches import FancyBboxPatch, PathPatch, Polygon, Rectangle
from matplotlib.path import Path as Outline

ROOT = Path(__file__).resolve().parents[2]

WIDTH, HEIGHT, SHARPNESS, POINT = 830, 776, 2, 0.72  # POINT: points of type to one unit

# Roles, in colours of the Okabe-Ito palette; every role is also named in words.
QUERY, KEY, VALUE, WEIGHT = "#0072B2", "#009E73", "#E69F00", "#CC79A7"
QUERY_TEXT, KEY_TEXT, VALUE_TEXT, WEIGHT_TEXT = "#005A8E", "#00694D", "#8A5600", "#8E3A68"
INK, SOFT, LINE, HIDDEN, PLAIN = "#1F2328", "#5A6068", "#6B7178", "#A9AFB6", "#D5D8DC"
CARD, WHITE, EDGE = "#F3F1EA", "#FFFFFF", "#D3D0C6"

SOURCE = ["[start]", "half", "past", "seven", "[end]"]
TARGET = ["[start]", "las", "siete", "y", "media", "[end]"]
STEP = 2  # the enlarged step: it reads TARGET[STEP - 1] and predicts TARGET[STEP]
SCORES = np.array([-0.8, 0.5, 0.7, 2.9, -0.1])
VOCABULARY = [0.03, 0.05, 0.86, 0.04, 0.02]

LETTERS = {
    "B": "batch",
    "Tq": "target length",
    "Tv": "source length",
    "D": "width of the state",
    "E": "embedding width",
    "V": "target vocabulary",
}

# Where things stand: columns and rows of the picture.
COLUMNS = [240 + 52 * j for j in range(len(SOURCE))]
LEFT, RIGHT, MIDDLE = COLUMNS[0] - 28, COLUMNS[-1] + 28, COLUMNS[2]
STEPS = [586 + 49 * t for t in range(len(TARGET) - 1)]
TOKENS, EMBED, GRU, STATES = 70, 112, 160, 222
TOP, SCORE, CHART, VALUES, CELL = 300, 348, 454, 508, 574
PREVIOUS, LOOP, BOTTOM = 644, 698, 733
JOIN, STATE, AFTER, OUT = 500, 600, 680, 762


def softmax(scores):
    """Return the distribution that the scores stand for."""
    powers = np.exp(scores - scores.max())
    return powers / powers.sum()


def direction(start, end):
    """Return the step of length one from start towards end."""
    return (end - start) / np.hypot(*(end - start))


class Board:
    """The few shapes that the whole drawing is made of."""

    def __init__(self):
        matplotlib.rcdefaults()  # nobody's own settings: everybody draws the same picture
        matplotlib.rcParams["mathtext.fontset"] = "dejavusans"
        self.figure = Figure(figsize=(WIDTH / 100, HEIGHT / 100))
        self.axes = self.figure.add_axes((0, 0, 1, 1))
        self.axes.set(xlim=(0, WIDTH), ylim=(HEIGHT, 0))
        self.axes.axis("off")

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


def draw_encoder(board):
    """Draw the source side: tokens, embeddings, the recurrent layer, its sequence of states."""
    board.title(26, 30, "ENCODER", INK, align="left")
    board.note(106, 30, "runs once over the source sentence", align="left")
    board.row(TOKENS, "source tokens", "(B, Tv)")
    board.row(EMBED, "embedding", "(B, Tv, E)")
    board.row(GRU, "GRU layer", "returns its sequence")
    board.row(STATES, "hidden states", "(B, Tv, D)", "both value and key")
    board.box(MIDDLE, STATES, RIGHT - LEFT, 48, radius=7, z=1)
    for j, (x, word) in enumerate(zip(COLUMNS, SOURCE), start=1):
        board.chip(x, TOKENS, word)
        board.arrow((x, TOKENS + 11), (x, EMBED - 7))
        board.vector(x, EMBED, [PLAIN] * 3)
        board.arrow((x, EMBED + 7), (x, GRU - 15))
        board.box(x, GRU, 38, 30)
        board.text(x, GRU, "GRU", size=11, bold=True)
        board.arrow((x, GRU + 15), (x, STATES - 17))
        board.vector(x, STATES - 10, [HIDDEN] * 4)
        board.text(x, STATES + 9, f"$h_{j}$", size=13)
        if j < len(SOURCE):
            board.arrow((x + 19, GRU), (COLUMNS[j] - 19, GRU))


def draw_decoder(board):
    """Draw the target side, unrolled: a step for every target token, one under the lens."""
    left, right = STEPS[0] - 24, WIDTH - 14
    board.title(left, 30, "DECODER", INK, align="left")
    board.note(left + 82, 30, "runs Tq steps", align="left")
    board.note(left - 8, TOKENS, "previous\ntoken", align="right")
    board.note(left - 8, STATES, "next\ntoken", align="right")
    board.arrow((COLUMNS[-1] + 19, GRU), (STEPS[0] - 18, GRU), colour=QUERY, line=2.2)
    middle = (COLUMNS[-1] + STEPS[0]) / 2
    board.text(middle, GRU - 21, "last state =\ninitial state $s_0$", colour=QUERY_TEXT)
    board.note(middle, GRU + 14, "(B, D)")
    for t, x in enumerate(STEPS, start=1):
        chosen = t == STEP
        board.chip(x, TOKENS, TARGET[t - 1], strong=chosen)
        board.arrow((x, TOKENS + 11), (x, GRU - 19))
        board.box(x, GRU, 36, 38, edge=INK if chosen else LINE, line=1.8 if chosen else 1.2)
        board.text(x, GRU - 7, "step", size=11)
        board.text(x, GRU + 8, f"{t}", bold=True)
        board.arrow((x, GRU + 19), (x, STATES - 11))
        board.chip(x, STATES, TARGET[t], strong=chosen)
        if t < len(STEPS):
            board.arrow((x + 18, GRU), (STEPS[t] - 18, GRU), colour=QUERY)
    x, half = STEPS[STEP - 1], 26
    board.box(x, (TOKENS + STATES) / 2, 2 * half, STATES - TOKENS + 36, edge="none", z=0)
    board.polygon([(x - half, STATES + 14), (x + half, STATES + 14), (right, TOP + 10), (left - 40, TOP + 10)], WHITE)
    board.title(STEPS[2] - 15, TOP - 6, rf"step $\boldsymbol{{t}}$ = {STEP}, enlarged", INK)


def draw_attention(board):
    """Draw the three lines of the calculation in the columns of the source tokens."""
    board.row(SCORE, "scores", "= query · keyᵀ", "(B, 1, Tv)", code=True)
    board.row(CHART - 24, "distribution", "= softmax(scores)", "(B, 1, Tv)", code=True)
    board.row(VALUES + 8, "context", "= distribution · value", "(B, 1, D)", code=True)
    board.arrow((MIDDLE, STATES + 24), (MIDDLE, SCORE - 13), colour=KEY, line=2.6)
    board.title(MIDDLE + 12, TOP - 28, "key", KEY_TEXT, align="left")
    board.text(MIDDLE + 12, TOP - 12, "compared with the query", align="left")
    lane = LEFT - 14
    board.arrow((LEFT, STATES), (lane, STATES), (lane, VALUES), (LEFT, VALUES), colour=VALUE, line=2.6)
    board.title(lane - 10, TOP - 28, "value", VALUE_TEXT, align="right")
    board.text(lane - 10, TOP - 12, "averaged into the context", align="right")
    for y, height in ((SCORE, 26), (CHART - 26, 100), (VALUES, 28)):
        board.box(MIDDLE, y, RIGHT - LEFT, height, radius=7)
    for x, word, score, weight in zip(COLUMNS, SOURCE, SCORES, softmax(SCORES)):
        board.text(x, SCORE, f"{score:.1f}".replace("-", "−"), bold=weight > 0.5)
        board.bar(x, CHART, 26, 68 * weight, WEIGHT, WEIGHT_TEXT, line=1.2)
        board.text(x, CHART - 68 * weight - 9, f"{weight:.2f}", bold=weight > 0.5)
        board.note(x, CHART + 11, word)
        board.vector(x, VALUES, [VALUE] * 4, alpha=max(weight, 0.04))
    board.arrow((MIDDLE, SCORE + 13), (MIDDLE, CHART - 76), colour=WEIGHT_TEXT, line=2.2)
    board.arrow((MIDDLE, CHART + 24), (MIDDLE, VALUES - 14), colour=WEIGHT_TEXT, line=2.2)
    board.polygon(
        [(LEFT + 6, VALUES + 14), (RIGHT - 6, VALUES + 14), (MIDDLE + 20, CELL - 8), (MIDDLE - 20, CELL - 8)],
        (VALUE, 0.3),
        z=2,
    )
    board.text(MIDDLE, VALUES + 29, "weighted sum")
    board.vector(MIDDLE, CELL, [VALUE] * 4)
    board.arrow((MIDDLE + 20, CELL), (JOIN - 35, CELL), colour=VALUE, line=2.6)
    middle = (MIDDLE + JOIN - 15) / 2
    board.title(middle, CELL - 13, "context", VALUE_TEXT)
    board.note(middle - 24, CELL + 17, "(B, 1, D) → (B, D)")


def draw_query(board):
    """Draw the previous state, which asks, and the way the next one takes to its place."""
    board.vector(STATE, SCORE, [QUERY] * 4)
    board.text(STATE - 18, SCORE - 20, "$s_{t-1}$, the previous state ($s_0$ at $t=1$)", align="left")
    board.arrow((STATE - 20, SCORE), (RIGHT, SCORE), colour=QUERY, line=2.6)
    middle = (STATE - 20 + RIGHT) / 2
    board.title(middle, SCORE - 13, "query", QUERY_TEXT)
    board.note(middle, SCORE + 16, "(B, 1, D) ← (B, D)")
    board.text(middle, SCORE + 42, "the target\nside asks")
    board.arrow((STATE, SCORE + 7), (STATE, CELL - 20), colour=QUERY, line=2.2)
    board.arrow((AFTER, CELL - 7), (AFTER, SCORE), (STATE + 21, SCORE), colour=QUERY, dash=True)
    board.text(AFTER + 12, SCORE + 66, "in step $t+1$\n$s_t$ is the\nprevious state", align="left", colour=QUERY_TEXT)


def draw_cell(board):
    """Draw what enters the recurrent cell and what comes out of it."""
    board.row(PREVIOUS, "previous token", "(B,)")
    board.chip(COLUMNS[0], PREVIOUS, TARGET[STEP - 1], strong=True)
    board.arrow((COLUMNS[0] + 22, PREVIOUS), (MIDDLE - 15, PREVIOUS))
    board.vector(MIDDLE, PREVIOUS, [PLAIN] * 3)
    board.text(MIDDLE, PREVIOUS - 16, "embedding")
    board.note(MIDDLE, PREVIOUS + 17, "(B, E)")
    board.arrow((MIDDLE + 15, PREVIOUS), (JOIN + 20, PREVIOUS), (JOIN + 20, CELL + 7))
    board.vector(JOIN, CELL, [VALUE] * 4 + [PLAIN] * 3)
    board.text(JOIN, CELL - 18, "concatenated")
    board.note(JOIN - 15, CELL + 17, "(B, D+E)")
    board.arrow((JOIN + 35, CELL), (STATE - 28, CELL))
    board.box(STATE, CELL, 56, 40)
    board.text(STATE, CELL, "GRU\ncell", bold=True)
    board.arrow((STATE + 28, CELL), (AFTER - 20, CELL), colour=QUERY, line=2.2)
    board.vector(AFTER, CELL, [QUERY] * 4)
    board.text(AFTER - 18, CELL + 19, "$s_t$", size=13)
    board.note(AFTER + 13, CELL + 19, "(B, D)")


def draw_output(board):
    """Draw the prediction and the way of its token into the next step."""
    board.arrow((AFTER + 20, CELL), (OUT - 35, CELL))
    board.box(OUT, CELL, 70, 40)
    board.text(OUT, CELL, "dense +\nsoftmax", bold=True)
    board.arrow((OUT, CELL + 20), (OUT, PREVIOUS - 28))
    board.box(OUT, PREVIOUS, 70, 56, radius=7)
    for i, chance in enumerate(VOCABULARY):
        board.bar(OUT - 24 + 12 * i, PREVIOUS + 20, 9, 42 * chance, LINE, LINE)
    board.note(OUT - 43, PREVIOUS, "over the target\nvocabulary (B, V)", align="right")
    board.arrow((OUT, PREVIOUS + 28), (OUT, LOOP - 11))
    board.chip(OUT, LOOP, TARGET[STEP], strong=True)
    board.note(OUT, LOOP + 20, "next token")
    board.arrow((OUT - 22, LOOP), (COLUMNS[0], LOOP), (COLUMNS[0], PREVIOUS + 11), dash=True)
    board.note(
        (COLUMNS[0] + OUT) / 2 - 11,
        LOOP + 15,
        "in step $t+1$ it is the previous token (teacher forcing: the true token)",
    )


def draw_picture(path):
    """Put the parts together on a rounded card and write the picture."""
    board = Board()
    board.box(WIDTH / 2, HEIGHT / 2, WIDTH - 4, HEIGHT - 4, CARD, EDGE, radius=16, z=-2)
    board.box(WIDTH / 2, (TOP + BOTTOM) / 2, WIDTH - 28, BOTTOM - TOP, edge="none", radius=10, z=0)
    for part in (draw_encoder, draw_decoder, draw_attention, draw_query, draw_cell, draw_output):
        part(board)
    letters = "   ".join(f"$\\mathbf{{{letter}}}$ {words}" for letter, words in LETTERS.items())
    board.text(WIDTH / 2, BOTTOM + 21, letters)
    board.figure.savefig(path, dpi=100 * SHARPNESS, transparent=True, metadata={"Software": None})


def main():
    """Read the command line, draw, and say where the picture is."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--output", type=Path, default=ROOT / "architecture.png")
    path = parser.parse_args().output.resolve()
    draw_picture(path)
    print(path.relative_to(ROOT) if path.is_relative_to(ROOT) else path)


if __name__ == "__main__":
    main()
