"""Lesson 8: the block, the whole model, and what the key-value cache keeps."""

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
    WIDTH,
    Board,
)  # fmt: skip

LESSON = "08_transformer"
ALT = """The Transformer of this lesson. The encoder embeds the source, adds positions, and passes it through two
blocks: normalize, self-attention, add; normalize, feed-forward network, add. The decoder does the same with the
previous tokens, its self-attention masked against the future, and has a third part between: normalize, attention to
the encoder's output, add. A last normalization and the embedding table give the logits, (B, Tq, V). On the right,
the cache: at step 4 the keys and values of places 0 to 3 are kept, and only the newest place makes a query, a key
and a value."""
HEIGHT = 640


def block(board, x, bottom, parts):
    """Draw a pre-norm block upwards from `bottom`: each part is (words, colour); return where its top is."""
    y = bottom
    for words, colour in parts:
        start = y
        board.arrow((x, start), (x, start - 20))
        board.step(x, start - 30, "norm", width=120, height=20)
        board.arrow((x, start - 40), (x, start - 52))
        board.step(x, start - 68, words, width=120, height=32, colour=colour, strong=True)
        board.arrow((x, start - 84), (x, start - 96))
        board.plus(x, start - 106)
        board.arrow((x, start - 8), (x + 78, start - 8), (x + 78, start - 106), (x + 11, start - 106))
        y = start - 116
    return y


def draw():
    """Put the parts together."""
    board = Board(HEIGHT)
    board.panel(14, 14, 548, HEIGHT - 38)
    board.panel(558, 14, WIDTH - 14, HEIGHT - 38)
    encoder, decoder = 150, 390
    board.title(encoder, 36, "ENCODER", INK)
    board.title(decoder, 36, "DECODER", INK)
    for x, words, shape, size in (
        (encoder, "source tokens", "(B, Tv)", "Tv"),
        (decoder, "previous tokens", "(B, Tq)", "Tq"),
    ):
        board.text(x, 584, f"{words}  {shape}", bold=True)
        board.arrow((x, 574), (x, 560))
        board.step(x, 544, "embedding + position", width=150, height=30)
        board.note(x + 82, 556, f"(B, {size}, D)", align="left")
        board.axes.plot((x, x), (529, 516), color="#6B7178", linewidth=1.2, zorder=2)
    top = block(board, encoder, 516, (("self-attention", QUERY), ("feed-forward", WEIGHT)))
    board.box(encoder + 8, (516 + top) / 2, 206, 516 - top + 6, fill="none", edge=PLAIN, radius=10, z=1)
    board.text(encoder - 76, top + 18, "× 2", bold=True)
    board.arrow((encoder, top), (encoder, top - 18))
    board.step(encoder, top - 30, "norm", width=120, height=22)
    board.text(encoder, top - 58, "memory (B, Tv, D)", colour=KEY_TEXT, bold=True)
    last = block(
        board,
        decoder,
        516,
        (("self-attention,\nno future", QUERY), ("attention to\nthe source", KEY), ("feed-forward", WEIGHT)),
    )
    board.box(decoder + 8, (516 + last) / 2, 206, 516 - last + 6, fill="none", edge=PLAIN, radius=10, z=1)
    board.text(decoder - 76, last + 18, "× 2", bold=True)
    cross = 516 - 116 - 68
    memory = top - 30
    board.arrow(
        (encoder + 60, memory),
        (encoder + 132, memory),
        (encoder + 132, cross),
        (decoder - 62, cross),
        colour=KEY,
        line=2.6,
    )
    board.text(encoder + 66, memory + 15, "key, value", colour=KEY_TEXT, align="left", size=10.5)
    board.arrow((decoder, last), (decoder, last - 16))
    board.step(decoder, last - 28, "norm", width=120, height=22)
    board.arrow((decoder, last - 39), (decoder, last - 55))
    board.text(decoder, last - 64, "logits (B, Tq, V)", bold=True)
    x = 600
    board.title(690, 36, "the cache, step 4", INK)
    board.text(578, 74, "previous\ntokens", align="left")
    for j, word in enumerate(["[start]", "las", "siete", "y"]):
        px = x + 52 + 44 * j
        board.token(px, 74, word, width=42, edge=INK if j == 3 else PLAIN)
        board.box(px, 190, 26, 20, fill=(KEY, 1 if j == 3 else 0.35), edge=INK)
        board.box(px, 230, 26, 20, fill=(VALUE, 1 if j == 3 else 0.35), edge=INK)
        board.arrow((px, 330), (px, 362), colour=WEIGHT)
        board.bar(px, 326, 22, (10, 22, 56, 30)[j], WEIGHT)
    board.text(574, 190, "key", align="left", colour=KEY_TEXT, bold=True)
    board.text(574, 230, "value", align="left", colour=VALUE_TEXT, bold=True)
    newest = x + 52 + 44 * 3
    board.arrow((newest, 85), (newest, 130))
    board.box(newest, 141, 26, 20, fill=QUERY, edge=INK)
    board.text(newest - 20, 141, "only the newest place asks: query", align="right", colour=QUERY_TEXT, size=10)
    board.box(x + 52 + 44, 210, 130, 76, fill="none", edge=INK, radius=8, dash=(0, (3, 2)))
    board.note(x + 96, 259, "kept from steps 1 to 3")
    board.text(574, 306, "weights", align="left")
    board.text(690, 380, "context of the newest place", colour=VALUE_TEXT)
    board.text(
        572, 460,
        "Without a cache, step t works out\nall t places again. With it, one:\nits query meets the kept keys,\n"
        "its key and value join them.\n\nThe source is not asked again\neither: its keys and values are\nmade once.",
        align="left", size=11,
    )  # fmt: skip
    board.letters(HEIGHT - 20, B="phrases", Tv="source length", Tq="target length", D="width", V="vocabulary")
    return board
