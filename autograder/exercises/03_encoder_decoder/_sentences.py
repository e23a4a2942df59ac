"""Sentences as token numbers: 0 is padding, 1 an unknown word, 2 the start, 3 the end; words begin at 4."""

import numpy as np

END = 3
FIRST_WORD = 4


def tokens(rows):
    """Return rows of token numbers as the tasks give them, in int32."""
    return np.array(rows, np.int32)


TARGET = tokens([[5, 8, 6, 3], [7, 3, 0, 0]])  # the lesson's own small example


def sentences(axes):
    """Draw target tokens, int32, words below V: words, the end, padding; the first row has no padding."""
    batch_axis, length_axis = axes.split()

    def draw(rng, sizes):
        batch, length = sizes[batch_axis], sizes[length_axis]
        said = rng.integers(1, length - 1, size=batch)
        said[0] = length - 1
        drawn = np.zeros((batch, length), np.int32)
        for row, count in zip(drawn, said):
            words = rng.integers(FIRST_WORD, sizes["V"], count)
            row[:count] = np.where(rng.random(count) < 0.1, 1, words)  # an unknown word is a token like any other
            row[count] = END
        return drawn

    return draw


def full_sentences(axes):
    """Draw target tokens, int32, words below V, and the end in the last column: no padding."""
    batch_axis, length_axis = axes.split()

    def draw(rng, sizes):
        drawn = rng.integers(FIRST_WORD, sizes["V"], (sizes[batch_axis], sizes[length_axis])).astype(np.int32)
        drawn[:, -1] = END
        return drawn

    return draw
