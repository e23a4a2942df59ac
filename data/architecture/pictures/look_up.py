"""Lesson 2: a look-up in a purchase history, in which query, key and value are three different things."""

import numpy as np
from board import (
    INK,
    KEY,
    KEY_TEXT,
    PLAIN,
    QUERY,
    QUERY_TEXT,
    VALUE,
    VALUE_TEXT,
    WEIGHT,
    WEIGHT_TEXT,
    WIDTH,
    Board,
    softmax,
)  # fmt: skip

LESSON = "02_relevance"
ALT = """A purchase history of four items and two places of padding. The target, a microphone, is the query. It is
compared with the key of each purchase, what was bought; the softmax gives 0.88 to the other microphone and nothing
to padding. The weights mix the values, what was thought of each purchase, into a context of shape (B, 1, Dv). The
context goes, beside the profile of the customer, (B, P), into dense layers that return the chance of a purchase."""
HEIGHT = 514
ITEMS = ["cook book", "tyre pump", "camp stove", "microphone", "padding", "padding"]
SCORES = np.array([0.2, -0.6, 0.5, 3.2, -np.inf, -np.inf])
COLUMNS = [270 + 84 * j for j in range(len(ITEMS))]
BOUGHT, KEYS, SCORE, WEIGHTS, VALUES, MIXED, OUT = 100, 142, 192, 290, 336, 392, 446


def draw():
    """Put the parts together."""
    board = Board(HEIGHT)
    left, right = COLUMNS[0] - 40, COLUMNS[-1] + 40
    board.panel(14, 14, WIDTH - 14, HEIGHT - 40)
    board.row(44, "target item", "(B, 1, D)")
    board.row(BOUGHT, "purchases", "Tv places")
    board.row(KEYS, "keys: what was bought", "(B, Tv, D)")
    board.row(SCORE, "scores", "= query · keyᵀ", "(B, 1, Tv)", code=True)
    board.row(WEIGHTS - 30, "distribution", "= softmax(scores)", "(B, 1, Tv)", code=True)
    board.row(VALUES, "values: what was", "thought of it", "(B, Tv, Dv)")
    board.row(MIXED + 8, "context", "= distribution · value", "(B, 1, Dv)", code=True)
    board.token(COLUMNS[0], 44, "microphone", width=82, edge=INK)
    board.vector(COLUMNS[1] + 10, 44, [QUERY] * 6)
    board.title(COLUMNS[1] + 56, 30, "query", QUERY_TEXT, align="left")
    board.text(COLUMNS[1] + 56, 59, "which of these fits this item?", align="left")
    board.arrow((COLUMNS[0] + 41, 44), (COLUMNS[1] - 21, 44))
    board.arrow((COLUMNS[1] + 40, 44), (right + 22, 44), (right + 22, SCORE), (right, SCORE), colour=QUERY, line=2.6)
    for y, height in ((SCORE, 26), (WEIGHTS - 26, 94), (VALUES, 28)):
        board.box((left + right) / 2, y, right - left, height, radius=7)
    for x, item, score, weight in zip(COLUMNS, ITEMS, SCORES, softmax(SCORES)):
        real = np.isfinite(score)
        board.token(x, BOUGHT, item, width=80, edge=INK if real else PLAIN)
        board.vector(x, KEYS, [KEY if real else PLAIN] * 6)
        board.arrow((x, KEYS + 8), (x, SCORE - 13), colour=KEY if real else PLAIN, line=1.4)
        board.text(x, SCORE, f"{score:.1f}".replace("-", "−") if real else "−∞", bold=weight > 0.5)
        board.bar(x, WEIGHTS + 10, 30, 62 * weight, WEIGHT, WEIGHT_TEXT, line=1.2)
        board.text(x, WEIGHTS + 1 - 62 * weight, f"{weight:.2f}", bold=weight > 0.5)
        board.vector(x, VALUES, [VALUE if real else PLAIN] * 3, alpha=max(weight, 0.08) if real else 0.6)
    middle = (left + right) / 2
    board.arrow((middle, SCORE + 13), (middle, WEIGHTS - 73), colour=WEIGHT_TEXT, line=2.2)
    board.arrow((middle, WEIGHTS + 21), (middle, VALUES - 14), colour=WEIGHT_TEXT, line=2.2)
    tip = COLUMNS[1] - 20
    board.polygon(
        [(left + 6, VALUES + 14), (right - 6, VALUES + 14), (tip + 18, MIXED - 8), (tip - 18, MIXED - 8)],
        (VALUE, 0.3), z=2,
    )  # fmt: skip
    board.vector(tip, MIXED, [VALUE] * 3)
    board.title(tip + 28, MIXED, "context", VALUE_TEXT, align="left")
    board.title(right - 4, VALUES + 28, "value", VALUE_TEXT, align="right")
    board.title(left + 4, KEYS + 26, "key", KEY_TEXT, align="left")
    board.row(OUT - 4, "profile (B, P)")
    board.vector(tip, OUT, [PLAIN] * 4)
    board.arrow((tip + 22, OUT), (COLUMNS[2] + 28, OUT))
    board.arrow((tip + 96, MIXED), (COLUMNS[2] + 64, MIXED), (COLUMNS[2] + 64, OUT - 8))
    board.vector(COLUMNS[2] + 64, OUT, [VALUE] * 3 + [PLAIN] * 4)
    board.arrow((COLUMNS[2] + 101, OUT), (COLUMNS[4] - 52, OUT))
    board.step(COLUMNS[4] - 8, OUT, "dense layers", width=88, height=28, strong=True)
    board.arrow((COLUMNS[4] + 36, OUT), (COLUMNS[5] - 26, OUT))
    board.text(COLUMNS[5] - 22, OUT, "chance (B, 1)", align="left")
    board.letters(HEIGHT - 22, B="looks", Tv="places of the history", D="describes an item", Dv="what one says")
    return board
