"""Lesson 4: attention in the decoder. The query is the decoder's previous state, (B, D); shapes as in the lesson."""

from __future__ import annotations

import numpy as np

from autograder.exercise.vocabulary import Case, Exercise, Misconception, Part, Unseen

from ..shared import choice, f64, gru, normal, small, softmax, some_padding

_QUERY, _KEY = [[1, 2]], [[[1, 0], [2, 0], [0, 2]]]  # the example of lesson 1: its scores are 1, 2, 4


# --- luong_dot ------------------------------------------------------------------------------------------


def _dot(query, key):
    return np.einsum("bd,btd->bt", *f64(query, key))


def _query_key(rng, batch, values, width):
    return {"query": normal(rng, batch, width), "key": normal(rng, batch, values, width)}


luong_dot = Exercise(
    name="luong_dot",
    title="Score by a dot product, one query for each sentence",
    difficulty=2,
    importance=5,
    minutes=4,
    tensors=True,
    parts=(
        Part(
            "one sentence",
            1,
            (
                Case("the example", lambda rng: small(query=_QUERY, key=_KEY)),
                Case("another sentence", lambda rng: _query_key(rng, 1, 4, 3)),
            ),
        ),
        Part(
            "a batch",
            1,
            (
                Case("two sentences of four tokens", lambda rng: _query_key(rng, 2, 4, 3)),
                Case("five sentences of three tokens", lambda rng: _query_key(rng, 5, 3, 4)),
            ),
        ),
    ),
    reference=_dot,
    misconceptions=(
        Misconception(
            "query axis left over",
            lambda query, key: _dot(query, key)[:, None, :],
            "An axis of length one is left over: there is one query for each sentence, so the scores have shape (B, Tv).",
            "You may give the query an axis for the product. What must become of it afterwards?",
        ),
        Misconception(
            "every query with every sentence",
            lambda query, key: np.einsum("bd,ctd->cbt", query, key),
            "You scored every query against the tokens of every sentence of the batch; each query asks its own sentence only.",
            "The axis B occurs in both arguments. How often should it occur in the result?",
        ),
        Misconception(
            "products left unsummed",
            lambda query, key: np.asarray(query)[:, None, :] * np.asarray(key),
            "You multiplied but did not add up: a dot product is one number for each key.",
            "Your output still has the axis D. Over which axis does a dot product sum?",
        ),
        Misconception(
            "summed over the tokens",
            lambda query, key: (np.asarray(query)[:, None, :] * np.asarray(key)).sum(axis=1),
            "You added up over the tokens; the sum runs over the width D, and each token keeps its own score.",
            "The scores have shape (B, Tv). Which axis of (B, Tv, D) must be gone?",
        ),
        Misconception(
            "softmax taken already",
            lambda query, key: softmax(_dot(query, key)),
            "These are weights; the scores come before the softmax.",
            "In the example the scores are 1, 2 and 4.",
        ),
        Misconception(
            "scaled",
            lambda query, key: _dot(query, key) / np.sqrt(np.shape(key)[-1]),
            "You divided by the square root of the width; Luong's dot score is the plain product.",
            "In the example the scores are 1, 2 and 4.",
        ),
    ),
    right=(
        lambda query, key: (np.asarray(key) @ np.asarray(query)[:, :, None])[:, :, 0],
        lambda query, key: (np.asarray(query)[:, None, :] * np.asarray(key)).sum(axis=-1).tolist(),
    ),
    hints=(
        "In lesson 1 a query had an axis Tq. Here one step asks one question for each sentence, so there is none.",
        "Either add that axis, `query[:, None, :]`, and remove it from the result, or use `tf.einsum`, which needs no such thing.",
        "With einsum: b for the batch, d for the width, v for the tokens. Which letters stay after the arrow?",
    ),
)


# --- luong_general -----------------------------------------------------------------------------------------


def _general(query, key, weight):
    query, key, weight = f64(query, key, weight)
    return np.einsum("bd,de,bte->bt", query, weight, key)


_WEIGHT = [[0, 1], [3, 0]]


def _query_key_weight(rng, batch, values, width, key_width):
    return {
        "query": normal(rng, batch, width),
        "key": normal(rng, batch, values, key_width),
        "weight": normal(rng, width, key_width),
    }


luong_general = Exercise(
    name="luong_general",
    title="Score with a matrix in between",
    difficulty=2,
    importance=4,
    minutes=4,
    tensors=True,
    parts=(
        Part(
            "one sentence",
            1,
            (
                Case("the example", lambda rng: small(query=_QUERY, key=_KEY, weight=_WEIGHT)),
                Case("another sentence", lambda rng: _query_key_weight(rng, 1, 4, 3, 3)),
            ),
        ),
        Part(
            "keys wider or narrower than queries",
            1,
            (
                Case("width 3 against 5", lambda rng: _query_key_weight(rng, 2, 4, 3, 5)),
                Case("width 7 against 2", lambda rng: _query_key_weight(rng, 5, 3, 7, 2)),
            ),
        ),
    ),
    reference=_general,
    misconceptions=(
        Misconception(
            "matrix the wrong way around",
            lambda query, key, weight: _general(query, key, np.asarray(weight).T),
            "Your matrix is transposed: its rows belong to the query, its columns to the key.",
            "The weight has shape (D, K). Which of the two axes meets the query?",
        ),
        Misconception(
            "matrix left out",
            lambda query, key, weight: _dot(query, key),
            "The matrix has no part in your scores: this is the plain dot product.",
            "Through what must the query go before it meets the keys?",
        ),
        Misconception(
            "matrix on both sides",
            lambda query, key, weight: _dot(
                np.asarray(query) @ np.asarray(weight), np.asarray(key) @ np.asarray(weight)
            ),
            "You sent both the query and the keys through the matrix; it stands once, in between.",
            "How often does W occur in the formula?",
        ),
        Misconception(
            "bent by a tanh",
            lambda query, key, weight: _dot(np.tanh(np.asarray(query) @ np.asarray(weight)), key),
            "There is a tanh in your scores; Luong's general score has none, that is the additive one.",
            "Two matrix products, and nothing else.",
        ),
        Misconception(
            "softmax taken already",
            lambda query, key, weight: softmax(_general(query, key, weight)),
            "These are weights; the scores come before the softmax.",
            "In the example the scores are whole numbers.",
        ),
    ),
    right=(
        lambda query, key, weight: _dot(np.asarray(query) @ np.asarray(weight), key),
        lambda query, key, weight: _dot(query, np.asarray(key) @ np.asarray(weight).T),
    ),
    hints=(
        "First the query through the matrix: (B, D) times (D, K).",
        "What comes out has the width of a key. The rest is `luong_dot`.",
    ),
)


# --- bahdanau_scores -----------------------------------------------------------------------------------------


def _hidden(query, key, query_weight, key_weight):
    query, key, query_weight, key_weight = f64(query, key, query_weight, key_weight)
    return (query @ query_weight)[:, None, :] + key @ key_weight


def _additive(query, key, query_weight, key_weight, v):
    return np.tanh(_hidden(query, key, query_weight, key_weight)) @ np.asarray(v, np.float64)


def _additive_case(rng, batch, values, width, key_width, units):
    return {
        "query": normal(rng, batch, width),
        "key": normal(rng, batch, values, key_width),
        "query_weight": normal(rng, width, units),
        "key_weight": normal(rng, key_width, units),
        "v": normal(rng, units),
    }


def _tanh_apart(query, key, query_weight, key_weight, v):
    query, key, query_weight, key_weight, v = f64(query, key, query_weight, key_weight, v)
    return (np.tanh(query @ query_weight)[:, None, :] + np.tanh(key @ key_weight)) @ v


def _query_on_the_wrong_axis(query, key, query_weight, key_weight, v):
    query, key, query_weight, key_weight, v = f64(query, key, query_weight, key_weight, v)
    return np.tanh(query @ query_weight + key @ key_weight) @ v


def _multiplied(query, key, query_weight, key_weight, v):
    query, key, query_weight, key_weight, v = f64(query, key, query_weight, key_weight, v)
    return np.tanh((query @ query_weight)[:, None, :] * (key @ key_weight)) @ v


bahdanau_scores = Exercise(
    name="bahdanau_scores",
    title="Score with a small network",
    difficulty=3,
    importance=5,
    minutes=6,
    tensors=True,
    parts=(
        Part(
            "one sentence",
            1,
            (
                Case(
                    "the example",
                    lambda rng: small(
                        query=_QUERY, key=_KEY, query_weight=[[1, 0], [0, -1]], key_weight=[[0, 1], [1, 0]], v=[1, 10]
                    ),
                ),
                Case("another sentence", lambda rng: _additive_case(rng, 1, 4, 3, 2, 5)),
            ),
        ),
        Part(
            "a batch",
            2,
            (
                Case("two sentences of four tokens", lambda rng: _additive_case(rng, 2, 4, 3, 5, 6)),
                Case("five sentences of three tokens", lambda rng: _additive_case(rng, 5, 3, 4, 2, 7)),
            ),
        ),
        Part(
            "as many sentences as tokens",
            1,
            (Case("three sentences of three tokens", lambda rng: _additive_case(rng, 3, 3, 2, 5, 4)),),
        ),
    ),
    reference=_additive,
    misconceptions=(
        Misconception(
            "tanh left out",
            lambda query, key, query_weight, key_weight, v: (
                _hidden(query, key, query_weight, key_weight) @ np.asarray(v)
            ),
            "There is no tanh in your scores. Without it the query adds the same number to every score, and the softmax forgets it.",
            "The network has a hidden layer. What does it do to its sum?",
        ),
        Misconception(
            "tanh at the end",
            lambda query, key, query_weight, key_weight, v: np.tanh(
                _hidden(query, key, query_weight, key_weight) @ np.asarray(v)
            ),
            "Your tanh comes after v, so no score is larger than 1; it belongs to the hidden layer, before v.",
            "Which comes first in the formula, read from the inside out?",
        ),
        Misconception(
            "a tanh for each side",
            _tanh_apart,
            "You bent query and key apart and added afterwards; then the query only shifts all scores alike, and the softmax forgets it.",
            "Where do query and key first meet: before the tanh or after it?",
        ),
        Misconception(
            "multiplied instead of added",
            _multiplied,
            "You multiplied the two sides; this score is called additive because they are added.",
            "Which sign stands between the two products inside the tanh?",
        ),
        Misconception(
            "v left out",
            lambda query, key, query_weight, key_weight, v: np.tanh(_hidden(query, key, query_weight, key_weight)).sum(
                axis=-1
            ),
            "You added up the hidden units; each should count by its entry in v.",
            "What has shape (A,) and is still unused?",
        ),
        Misconception(
            "query on the wrong axis",
            _query_on_the_wrong_axis,
            "With as many sentences as tokens your sum runs, but wrongly: the query of sentence 1 went to token 1 of every sentence.",
            "A sum of (B, A) and (B, Tv, A) lines axes up from the right. Which axis does the first one need, and where?",
        ),
    ),
    right=(
        lambda query, key, query_weight, key_weight, v: np.einsum(
            "bta,a->bt", np.tanh(_hidden(query, key, query_weight, key_weight)), v
        ),
        lambda query, key, query_weight, key_weight, v: np.stack(
            [_additive(q[None], k[None], query_weight, key_weight, v)[0] for q, k in zip(*f64(query, key))]
        ),
    ),
    hints=(
        "Bring both sides to the same width A: the query through `query_weight`, the keys through `key_weight`.",
        "The query side has shape (B, A), the key side (B, Tv, A). `[:, None, :]` gives the query side the axis it lacks.",
        'After the tanh, multiply by v and sum over A: `tf.einsum("bva,a->bv", ...)`, or `tf.tensordot(..., axes=1)`.',
    ),
)


# --- BahdanauAttention: the same as a layer, with mask and context -------------------------------------------------


def _kernels(weights):
    return tuple(np.asarray(weights[f"{name}_dense.kernel"], np.float64) for name in ("query", "value", "score"))


def _layer_scores(query, value, weights):
    query_kernel, value_kernel, score_kernel = _kernels(weights)
    return _additive(query, value, query_kernel, value_kernel, score_kernel[:, 0])


def _mix(weights, value):
    return np.einsum("bt,btd->bd", weights, np.asarray(value, np.float64))


def _masked_weights(scores, mask):
    return softmax(np.where(np.asarray(mask), scores, -1e30))


def _layer(query, value, value_mask, weights, units):
    shares = _masked_weights(_layer_scores(query, value, weights), value_mask)
    return _mix(shares, value), shares


def _layer_unmasked(query, value, value_mask, weights, units):
    return _layer(query, value, np.ones_like(value_mask), weights, units)


def _layer_mask_after(query, value, value_mask, weights, units):
    shares = softmax(_layer_scores(query, value, weights)) * np.asarray(value_mask)
    return _mix(shares, value), shares


def _layer_all_ones(query, value, value_mask, weights, units):
    shares = np.ones(np.shape(value_mask))
    return _mix(shares, value), shares


def _layer_projected(query, value, value_mask, weights, units):
    shares = _layer(query, value, value_mask, weights, units)[1]
    return _mix(shares, np.asarray(value) @ _kernels(weights)[1]), shares


def _with_axes(outputs, context=None, shares=None):
    """Give the context, the weights or both an axis of length one at a place."""
    places = (context, shares)
    return tuple(
        array if place is None else np.expand_dims(array, place) for array, place in zip(outputs, places, strict=True)
    )


def _layer_no_tanh(query, value, value_mask, weights, units):
    query_kernel, value_kernel, score_kernel = _kernels(weights)
    scores = _hidden(query, value, query_kernel, value_kernel) @ score_kernel[:, 0]
    shares = _masked_weights(scores, value_mask)
    return _mix(shares, value), shares


def _layer_case(name, batch, values, width, value_width, units, full=False):
    def draw(rng):
        mask = np.ones((batch, values), bool) if full else some_padding(rng, batch, values)
        return {
            "query": 2 * normal(rng, batch, width),
            "value": 2 * normal(rng, batch, values, value_width),
            "value_mask": mask,
        }

    return Case(name, draw, {"units": units})


def _layer_weights(rng, inputs, units):
    return {
        "query_dense.kernel": normal(rng, inputs["query"].shape[-1], units),
        "value_dense.kernel": normal(rng, inputs["value"].shape[-1], units),
        "score_dense.kernel": normal(rng, units, 1),
    }


BahdanauAttention = Exercise(
    name="BahdanauAttention",
    title="Additive attention as a layer",
    difficulty=3,
    importance=4,
    minutes=10,
    how="layer",
    tensors=True,
    read=("query_dense.kernel", "value_dense.kernel", "score_dense.kernel"),
    weights=_layer_weights,
    parts=(
        Part("nothing masked", 1, (_layer_case("two sentences of four tokens", 2, 4, 3, 5, 6, full=True),)),
        Part(
            "some padding",
            2,
            (
                _layer_case("two sentences of five tokens", 2, 5, 3, 5, 4),
                _layer_case("four sentences of three tokens", 4, 3, 3, 5, 7),
            ),
        ),
    ),
    reference=_layer,
    misconceptions=(
        Misconception(
            "mask not used",
            _layer_unmasked,
            "The mask changes nothing in your layer: padding gets weight.",
            "Between which two lines does the mask come in? Look back at lesson 1 if you are not sure.",
        ),
        Misconception(
            "mask after the softmax",
            _layer_mask_after,
            "You masked after the softmax, so that the remaining weights no longer sum to one.",
            "Act on the scores.",
        ),
        Misconception(
            "mask inverted",
            lambda query, value, value_mask, weights, units: _layer(
                query, value, ~np.asarray(value_mask), weights, units
            ),
            "The mask is the wrong way around: True means a real token.",
            "In `tf.where(mask, a, b)`, which of the two is taken where the mask is True?",
        ),
        Misconception(
            "softmax over an axis of length one",
            _layer_all_ones,
            "All your weights are 1: the dense layer gave scores of shape (B, Tv, 1), and you took the softmax over the last axis, of length one.",
            "Print the shape of your scores. Over which axis must the weights sum to one?",
        ),
        Misconception(
            "weights with an axis too many",
            lambda query, value, value_mask, weights, units: _with_axes(
                _layer(query, value, value_mask, weights, units), shares=2
            ),
            "Your context is right; the weights still carry the axis of length one that the score's dense layer left.",
            "Expected are weights of shape (B, Tv). Which axis of (B, Tv, 1) should go?",
        ),
        Misconception(
            "axis of length one kept throughout",
            lambda query, value, value_mask, weights, units: _with_axes(
                _layer(query, value, value_mask, weights, units), context=1, shares=2
            ),
            "Your numbers are right, but the axis of length one is still in both outputs: at the end of the weights, (B, Tv, 1), and in the middle of the context, (B, 1, K).",
            "Print both shapes beside those in the task. At which line could the axis go, so that it is gone from both?",
        ),
        Misconception(
            "query axis kept throughout",
            lambda query, value, value_mask, weights, units: _with_axes(
                _layer(query, value, value_mask, weights, units), context=1, shares=1
            ),
            "Your numbers are right, but both outputs still carry an axis for the queries, (B, 1, K) and (B, 1, Tv); here each sentence asks one question, and there is none.",
            "In lesson 1 the results had an axis Tq. Which shapes does this task ask for?",
        ),
        Misconception(
            "weights with a query axis",
            lambda query, value, value_mask, weights, units: _with_axes(
                _layer(query, value, value_mask, weights, units), shares=1
            ),
            "Your context is right; the weights still carry an axis for the queries, (B, 1, Tv), and each sentence asks one question only.",
            "Expected are weights of shape (B, Tv). You took that axis off the context; where else is it?",
        ),
        Misconception(
            "context with an axis too many",
            lambda query, value, value_mask, weights, units: _with_axes(
                _layer(query, value, value_mask, weights, units), context=1
            ),
            "Your weights are right; the context still carries an axis of length one, (B, 1, K).",
            "Expected is a context of shape (B, K). What put the axis there, and is it still needed after the mixing?",
        ),
        Misconception(
            "projected values mixed",
            _layer_projected,
            "You mixed what came out of `value_dense`; that is for scoring only, and the values themselves go into the context.",
            "Which width should the context have: the value's own, or `units`?",
        ),
        Misconception(
            "tanh left out",
            _layer_no_tanh,
            "There is no tanh in your scores.",
            "Compare with `bahdanau_scores`: what stands around the sum?",
        ),
        Misconception(
            "weights before context",
            lambda query, value, value_mask, weights, units: _layer(query, value, value_mask, weights, units)[::-1],
            "You returned the weights first; the context comes first, as in Keras.",
            "Which of your two outputs has shape (B, Tv)?",
        ),
    ),
    right=(
        lambda query, value, value_mask, weights, units: list(_layer(query, value, value_mask, weights, units)),
        lambda query, value, value_mask, weights, units: (
            lambda shares: (np.asarray(shares[:, None, :] @ np.asarray(value))[:, 0], shares)
        )(softmax(_layer_scores(query, value, weights) - 1e9 * (1 - np.asarray(value_mask, float)))),
    ),
    hints=(
        "Three dense layers without bias: the query's and the value's of width `units`, the score's of width 1.",
        "`self.score_dense(...)` gives shape (B, Tv, 1). Take the last axis away before mask and softmax: `[:, :, 0]` or `tf.squeeze(..., -1)`.",
        'Mask the scores with `tf.where`, then the softmax over the tokens, then mix the values: `tf.einsum("bv,bvd->bd", ...)`.',
    ),
)


# --- decoder_step ------------------------------------------------------------------------------------------------------


def _look(state, memory, mask):
    """Return the context and the weights of the dot score, padding left out."""
    weights = _masked_weights(_dot(state, memory), mask)
    return _mix(weights, memory), weights


def _step_with(look=_look, order=("context", "embedded"), hand_on=True):
    def answer(state, embedded, memory, mask, kernel, recurrent_kernel, bias):
        context, weights = look(state, memory, mask)
        parts = {"context": context, "embedded": np.asarray(embedded, np.float64)}
        x = np.concatenate([parts[name] for name in order], axis=-1)
        before = state if hand_on else np.zeros_like(state)
        return gru(x, before, kernel, recurrent_kernel, bias), weights

    return answer


_step = _step_with()


def _ask_late(state, embedded, memory, mask, kernel, recurrent_kernel, bias):
    """Read the previous token first, ask with the state after that, then step."""
    nothing = np.zeros((len(state), np.shape(memory)[-1]))
    read = gru(np.concatenate([nothing, embedded], -1), state, kernel, recurrent_kernel, bias)
    context, weights = _look(read, memory, mask)
    return gru(np.concatenate([context, embedded], -1), state, kernel, recurrent_kernel, bias), weights


def _weights_of_new(state, embedded, memory, mask, kernel, recurrent_kernel, bias):
    new, _ = _step(state, embedded, memory, mask, kernel, recurrent_kernel, bias)
    return new, _look(new, memory, mask)[1]


def _context_as_state(state, embedded, memory, mask, kernel, recurrent_kernel, bias):
    context, weights = _look(state, memory, mask)
    x = np.concatenate([context, embedded], -1)
    return gru(x, context, kernel, recurrent_kernel, bias), weights


def _mask_after(state, memory, mask):
    weights = softmax(_dot(state, memory)) * np.asarray(mask)
    return _mix(weights, memory), weights


def _even(state, memory, mask):
    weights = np.asarray(mask, float) / np.sum(mask, axis=-1, keepdims=True)
    return _mix(weights, memory), weights


def _step_inputs(rng, mask, units, width):
    batch, values = mask.shape
    return {
        "state": normal(rng, batch, units),
        "embedded": normal(rng, batch, width),
        "memory": normal(rng, batch, values, units),
        "mask": mask,
        "kernel": normal(rng, units + width, 3 * units),
        "recurrent_kernel": normal(rng, units, 3 * units),
        "bias": normal(rng, 2, 3 * units),
    }


def _one_sentence(rng):
    """Return the lesson's small example: the scores are 1, 2, 4, and the padding is masked."""
    inputs = _step_inputs(rng, np.array([[True, True, True, False]]), 2, 1)
    inputs |= small(state=_QUERY, memory=[[*_KEY[0], [9, 9]]], embedded=[[1]])
    inputs |= {"kernel": np.zeros((3, 6), np.float32), "recurrent_kernel": np.zeros((2, 6), np.float32)}
    inputs["kernel"][:, 4:] = [[0.5, 0.0], [0.0, 0.5], [0.25, -1.0]]
    inputs["bias"] = np.zeros((2, 6), np.float32)
    return inputs


decoder_step = Exercise(
    name="decoder_step",
    title="One step of the decoder",
    difficulty=4,
    importance=5,
    minutes=10,
    tensors=True,
    parts=(
        Part(
            "one sentence",
            1,
            (
                Case("the example", _one_sentence),
                Case("another sentence", lambda rng: _step_inputs(rng, np.array([[True] * 4 + [False]]), 3, 2)),
            ),
        ),
        Part(
            "nothing masked",
            1,
            (Case("two sentences of five tokens", lambda rng: _step_inputs(rng, np.ones((2, 5), bool), 3, 4)),),
        ),
        Part(
            "some padding",
            2,
            (
                Case("two sentences of five tokens", lambda rng: _step_inputs(rng, some_padding(rng, 2, 5), 3, 4)),
                Case("four sentences of three tokens", lambda rng: _step_inputs(rng, some_padding(rng, 4, 3), 5, 2)),
            ),
        ),
    ),
    reference=_step,
    misconceptions=(
        Misconception(
            "asked with a state that has read the token",
            _ask_late,
            "You let the cell read the previous token first and asked with the state after that; the query is the state as it came in.",
            "In the picture, where does the arrow named query begin?",
        ),
        Misconception(
            "weights of the new state",
            _weights_of_new,
            "Your new state is right, but the weights you return are those that the *next* step will have.",
            "Which weights made the context of this step?",
        ),
        Misconception(
            "token before context",
            _step_with(order=("embedded", "context")),
            "You put the embedding before the context; the first rows of the kernel are trained on the context.",
            "In the picture, which of the two stands on the left of the long box?",
        ),
        Misconception(
            "context taken for the state",
            _context_as_state,
            "Your cell starts from the context instead of the previous state, so the decoder forgets what it was saying.",
            "Two arrows lead into the cell. Where do they come from?",
        ),
        Misconception(
            "state not handed on",
            _step_with(hand_on=False),
            "Your cell starts from zeros at each step; it should start from the previous state.",
            "The previous state has two tasks in a step. Asking is one.",
        ),
        Misconception(
            "mask not used",
            _step_with(look=lambda state, memory, mask: _look(state, memory, np.ones_like(mask))),
            "The mask changes nothing in your step: padding gets weight.",
            "Between scores and softmax, what is missing?",
        ),
        Misconception(
            "mask after the softmax",
            _step_with(look=_mask_after),
            "You masked after the softmax, so that the remaining weights no longer sum to one.",
            "Act on the scores.",
        ),
        Misconception(
            "all tokens weighted alike",
            _step_with(look=_even),
            "Every token gets the same weight in your step: the state has not asked for anything.",
            "Where do the weights come from? From the state and the memory.",
        ),
    ),
    right=(
        lambda **inputs: list(_step(**inputs)),
        lambda state, embedded, memory, mask, kernel, recurrent_kernel, bias: _step(
            state, embedded, np.where(np.asarray(mask)[..., None], memory, 0), mask, kernel, recurrent_kernel, bias
        ),
    ),
    hints=(
        "Five lines: scores, mask, softmax, context, cell. The first four use the state as it came in.",
        "`luong_dot` gave scores of shape (B, Tv); the mask has the same shape.",
        "`tf.concat([context, embedded], axis=-1)` is what the cell reads; `gru_cell` above takes it, and the state.",
    ),
    unseen=(
        Unseen(
            lambda inputs: {
                **inputs,
                "memory": np.where(inputs["mask"][..., None], inputs["memory"], 7.0).astype(np.float32),
            },
            "Padding leaks: your result changes when only the memory of padded tokens changes.",
        ),
    ),
)


# --- alignment_accuracy ------------------------------------------------------------------------------------------------


def _alignment(weights, truth):
    weights, truth = np.asarray(weights), np.asarray(truth)
    asked = truth.any(axis=-1)
    best = weights.argmax(axis=-1)
    hit = np.take_along_axis(truth, best[..., None], axis=-1)[..., 0]
    return hit[asked].mean()


def _aligned(rng, batch, queries, values):
    """Draw weights and a truth: some tokens are aligned with two, some with none; half of the rest are found."""
    truth = np.zeros((batch, queries, values), bool)
    for row in truth.reshape(-1, values):
        row[rng.permutation(values)[: rng.choice([0, 1, 1, 2])]] = True
    truth[0, 0], truth[0, 1] = False, np.arange(values) < 2  # one without, one with two
    truth[1], truth[1, 0, 0] = False, True  # a sentence in which one token only is aligned
    weights = softmax(normal(rng, batch, queries, values) + 1.5 * truth * rng.random(truth.shape))
    weights[1, 0] = softmax(np.where(truth[1, 0], 2.0, 0.0))
    weights[0, 1] = softmax(np.where(np.arange(values) == values - 1, 2.0, 0.0))
    return {"weights": weights.astype(np.float32), "truth": truth}


_EXAMPLE_WEIGHTS = [[[0.7, 0.2, 0.1], [0.3, 0.3, 0.4], [0.1, 0.6, 0.3], [0.2, 0.3, 0.5]]]
_EXAMPLE_TRUTH = [[[1, 0, 0], [1, 1, 0], [0, 0, 0], [0, 1, 1]]]

alignment_accuracy = Exercise(
    name="alignment_accuracy",
    title="Does it look where it should?",
    difficulty=3,
    importance=3,
    minutes=6,
    parts=(
        Part(
            "numbers that fit in the head",
            1,
            (
                Case(
                    "the example",
                    lambda rng: {
                        "weights": np.array(_EXAMPLE_WEIGHTS, np.float32),
                        "truth": np.array(_EXAMPLE_TRUTH, bool),
                    },
                ),
                Case("two sentences of five tokens", lambda rng: _aligned(rng, 2, 5, 3)),
            ),
        ),
        Part(
            "a batch",
            2,
            (
                Case("two sentences", lambda rng: _aligned(rng, 2, 6, 4)),
                Case("three sentences", lambda rng: _aligned(rng, 3, 5, 7)),
            ),
        ),
    ),
    reference=_alignment,
    misconceptions=(
        Misconception(
            "tokens without a partner counted",
            lambda weights, truth: np.take_along_axis(truth, weights.argmax(-1)[..., None], -1).mean(),
            "You counted the tokens that have no true partner as misses; no weight could be right for them.",
            "How many of the example's four target tokens can be hit at all?",
        ),
        Misconception(
            "weight on the truth",
            lambda weights, truth: (weights * truth).sum(-1)[truth.any(-1)].mean(),
            "You summed the weight that falls on true partners; asked for is how often the *most attended* token is one.",
            "Each target token is a hit or a miss, nothing in between.",
        ),
        Misconception(
            "first partner only",
            lambda weights, truth: (weights.argmax(-1) == truth.argmax(-1))[truth.any(-1)].mean(),
            "You accept only the first true partner; a target token can have several, and any of them will do.",
            "What does `argmax` return for a row with two True?",
        ),
        Misconception(
            "asked of the source",
            lambda weights, truth: np.take_along_axis(truth, weights.argmax(-2)[:, None, :], -2)[:, 0][
                truth.any(-2)
            ].mean(),
            "You took the largest weight of each column: which target token looks at a source token most. The target asks, so look along its row.",
            "Over which axis do the weights sum to one? The largest is sought along the same.",
        ),
        Misconception(
            "mean over sentences",
            lambda weights, truth: np.mean([_alignment(w, t) for w, t in zip(weights, truth)]),
            "You averaged within each sentence first; each aligned target token of the batch counts the same.",
            "One number of hits, one number of tokens that can be hit.",
        ),
    ),
    right=(
        lambda weights, truth: (
            sum(bool(t[w.argmax()]) for w, t in zip(_rows(weights), _rows(truth)) if t.any())
            / sum(bool(t.any()) for t in _rows(truth))
        ),
        lambda weights, truth: float(
            np.average(
                ((weights == weights.max(-1, keepdims=True)) & truth).any(-1), weights=truth.any(-1).astype(float)
            )
        ),
    ),
    hints=(
        "`weights.argmax(axis=-1)`, shape (B, Tq), is the place of the most attended source token.",
        "`np.take_along_axis(truth, place[:, :, None], axis=-1)` looks up whether that place is a true one.",
        "`truth.any(axis=-1)` says which target tokens have a partner. Average over those.",
    ),
)


def _rows(array):
    return np.asarray(array).reshape(-1, np.shape(array)[-1])


# --- predict_removed ---------------------------------------------------------------------------------------------------

predict_removed = choice(
    "predict_removed",
    "Predict: the most attended word is hidden",
    "B",
    {
        "A": "Its neighbors have read it, but what they hand over is what they are themselves asked for; hardly any step gets the number back from them.",
        "C": "The state knows how far the phrase has come. It does not take a hidden word for the end.",
        "D": "The previous token tells the state what is due, and that is still a number.",
        "E": "That happens, but not most often: the state knows what kind of token is due.",
    },
    (
        "Two things can tell the step what to say: its state, and the context. What does each of them know?",
        "The state has read the target so far: *23 de octubre de*. What kind of token is due, and does the state know which?",
    ),
    importance=4,
)


EXERCISES = (
    luong_dot,
    luong_general,
    bahdanau_scores,
    BahdanauAttention,
    decoder_step,
    alignment_accuracy,
    predict_removed,
)
