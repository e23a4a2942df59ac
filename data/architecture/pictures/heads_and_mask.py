"""Lesson 7: one sequence in three roles, several heads, positions and the causal mask."""

import numpy as np
from board import (
    INK,
    KEY,
    KEY_TEXT,
    QUERY,
    QUERY_TEXT,
    VALUE,
    VALUE_TEXT,
    WEIGHT_TEXT,
    WIDTH,
    Board,
    softmax,
)  # fmt: skip

LESSON = "07_self_attention"
ALT = """Four words, each a vector plus the vector of its place, (B, T, D). Three dense layers make queries, keys
and values of the same words; each is split into heads, (B, H, T, K). Each head has a table of weights, T by T, of
its own: row t says whom word t looks at. Above the diagonal all cells are crossed out: the future. Weights times
values, the heads merged again to (B, T, D), one more dense layer."""
HEIGHT = 500
WORDS = ["the", "dog", "bites", "him"]
COLUMNS = [112 + 62 * j for j in range(len(WORDS))]


def draw():
    """Put the parts together."""
    board = Board(HEIGHT)
    board.panel(14, 14, 350, HEIGHT - 38)
    board.panel(360, 14, WIDTH - 14, HEIGHT - 38)
    middle = (COLUMNS[0] + COLUMNS[-1]) / 2
    for j, (x, word) in enumerate(zip(COLUMNS, WORDS)):
        board.token(x, 46, word, width=54)
        board.arrow((x, 57), (x, 77))
        board.vector(x, 85, ["#A9AFB6"] * 4)
        board.plus(x, 112)
        board.vector(x, 139, [("#56B4E9", "#9AD0F0", "#CFE8F8", "#E8F4FC")[(j + i) % 4] for i in range(4)])
        board.note(x, 157, f"place {j}")
        board.arrow((x, 165), (x, 190))
    board.text(26, 85, "word", align="left")
    board.text(26, 139, "position", align="left")
    board.box(middle, 205, 250, 28, radius=7)
    board.text(middle, 205, "x  (B, T, D)", bold=True)
    roles = (
        (middle - 98, "query", QUERY, QUERY_TEXT),
        (middle, "key", KEY, KEY_TEXT),
        (middle + 98, "value", VALUE, VALUE_TEXT),
    )
    for x, name, colour, dark in roles:
        board.arrow((x, 219), (x, 246), colour=colour, line=2.2)
        board.step(x, 262, "dense", width=76, colour=colour)
        board.title(x, 292, name, dark)
        for head in range(2):
            board.box(x, 322 + 26 * head, 60, 20, fill=(colour, 0.85 - 0.45 * head), edge=INK)
    board.note(middle, 376, "each split into heads")
    board.text(middle, 400, "(B, T, D)  →  (B, H, T, K),   K = D / H")
    board.text(182, 430, "The same words ask, are compared, are mixed.")
    rng = np.random.default_rng(4)
    seen = np.tril(np.ones((4, 4), bool))
    for head in range(2):
        left, top = 470 + 180 * head, 74
        weights = softmax(np.where(seen, 2.2 * rng.normal(size=(4, 4)), -np.inf))
        board.title(left + 52, 36, f"head {head + 1}", INK)
        for j, word in enumerate(WORDS):
            board.text(left + 13 + 26 * j, top - 10, word, size=9.5)
            if not head:
                board.text(left - 8, top + 13 + 26 * j, word, align="right")
        board.grid(left, top, weights, size=26, crossed=~seen)
        board.arrow((left + 52, top + 106), (left + 52, 236), colour=WEIGHT_TEXT, line=2)
        for j in range(4):
            board.vector(left + 7 + 30 * j, 250, [VALUE] * 2)
        board.arrow((left + 52, 262), (left + 52, 296), (590, 296), (590, 312))
    board.note(392, 74 + 52, "who\nlooks", align="left")
    board.text(712, 204, "crossed: future,\nscore −∞", size=10.5, align="left")
    board.text(470 + 52 - 66, 212, "weights\n(B, H, T, T)", align="right", colour=WEIGHT_TEXT)
    board.text(456, 250, "weights · value\n(B, H, T, K)", align="right", colour=VALUE_TEXT)
    board.box(590, 326, 250, 28, radius=7)
    board.text(590, 326, "heads merged  (B, T, D)", bold=True)
    board.arrow((590, 340), (590, 366))
    board.step(590, 382, "dense", width=96, strong=True)
    board.arrow((590, 398), (590, 424))
    board.text(590, 434, "(B, T, D): every word has taken from the others", size=11.5)
    board.letters(HEIGHT - 20, B="sequences", T="length", D="width", H="heads", K="width of one head")
    return board
