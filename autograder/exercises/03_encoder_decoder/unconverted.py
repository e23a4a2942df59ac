"""Lesson 3: the encoder-decoder. Padding is 0; shapes as in the lesson (B, Tq, Tv, V)."""

from __future__ import annotations

import numpy as np

from autograder.exercise.vocabulary import Case, Exercise, Misconception, Part, Unseen

from ..shared import choice, gru, normal

_END = 3
_FIRST_WORD = 4  # 0 to 3 are padding, an unknown word, [start] and [end]


def _sentences(rng, batch, length, words=9):
    """Draw target tokens, (batch, length) int32: words, then the end, then padding; the first row has no padding."""
    said = rng.integers(1, length - 1, size=batch)
    said[0] = length - 1
    tokens = np.zeros((batch, length), np.int32)
    for row, count in zip(tokens, said):
        row[:count] = rng.integers(_FIRST_WORD, _FIRST_WORD + words, count)
        row[count] = _END
    return tokens


_TARGET = np.array([[5, 8, 6, 3], [7, 3, 0, 0]], np.int32)  # the lesson's own small example


# --- shift_right: the decoder's input -------------------------------------------------------------------


def _shift(target, start):
    target = np.asarray(target)
    shifted = np.empty_like(target)
    shifted[:, 0], shifted[:, 1:] = start, target[:, :-1]
    return shifted


def _overwrite(target, start):
    target = np.array(target)
    target[:, 0] = start
    return target


shift_right = Exercise(
    name="shift_right",
    title="Shift the target right",
    difficulty=1,
    importance=5,
    minutes=4,
    parts=(
        Part(
            "two sentences",
            1,
            (
                Case("the example", lambda rng: {"target": _TARGET.copy(), "start": 2}),
                Case("two others", lambda rng: {"target": _sentences(rng, 2, 6), "start": 2}),
            ),
        ),
        Part(
            "other sizes",
            1,
            (
                Case("three sentences", lambda rng: {"target": _sentences(rng, 3, 5), "start": 2}),
                Case("another start", lambda rng: {"target": _sentences(rng, 2, 7), "start": 14}),
            ),
        ),
    ),
    reference=_shift,
    misconceptions=(
        Misconception(
            "shifted left",
            lambda target, start: np.concatenate(
                [np.asarray(target)[:, 1:], np.full((len(target), 1), start, np.int32)], axis=1
            ),
            "You shifted the other way: at each step your decoder would read the token after the one that it is to say.",
            "At the first step nothing has been said yet. Which token stands for that, and in which column?",
        ),
        Misconception(
            "nothing dropped",
            lambda target, start: np.insert(np.asarray(target), 0, start, axis=1),
            "You put the start in front but dropped nothing, so your input is one step longer than the target.",
            "After the last token there is no further step. Which column has nothing left to predict?",
        ),
        Misconception(
            "start written over the first token",
            _overwrite,
            "You wrote the start over the first token; it belongs in front of it, and every token moves one place on.",
            "Which token should the decoder have read before it says the second one?",
        ),
        Misconception(
            "rolled around",
            lambda target, start: np.roll(target, 1, axis=1),
            "You rolled the rows: what fell out on the right came in on the left, where the start should be.",
            "`np.roll` loses nothing; here one column must go and another must come.",
        ),
        Misconception(
            "shifted along the batch",
            lambda target, start: np.concatenate(
                [np.full((1, np.shape(target)[1]), start, np.int32), np.asarray(target)[:-1]], axis=0
            ),
            "You moved whole sentences down; each sentence must move to the right within its own row.",
            "The target has shape (B, Tq). Along which axis does time run?",
        ),
        Misconception(
            "target itself",
            lambda target, start: np.asarray(target),
            "You returned the target as it is: at each step the decoder would read the very token that it is to say.",
            "What could a decoder learn that is shown the answer?",
        ),
    ),
    right=(
        lambda target, start: np.insert(np.asarray(target), 0, start, axis=1)[:, :-1],
        lambda target, start: [[start, *(int(token) for token in row[:-1])] for row in target],
        lambda target, start: np.pad(np.asarray(target)[:, :-1], ((0, 0), (1, 0)), constant_values=start),
    ),
    hints=(
        "Write the second row by hand. Target: 7, end, padding, padding. What has been said before each of the four?",
        "The last column of the target is never read. `target[:, :-1]` leaves it out.",
        "Make a column of shape (B, 1) with `np.full` and join it in front with `np.concatenate(..., axis=1)`.",
    ),
)


# --- masked_accuracy ------------------------------------------------------------------------------------------


def _accuracy(target, predicted):
    target, predicted = np.asarray(target), np.asarray(predicted)
    real = target != 0
    return (target == predicted)[real].mean()


def _share(right, counted):
    return float(np.sum(right * counted) / np.sum(counted))


def _guesses(rng, batch, length):
    """Draw target and predictions: about half the words right, padding mostly predicted as padding."""
    target = _sentences(rng, batch, length)
    real = target != 0
    predicted = np.where(rng.random(target.shape) < 0.55, target, rng.integers(_FIRST_WORD, 13, target.shape))
    predicted = np.where(~real & (rng.random(target.shape) < 0.7), 0, predicted).astype(np.int32)
    predicted[0, 0] = target[0, 0] % 9 + _FIRST_WORD  # a wrong word in the full row
    predicted[1, 0], predicted[1, -1] = target[1, 0], 0  # a right word and right padding in a short one
    predicted[-1, 0] = 0  # padding where a word should stand
    return {"target": target, "predicted": predicted}


def _full_rows(rng):
    """Draw five rows without padding, one to four of whose six tokens are right."""
    target = rng.integers(_FIRST_WORD, 13, (5, 6)).astype(np.int32)
    wrong = np.arange(6) < rng.integers(2, 6, (5, 1))
    return {"target": target, "predicted": np.where(wrong, target + 1, target).astype(np.int32)}


masked_accuracy = Exercise(
    name="masked_accuracy",
    title="Count what is right, and not the padding",
    difficulty=2,
    importance=5,
    minutes=4,
    tensors=True,
    parts=(
        Part(
            "numbers that fit in the head",
            1,
            (
                Case(
                    "the example",
                    lambda rng: {
                        "target": _TARGET.copy(),
                        "predicted": np.array([[5, 8, 7, 7], [7, 9, 0, 0]], np.int32),
                    },
                ),
                Case("two sentences", lambda rng: _guesses(rng, 2, 6)),
            ),
        ),
        Part(
            "other sizes",
            1,
            (
                Case("three sentences", lambda rng: _guesses(rng, 3, 8)),
                Case("five sentences", lambda rng: _guesses(rng, 5, 7)),
            ),
        ),
        Part(
            "no padding at all",
            1,
            (
                Case(
                    "two full rows",
                    lambda rng: {
                        "target": np.array([[5, 6, 3], [9, 8, 3]], np.int32),
                        "predicted": np.array([[5, 7, 3], [0, 8, 3]], np.int32),
                    },
                ),
                Case("five full rows", _full_rows),
            ),
        ),
    ),
    reference=_accuracy,
    misconceptions=(
        Misconception(
            "padding counted",
            lambda target, predicted: float(np.mean(np.asarray(target) == predicted)),
            "You counted every place: right padding flatters the model, wrong padding that nobody reads hurts it.",
            "In the example, three of the six real tokens are right. How many places did you divide by?",
        ),
        Misconception(
            "divided by all places",
            lambda target, predicted: float(np.mean((np.asarray(target) == predicted) & (np.asarray(target) != 0))),
            "You left the padding out of the right ones but not out of the total.",
            "A perfect model should score 1. What would yours give it?",
        ),
        Misconception(
            "mean over sentences",
            lambda target, predicted: float(
                np.mean([_share(t == p, t != 0) for t, p in zip(np.asarray(target), np.asarray(predicted))])
            ),
            "You averaged within each sentence first, so that a token of a short sentence counts for more than one of a long sentence.",
            "Each real token of the batch counts the same, whichever row it stands in.",
        ),
        Misconception(
            "padding judged by the prediction",
            lambda target, predicted: _share(np.asarray(target) == predicted, np.asarray(predicted) != 0),
            "You left out the places where the *prediction* is padding; a model that says nothing would never be wrong.",
            "Who knows where the sentence ends: the prediction or the target?",
        ),
        Misconception(
            "mask inverted",
            lambda target, predicted: _share(np.asarray(target) == predicted, np.asarray(target) == 0),
            "You counted the padding only, and left the real tokens out.",
            "Padding is 0. For which places should your mask be True?",
        ),
    ),
    right=(
        lambda target, predicted: _share(np.asarray(target) == predicted, np.asarray(target) != 0),
        lambda target, predicted: np.average(np.equal(target, predicted), weights=np.not_equal(target, 0)),
        lambda target, predicted: (
            sum(int(t) == int(p) for t, p in zip(np.ravel(target), np.ravel(predicted)) if t)
            / int(np.count_nonzero(target))
        ),
    ),
    hints=(
        "Two masks: where the prediction equals the target, and where the target is a real token.",
        "You need the number of places where both are True, and the number of real tokens.",
        "`tf.cast(mask, tf.float32)` makes ones and zeros of a mask, which can be multiplied and summed.",
    ),
)


# --- masked_loss -----------------------------------------------------------------------------------------------


def _losses(target, logits):
    """Return minus the log probability of each target token, (B, Tq)."""
    logits = np.asarray(logits, np.float64)
    top = logits.max(axis=-1, keepdims=True)
    log_total = top[..., 0] + np.log(np.exp(logits - top).sum(axis=-1))
    return log_total - np.take_along_axis(logits, np.asarray(target)[..., None], axis=-1)[..., 0]


def _loss(target, logits):
    return _losses(target, logits)[np.asarray(target) != 0].mean()


def _losses_of_no_logits(target, logits):
    """Return what Keras computes when it takes logits for probabilities: it clips them and divides by their sum."""
    clipped = np.clip(np.asarray(logits, np.float64), 1e-7, 1 - 1e-7)
    return _losses(target, np.log(clipped))


def _logits(rng, target, size):
    return {"target": target, "logits": 2 * normal(rng, *target.shape, size)}


def _three_words(rng):
    """Return logits whose probabilities fit in the head, over 4 tokens: 0.5, 0.5 and 0.125 for the three real ones."""
    share = np.array([[[1, 1, 4, 2], [2, 1, 1, 4]], [[5, 1, 1, 1], [3, 3, 1, 1]]], np.float32) / 8
    return {"target": np.array([[2, 3], [3, 0]], np.int32), "logits": np.log(share)}


masked_loss = Exercise(
    name="masked_loss",
    title="A loss in which padding does not count",
    difficulty=3,
    importance=5,
    minutes=6,
    tensors=True,
    parts=(
        Part(
            "numbers that fit in the head",
            1,
            (
                Case("three real tokens", _three_words),
                Case("two sentences, 9 words", lambda rng: _logits(rng, _sentences(rng, 2, 4, 5), 9)),
            ),
        ),
        Part(
            "other sizes",
            2,
            (
                Case("three sentences, 13 words", lambda rng: _logits(rng, _sentences(rng, 3, 5), 13)),
                Case("four sentences, 17 words", lambda rng: _logits(rng, _sentences(rng, 4, 7, 13), 17)),
            ),
        ),
        Part(
            "large logits",
            1,
            (
                Case(
                    "logits near 200",
                    lambda rng: {
                        "target": np.array([[5, 4, 3], [4, 3, 0]], np.int32),
                        "logits": 200 * normal(rng, 2, 3, 6),
                    },
                ),
            ),
        ),
    ),
    reference=_loss,
    misconceptions=(
        Misconception(
            "padding counted",
            lambda target, logits: _losses(target, logits).mean(),
            "The padding counts in your loss: the model would spend its training on learning to say nothing.",
            "Which losses should not enter the mean? The target tells.",
        ),
        Misconception(
            "divided by all places",
            lambda target, logits: (_losses(target, logits) * (np.asarray(target) != 0)).mean(),
            "You set the padding's losses to zero but still divided by every place, so a batch with much padding seems easy.",
            "How many losses are left after masking? Divide by that.",
        ),
        Misconception(
            "sum instead of mean",
            lambda target, logits: (_losses(target, logits) * (np.asarray(target) != 0)).sum(),
            "You added the losses up; the mean over the real tokens is asked for.",
            "Your loss grows with the size of the batch. Should it?",
        ),
        Misconception(
            "mean over sentences",
            lambda target, logits: np.mean([_loss(t[None], x[None]) for t, x in zip(np.asarray(target), logits)]),
            "You averaged within each sentence first, so that a token of a short sentence counts for more than one of a long sentence.",
            "One sum over all real tokens of the batch, one division.",
        ),
        Misconception(
            "mask inverted",
            lambda target, logits: _share(_losses(target, logits), np.asarray(target) == 0),
            "Only the padding counts in your loss; the mask is the wrong way around.",
            "Padding is 0. For which places should your mask be 1?",
        ),
        Misconception(
            "logits taken for probabilities",
            lambda target, logits: _losses_of_no_logits(target, logits)[np.asarray(target) != 0].mean(),
            "Your cross-entropy took the logits for probabilities: it expects numbers that have gone through a softmax unless it is told.",
            "Look at the arguments of `keras.losses.sparse_categorical_crossentropy`: one of them says what it is given.",
        ),
    ),
    right=(
        lambda target, logits: np.average(_losses(target, logits), weights=np.asarray(target) != 0),
        lambda target, logits: (
            -np.mean(
                [
                    x[t] - np.logaddexp.reduce(x)
                    for t, x in zip(np.ravel(target), np.asarray(logits, float).reshape(-1, np.shape(logits)[-1]))
                    if t
                ]
            )
        ),
    ),
    hints=(
        "First the loss of each place, shape (B, Tq); `keras.losses.sparse_categorical_crossentropy` gives them all.",
        "That function wants to be told `from_logits=True`.",
        "Then one mask for the whole batch: the sum of losses times mask, divided by the sum of the mask. Cast the mask to a float first.",
    ),
    unseen=(
        Unseen(
            lambda inputs: {
                **inputs,
                "logits": np.where((inputs["target"] == 0)[..., None], inputs["logits"][..., ::-1], inputs["logits"]),
            },
            "Padding counts: your loss changes when only what the model says at padded places changes.",
        ),
    ),
)


# --- StateEncoder -----------------------------------------------------------------------------------------------


def _states(tokens, weights, real, embedded=None):
    """Return the state after every token, (B, Tv, D); where `real` is False the state stays as it is."""
    tokens = np.asarray(tokens)
    gru_weights = [weights[f"gru.cell.{name}"] for name in ("kernel", "recurrent_kernel", "bias")]
    if embedded is None:
        embedded = np.asarray(weights["embedding.embeddings"], np.float64)[tokens]
    state = np.zeros((len(tokens), np.shape(weights["gru.cell.recurrent_kernel"])[0]))
    after = []
    for t in range(tokens.shape[1]):
        state = np.where(real[:, t, None], gru(embedded[:, t], state, *gru_weights), state)
        after.append(state)
    return np.stack(after, axis=1)


def _encode(tokens, weights, **arguments):
    return _states(tokens, weights, np.asarray(tokens) != 0)[:, -1]


def _encode_padding(tokens, weights, **arguments):
    return _states(tokens, weights, np.ones(np.shape(tokens), bool))[:, -1]


def _encode_zeros(tokens, weights, **arguments):
    tokens = np.asarray(tokens)
    embedded = np.asarray(weights["embedding.embeddings"], np.float64)[tokens] * (tokens != 0)[..., None]
    return _states(tokens, weights, np.ones(tokens.shape, bool), embedded)[:, -1]


def _encode_mean(tokens, weights, **arguments):
    real = np.asarray(tokens) != 0
    return (_states(tokens, weights, real) * real[..., None]).sum(1) / real.sum(1)[:, None]


def _encode_row_by_row(tokens, weights, **arguments):
    rows = [np.asarray(row)[np.asarray(row) != 0][None] for row in tokens]
    return np.concatenate([_encode_padding(row, weights) for row in rows])


def _encoder_weights(rng, inputs, vocabulary, width, units):
    return {
        "embedding.embeddings": normal(rng, vocabulary, width),
        "gru.cell.kernel": normal(rng, width, 3 * units),
        "gru.cell.recurrent_kernel": normal(rng, units, 3 * units),
        "gru.cell.bias": normal(rng, 2, 3 * units),
    }


def _encoder_case(name, draw, vocabulary, width, units):
    return Case(name, draw, {"vocabulary": vocabulary, "width": width, "units": units})


StateEncoder = Exercise(
    name="StateEncoder",
    title="An encoder that returns its last state",
    difficulty=3,
    importance=4,
    minutes=8,
    how="layer",
    tensors=True,
    read=("embedding.embeddings", "gru.cell.kernel", "gru.cell.recurrent_kernel", "gru.cell.bias"),
    weights=_encoder_weights,
    tolerance=1e-5,
    parts=(
        Part(
            "no padding",
            1,
            (
                _encoder_case(
                    "two sentences of three tokens", lambda rng: {"tokens": np.array([[4, 5, 3], [6, 4, 3]])}, 7, 2, 4
                ),
            ),
        ),
        Part(
            "padding after the sentence",
            2,
            (
                _encoder_case(
                    "the second one is shorter", lambda rng: {"tokens": np.array([[4, 5, 6, 3], [6, 3, 0, 0]])}, 7, 2, 3
                ),
                _encoder_case("three sentences", lambda rng: {"tokens": _sentences(rng, 3, 6)}, 13, 5, 4),
            ),
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
            lambda tokens, weights, **arguments: _states(tokens, weights, np.asarray(tokens) != 0),
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
            lambda tokens, weights, **arguments: _encode_row_by_row(
                [np.asarray(row)[np.asarray(row) != 0][::-1] for row in np.asarray(tokens)], weights
            ),
            "Your encoder reads from the last token to the first.",
            "The state is to be the one after [end].",
        ),
    ),
    right=(_encode_row_by_row, lambda tokens, weights, **arguments: _encode(tokens, weights).astype(np.float32)),
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


# --- greedy_decode: a decoder given as tables -------------------------------------------------------------------------


def _greedy(scores, next_state, state, start, end, max_length):
    said, token = [], start
    for _ in range(max_length):
        best = int(np.argmax(scores[state, token]))
        state, token = int(next_state[state, token]), best
        said.append(best)
        if best == end:
            break
    return said


def _greedy_variant(
    feed_back=True, stop=True, keep_end=True, keep_start=False, hand_on=True, by_new=False, least=False
):
    def answer(scores, next_state, state, start, end, max_length):
        scores, said, token = np.asarray(scores), [], start
        for _ in range(max_length):
            best = int((np.argmin if least else np.argmax)(scores[state, token]))
            if hand_on:
                state = int(next_state[state, best if by_new else token])
            token = best if feed_back else start
            said.append(best)
            if stop and best == end:
                break
        if not keep_end and said and said[-1] == end:
            said.pop()
        return [start, *said] if keep_start else said

    return answer


_GREEDY_MISTAKES = {
    "own tokens never read": _greedy_variant(feed_back=False),
    "runs past the end": _greedy_variant(stop=False),
    "end left out": _greedy_variant(keep_end=False),
    "start kept": _greedy_variant(keep_start=True),
    "state not handed on": _greedy_variant(hand_on=False),
    "state moved by the new token": _greedy_variant(by_new=True),
    "lowest score taken": _greedy_variant(least=True),
}


def _toy(rng, states, tokens, max_length, ends):
    """Draw a toy decoder that speaks for at least four steps, and on which every mistake shows.

    If `ends`, it says the end before `max_length`; otherwise never.
    """
    start, end = 0, 1
    while True:
        scores = normal(rng, states, tokens, tokens)
        scores[..., start] = -9.0
        if not ends:
            scores[..., end] = -8.0
        toy = {
            "scores": scores,
            "next_state": rng.integers(0, states, (states, tokens)),
            "state": int(rng.integers(states)),
            "start": start,
            "end": end,
            "max_length": max_length,
        }
        said = _greedy(**toy)
        others = [answer(**toy) for answer in _GREEDY_MISTAKES.values()]
        telling = not ends or all(said != other for other in others)
        if len(said) >= 4 and (said[-1] == end) == ends and len(said) < max_length + (not ends) and telling:
            return toy


def _small_toy(rng):
    """Return the lesson's own toy: it says ha, ha, ho, [end]."""
    scores = np.zeros((2, 4, 4))
    scores[0, 0, 2] = scores[0, 2, 2] = scores[1, 2, 3] = scores[1, 3, 1] = scores[1, 1, 2] = 1.0
    scores[0, 3, 2] = scores[0, 1, 3] = scores[1, 0, 3] = 1.0
    next_state = np.array([[0, 1, 1, 0], [1, 0, 1, 0]])
    return {"scores": scores, "next_state": next_state, "state": 0, "start": 0, "end": 1, "max_length": 6}


greedy_decode = Exercise(
    name="greedy_decode",
    title="Speak greedily, and stop",
    difficulty=4,
    importance=5,
    minutes=8,
    parts=(
        Part(
            "a toy that laughs",
            1,
            (
                Case("two states, four tokens", _small_toy),
                Case("two states, five tokens", lambda rng: _toy(rng, 2, 5, 9, ends=True)),
            ),
        ),
        Part(
            "other decoders",
            2,
            (
                Case("three states, six tokens", lambda rng: _toy(rng, 3, 6, 9, ends=True)),
                Case("five states, seven tokens", lambda rng: _toy(rng, 5, 7, 11, ends=True)),
            ),
        ),
        Part("one that never ends", 1, (Case("at most eight tokens", lambda rng: _toy(rng, 4, 5, 8, ends=False)),)),
    ),
    reference=_greedy,
    misconceptions=(
        Misconception(
            "own tokens never read",
            _GREEDY_MISTAKES["own tokens never read"],
            "Your decoder reads the start token at every step; it should read the token that it has just said.",
            "What is the previous token at the second step?",
        ),
        Misconception(
            "runs past the end",
            _GREEDY_MISTAKES["runs past the end"],
            "Your decoder goes on talking after the end.",
            "What should happen in the step in which the best token is `end`?",
        ),
        Misconception(
            "end left out",
            _GREEDY_MISTAKES["end left out"],
            "You stop at the end but leave it out; it is said like any other token, and belongs to the list.",
            "The example's list closes with 1. What is token 1?",
        ),
        Misconception(
            "start kept",
            _GREEDY_MISTAKES["start kept"],
            "Your list begins with the start token, which is read, not said.",
            "How many tokens has the decoder said before its first step?",
        ),
        Misconception(
            "state not handed on",
            _GREEDY_MISTAKES["state not handed on"],
            "Your decoder stays in its first state; each step must begin in the state in which the one before ended.",
            "Two things change from step to step. One is the token; which is the other?",
        ),
        Misconception(
            "state moved by the new token",
            _GREEDY_MISTAKES["state moved by the new token"],
            "You looked up the next state with the new token; a step reads the previous token, and both its results follow from that one.",
            "In which order do you replace `token` and look up `next_state[state, token]`?",
        ),
        Misconception(
            "lowest score taken",
            _GREEDY_MISTAKES["lowest score taken"],
            "You took the token with the lowest score.",
            "Greedy means: the most likely token at each step.",
        ),
    ),
    right=(
        lambda scores, next_state, state, start, end, max_length: np.array(
            _greedy(scores, next_state, state, start, end, max_length)
        ),
        lambda scores, next_state, state, start, end, max_length: _greedy_recursive(
            scores, next_state, state, start, end, max_length
        ),
    ),
    hints=(
        "A loop of at most `max_length` steps, with two things to carry along: the state and the previous token.",
        "In one step: `scores[state, token]` says which token is best, `next_state[state, token]` which state comes next. Only then replace both.",
        "`np.argmax` gives the best token. Append it, and leave the loop if it is `end`.",
    ),
)


def _greedy_recursive(scores, next_state, state, token, end, left):
    best = max(range(len(scores[state, token])), key=lambda each: scores[state, token][each])
    if left == 1 or best == end:
        return [best]
    return [best, *_greedy_recursive(scores, next_state, int(next_state[state, token]), best, end, left - 1)]


# --- exact_match ------------------------------------------------------------------------------------------------------


def _exact(target, predicted):
    """Return which sentences are right up to and including their end, (B,)."""
    found = []
    for row, said in zip(np.asarray(target), np.asarray(predicted)):
        length = int(np.flatnonzero(row == _END)[0]) + 1
        found.append(row[:length].tolist() == said[:length].tolist())
    return np.array(found)


def _spoken(rng, length):
    """Draw one row of each kind: right, right with noise after the end, and wrong in five ways; in any order."""
    target = np.zeros((8, length), np.int32)
    count = length - 3
    for row in target:
        row[:count] = rng.permutation(np.arange(_FIRST_WORD, _FIRST_WORD + 9))[:count]
    target[:, count] = _END
    predicted = target.copy()
    predicted[1, count + 1 :] = rng.integers(_FIRST_WORD, 13, 2)  # noise after the end: right all the same
    predicted[2, count : count + 2] = (predicted[2, 0], _END)  # goes on for a word
    predicted[3, :2] = predicted[3, 1::-1]  # two words exchanged
    predicted[4, count - 1] = 0  # padding where a word should stand
    predicted[5, 0] = 13  # a wrong word
    predicted[6, count - 1 :] = (_END, 0, 0, 0)  # ends too early
    predicted[7, count] = 0  # never says the end
    order = rng.permutation(8)
    return {"target": target[order], "predicted": predicted[order]}


def _same(target, predicted):
    return np.asarray(target) == np.asarray(predicted)


exact_match = Exercise(
    name="exact_match",
    title="Is the whole sentence right?",
    difficulty=2,
    importance=4,
    minutes=5,
    parts=(
        Part(
            "numbers that fit in the head",
            1,
            (
                Case(
                    "the example",
                    lambda rng: {
                        "target": np.array([[5, 8, 3, 0], [5, 8, 3, 0], [5, 8, 3, 0]]),
                        "predicted": np.array([[5, 8, 3, 7], [5, 8, 7, 3], [8, 5, 3, 0]]),
                    },
                ),
                Case("sentences of four tokens", lambda rng: _spoken(rng, 6)),
            ),
        ),
        Part(
            "all that can happen",
            2,
            (
                Case("sentences of five tokens", lambda rng: _spoken(rng, 7)),
                Case("sentences of eight tokens", lambda rng: _spoken(rng, 10)),
            ),
        ),
    ),
    reference=_exact,
    misconceptions=(
        Misconception(
            "what follows the end counts",
            lambda target, predicted: _same(target, predicted).all(axis=1),
            "You compared whole rows; what a decoder says after its end is never read, and must not count.",
            "In the example's first row, where does the sentence end?",
        ),
        Misconception(
            "share of right tokens",
            lambda target, predicted: _same(target, predicted).mean(axis=1),
            "You returned the share of right tokens; a sentence is right as a whole or not at all.",
            "What is asked for each sentence: a number, or True or False?",
        ),
        Misconception(
            "end not compared",
            lambda target, predicted: (_same(target, predicted) | np.isin(target, (0, _END))).all(axis=1),
            "You did not compare the end, so a translation that goes on with more words passes for right.",
            "Is *two weeks ago* right where *two weeks* is meant?",
        ),
        Misconception(
            "padding judged by the prediction",
            lambda target, predicted: (_same(target, predicted) | (np.asarray(predicted) == 0)).all(axis=1),
            "You skipped the places where the *prediction* is padding; one that says nothing would be right.",
            "Who knows how long the sentence should be?",
        ),
        Misconception(
            "order ignored",
            lambda target, predicted: np.array(
                [
                    sorted(row[: list(row).index(_END) + 1]) == sorted(said[: list(row).index(_END) + 1])
                    for row, said in zip(np.asarray(target), np.asarray(predicted))
                ]
            ),
            "You compared which words occur, not where: *May 3* and *3 May* would count as the same.",
            "Compare place by place.",
        ),
        Misconception(
            "one right token is enough",
            lambda target, predicted: (_same(target, predicted) & (np.asarray(target) != 0)).any(axis=1),
            "You asked whether any token is right; all of them must be.",
            "`any` or `all`?",
        ),
        Misconception(
            "one number for the batch",
            lambda target, predicted: float(_exact(target, predicted).mean()),
            "You returned the share of right sentences; here each sentence keeps its own True or False.",
            "The result has shape (B,): over which axis may you reduce?",
        ),
    ),
    right=(
        lambda target, predicted: (_same(target, predicted) | (np.asarray(target) == 0)).all(axis=1),
        lambda target, predicted: (~_same(target, predicted) * np.asarray(target)).sum(axis=1) == 0,
        lambda target, predicted: [
            all(t == p for t, p in zip(row, said) if t) for row, said in zip(target.tolist(), predicted.tolist())
        ],
    ),
    hints=(
        "Which places must agree? Those where the target holds a word or its end.",
        "A place is fine if prediction and target agree there, or if the target is padding there.",
        "`np.all(..., axis=1)` asks it of every place of each row. `|` is *or* for arrays.",
    ),
)


# --- predict_bottleneck ---------------------------------------------------------------------------------------------------

predict_bottleneck = choice(
    "predict_bottleneck",
    "Predict: longer phrases",
    "D",
    {
        "A": "The words are the same, but a longer phrase must fit into the same few numbers, all of it at once.",
        "B": "More context would help if it could be looked at again; here it has to share one state of fixed width.",
        "C": "If every token failed with the same small probability, it would be like this. But the tokens of a long phrase fail far more often.",
        "E": "A state can be computed for a phrase of any length, and the decoder does speak. What it says is another matter.",
    },
    (
        "The state has the same width for 3 tokens and for 26. What has to be in it when the decoder begins?",
        "One wrong token makes the whole phrase wrong, and a phrase of 20 tokens has 20 chances.",
    ),
    importance=4,
)


EXERCISES = (
    shift_right,
    masked_accuracy,
    masked_loss,
    StateEncoder,
    greedy_decode,
    exact_match,
    predict_bottleneck,
)
