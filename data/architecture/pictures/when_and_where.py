"""Lesson 9: attention over time, over space, and their product."""

import numpy as np
from board import INK, QUERY, QUERY_TEXT, VALUE, VALUE_TEXT, WEIGHT, WEIGHT_TEXT, WIDTH, Board, softmax

LESSON = "09_space_time"
ALT = """Four frames of a clip, each cut into four regions. A question is the query. When: one weight a frame, the
third has 0.7. Where: in each frame one weight a region. Their product has one weight for each region of each frame,
sums to one, and mixes the regions into a context of shape (B, Tq, D)."""
HEIGHT = 470
WHEN = np.array([0.08, 0.12, 0.70, 0.10])
WHERE = softmax(np.array([[0.3, 0.1, 0.4, 0.2], [0.4, 0.8, 0.1, 0.3], [0.2, 2.6, 0.3, 0.4], [0.1, 0.5, 0.6, 0.2]]))
COLUMNS = [250 + 140 * t for t in range(4)]


def draw():
    """Put the parts together."""
    board = Board(HEIGHT)
    board.panel(14, 14, WIDTH - 14, HEIGHT - 38)
    board.row(70, "regions", "(B, T, S, D)")
    board.row(164, "when", "a softmax over T", "(B, Tq, T)")
    board.row(256, "where", "a softmax over S", "(B, Tq, T, S)")
    board.row(342, "when · where", "(B, Tq, T, S)", "sums to one")
    board.row(410, "context", "(B, Tq, D)")
    rng = np.random.default_rng(3)
    for t, x in enumerate(COLUMNS):
        left = x - 35
        board.grid(left, 36, rng.uniform(0.1, 0.5, (2, 2)), size=35, colour=VALUE)
        board.note(x, 120, f"frame {t + 1}")
        board.bar(x, 190, 40, 56 * WHEN[t], WEIGHT, WEIGHT_TEXT)
        board.text(x, 180 - 56 * WHEN[t], f"{WHEN[t]:.2f}", bold=WHEN[t] > 0.5)
        board.grid(left + 8, 222, WHERE[t].reshape(2, 2), size=27)
        board.note(x, 288, "sums to 1", align="center")
        board.grid(left + 8, 310, (WHEN[t] * WHERE[t]).reshape(2, 2), size=27)
    board.axes.plot((COLUMNS[0] - 60, COLUMNS[-1] + 60), (190, 190), color=INK, linewidth=0.8)
    middle = (COLUMNS[1] + COLUMNS[2]) / 2
    board.polygon(
        [(COLUMNS[0] - 40, 368), (COLUMNS[-1] + 40, 368), (middle + 24, 402), (middle - 24, 402)], (VALUE, 0.3), z=2
    )
    board.text(middle, 384, "weighted sum of all regions")
    board.vector(middle, 411, [VALUE] * 4)
    board.title(middle + 30, 411, "context", VALUE_TEXT, align="left")
    board.vector(760, 70, [QUERY] * 4)
    board.title(760, 46, "query", QUERY_TEXT)
    board.text(760, 96, "the question\n(B, Tq, D)")
    board.arrow((760, 124), (760, 164), (COLUMNS[-1] + 64, 164), colour=QUERY, line=2.2)
    board.arrow((760, 124), (760, 249), (COLUMNS[-1] + 40, 249), colour=QUERY, line=2.2)
    board.letters(HEIGHT - 20, B="clips", Tq="questions", T="frames", S="regions of a frame", D="width")
    return board
