"""Lesson 8: the Transformer. References in NumPy, float64; padding is token number 0, a mask is True for what is seen."""

from __future__ import annotations

import numpy as np

from autograder.exercise.vocabulary import Case, Exercise, Misconception, Part, Unseen

from ..shared import choice, f64, normal, rows_sum_to_one, small, softmax, some_padding

# --- layer_norm: each place to mean 0 and spread 1 -------------------------------------------------------------------


def _layer_norm(x, scale, shift, epsilon, axis=-1):
    x, scale, shift = f64(x, scale, shift)
    centered = x - x.mean(axis=axis, keepdims=True)
    return centered / np.sqrt((centered**2).mean(axis=axis, keepdims=True) + epsilon) * scale + shift


def _over_variance(x, scale, shift, epsilon):
    x, scale, shift = f64(x, scale, shift)
    return (x - x.mean(-1, keepdims=True)) / (x.var(-1, keepdims=True) + epsilon) * scale + shift


def _not_centered(x, scale, shift, epsilon):
    x, scale, shift = f64(x, scale, shift)
    return x / np.sqrt((x**2).mean(-1, keepdims=True) + epsilon) * scale + shift


def _scaled_first(x, scale, shift, epsilon):
    x, scale, shift = f64(x, scale, shift)
    return _layer_norm(x * scale + shift, np.ones_like(scale), np.zeros_like(shift), epsilon)


def _norm_inputs(rng, batch, length, width, epsilon=1e-3):
    return {
        "x": 3 * normal(rng, batch, length, width) + 2,
        "scale": 1 + 0.5 * normal(rng, width),
        "shift": normal(rng, width),
        "epsilon": epsilon,
    }


def _one_place_is_flat(rng):
    inputs = _norm_inputs(rng, 2, 3, 4)
    inputs["x"][0, 1] = 5.0
    return inputs


layer_norm = Exercise(
    name="layer_norm",
    title="Normalize each place",
    difficulty=2,
    importance=4,
    minutes=6,
    parts=(
        Part(
            "numbers that fit in the head",
            1,
            (
                Case(
                    "two places of width 2",
                    lambda rng: {
                        **small(x=[[[2, 4], [10, 30]]], scale=[1, 2], shift=[0, 5]),
                        "epsilon": 0.0,
                    },
                ),
                Case("one place of width 3", lambda rng: _norm_inputs(rng, 1, 1, 3)),
            ),
        ),
        Part(
            "a batch",
            1,
            (
                Case("two phrases of five places", lambda rng: _norm_inputs(rng, 2, 5, 4)),
                Case("three phrases of two places, a large epsilon", lambda rng: _norm_inputs(rng, 3, 2, 6, 0.5)),
            ),
        ),
        Part("a place whose numbers are all the same", 1, (Case("five, five, five, five", _one_place_is_flat),)),
    ),
    reference=_layer_norm,
    misconceptions=(
        Misconception(
            "over the places",
            lambda x, scale, shift, epsilon: _layer_norm(x, scale, shift, epsilon, axis=-2),
            "You took mean and spread over the places of a phrase; each place is normalized alone, over its own D numbers.",
            "Which axis of (B, T, D) must be gone in the mean?",
        ),
        Misconception(
            "over the batch",
            lambda x, scale, shift, epsilon: _layer_norm(x, scale, shift, epsilon, axis=(0, 1)),
            "You took mean and spread over all phrases and places, as batch normalization does; a place should not depend on its company.",
            "Would your result for one phrase change if another joined the batch?",
        ),
        Misconception(
            "over the whole phrase",
            lambda x, scale, shift, epsilon: _layer_norm(x, scale, shift, epsilon, axis=(-2, -1)),
            "You normalized a phrase as a whole; each of its places has a mean and a spread of its own.",
            "How many means does a phrase of five places have?",
        ),
        Misconception(
            "divided by the variance",
            _over_variance,
            "You divided by the variance; the standard deviation is its square root.",
            "The numbers 10 and 30 lie 10 from their mean. By what must you divide to get 1?",
        ),
        Misconception(
            "not centered",
            _not_centered,
            "You did not subtract the mean.",
            "What is the mean of each place after normalization, before `shift`?",
        ),
        Misconception(
            "epsilon forgotten",
            lambda x, scale, shift, epsilon: _layer_norm(x, scale, shift, 0.0),
            "`epsilon` does not enter your result; where all numbers of a place are the same, the variance is 0, and 0/0 is not a number.",
            "It is added under the root.",
        ),
        Misconception(
            "scale and shift first",
            _scaled_first,
            "You scaled and shifted before normalizing, which undoes much of it; they come last.",
            "If `shift` is 5 everywhere, what should the mean of the result be?",
        ),
        Misconception(
            "scale and shift not used",
            lambda x, scale, shift, epsilon: _layer_norm(x, np.ones_like(scale), np.zeros_like(shift), epsilon),
            "You normalized, and left out `scale` and `shift`.",
            "Two arguments of your function have not been used.",
        ),
    ),
    right=(
        lambda x, scale, shift, epsilon: (
            (x - np.mean(x, axis=2, keepdims=True)) * scale / np.sqrt(np.var(x, axis=2, keepdims=True) + epsilon)
            + shift
        ),
        lambda x, scale, shift, epsilon: np.array(
            [
                [(place - place.mean()) / (place.var() + epsilon) ** 0.5 * scale + shift for place in phrase]
                for phrase in np.asarray(x, float)
            ]
        ),
    ),
    hints=(
        "Mean and variance over the last axis, with `keepdims=True` so that they still fit to `x`.",
        "`x.var(axis=-1, keepdims=True)` is the mean of the squared distances from the mean.",
        "Subtract the mean, divide by the square root of (variance + epsilon), then `* scale + shift`.",
    ),
)


# --- feed_forward: two dense layers, at each place ---------------------------------------------------------------------


def _forward(x, w1, b1, w2, b2, bend=lambda hidden: np.maximum(hidden, 0)):
    x, w1, b1, w2, b2 = f64(x, w1, b1, w2, b2)
    return bend(x @ w1 + b1) @ w2 + b2


def _forward_inputs(rng, batch, length, width, hidden):
    return {
        "x": normal(rng, batch, length, width),
        "w1": normal(rng, width, hidden),
        "b1": normal(rng, hidden),
        "w2": normal(rng, hidden, width),
        "b2": normal(rng, width),
    }


feed_forward = Exercise(
    name="feed_forward",
    title="Two dense layers, at each place",
    difficulty=1,
    importance=4,
    minutes=4,
    parts=(
        Part(
            "numbers that fit in the head",
            1,
            (
                Case(
                    "one place of width 2",
                    lambda rng: small(
                        x=[[[1, 2]]],
                        w1=[[1, 0, 1], [0, 1, -1]],
                        b1=[0, 0, -1],
                        w2=[[1, 1], [0, -2], [5, 5]],
                        b2=[0, 1],
                    ),
                ),
                Case("two places of width 2", lambda rng: _forward_inputs(rng, 1, 2, 2, 3)),
            ),
        ),
        Part("a batch", 1, (Case("two phrases of five places", lambda rng: _forward_inputs(rng, 2, 5, 3, 7)),)),
    ),
    reference=_forward,
    misconceptions=(
        Misconception(
            "no bend",
            lambda x, w1, b1, w2, b2: _forward(x, w1, b1, w2, b2, bend=lambda hidden: hidden),
            "There is no ReLU in your network; two dense layers in a row are then no more than one.",
            "What happens to a negative number between the two layers?",
        ),
        Misconception(
            "bent at the end too",
            lambda x, w1, b1, w2, b2: np.maximum(_forward(x, w1, b1, w2, b2), 0),
            "You cut off negative numbers at the end as well; the sum that it is added to could then only grow.",
            "There is one ReLU, and it stands between the layers.",
        ),
        Misconception(
            "bent before the first bias",
            lambda x, w1, b1, w2, b2: np.maximum(x @ w1, 0) @ w2 + b1 @ w2 + b2,
            "You applied the ReLU before the first bias was added.",
            "A dense layer is a product and a bias; the ReLU comes after both.",
        ),
        Misconception(
            "biases forgotten",
            lambda x, w1, b1, w2, b2: _forward(x, w1, 0 * b1, w2, 0 * b2),
            "The biases do not enter your result.",
            "Two arguments of your function have not been used.",
        ),
        Misconception(
            "residual added",
            lambda x, w1, b1, w2, b2: x + _forward(x, w1, b1, w2, b2),
            "You added `x`; that is the block's business, and comes later.",
            "The formula of the task has no `+ x` in it.",
        ),
        Misconception(
            "places mixed",
            lambda x, w1, b1, w2, b2: np.broadcast_to(
                _forward(np.mean(x, axis=1, keepdims=True), w1, b1, w2, b2), np.shape(x)
            ),
            "Your places have been averaged: each place goes through the network alone.",
            "If one place changes, which places of the output may change?",
        ),
    ),
    right=(
        lambda x, w1, b1, w2, b2: (
            np.einsum("btf,fd->btd", np.clip(np.einsum("btd,df->btf", x, w1) + b1, 0, None), w2) + b2
        ),
        lambda x, w1, b1, w2, b2: [
            [((hidden := place @ w1 + b1) * (hidden > 0)) @ w2 + b2 for place in phrase] for phrase in np.asarray(x)
        ],
    ),
    hints=(
        "`x @ w1` multiplies the last axis, whatever stands before it: the places stay apart by themselves.",
        "`np.maximum(hidden, 0)` is the ReLU.",
        "First layer, ReLU, second layer: three short lines.",
    ),
)


# --- decoder_mask: neither the future nor the padding -------------------------------------------------------------------


def _seen(tokens):
    tokens = np.asarray(tokens)
    places = np.arange(tokens.shape[1])
    return (places[None, :] <= places[:, None])[None] & (tokens != 0)[:, None, :]


def _causal(tokens):
    length = np.shape(tokens)[1]
    return np.broadcast_to(np.tri(length, dtype=bool), (len(tokens), length, length)).copy()


def _rows(rng, lengths, longest):
    tokens = rng.integers(2, 90, size=(len(lengths), longest))
    return {"tokens": np.where(np.arange(longest) < np.array(lengths)[:, None], tokens, 0).astype(np.int32)}


def _struck_out(rng):
    inputs = _rows(rng, (5, 4, 5), 5)
    inputs["tokens"][0, 2] = inputs["tokens"][1, 1] = 0
    return inputs


decoder_mask = Exercise(
    name="decoder_mask",
    title="Neither the future nor the padding",
    difficulty=2,
    importance=5,
    minutes=5,
    parts=(
        Part(
            "one phrase",
            1,
            (
                Case("two tokens and a padded place", lambda rng: {"tokens": np.array([[2, 7, 0]], np.int32)}),
                Case("three tokens and two padded places", lambda rng: _rows(rng, (3,), 5)),
            ),
        ),
        Part("a batch", 1, (Case("three phrases of one to four tokens", lambda rng: _rows(rng, (4, 1, 3), 4)),)),
        Part("a token struck out", 1, (Case("padding between tokens", _struck_out),)),
    ),
    reference=_seen,
    misconceptions=(
        Misconception(
            "the future, not the past",
            lambda tokens: np.swapaxes(_causal(tokens), 1, 2) & (tokens != 0)[:, None, :],
            "Your triangle is the wrong way around: each place sees what comes after it.",
            "The first row belongs to the first place. How many places may it see?",
        ),
        Misconception(
            "not itself",
            lambda tokens: (_causal(tokens) & ~np.eye(np.shape(tokens)[1], dtype=bool)) & (tokens != 0)[:, None, :],
            "No place sees itself in your mask, and the first sees nothing at all. The token at a place is one that has been said already.",
            "The decoder's input is shifted right. Is the token that place t reads its answer, or the one before?",
        ),
        Misconception(
            "causal only",
            _causal,
            "Your mask leaves the padding in: the columns of padded places must be False.",
            "Two conditions, and both must hold.",
        ),
        Misconception(
            "padding only",
            lambda tokens: np.repeat((tokens != 0)[:, None, :], np.shape(tokens)[1], axis=1),
            "Your mask keeps the padding out, and lets every place see the future.",
            "Two conditions, and both must hold.",
        ),
        Misconception(
            "padded queries, not keys",
            lambda tokens: _causal(tokens) & (tokens != 0)[:, :, None],
            "You masked the rows of padded places, who ask; it is their columns that must not be seen.",
            "The axes are (B, who asks, who is seen). On which of them does the padding belong?",
        ),
        Misconception(
            "one or the other",
            lambda tokens: _causal(tokens) | (tokens != 0)[:, None, :],
            "You joined the conditions by *or*; a place may be seen if it is not in the future *and* not padding.",
            "`&` or `|`?",
        ),
        Misconception(
            "inverted",
            lambda tokens: ~_seen(tokens),
            "Your mask says what must not be seen. True means that a place may be seen.",
            "Which is rarer in the example, True or False?",
        ),
    ),
    right=(
        lambda tokens: np.tril(np.repeat((tokens > 0)[:, None, :], tokens.shape[1], axis=1)),
        lambda tokens: np.array(
            [[[v <= q and row[v] != 0 for v in range(len(row))] for q in range(len(row))] for row in tokens]
        ),
    ),
    hints=(
        "`np.tri(T, dtype=bool)` is True on and below the diagonal: row t sees places 0 to t.",
        "`(tokens != 0)[:, None, :]` has shape (B, 1, T): the same columns for every row.",
        "`&` between two arrays of booleans, and NumPy stretches the axes of length one.",
    ),
)


# --- cross_attention: who asks whom -------------------------------------------------------------------------------------


def _attend(asking, asked, mask, w_query, w_key, w_value, divide=None):
    query, key, value = (a @ b for a, b in ((asking, w_query), (asked, w_key), (asked, w_value)))
    scores = np.einsum("bqa,bva->bqv", query, key) / np.sqrt(divide or query.shape[-1])
    if mask is not None:
        scores = np.where(np.asarray(mask)[:, None, :], scores, -1e30)
    return np.einsum("bqv,bva->bqa", softmax(scores), value)


def _cross(decoder, encoder, mask, w_query, w_key, w_value):
    decoder, encoder, *weights = f64(decoder, encoder, w_query, w_key, w_value)
    return _attend(decoder, encoder, mask, *weights)


def _cross_one_by_one(decoder, encoder, mask, w_query, w_key, w_value):
    decoder, encoder, w_query, w_key, w_value = f64(decoder, encoder, w_query, w_key, w_value)
    contexts = []
    for asking, asked, real in zip(decoder, encoder, np.asarray(mask)):
        asked = asked[real]  # padding thrown out, not masked
        scores = (asking @ w_query) @ (asked @ w_key).T / np.sqrt(w_key.shape[1])
        contexts.append(softmax(scores) @ (asked @ w_value))
    return np.stack(contexts)


def _cross_inputs(rng, mask, queries, width, inner):
    batch, values = mask.shape
    return {
        "decoder": normal(rng, batch, queries, width),
        "encoder": normal(rng, batch, values, width),
        "mask": mask,
        "w_query": normal(rng, width, inner),
        "w_key": normal(rng, width, inner),
        "w_value": normal(rng, width, inner),
    }


def _cross_in_the_head(rng):
    inputs = small(decoder=[[[1, 0], [0, 3]]], encoder=[[[3, 0], [0, 0], [9, 9]]])
    square = {name: np.eye(2, dtype=np.float32) for name in ("w_query", "w_key", "w_value")}
    square["w_value"] = np.array([[0, 1], [1, 0]], np.float32)
    return {**inputs, "mask": np.array([[True, True, False]]), **square}


cross_attention = Exercise(
    name="cross_attention",
    title="Who asks whom?",
    difficulty=2,
    importance=5,
    minutes=6,
    tensors=True,
    parts=(
        Part(
            "one phrase",
            1,
            (
                Case("numbers that fit in the head", _cross_in_the_head),
                Case("three ask five", lambda rng: _cross_inputs(rng, some_padding(rng, 1, 5), 3, 4, 6)),
            ),
        ),
        Part(
            "some padding", 1, (Case("two phrases", lambda rng: _cross_inputs(rng, some_padding(rng, 2, 5), 3, 4, 6)),)
        ),
        Part(
            "no padding, wide and narrow",
            1,
            (
                Case("inner width 2", lambda rng: _cross_inputs(rng, np.ones((2, 4), bool), 3, 6, 2)),
                Case("inner width 9", lambda rng: _cross_inputs(rng, np.ones((2, 3), bool), 5, 4, 9)),
            ),
        ),
    ),
    reference=_cross,
    misconceptions=(
        Misconception(
            "the encoder asks",
            lambda decoder, encoder, mask, w_query, w_key, w_value: _attend(
                encoder, decoder, None, w_query, w_key, w_value
            ),
            "In your answer the encoder asks the decoder; the one who is about to say a token asks.",
            "Your result has as many places as the encoder. How many contexts does the decoder need?",
        ),
        Misconception(
            "the decoder asks itself",
            lambda decoder, encoder, mask, w_query, w_key, w_value: _attend(
                decoder, decoder, None, w_query, w_key, w_value
            ),
            "The encoder does not enter your result: that is self-attention.",
            "What is it that the decoder does not know yet?",
        ),
        Misconception(
            "mask not used",
            lambda decoder, encoder, mask, w_query, w_key, w_value: _attend(
                decoder, encoder, None, w_query, w_key, w_value
            ),
            "The mask changes nothing in your answer: the source's padding gets weight.",
            "Between scores and softmax, what is missing?",
        ),
        Misconception(
            "mask inverted",
            lambda decoder, encoder, mask, w_query, w_key, w_value: _attend(
                decoder, encoder, ~np.asarray(mask), w_query, w_key, w_value
            ),
            "The mask is the wrong way around: True means a real token.",
            "In `tf.where(mask, a, b)`, which of the two is taken where the mask is True?",
        ),
        Misconception(
            "not scaled",
            lambda decoder, encoder, mask, w_query, w_key, w_value: _attend(
                decoder, encoder, mask, w_query, w_key, w_value, divide=1.0
            ),
            "Your scores are not divided by the square root of their width.",
            "Look back at section 6 of lesson 1.",
        ),
        Misconception(
            "scaled by the outer width",
            lambda decoder, encoder, mask, w_query, w_key, w_value: _attend(
                decoder, encoder, mask, w_query, w_key, w_value, divide=np.shape(decoder)[-1]
            ),
            "You divided by the square root of D; the dot products here run over A numbers.",
            "How wide are the query and the key when they meet?",
        ),
        Misconception(
            "keys mixed",
            lambda decoder, encoder, mask, w_query, w_key, w_value: _attend(
                decoder, encoder, mask, w_query, w_key, w_key
            ),
            "You mixed the keys; what is handed over are the values, made with `w_value`.",
            "One of the three matrices has not been used.",
        ),
    ),
    right=(
        _cross_one_by_one,
        lambda decoder, encoder, mask, w_query, w_key, w_value: _attend(
            decoder, np.where(np.asarray(mask)[..., None], encoder, 0), mask, w_query, w_key, w_value
        ),
    ),
    hints=(
        "Query from the decoder, key and value from the encoder: three matrix products.",
        'Scores: `tf.einsum("bqa,bva->bqv", query, key)`, divided by the square root of A, `w_query.shape[-1] ** 0.5`.',
        "`tf.where(mask[:, None, :], scores, -1e9)`, then softmax, then mix the values.",
    ),
    unseen=(
        Unseen(
            lambda inputs: {
                **inputs,
                "encoder": np.where(inputs["mask"][:, :, None], inputs["encoder"], 7.0).astype(np.float32),
            },
            "Padding leaks: your result changes when only padded places of the encoder change.",
        ),
    ),
)


# --- EncoderBlock: pre-norm, from the parts ------------------------------------------------------------------------------

_DENSE = ("query_dense", "key_dense", "value_dense", "output_dense")
_BLOCK_READ = (
    *(f"norm_{number}.{name}" for number in (1, 2) for name in ("gamma", "beta")),
    *(f"attention.{name}.kernel" for name in _DENSE),
    *(f"dense_{number}.{name}" for number in (1, 2) for name in ("kernel", "bias")),
)


def _norm_of(x, weights, number):
    return _layer_norm(x, weights[f"norm_{number}.gamma"], weights[f"norm_{number}.beta"], 1e-3)


def _heads(asking, asked, seen, weights, heads):
    """Attend with several heads, from their kernels: (B, Tq, D), (B, Tv, D), (B, Tq or 1, Tv) -> (B, Tq, D)."""
    kernels = [np.asarray(weights[f"attention.{name}.kernel"], np.float64) for name in _DENSE]

    def split(x):
        return np.moveaxis(x.reshape(*x.shape[:2], heads, -1), 2, 1)

    query, key, value = (split(x @ kernel) for x, kernel in zip((asking, asked, asked), kernels))
    scores = query @ np.swapaxes(key, -1, -2) / np.sqrt(query.shape[-1])
    mixed = softmax(np.where(np.asarray(seen)[:, None], scores, -1e30)) @ value
    return np.moveaxis(mixed, 1, 2).reshape(asking.shape) @ kernels[3]


def _dense_pair(x, weights, bend=lambda hidden: np.maximum(hidden, 0)):
    names = ("dense_1.kernel", "dense_1.bias", "dense_2.kernel", "dense_2.bias")
    return _forward(x, *(weights[name] for name in names), bend=bend)


def _block(x, seen, weights, width, heads, hidden, bend=lambda hidden: np.maximum(hidden, 0)):
    x = np.asarray(x, np.float64)
    y = _norm_of(x, weights, 1)
    x = x + _heads(y, y, seen, weights, heads)
    return x + _dense_pair(_norm_of(x, weights, 2), weights, bend)


def _post_norm(x, seen, weights, width, heads, hidden):
    x = np.asarray(x, np.float64)
    x = _norm_of(x + _heads(x, x, seen, weights, heads), weights, 1)
    return _norm_of(x + _dense_pair(x, weights), weights, 2)


def _normalized_path(x, seen, weights, width, heads, hidden):
    x = _norm_of(x, weights, 1)
    x = _norm_of(x + _heads(x, x, seen, weights, heads), weights, 2)
    return x + _dense_pair(x, weights)


def _no_residual(x, seen, weights, width, heads, hidden):
    y = _norm_of(x, weights, 1)
    return _dense_pair(_norm_of(_heads(y, y, seen, weights, heads), weights, 2), weights)


def _one_residual(x, seen, weights, width, heads, hidden):
    y = _norm_of(x, weights, 1)
    return _dense_pair(_norm_of(np.asarray(x, float) + _heads(y, y, seen, weights, heads), weights, 2), weights)


def _raw_memory(x, seen, weights, width, heads, hidden):
    x = np.asarray(x, np.float64)
    x = x + _heads(_norm_of(x, weights, 1), x, seen, weights, heads)
    return x + _dense_pair(_norm_of(x, weights, 2), weights)


def _second_not_normalized(x, seen, weights, width, heads, hidden):
    y = _norm_of(x, weights, 1)
    x = np.asarray(x, np.float64) + _heads(y, y, seen, weights, heads)
    return x + _dense_pair(x, weights)


def _side_by_side(x, seen, weights, width, heads, hidden):
    y = _norm_of(x, weights, 1)
    attended = _heads(y, y, seen, weights, heads)
    return np.asarray(x, np.float64) + attended + _dense_pair(_norm_of(x, weights, 2), weights)


def _block_by_places(x, seen, weights, width, heads, hidden):
    """Compute the block phrase by phrase, head by head."""
    kernels = [np.asarray(weights[f"attention.{name}.kernel"], np.float64) for name in _DENSE]
    size, rows = width // heads, []
    for phrase, places in zip(np.asarray(x, np.float64), np.asarray(seen)):
        y, mixed = _norm_of(phrase, weights, 1), []
        for head in range(heads):
            query, key, value = (y @ kernel[:, head * size : (head + 1) * size] for kernel in kernels[:3])
            mixed.append(softmax(np.where(places, query @ key.T / np.sqrt(size), -np.inf)) @ value)
        phrase = phrase + np.concatenate(mixed, axis=-1) @ kernels[3]
        rows.append(phrase + _dense_pair(_norm_of(phrase, weights, 2), weights))
    return np.stack(rows)


def _block_case(name, batch, length, width, heads, hidden, full=False):
    def draw(rng):
        seen = np.ones((batch, length), bool) if full else some_padding(rng, batch, length)
        return {"x": 2 * normal(rng, batch, length, width) + 1, "seen": seen[:, None, :]}

    return Case(name, draw, {"width": width, "heads": heads, "hidden": hidden})


def _block_weights(rng, inputs, width, heads, hidden):
    drawn = {f"attention.{name}.kernel": normal(rng, width, width) / np.sqrt(width) for name in _DENSE}
    for number, (a, b) in ((1, (width, hidden)), (2, (hidden, width))):
        drawn[f"norm_{number}.gamma"] = 1 + 0.3 * normal(rng, width)
        drawn[f"norm_{number}.beta"] = 0.3 * normal(rng, width)
        drawn[f"dense_{number}.kernel"] = normal(rng, a, b) / np.sqrt(a)
        drawn[f"dense_{number}.bias"] = 0.3 * normal(rng, b)
    return drawn


EncoderBlock = Exercise(
    name="EncoderBlock",
    title="A block from its parts",
    difficulty=4,
    importance=5,
    minutes=12,
    how="layer",
    tensors=True,
    read=_BLOCK_READ,
    weights=_block_weights,
    tolerance=5e-4,
    parts=(
        Part("nothing masked", 2, (_block_case("two phrases of four places", 2, 4, 6, 2, 10, full=True),)),
        Part(
            "some padding",
            2,
            (
                _block_case("two phrases of five places", 2, 5, 6, 3, 8),
                _block_case("three phrases of four places", 3, 4, 8, 2, 12),
            ),
        ),
    ),
    reference=_block,
    misconceptions=(
        Misconception(
            "post-norm",
            _post_norm,
            "You normalized after each sum: that is the block of 2017, post-norm. Asked for is pre-norm.",
            "In `x + f(norm(x))`, what does the normalization see, and what goes past it?",
        ),
        Misconception(
            "the path normalized",
            _normalized_path,
            "You replaced `x` by its normalized version and added to that; the path that goes straight through stays untouched.",
            "Give the normalized numbers a name of their own.",
        ),
        Misconception(
            "no residual",
            _no_residual,
            "There is no sum in your block: what comes in is gone after the first part.",
            "What would a block return whose dense layers have learned nothing yet?",
        ),
        Misconception(
            "one residual only",
            _one_residual,
            "You added around the attention, and not around the feed-forward network.",
            "Two parts, two sums.",
        ),
        Misconception(
            "raw keys and values",
            _raw_memory,
            "Only your queries are normalized; keys and values are made from the raw numbers.",
            "In self-attention, both sides of the question are the same array. Which?",
        ),
        Misconception(
            "second part not normalized",
            _second_not_normalized,
            "The feed-forward network reads numbers that have not been normalized.",
            "There are two normalizations in the list. What is the second one for?",
        ),
        Misconception(
            "side by side",
            _side_by_side,
            "Both parts read the block's input; the feed-forward network should read what the attention has added to.",
            "Overwrite `x` after the first sum, or give it a new name and use it.",
        ),
        Misconception(
            "no bend",
            lambda x, seen, weights, width, heads, hidden: _block(
                x, seen, weights, width, heads, hidden, bend=lambda h: h
            ),
            "There is no ReLU between your dense layers.",
            'The first dense layer takes `activation="relu"`.',
        ),
        Misconception(
            "mask not used",
            lambda x, seen, weights, width, heads, hidden: _block(x, np.ones_like(seen), weights, width, heads, hidden),
            "What may be seen changes nothing in your block: padding gets weight.",
            "`MultiHead` takes `seen` as its third argument.",
        ),
    ),
    right=(
        _block_by_places,
        lambda x, seen, weights, width, heads, hidden: _block(
            np.array(x, np.longdouble), np.repeat(seen, np.shape(x)[1], axis=1), weights, width, heads, hidden
        ),
    ),
    hints=(
        "Make the five parts in `__init__`, with the names of the task: `self.norm_1 = keras.layers.LayerNormalization()`, and so on.",
        "Normalize under a new name: `y = self.norm_1(x)`, then `x = x + self.attention(y, y, seen)`.",
        "The second half has the same form: normalize, two dense layers, add to `x`.",
    ),
)


# --- smooth_labels ---------------------------------------------------------------------------------------------------------


def _one_hot(target, classes):
    return np.eye(classes)[np.asarray(target)]


def _smooth(target, classes, share):
    return (1 - share) * _one_hot(target, classes) + share / classes


smooth_labels = Exercise(
    name="smooth_labels",
    title="Do not ask for certainty",
    difficulty=2,
    importance=3,
    minutes=4,
    parts=(
        Part(
            "numbers that fit in the head",
            1,
            (
                Case(
                    "one phrase, five classes, half",
                    lambda rng: {"target": np.array([[3, 0]]), "classes": 5, "share": 0.5},
                ),
                Case(
                    "two phrases, four classes",
                    lambda rng: {"target": rng.integers(0, 4, (2, 3)), "classes": 4, "share": 0.2},
                ),
            ),
        ),
        Part(
            "other shares",
            1,
            (
                Case(
                    "nothing smoothed",
                    lambda rng: {"target": rng.integers(0, 6, (2, 3)), "classes": 6, "share": 0.0},
                ),
                Case(
                    "a tenth, seven classes",
                    lambda rng: {"target": rng.integers(0, 7, (2, 4)), "classes": 7, "share": 0.1},
                ),
            ),
        ),
    ),
    reference=_smooth,
    misconceptions=(
        Misconception(
            "shared among the wrong ones only",
            lambda target, classes, share: (
                (1 - share - share / (classes - 1)) * _one_hot(target, classes) + share / (classes - 1)
            ),
            "You divided the share among the other classes; here the right one gets its part of it, too.",
            "With five classes and a share of one half, each class gets one tenth, the right one included.",
        ),
        Misconception(
            "given, and not taken away",
            lambda target, classes, share: _one_hot(target, classes) + share / classes,
            "You handed the share out and did not take it from the right class; your rows sum to more than one.",
            "Where does the share come from?",
        ),
        Misconception(
            "taken away, and not given",
            lambda target, classes, share: (1 - share) * _one_hot(target, classes),
            "You took the share from the right class and gave it to nobody; your rows sum to less than one.",
            "A target is a distribution.",
        ),
        Misconception(
            "right and wrong exchanged",
            lambda target, classes, share: share * _one_hot(target, classes) + (1 - share) / classes,
            "You kept the share for the right class and spread the rest; it is the share that is spread.",
            "With a share of 0, what should the target be?",
        ),
        Misconception(
            "not smoothed",
            lambda target, classes, share: _one_hot(target, classes),
            "Your targets are still certain.",
            "One argument of your function has not been used.",
        ),
        Misconception(
            "the whole share to everyone",
            lambda target, classes, share: (1 - share) * _one_hot(target, classes) + share,
            "Each class got the whole share; it is divided among them.",
            "Sum one row.",
        ),
    ),
    right=(
        lambda target, classes, share: np.where(
            np.arange(classes) == np.asarray(target)[..., None], 1 - share + share / classes, share / classes
        ),
        lambda target, classes, share: np.array(
            [[[(1 - share) * (c == t) + share / classes for c in range(classes)] for t in row] for row in target]
        ),
    ),
    hints=(
        "A row of the identity matrix is a certain target: `np.eye(classes)[target]` has shape (B, T, V).",
        "Take the share away from it: multiply by (1 - share).",
        "Then give each class share / classes.",
    ),
    properties=(rows_sum_to_one,),
)


# --- learning_rate -----------------------------------------------------------------------------------------------------------


def _rate(step, peak, warmup, total):
    step = np.asarray(step, np.float64)
    falling = 0.5 * (1 + np.cos(np.pi * (step - warmup) / (total - warmup)))
    return peak * np.where(step < warmup, step / warmup, falling)


def _rate_after(fall):
    def answer(step, peak, warmup, total):
        step = np.asarray(step, np.float64)
        return peak * np.where(step < warmup, step / warmup, fall((step - warmup) / (total - warmup)))

    return answer


def _whole_cosine(step, total):
    return 0.5 * (1 + np.cos(np.pi * np.asarray(step, np.float64) / total))


def _steps(peak, warmup, total, count):
    def draw(rng):
        drawn = np.sort(rng.integers(1, total, size=count))
        drawn[0], drawn[-1], drawn[1], drawn[-2] = 0, total, warmup // 2, (2 * warmup + total) // 3
        return {"step": drawn, "peak": peak, "warmup": warmup, "total": total}

    return draw


learning_rate = Exercise(
    name="learning_rate",
    title="Warm up, then come to rest",
    difficulty=3,
    importance=4,
    minutes=6,
    parts=(
        Part(
            "numbers that fit in the head",
            1,
            (
                Case(
                    "five steps",
                    lambda rng: {"step": np.array([0, 5, 10, 30, 50]), "peak": 2.0, "warmup": 10, "total": 50},
                ),
                Case("a third of the way down", _steps(3.0, 6, 36, 6)),
            ),
        ),
        Part(
            "other schedules",
            2,
            (
                Case("a short warm-up", _steps(1.0, 20, 400, 7)),
                Case("a long warm-up", _steps(0.5, 300, 500, 9)),
            ),
        ),
    ),
    reference=_rate,
    misconceptions=(
        Misconception(
            "cosine over all steps",
            lambda step, peak, warmup, total: (
                peak * np.where(np.asarray(step) < warmup, np.asarray(step) / warmup, _whole_cosine(step, total))
            ),
            "Your cosine begins at step 0, so that the rate jumps down at the end of the warm-up.",
            "How much of the fall should be done at the step `warmup`? Nothing.",
        ),
        Misconception(
            "warm-up times cosine",
            lambda step, peak, warmup, total: (
                peak * np.minimum(1, np.asarray(step) / warmup) * _whole_cosine(step, total)
            ),
            "You multiplied a warm-up by a cosine over all steps; the peak is then never reached.",
            "What is your rate at the step `warmup`? It should be `peak`.",
        ),
        Misconception(
            "a whole cosine",
            _rate_after(lambda done: np.cos(np.pi * done)),
            "Your rate becomes negative: the cosine goes from 1 to -1, and it should be brought to 1 to 0.",
            "What do you add, and by what do you divide, to bring -1 to 1 into 0 to 1?",
        ),
        Misconception(
            "a quarter of the circle",
            _rate_after(lambda done: np.cos(0.5 * np.pi * done)),
            "You took a quarter of a circle, which ends in a steep fall; half a circle comes to rest gently.",
            "At the middle of the fall, the rate should be half of the peak.",
        ),
        Misconception(
            "a straight fall",
            _rate_after(lambda done: 1 - done),
            "Your rate falls in a straight line, not along a cosine.",
            "Compare with the formula of the task, a quarter of the way down.",
        ),
        Misconception(
            "no warm-up",
            lambda step, peak, warmup, total: peak * _whole_cosine(step, total),
            "There is no warm-up in your schedule: it begins at the peak.",
            "What is the rate at step 0?",
        ),
        Misconception(
            "fall counted from zero",
            lambda step, peak, warmup, total: (
                peak
                * np.where(
                    np.asarray(step) < warmup,
                    np.asarray(step) / warmup,
                    0.5 * (1 + np.cos(np.pi * (np.asarray(step) - warmup) / total)),
                )
            ),
            "Your fall takes `total` steps beyond the warm-up, so that training ends before the rate is down.",
            "How many steps are left once the warm-up is over?",
        ),
    ),
    right=(
        lambda step, peak, warmup, total: [
            peak * s / warmup if s < warmup else peak * np.cos(np.pi / 2 * (s - warmup) / (total - warmup)) ** 2
            for s in np.asarray(step)
        ],
        lambda step, peak, warmup, total: np.where(
            np.asarray(step) <= warmup,
            peak / warmup * np.asarray(step),
            peak / 2 - peak / 2 * np.cos(np.pi * (total - np.asarray(step)) / (total - warmup)),
        ),
    ),
    hints=(
        "`np.where(step < warmup, rising, falling)`: compute both for all steps, and choose.",
        "Rising: peak · step / warmup. At the step `warmup` that is the peak.",
        "Falling: let `done` go from 0 at `warmup` to 1 at `total`; the rate is peak · (1 + cos(π · done)) / 2.",
    ),
)


# --- step_with_cache ---------------------------------------------------------------------------------------------------------


def _ask_cache(query, keys, values):
    scores = np.einsum("ba,bta->bt", query, keys) / np.sqrt(query.shape[-1])
    return np.einsum("bt,bta->ba", softmax(scores), values)


def _cached(x, keys, values, w_query, w_key, w_value):
    x, keys, values, w_query, w_key, w_value = f64(x, keys, values, w_query, w_key, w_value)
    keys = np.concatenate([keys, (x @ w_key)[:, None]], axis=1)
    values = np.concatenate([values, (x @ w_value)[:, None]], axis=1)
    return _ask_cache(x @ w_query, keys, values), keys, values


def _cached_one_by_one(x, keys, values, w_query, w_key, w_value):
    x, keys, values, w_query, w_key, w_value = f64(x, keys, values, w_query, w_key, w_value)
    grown = [np.append(old, (x @ weight)[:, None], axis=1) for old, weight in ((keys, w_key), (values, w_value))]
    contexts = []
    for newest, key, value in zip(x, *grown):
        contexts.append(softmax(key @ (newest @ w_query) / key.shape[-1] ** 0.5) @ value)
    return [contexts, *grown]


def _asked_first(x, keys, values, w_query, w_key, w_value):
    _, grown_keys, grown_values = _cached(x, keys, values, w_query, w_key, w_value)
    return _ask_cache(x @ w_query, np.asarray(keys, float), np.asarray(values, float)), grown_keys, grown_values


def _put_in_front(x, keys, values, w_query, w_key, w_value):
    context, keys, values = _cached(x, keys, values, w_query, w_key, w_value)
    return context, np.roll(keys, 1, axis=1), np.roll(values, 1, axis=1)


def _oldest_dropped(x, keys, values, w_query, w_key, w_value):
    _, keys, values = _cached(x, keys, values, w_query, w_key, w_value)
    keys, values = keys[:, 1:], values[:, 1:]
    return _ask_cache(x @ w_query, keys, values), keys, values


def _cached_unscaled(x, keys, values, w_query, w_key, w_value):
    w_query = np.asarray(w_query) * np.sqrt(np.shape(w_query)[-1])
    return _cached(x, keys, values, w_query, w_key, w_value)


def _cache_inputs(rng, batch, length, width, inner):
    return {
        "x": normal(rng, batch, width),
        "keys": normal(rng, batch, length, inner),
        "values": normal(rng, batch, length, inner),
        "w_query": normal(rng, width, inner),
        "w_key": normal(rng, width, inner),
        "w_value": normal(rng, width, inner),
    }


def _cache_in_the_head(rng):
    inputs = small(x=[[1, 0]], keys=[[[0, 0]]], values=[[[4, 0]]], w_query=[[3, 0], [0, 3]])
    return {**inputs, **small(w_key=[[0, 1], [1, 0]], w_value=[[0, 8], [8, 0]])}


step_with_cache = Exercise(
    name="step_with_cache",
    title="One step, with what is known already",
    difficulty=4,
    importance=5,
    minutes=10,
    tensors=True,
    parts=(
        Part(
            "a small cache",
            1,
            (
                Case("numbers that fit in the head", _cache_in_the_head),
                Case("two places", lambda rng: _cache_inputs(rng, 1, 2, 3, 4)),
            ),
        ),
        Part(
            "a batch",
            2,
            (
                Case("two phrases, five places", lambda rng: _cache_inputs(rng, 2, 5, 3, 4)),
                Case("three phrases, two places", lambda rng: _cache_inputs(rng, 3, 2, 6, 5)),
            ),
        ),
        Part("the first step", 1, (Case("an empty cache", lambda rng: _cache_inputs(rng, 2, 0, 3, 4)),)),
    ),
    reference=_cached,
    misconceptions=(
        Misconception(
            "asked before it was added",
            _asked_first,
            "The newest place does not see itself: you asked the old keys, and added the new ones afterwards.",
            "The causal mask lets each place see itself. And at the first step, whom else could it ask?",
        ),
        Misconception(
            "put in front",
            _put_in_front,
            "You put the newest place in front of the others; the cache is in the order of the phrase.",
            "In `tf.concat([a, b], axis=1)`, which comes first?",
        ),
        Misconception(
            "the cache not handed on",
            lambda x, keys, values, w_query, w_key, w_value: (
                _cached(x, keys, values, w_query, w_key, w_value)[0],
                keys,
                values,
            ),
            "Your context is right, but you returned the cache as it came in: the next step will not know of this place.",
            "What must the next step find?",
        ),
        Misconception(
            "the oldest dropped",
            _oldest_dropped,
            "Your cache stays as long as it was: the oldest place has been pushed out.",
            "After T steps the cache has T places.",
        ),
        Misconception(
            "not scaled",
            _cached_unscaled,
            "Your scores are not divided by the square root of their width.",
            "The cache changes when things are computed, not what: compare with the formula above.",
        ),
        Misconception(
            "values before keys",
            lambda x, keys, values, w_query, w_key, w_value: (lambda context, k, v: (context, v, k))(
                *_cached(x, keys, values, w_query, w_key, w_value)
            ),
            "You returned the values before the keys.",
            "Context, keys, values: in this order.",
        ),
        Misconception(
            "keys kept as values",
            lambda x, keys, values, w_query, w_key, w_value: _cached(x, keys, values, w_query, w_key, w_key),
            "You added the newest key to the values.",
            "One of the three matrices has not been used.",
        ),
    ),
    right=(
        lambda **inputs: list(_cached(**inputs)),
        _cached_one_by_one,
    ),
    hints=(
        "Three projections of the newest place: a query, a key and a value, each (B, A).",
        "`tf.concat([keys, key[:, None, :]], axis=1)` appends the key; the same for the value. Then ask.",
        'Scores (B, T+1): `tf.einsum("ba,bta->bt", query, keys)`. No mask: everything in the cache is past or present.',
    ),
)


# --- predict_cache -----------------------------------------------------------------------------------------------------------

predict_cache = choice(
    "predict_cache",
    "Predict: what would make the cache wrong?",
    "D",
    {
        "A": "Post-norm blocks work out each place from that place and what it sees. Nothing earlier changes when a token is added.",
        "B": "More heads are more keys and values to keep. Each is still made from one place.",
        "C": "A row that belongs to another hypothesis takes its cache along: it must be moved, and is right again.",
        "E": "A place has its number from the beginning, and keeps it when others follow.",
    },
    (
        "A cached key was made at an earlier step. It is right if, computed today, it would be the same.",
        "Which of the changes lets an earlier place know of a later one?",
    ),
    importance=4,
)


EXERCISES = (
    layer_norm,
    feed_forward,
    decoder_mask,
    cross_attention,
    EncoderBlock,
    smooth_labels,
    learning_rate,
    step_with_cache,
    predict_cache,
)
