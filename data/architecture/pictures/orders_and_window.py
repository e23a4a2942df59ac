"""Lesson 6: two orders of asking and stepping, and a window that is told where to stand."""

import numpy as np
from board import INK, QUERY, QUERY_TEXT, VALUE, VALUE_TEXT, WEIGHT, WEIGHT_TEXT, WIDTH, Board, softmax

LESSON = "06_global_local"
ALT = """Two decoder steps side by side. Bahdanau: the previous state asks, the context enters the GRU cell with the
token, the new state makes the logits. Luong: the cell steps first, the new state asks, and context and state are
joined in the attentional vector, which makes the logits; a dashed arrow, input feeding, takes it to the next step's
input. Below, the letters of "pronounce": global attention may look at all of them, local attention only at the
letters from p - reach to p + reach, its weights multiplied by a bell around p."""
HEIGHT = 560
WORD = "pronounce"
SCORES = np.array([0.3, 0.2, 0.9, 1.2, 2.4, 2.2, 0.9, 0.1, 0.5])
CENTER, REACH = 4.4, 2


def order(board, x, name, source, steps, colours):
    """Draw one decoder step as boxes from top to bottom, centred on x."""
    board.title(x, 36, name, INK)
    board.note(x, 54, source)
    ys = [92 + 58 * i for i in range(len(steps))]
    for i, (y, words, colour) in enumerate(zip(ys, steps, colours)):
        board.step(x, y, words, width=190, height=36, colour=colour, strong=True)
        if i:
            board.arrow((x, ys[i - 1] + 18), (x, y - 18))
    return ys


def draw():
    """Put the parts together."""
    board = Board(HEIGHT)
    board.panel(14, 14, WIDTH / 2 - 6, 330)
    board.panel(WIDTH / 2 + 6, 14, WIDTH - 14, 330)
    left, right = 240, 620
    ys = order(
        board, left, "ask, then step", "lesson 4: Bahdanau, Cho and Bengio (2015)",
        ["previous state asks", "context", "GRU cell", "new state → logits"], [QUERY, VALUE, INK, QUERY],
    )  # fmt: skip
    board.text(left - 108, ys[0], "$s_{t-1}$", align="right", colour=QUERY_TEXT, size=13)
    board.text(left - 108, ys[1], "(B, D)", align="right", colour=VALUE_TEXT)
    board.text(left - 108, ys[2], "with the token\n(B, E)", align="right")
    board.text(left - 108, ys[3], "$s_t$", align="right", colour=QUERY_TEXT, size=13)
    ys = order(
        board, right, "step, then ask", "this lesson: Luong, Pham and Manning (2015)",
        ["GRU cell", "new state asks", "context", "attentional vector → logits"], [INK, QUERY, VALUE, WEIGHT_TEXT],
    )  # fmt: skip
    board.text(right - 108, ys[0], "token\n(B, E)", align="right")
    board.text(right - 108, ys[1], "$s_t$", align="right", colour=QUERY_TEXT, size=13)
    board.text(right - 108, ys[2], "(B, K)", align="right", colour=VALUE_TEXT)
    board.text(right - 108, ys[3], "(B, D)", align="right", colour=WEIGHT_TEXT)
    board.arrow((right + 95, ys[1]), (right + 122, ys[1]), (right + 122, ys[3]), (right + 97, ys[3]), colour=QUERY)
    board.text(right + 128, ys[2], "joined", align="left", colour=QUERY_TEXT)
    board.arrow(
        (right, ys[3] + 18), (right, ys[3] + 40), (right + 178, ys[3] + 40), (right + 178, ys[0]), (right + 97, ys[0]),
        colour=WEIGHT_TEXT, dash=True,
    )  # fmt: skip
    board.text(right - 10, ys[3] + 38, "input feeding: into step t + 1", align="right", colour=WEIGHT_TEXT)
    board.panel(14, 342, WIDTH - 14, HEIGHT - 38)
    columns = [300 + 54 * j for j in range(len(WORD))]
    everywhere = softmax(SCORES)
    places = np.arange(len(WORD))
    inside = np.abs(places - CENTER) <= REACH
    window = softmax(np.where(inside, SCORES, -np.inf)) * np.exp(-((places - CENTER) ** 2) / (2 * (REACH / 2) ** 2))
    board.text(36, 386, "global", align="left", bold=True)
    board.note(92, 386, "every letter may be seen", align="left")
    board.text(36, 446, "local", align="left", bold=True)
    board.note(92, 446, "p − reach to p + reach,\nunder a bell", align="left")
    for j, (x, letter) in enumerate(zip(columns, WORD)):
        board.bar(x, 408, 26, 120 * everywhere[j], WEIGHT, WEIGHT_TEXT)
        board.bar(x, 476, 26, 120 * window[j], WEIGHT, WEIGHT_TEXT)
        board.text(x, 494, letter, size=13, bold=bool(inside[j]), code=True)
    for edge in (CENTER - REACH, CENTER + REACH):
        x = columns[0] + 54 * edge
        board.axes.plot((x, x), (424, 502), color=QUERY, linewidth=1.4, linestyle=(0, (4, 2.5)), zorder=5)
    x = columns[0] + 54 * CENTER
    board.text(x, 428, "p", colour=QUERY_TEXT, bold=True)
    board.axes.plot((columns[0] - 20, columns[-1] + 20), (408, 408), color=INK, linewidth=0.7)
    board.axes.plot((columns[0] - 20, columns[-1] + 20), (476, 476), color=INK, linewidth=0.7)
    board.letters(HEIGHT - 20, B="words", E="embedding width", D="state width", K="key width", p="center of the window")
    return board
