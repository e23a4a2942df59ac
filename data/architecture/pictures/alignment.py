"""Lesson 10: from letters to phonemes, with attention read as alignment."""

import numpy as np
from board import INK, KEY, KEY_TEXT, QUERY, QUERY_TEXT, WEIGHT_TEXT, WIDTH, Board

LESSON = "10_pronunciation"
ALT = """The letters of "knight" go through four encoder blocks, the phonemes said so far through two decoder blocks
that ask the letters. On the right a table, a row a phoneme, a column a letter: N looks at k and n, AY at i and the
silent g and h, T at t, and the end at the end. The numbers are an illustration."""
HEIGHT = 420
LETTERS = ["k", "n", "i", "g", "h", "t", "[end]"]
PHONEMES = ["N", "AY", "T", "[end]"]
WEIGHTS = np.array(
    [
        [0.30, 0.65, 0.05, 0.00, 0.00, 0.00, 0.00],
        [0.00, 0.05, 0.60, 0.20, 0.15, 0.00, 0.00],
        [0.00, 0.00, 0.00, 0.05, 0.10, 0.80, 0.05],
        [0.00, 0.00, 0.00, 0.00, 0.05, 0.10, 0.85],
    ]
)


def draw():
    """Put the parts together."""
    board = Board(HEIGHT)
    board.panel(14, 14, 420, HEIGHT - 38)
    board.panel(430, 14, WIDTH - 14, HEIGHT - 38)
    board.title(32, 40, "ENCODER", INK, align="left")
    for j, letter in enumerate(LETTERS):
        board.token(52 + 54 * j, 76, letter, width=48)
    board.arrow((214, 88), (214, 108))
    board.step(214, 126, "4 blocks: letters ask letters", width=230, height=34, colour=KEY, strong=True)
    board.text(214, 158, "memory (B, Tv, D)", colour=KEY_TEXT, bold=True)
    board.arrow((214, 170), (214, 204), colour=KEY, line=2.6)
    board.text(226, 187, "key, value", colour=KEY_TEXT, align="left")
    board.step(204, 222, "2 blocks: phonemes ask letters", width=224, height=34, colour=QUERY, strong=True)
    board.title(32, 268, "DECODER", INK, align="left")
    board.arrow((214, 308), (214, 241), colour=QUERY, line=2.2)
    board.text(226, 276, "query", colour=QUERY_TEXT, align="left")
    for j, said in enumerate(["[start]", *PHONEMES[:-1]]):
        board.token(112 + 68 * j, 322, said, width=58)
    board.note(214, 348, "said so far (B, Tq)")
    board.arrow((316, 222), (348, 222))
    board.text(352, 222, "logits\n(B, Tq, V)", align="left", size=10)
    board.title(630, 40, "attention as alignment", INK)
    left, top, size = 562, 96, 34
    for j, letter in enumerate(LETTERS):
        board.text(left + size * (j + 0.5), top - 14, letter, code=True)
    for i, phoneme in enumerate(PHONEMES):
        board.text(left - 12, top + size * (i + 0.5), phoneme, align="right", code=True)
        for j in range(len(LETTERS)):
            if WEIGHTS[i, j] >= 0.1:
                dark = WEIGHTS[i, j] > 0.55
                board.text(
                    left + size * (j + 0.5), top + size * (i + 0.5), f"{WEIGHTS[i, j]:.2f}"[1:], size=10, bold=dark
                )
    board.grid(left, top, WEIGHTS, size=size)
    board.text(left - 92, top + 2 * size, "phonemes\n(Tq)", align="center", colour=QUERY_TEXT)
    board.text(left + 3.5 * size, top - 34, "letters (Tv)", colour=KEY_TEXT)
    board.text(left + 3.5 * size, top + 4 * size + 22, "each row sums to one", colour=WEIGHT_TEXT)
    board.text(
        left + 2 * size, top + 4 * size + 72,
        "Nobody told the model which letters make\nwhich phoneme. Section 6 shows real tables.",
    )  # fmt: skip
    board.letters(HEIGHT - 20, B="words", Tv="letters", Tq="phonemes", D="width", V="phonemes there are, and signs")
    return board
