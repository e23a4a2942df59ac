"""The encoder-decoder with attention, as lesson 4 builds it: the picture at the top of the repository.

The numbers are an illustration, not the output of a trained model.
"""

import numpy as np
from board import (
    HIDDEN,
    INK,
    KEY,
    KEY_TEXT,
    LINE,
    PLAIN,
    QUERY,
    QUERY_TEXT,
    VALUE,
    VALUE_TEXT,
    WEIGHT,
    WEIGHT_TEXT,
    WHITE,
    WIDTH,
    Board,
    softmax,
)  # fmt: skip

LESSON, FILE = "04_decoder_attention", "architecture.png"
ALT = """Encoder-decoder with attention, translating "half past seven" into "las siete y media". The encoder keeps its
hidden states as keys and values. In the enlarged decoder step, the previous state is the query; scores,
distribution and context follow; the context is concatenated with the embedding of the previous token, enters
the GRU cell with the previous state, and the new state gives the next token."""
HEIGHT = 776
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


def draw():
    """Put the parts together."""
    board = Board(HEIGHT)
    board.panel(14, TOP, WIDTH - 14, BOTTOM)
    for part in (draw_encoder, draw_decoder, draw_attention, draw_query, draw_cell, draw_output):
        part(board)
    board.letters(BOTTOM + 21, **LETTERS)
    return board
