"""Lesson 3: the encoder-decoder whose only bridge is one state."""

from board import HIDDEN, INK, PLAIN, QUERY, QUERY_TEXT, WIDTH, Board

LESSON = "03_encoder_decoder"
ALT = """An encoder reads "half past seven" and the end token, one GRU step a token; only the last state, D numbers,
crosses to the decoder, which starts from it and says "las siete y media" and the end token, each step reading the
token before. Below: three tokens or thirty, the bridge has the same D numbers."""
HEIGHT = 372
SOURCE = ["half", "past", "seven", "[end]"]
READ = ["[start]", "las", "siete", "y", "media"]
SAID = ["las", "siete", "y", "media", "[end]"]
TOKENS, EMBED, GRU, OUT = 74, 116, 164, 226
LEFT = [62 + 58 * j for j in range(len(SOURCE))]
RIGHT = [500 + 66 * j for j in range(len(READ))]


def draw():
    """Put the parts together."""
    board = Board(HEIGHT)
    board.panel(14, 262, WIDTH - 14, HEIGHT - 38)
    board.title(36, 30, "ENCODER", INK, align="left")
    board.note(116, 30, "reads (B, Tv)", align="left")
    board.title(476, 30, "DECODER", INK, align="left")
    board.note(558, 30, "says (B, Tq), one token a step", align="left")
    for places, words in ((LEFT, SOURCE), (RIGHT, READ)):
        for j, (x, word) in enumerate(zip(places, words)):
            board.token(x, TOKENS, word, width=52)
            board.arrow((x, TOKENS + 11), (x, EMBED - 7))
            board.vector(x, EMBED, [PLAIN] * 3)
            board.arrow((x, EMBED + 7), (x, GRU - 15))
            board.step(x, GRU, "GRU", width=40, height=30, strong=True)
            if j + 1 < len(words):
                board.arrow((x + 20, GRU), (places[j + 1] - 20, GRU))
    for x, word in zip(RIGHT, SAID):
        board.arrow((x, GRU + 15), (x, OUT - 11))
        board.token(x, OUT, word, width=52)
    board.note(RIGHT[0] - 34, TOKENS, "token before", align="right")
    board.note(RIGHT[0] - 34, OUT, "dense: logits\n(B, Tq, V)", align="right")
    start, end = LEFT[-1] + 20, RIGHT[0] - 20
    middle = (start + end) / 2
    board.arrow((start, GRU), (end, GRU), colour=QUERY, line=3)
    board.vector(middle, GRU, [QUERY] * 6)
    board.title(middle, GRU - 22, "the state", QUERY_TEXT)
    board.note(middle, GRU + 22, "(B, D): all that crosses")
    for y, many, words in ((284, 3, "3 tokens"), (312, 30, "30 tokens")):
        board.text(36, y, words, align="left")
        for j in range(many):
            board.bar(116 + 11 * j, y + 7, 8, 14, HIDDEN)
        board.arrow((116 + 11 * many, y), (508, y), colour=QUERY, line=2)
        board.vector(540, y, [QUERY] * 6)
        board.text(580, y, "the same D numbers", align="left", colour=QUERY_TEXT)
    board.letters(HEIGHT - 20, B="phrases", Tv="source length", Tq="target length", D="state width", V="vocabulary")
    return board
