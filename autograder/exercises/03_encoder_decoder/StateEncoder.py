"""Lesson 3: an encoder that reads a sentence and returns its last state."""

import numpy as np

from autograder.exercise.draws import inputs, part
from autograder.exercise.vocabulary import Exercise, Misconception, Unseen

from ..shared import gru
from ._sentences import full_sentences, sentences


def _states(tokens, weights, real, embedded=None):
    """Return the state after every token, (B, Tv, D); where `real` is False the state stays as it is."""
    gru_weights = [weights[f"gru.cell.{name}"] for name in ("kernel", "recurrent_kernel", "bias")]
    if embedded is None:
        embedded = weights["embedding.embeddings"][tokens]
    state = np.zeros((len(tokens), len(weights["gru.cell.recurrent_kernel"])))
    after = []
    for t in range(tokens.shape[1]):
        state = np.where(real[:, t, None], gru(embedded[:, t], state, *gru_weights), state)
        after.append(state)
    return np.stack(after, axis=1)


def _encode(tokens, weights, vocabulary, width, units):
    """Return the last state; raise ValueError where the weights are not of the sizes asked for."""
    # A layer of other sizes cannot take the weights that are set: only frozen sizes come here.
    if weights["embedding.embeddings"].shape != (vocabulary, width) or weights["gru.cell.bias"].shape != (2, 3 * units):
        raise ValueError(f"expected an embedding of shape ({vocabulary}, {width}) and a GRU of {units} units")
    return _states(tokens, weights, tokens != 0)[:, -1]


def _encode_padding(tokens, weights, **arguments):
    return _states(tokens, weights, np.ones(tokens.shape, bool))[:, -1]


def _encode_zeros(tokens, weights, **arguments):
    embedded = weights["embedding.embeddings"][tokens] * (tokens != 0)[..., None]
    return _states(tokens, weights, np.ones(tokens.shape, bool), embedded)[:, -1]


def _encode_mean(tokens, weights, **arguments):
    real = tokens != 0
    return (_states(tokens, weights, real) * real[..., None]).sum(1) / real.sum(1)[:, None]


def _encode_row_by_row(tokens, weights, **arguments):
    rows = [row[row != 0][None] for row in tokens]
    return np.concatenate([_encode_padding(row, weights) for row in rows])


SIZES = {"vocabulary": "V", "width": "D", "units": "U"}
full = inputs(build=SIZES, tokens=full_sentences("B Tv"))
draw = inputs(build=SIZES, tokens=sentences("B Tv"))


exercise = Exercise(
    title="An encoder that returns its last state",
    difficulty=3,
    importance=4,
    minutes=8,
    how="layer",
    tensors=True,
    weights={
        "embedding.embeddings": "V D",
        "gru.cell.kernel": "D 3*U",
        "gru.cell.recurrent_kernel": "U 3*U",
        "gru.cell.bias": "2 3*U",
    },
    tolerance=1e-5,
    parts=(
        part("no padding", 1, full(B=2, Tv=3, V=7, D=5, U=4, again={"B": 1, "Tv": 5})),
        part(
            "padding after the sentence",
            2,
            draw(B=2, Tv=4, V=8, D=2, U=3, again={"B": 3, "Tv": 7}),
            draw(B=3, Tv=6, V=13, D=4, U=5, again={"B": 1, "Tv": 8}),
        ),
    ),
    reference=_encode,
    misconceptions=(
        Misconception(
            "padding read",
            _encode_padding,
            "Your encoder reads on through the padding, so the state of a short sentence depends on how long its neighbors are.",
            "Compare the three states that the cell on padding printed. Which argument of the embedding made the difference?",
        ),
        Misconception(
            "padding read as zeros",
            _encode_zeros,
            "You set the padding's embeddings to zero, but the GRU still reads them, and its state moves at every step.",
            "A step that reads zeros is still a step. The layer has to be told which steps to skip.",
        ),
        Misconception(
            "a state for every token",
            lambda tokens, weights, **arguments: _states(tokens, weights, tokens != 0),
            "You returned the states of all tokens; here only the last one crosses the bridge.",
            "Your output has three axes, (B, Tv, D). Which one should be gone?",
        ),
        Misconception(
            "mean of the states",
            _encode_mean,
            "You averaged the states; the last state has read the whole sentence and is the one asked for.",
            "What does `keras.layers.GRU` return if nothing else is asked of it?",
        ),
        Misconception(
            "read backwards",
            lambda tokens, weights, **arguments: _encode_row_by_row([row[row != 0][::-1] for row in tokens], weights),
            "Your encoder reads from the last token to the first.",
            "The state is to be the one after [end].",
        ),
        Misconception(
            "state of the first token",
            lambda tokens, weights, **arguments: _states(tokens, weights, tokens != 0)[:, 0],
            "You returned the state after the first token; the one after the last has read the whole sentence.",
            "The state is to be the one after [end].",
        ),
    ),
    right=(_encode_row_by_row, lambda **given: _encode(**given).astype(np.float32)),
    hints=(
        "Build both layers in `__init__`, under the names that the task gives, and call one after the other in `call`.",
        "`keras.layers.GRU(units)` returns its last state when it is called on embedded tokens.",
        "The embedding can announce that token 0 is padding; the GRU then skips those steps by itself. See the cell on padding above.",
    ),
    unseen=(
        Unseen(
            lambda inputs: {"tokens": np.pad(inputs["tokens"], ((0, 0), (0, 2)))},
            "Padding leaks: the state changes when two more columns of padding are added.",
        ),
    ),
)
