"""Lesson 6: global and local attention. All steps ask at once: queries (B, Tq, D), scores (B, Tq, Tv)."""

from __future__ import annotations

import numpy as np

from autograder.exercise.vocabulary import Case, Exercise, Misconception, Part, Unseen

from ..shared import choice, f64, gru, normal, sigmoid, small, softmax, some_padding, swap

# --- luong_concat -----------------------------------------------------------------------------------------


def _pairs(first, second):
    """Return every row of `first` before every row of `second`: (B, Tq, D), (B, Tv, K) -> (B, Tq, Tv, D+K)."""
    first, second = f64(first, second)
    sizes = (*first.shape[:2], second.shape[1])
    return np.concatenate(
        [
            np.broadcast_to(first[:, :, None], (*sizes, first.shape[-1])),
            np.broadcast_to(second[:, None], (*sizes, second.shape[-1])),
        ],
        axis=-1,
    )


def _concat(query, key, weight, v):
    return np.tanh(_pairs(query, key) @ np.asarray(weight, np.float64)) @ np.asarray(v, np.float64)


def _concat_key_first(query, key, weight, v):
    return swap(_concat(key, query, weight, v))


def _cut_in_two(query, key, weight, v):
    query, key, weight, v = f64(query, key, weight, v)
    D = query.shape[-1]
    return np.tanh((query @ weight[:D])[:, :, None] + (key @ weight[D:])[:, None]) @ v


def _concat_case(rng, batch, queries, values, width, key_width, units):
    return {
        "query": normal(rng, batch, queries, width),
        "key": normal(rng, batch, values, key_width),
        "weight": normal(rng, width + key_width, units),
        "v": normal(rng, units),
    }


_STACKED = [[1, 0], [0, -1], [0, 1], [1, 0]]  # W of lesson 4's example above its U

luong_concat = Exercise(
    name="luong_concat",
    title="Query and key, one after the other",
    difficulty=3,
    importance=3,
    minutes=8,
    tensors=True,
    parts=(
        Part(
            "one query",
            1,
            (
                Case(
                    "the example",
                    lambda rng: small(query=[[[1, 2]]], key=[[[1, 0], [2, 0], [0, 2]]], weight=_STACKED, v=[1, 10]),
                ),
                Case("another query", lambda rng: _concat_case(rng, 1, 1, 4, 3, 2, 5)),
            ),
        ),
        Part(
            "a batch",
            2,
            (
                Case("two words, three queries, five keys", lambda rng: _concat_case(rng, 2, 3, 5, 4, 6, 7)),
                Case("four words, five queries, three keys", lambda rng: _concat_case(rng, 4, 5, 3, 6, 2, 8)),
            ),
        ),
        Part(
            "queries as wide as keys",
            1,
            (Case("three words, two queries, four keys", lambda rng: _concat_case(rng, 3, 2, 4, 5, 5, 6)),),
        ),
    ),
    reference=_concat,
    misconceptions=(
        Misconception(
            "key before query",
            _concat_key_first,
            "You put the key first; the upper rows of the matrix belong to the query.",
            "The weight has shape (D+K, A). Whose numbers meet its first D rows?",
        ),
        Misconception(
            "tanh left out",
            lambda query, key, weight, v: _pairs(query, key) @ np.asarray(weight) @ np.asarray(v),
            "There is no tanh in your scores. Without it the query adds the same to all scores of its step.",
            "Lesson 4 showed what a query can do to the weights if nothing is bent.",
        ),
        Misconception(
            "tanh at the end",
            lambda query, key, weight, v: np.tanh(_pairs(query, key) @ np.asarray(weight) @ np.asarray(v)),
            "Your tanh comes after v, so that no score is larger than 1; it belongs to the hidden layer.",
            "Read the formula from the inside out. What comes before v?",
        ),
        Misconception(
            "v left out",
            lambda query, key, weight, v: np.tanh(_pairs(query, key) @ np.asarray(weight)).sum(axis=-1),
            "You added up the hidden units; each counts by its entry in v.",
            "What has shape (A,) and is still unused?",
        ),
        Misconception(
            "axes of queries and keys exchanged",
            lambda query, key, weight, v: swap(_concat(query, key, weight, v)),
            "Your scores have a row for each key; they should have a row for each query, (B, Tq, Tv).",
            "The softmax will work along the last axis. Over what must the weights of a step sum to one?",
        ),
        Misconception(
            "softmax taken already",
            lambda query, key, weight, v: softmax(_concat(query, key, weight, v)),
            "These are weights; the scores come before the softmax.",
            "In the example the score of the first key is negative. Can a weight be?",
        ),
        Misconception(
            "bent before the matrix",
            lambda query, key, weight, v: np.tanh(_pairs(query, key)) @ np.asarray(weight) @ np.asarray(v),
            "You bent query and key before the matrix; then they are never bent together, and the query shifts all scores alike.",
            "The tanh acts on A numbers, not on D+K.",
        ),
    ),
    right=(
        _cut_in_two,
        lambda query, key, weight, v: np.einsum("bqva,a->bqv", np.tanh(_pairs(query, key) @ weight), v),
    ),
    hints=(
        "Every query meets every key, so both need the shape (B, Tq, Tv, ...) before they can be joined.",
        "`query[:, :, None, :]` has shape (B, Tq, 1, D), `key[:, None, :, :]` has (B, 1, Tv, K). `tf.concat` does not stretch an axis by itself; `tf.repeat` or `tf.broadcast_to` does.",
        "Or do not join at all: the first D rows of the matrix meet the query alone, the others the key alone. Cut the matrix, and add.",
    ),
)


# --- attentional ------------------------------------------------------------------------------------------


def _join(first, second):
    return np.concatenate(f64(first, second), axis=-1)


def _attentional(context, state, weight):
    return np.tanh(_join(context, state) @ np.asarray(weight, np.float64))


def _attentional_apart(context, state, weight):
    context, state, weight = f64(context, state, weight)
    K = context.shape[-1]
    return np.tanh(context @ weight[:K]) + np.tanh(state @ weight[K:])


def _attentional_case(rng, batch, queries, key_width, width, out):
    return {
        "context": normal(rng, batch, queries, key_width),
        "state": normal(rng, batch, queries, width),
        "weight": normal(rng, key_width + width, out),
    }


attentional = Exercise(
    name="attentional",
    title="What was found and who asked",
    difficulty=2,
    importance=5,
    minutes=4,
    tensors=True,
    parts=(
        Part(
            "one step",
            1,
            (
                Case(
                    "the example",
                    lambda rng: small(context=[[[1, 0]]], state=[[[0, 2]]], weight=[[1, 0], [0, 1], [0, 3], [0.5, 0]]),
                ),
                Case("another step", lambda rng: _attentional_case(rng, 1, 1, 3, 3, 4)),
            ),
        ),
        Part(
            "a batch",
            1,
            (
                Case("two words of three steps", lambda rng: _attentional_case(rng, 2, 3, 5, 4, 6)),
                Case("four words of two steps", lambda rng: _attentional_case(rng, 4, 2, 3, 3, 5)),
            ),
        ),
    ),
    reference=_attentional,
    misconceptions=(
        Misconception(
            "state before context",
            lambda context, state, weight: _attentional(state, context, weight),
            "You put the state first; the upper rows of the matrix belong to the context.",
            "In the formula, which of the two stands on the left?",
        ),
        Misconception(
            "tanh left out",
            lambda context, state, weight: _join(context, state) @ np.asarray(weight),
            "There is no tanh: your numbers can be larger than 1.",
            "What stands around the product in equation 5?",
        ),
        Misconception(
            "bent before the matrix",
            lambda context, state, weight: np.tanh(_join(context, state)) @ np.asarray(weight),
            "You bent context and state before the matrix; the tanh comes last.",
            "Between which numbers can the result of a tanh lie? Do yours?",
        ),
        Misconception(
            "bent apart",
            _attentional_apart,
            "You bent the share of the context and that of the state apart, and added afterwards; they are added first.",
            "How often does tanh occur in equation 5?",
        ),
        Misconception(
            "state left out",
            lambda context, state, weight: np.tanh(np.asarray(context) @ np.asarray(weight)[: np.shape(context)[-1]]),
            "Only the context enters your result; the state does not.",
            "The state knows what was said so far. Where is it in your answer?",
        ),
        Misconception(
            "softmax in place of the tanh",
            lambda context, state, weight: softmax(_join(context, state) @ np.asarray(weight)),
            "You took a softmax; these are not probabilities yet, but numbers that describe the step.",
            "Which function does equation 5 name?",
        ),
    ),
    right=(
        lambda context, state, weight: np.tanh(
            context @ weight[: context.shape[-1]] + state @ weight[context.shape[-1] :]
        ),
        lambda context, state, weight: np.tanh(np.einsum("bqx,xd->bqd", _join(context, state), weight)).tolist(),
    ),
    hints=(
        "`tf.concat([..., ...], axis=-1)` joins along the width.",
        "Join, multiply by the matrix, tanh. Context first.",
    ),
)


# --- inside_window ----------------------------------------------------------------------------------------


def _distance(center, values):
    """Return how far each place is from each center: (B, Tq) -> (B, Tq, Tv), with sign."""
    return np.arange(values) - np.asarray(center, np.float64)[..., None]


def _real(mask):
    return np.asarray(mask, bool)[:, None, :]


def _inside(center, mask, reach):
    return (np.abs(_distance(center, np.shape(mask)[1])) <= reach) & _real(mask)


def _inside_if(test):
    def answer(center, mask, reach):
        return test(_distance(center, np.shape(mask)[1]), reach) & _real(mask)

    return answer


def _window_case(batch, queries, values, reach, whole, padded=False):
    def draw(rng):
        mask = some_padding(rng, batch, values) if padded else np.ones((batch, values), bool)
        center = rng.random((batch, queries)) * mask.sum(axis=1, keepdims=True)
        center[:, 0], center[:, -1] = 0.3, mask.sum(axis=1) - 0.3  # windows that run off either end
        center = np.floor(center) if whole else np.floor(center) + 0.1 + 0.8 * rng.random(center.shape)
        if not whole:  # one that rounds up, one that rounds down
            center[0, :2] = np.floor(center[0, :2]) + np.array([0.8, 0.2])
        return {"center": center.astype(np.float32), "mask": mask, "reach": reach}

    return Case(f"{batch} words of {values} places, reach {reach}", draw)


inside_window = Exercise(
    name="inside_window",
    title="Which places does a window hold?",
    difficulty=2,
    importance=4,
    minutes=6,
    tensors=True,
    parts=(
        Part(
            "centers on a place",
            1,
            (
                Case(
                    "the example",
                    lambda rng: {**small(center=[[0, 2]], mask=[[1, 1, 1, 1, 1, 0]]), "reach": 1},
                ),
                _window_case(3, 5, 7, 2, whole=True),
            ),
        ),
        Part(
            "centers between two places",
            1,
            (_window_case(2, 4, 6, 1, whole=False), _window_case(3, 5, 9, 2, whole=False)),
        ),
        Part("padding", 1, (_window_case(2, 3, 6, 2, whole=False, padded=True), _window_case(4, 3, 7, 3, True, True))),
    ),
    reference=_inside,
    misconceptions=(
        Misconception(
            "the ends left out",
            _inside_if(lambda far, reach: np.abs(far) < reach),
            "Your window leaves out its two ends; a place at a distance of exactly `reach` is inside.",
            "In the example the window around place 2 holds three places.",
        ),
        Misconception(
            "the right end left out",
            _inside_if(lambda far, reach: (far >= -reach) & (far < reach)),
            "Your window is cut as a slice in Python is, without its right end; both ends belong to it.",
            "In the example the window around place 2 holds three places. Which one is missing?",
        ),
        Misconception(
            "padding inside",
            lambda center, mask, reach: _inside(center, np.ones_like(np.asarray(mask)), reach),
            "Your window holds padding: where the word ends, so does the window.",
            "You were given the mask. What for?",
        ),
        Misconception(
            "half as wide",
            _inside_if(lambda far, reach: np.abs(far) <= reach / 2),
            "Your window is half as wide as it should be: it reaches `reach` places to either side.",
            "With reach D, how many places does a whole window hold? The text says 2D + 1.",
        ),
        Misconception(
            "center rounded",
            lambda center, mask, reach: _inside(np.round(np.asarray(center)), mask, reach),
            "You rounded the center to a place; a window around 2.8 reaches from 1.8 to 3.8 if its reach is 1.",
            "Take the distance to the center as it comes.",
        ),
        Misconception(
            "center cut off",
            lambda center, mask, reach: _inside(np.floor(np.asarray(center)), mask, reach),
            "You cut the center down to a whole number; a window around 2.8 reaches from 1.8 to 3.8 if its reach is 1.",
            "Take the distance to the center as it comes.",
        ),
        Misconception(
            "places counted from one",
            lambda center, mask, reach: _inside(np.asarray(center) - 1, mask, reach),
            "Your first place is number 1; places count from 0, as the steps do.",
            "In the example the window around 0 holds the places 0 and 1.",
        ),
        Misconception(
            "outside instead of inside",
            _inside_if(lambda far, reach: np.abs(far) > reach),
            "Yours is True outside the window; it should be True inside.",
            "Which way around does the comparison go?",
        ),
    ),
    right=(
        lambda center, mask, reach: (
            (_distance(center, np.shape(mask)[1]) ** 2 <= reach**2) * np.asarray(mask)[:, None]
        ).astype(bool),
        lambda center, mask, reach: np.stack(
            [
                [(np.arange(len(m)) >= p - reach) & (np.arange(len(m)) <= p + reach) & m for p in row]
                for row, m in zip(np.asarray(center, np.float64), np.asarray(mask))
            ]
        ),
    ),
    hints=(
        "Number the places: `tf.range(Tv, dtype=tf.float32)`. How far is each one from each center? Shapes: (Tv,) against (B, Tq, 1).",
        "`tf.abs(places - center[:, :, None])` has shape (B, Tq, Tv). Compare it with `reach`.",
        "The mask has shape (B, Tv). With an axis for the steps, `mask[:, None, :]`, it can be combined by `&`.",
    ),
)


# --- local_m ----------------------------------------------------------------------------------------------


def _steps(scores, first=0):
    """Return the number of each step as its center: (B, Tq)."""
    return np.broadcast_to(np.arange(first, first + np.shape(scores)[1], dtype=float), np.shape(scores)[:2])


def _softmax_inside(scores, inside):
    """Return weights over the places inside, zeros where nothing is inside."""
    return softmax(np.where(inside, np.asarray(scores, np.float64), -1e30)) * inside


def _local_m(scores, mask, reach):
    return _softmax_inside(scores, _inside(_steps(scores), mask, reach))


def _even_when_empty(scores, mask, reach):
    return softmax(np.where(_inside(_steps(scores), mask, reach), np.asarray(scores, np.float64), -1e30))


def _cut_afterwards(scores, mask, reach):
    whole = softmax(np.where(_real(mask), np.asarray(scores, np.float64), -1e30))
    return whole * _inside(_steps(scores), mask, reach)


def _backward_only(scores, mask, reach):
    behind = _distance(_steps(scores), np.shape(mask)[1]) <= 0
    return _softmax_inside(scores, _inside(_steps(scores), mask, reach) & behind)


def _zero_outside(scores, mask, reach):
    inside = _inside(_steps(scores), mask, reach)
    return softmax(np.where(inside, np.asarray(scores, np.float64), 0.0))


def _scores_case(name, batch, queries, values, reach, padded=True):
    def draw(rng):
        mask = some_padding(rng, batch, values) if padded else np.ones((batch, values), bool)
        return {"scores": 2 * normal(rng, batch, queries, values), "mask": mask, "reach": reach}

    return Case(name, draw)


local_m = Exercise(
    name="local_m",
    title="A window that moves by itself",
    difficulty=3,
    importance=4,
    minutes=8,
    tensors=True,
    parts=(
        Part(
            "one word",
            1,
            (
                Case(
                    "the example",
                    lambda rng: {**small(scores=[[[1, 2, 4, 0]] * 3], mask=[[1, 1, 1, 1]]), "reach": 1},
                ),
                _scores_case("another word", 1, 4, 6, 1, padded=False),
            ),
        ),
        Part(
            "some padding",
            1,
            (
                _scores_case("two words of seven letters", 2, 4, 7, 5),
                Case(
                    "three words of nine letters",
                    lambda rng: {
                        "scores": 2 * normal(rng, 3, 5, 9),
                        "mask": np.arange(9) < np.array([[8], [6], [5]]),
                        "reach": 2,
                    },
                ),
            ),
        ),
        Part(
            "more steps than letters",
            1,
            (
                _scores_case("four words of three letters, six steps", 4, 6, 3, 1),
                _scores_case("two words of four letters, nine steps", 2, 9, 4, 2),
            ),
        ),
    ),
    reference=_local_m,
    misconceptions=(
        Misconception(
            "cut after the softmax",
            _cut_afterwards,
            "You took the softmax over the whole word and cut the window out afterwards, so that the weights inside no longer sum to one.",
            "Which places may take part in the softmax at all?",
        ),
        Misconception(
            "no window",
            lambda scores, mask, reach: _softmax_inside(scores, np.broadcast_to(_real(mask), np.shape(scores))),
            "Every letter gets weight in your answer: this is global attention.",
            "The step number t is where the window stands. Where does t occur in your answer?",
        ),
        Misconception(
            "padding inside",
            lambda scores, mask, reach: _local_m(scores, np.ones_like(np.asarray(mask)), reach),
            "Padding gets weight when the window holds some.",
            "`inside_window` took the mask. Does yours?",
        ),
        Misconception(
            "steps counted from one",
            lambda scores, mask, reach: _softmax_inside(scores, _inside(_steps(scores, 1), mask, reach)),
            "Your window runs one place ahead: the first step is step 0, and its window stands at place 0.",
            "In the example, which places does step 0 see?",
        ),
        Misconception(
            "weights where nothing is in sight",
            _even_when_empty,
            "Where the window has left the word, a softmax over equally impossible scores gives all places the same weight, padding too. Nothing in sight means weights of zero.",
            "What does the softmax make of [-1e9, -1e9, -1e9]?",
        ),
        Misconception(
            "a score of zero outside",
            _zero_outside,
            "You set scores outside the window to 0, but exp(0) is 1: those places still get weight.",
            "Which score turns into a weight of zero?",
        ),
        Misconception(
            "looking back only",
            _backward_only,
            "Your window ends at place t; it reaches as far to the right as to the left.",
            "In the example, step 0 sees the places 0 and 1.",
        ),
    ),
    right=(
        lambda scores, mask, reach: (lambda powers: powers / np.maximum(powers.sum(axis=-1, keepdims=True), 1e-30))(
            np.exp(np.asarray(scores, np.float64)) * _inside(_steps(scores), mask, reach)
        ),
        lambda scores, mask, reach: np.nan_to_num(
            _softmax_inside(scores, _inside(_steps(scores), mask, reach))
        ).tolist(),
    ),
    hints=(
        "The centers are 0, 1, 2, ... for every word: `tf.range(Tq, dtype=tf.float32)[None, :]`. What is inside, you know.",
        "Outside the window: a score of -1e9, before the softmax.",
        "If nothing is inside, the softmax must not have the last word. Multiply its weights by something that is zero there.",
    ),
    unseen=(
        Unseen(
            lambda inputs: {
                **inputs,
                "scores": np.where(_real(inputs["mask"]), inputs["scores"], 9.0).astype(np.float32),
            },
            "Padding leaks: your weights change when only the scores of padded places change.",
        ),
    ),
)


# --- predicted_center -------------------------------------------------------------------------------------


def _length(mask):
    return np.asarray(mask).sum(axis=-1, keepdims=True)


def _share(state, weight, v):
    """Return how far along the word each step wants to look, before the sigmoid."""
    state, weight, v = f64(state, weight, v)
    return np.tanh(state @ weight) @ v


def _center(state, mask, weight, v):
    return _length(mask) * sigmoid(_share(state, weight, v))


def _center_case(batch, queries, values, width, units):
    def draw(rng):
        return {
            "state": normal(rng, batch, queries, width),
            "mask": some_padding(rng, batch, values),
            "weight": normal(rng, width, units),
            "v": normal(rng, units),
        }

    return Case(f"{batch} words of {values} places", draw)


predicted_center = Exercise(
    name="predicted_center",
    title="A window that is told where to stand",
    difficulty=3,
    importance=4,
    minutes=6,
    tensors=True,
    parts=(
        Part(
            "nothing padded",
            1,
            (
                Case(
                    "the example",
                    lambda rng: small(
                        state=[[[0, 0], [1, 0], [-1, 2]]], mask=[[1] * 8], weight=[[1, 0], [0, 1]], v=[2, 0]
                    ),
                ),
                Case(
                    "another word",
                    lambda rng: {**_center_case(1, 4, 6, 3, 5).draw(rng), "mask": np.ones((1, 6), bool)},
                ),
            ),
        ),
        Part("some padding", 2, (_center_case(2, 3, 7, 4, 5), _center_case(4, 2, 5, 3, 6))),
    ),
    reference=_center,
    misconceptions=(
        Misconception(
            "padding counted",
            lambda state, mask, weight, v: np.shape(mask)[1] * sigmoid(_share(state, weight, v)),
            "You multiplied by the length of the row, padding included; S is the word's own length, so that a short word's window cannot stand on its padding.",
            "How many True are there in each row of the mask?",
        ),
        Misconception(
            "length left out",
            lambda state, mask, weight, v: sigmoid(_share(state, weight, v)),
            "Your centers lie between 0 and 1: that is a share of the way, not yet a place.",
            "A share of what? Multiply by it.",
        ),
        Misconception(
            "last place instead of length",
            lambda state, mask, weight, v: (_length(mask) - 1) * sigmoid(_share(state, weight, v)),
            "You multiplied by the number of the last place, S - 1; equation 9 has S.",
            "In the example S is 8, and a share of one half gives the center 4.",
        ),
        Misconception(
            "sigmoid left out",
            lambda state, mask, weight, v: _length(mask) * _share(state, weight, v),
            "There is no sigmoid: your centers can lie before the word and behind it.",
            "What makes a share, between 0 and 1, of any number?",
        ),
        Misconception(
            "tanh left out",
            lambda state, mask, weight, v: (
                _length(mask) * sigmoid(np.asarray(state, np.float64) @ np.asarray(weight) @ np.asarray(v))
            ),
            "There is no tanh between the matrix and v.",
            "Equation 9 has two bends, one inside the other.",
        ),
        Misconception(
            "tanh and sigmoid exchanged",
            lambda state, mask, weight, v: (
                _length(mask) * np.tanh(sigmoid(np.asarray(state, np.float64) @ np.asarray(weight)) @ np.asarray(v))
            ),
            "You exchanged the two bends: the tanh is inside, the sigmoid outside.",
            "Which of the two gives numbers between 0 and 1?",
        ),
        Misconception(
            "rounded to a place",
            lambda state, mask, weight, v: np.round(_center(state, mask, weight, v)),
            "You rounded. The center may lie between two places; and through a rounded number no gradient comes back, so it could not be trained.",
            "What is the slope of a staircase?",
        ),
    ),
    right=(
        lambda state, mask, weight, v: (
            np.sum(mask, axis=1)[:, None]
            / (1 + np.exp(-np.einsum("bqa,a->bq", np.tanh(np.asarray(state) @ weight), v)))
        ),
        lambda state, mask, weight, v: np.stack(
            [_center(s[None], m[None], weight, v)[0] for s, m in zip(np.asarray(state), np.asarray(mask))]
        ),
    ),
    hints=(
        "From the inside out: the state through the matrix, tanh, v, sigmoid, times the length.",
        '`tf.einsum("bqa,a->bq", ..., v)` or `tf.tensordot(..., v, axes=1)` multiplies by a vector.',
        "The length of each word: `tf.reduce_sum(tf.cast(mask, tf.float32), axis=-1, keepdims=True)`, shape (B, 1).",
    ),
)


# --- local_p ----------------------------------------------------------------------------------------------


def _bell(center, values, reach, sigma=None, factor=2.0):
    sigma = reach / 2 if sigma is None else sigma
    return np.exp(-(_distance(center, values) ** 2) / (factor * sigma**2))


def _local_p(scores, center, mask, reach):
    weights = _softmax_inside(scores, _inside(center, mask, reach))
    return weights * _bell(center, np.shape(mask)[1], reach)


def _local_p_with(**bell):
    def answer(scores, center, mask, reach):
        weights = _softmax_inside(scores, _inside(center, mask, reach))
        return weights * _bell(center, np.shape(mask)[1], reach, **bell)

    return answer


def _renormalised(scores, center, mask, reach):
    weights = _local_p(scores, center, mask, reach)
    return weights / weights.sum(axis=-1, keepdims=True)


def _no_window(scores, center, mask, reach):
    everywhere = np.broadcast_to(_real(mask), np.shape(scores))
    return _softmax_inside(scores, everywhere) * _bell(center, np.shape(mask)[1], reach)


def _square_left_out(scores, center, mask, reach):
    weights = _softmax_inside(scores, _inside(center, mask, reach))
    return weights * np.exp(-np.abs(_distance(center, np.shape(mask)[1])) / (2 * (reach / 2) ** 2))


def _placed_case(batch, queries, values, reach):
    def draw(rng):
        mask = some_padding(rng, batch, values)
        mask[-1] = np.arange(values) < values - 1
        center = rng.random((batch, queries)) * mask.sum(axis=1, keepdims=True)
        center[0, :2] = (0.8, 1.3)
        return {
            "scores": normal(rng, batch, queries, values),
            "center": center.astype(np.float32),
            "mask": mask,
            "reach": reach,
        }

    return Case(f"{batch} words of {values} places, reach {reach}", draw)


local_p = Exercise(
    name="local_p",
    title="The bell in the window",
    difficulty=4,
    importance=4,
    minutes=10,
    tensors=True,
    parts=(
        Part(
            "one word",
            1,
            (
                Case(
                    "the example",
                    lambda rng: {
                        **small(scores=[[[0] * 6, [0] * 6]], center=[[2, 2.5]], mask=[[1, 1, 1, 1, 1, 0]]),
                        "reach": 2,
                    },
                ),
                _placed_case(1, 3, 8, 2),
            ),
        ),
        Part("other windows", 2, (_placed_case(2, 3, 9, 3), _placed_case(4, 3, 7, 1))),
        Part("a batch", 1, (_placed_case(3, 4, 11, 4),)),
    ),
    reference=_local_p,
    misconceptions=(
        Misconception(
            "made to sum to one again",
            _renormalised,
            "Your weights sum to one. In equation 10 they do not: the bell comes after the softmax and only takes away, so a window that stands badly hands over less.",
            "In the example the five weights are 0.03, 0.12, 0.2, 0.12, 0.03. What is their sum?",
        ),
        Misconception(
            "no window",
            _no_window,
            "Your softmax goes over the whole word; the bell alone is no window, and every letter takes weight from those in sight.",
            "Before the bell there is a step that you have written already.",
        ),
        Misconception(
            "as wide as the reach",
            lambda scores, center, mask, reach: _local_p_with(sigma=reach)(scores, center, mask, reach),
            "Your bell is too wide: its standard deviation is half the reach.",
            "At the window's edge, how many standard deviations should one be from the center?",
        ),
        Misconception(
            "two left out below",
            _local_p_with(factor=1.0),
            "Your bell is too narrow: there is a 2 below, beside the square of sigma.",
            "Write out the exponent of a Gaussian, and compare.",
        ),
        Misconception(
            "distance not squared",
            _square_left_out,
            "Your exponent holds the distance itself; in a Gaussian it is squared.",
            "At distance 2 the example has exp(-2), at distance 1 exp(-1/2).",
        ),
        Misconception(
            "sigma not squared",
            lambda scores, center, mask, reach: (
                _softmax_inside(scores, _inside(center, mask, reach))
                * np.exp(-(_distance(center, np.shape(mask)[1]) ** 2) / reach)
            ),
            "You divided by 2 sigma; it is 2 sigma squared. With a reach of 2 nobody sees the difference, since sigma is 1.",
            "Try it with a reach of 4: which sigma, which square?",
        ),
        Misconception(
            "the bell's area made one",
            lambda scores, center, mask, reach: (
                _local_p(scores, center, mask, reach) / ((reach / 2) * np.sqrt(2 * np.pi))
            ),
            "You also divided by sigma times the root of 2 pi, which makes a density. Here the bell's top is 1: at the center nothing is taken away.",
            "In the example the place at the center keeps its 0.2.",
        ),
        Misconception(
            "center rounded",
            lambda scores, center, mask, reach: _local_p(scores, np.round(np.asarray(center)), mask, reach),
            "You rounded the center; the bell stands where the center is, between two places if need be.",
            "In the example the second step's center is 2.5, and two places are equally near.",
        ),
        Misconception(
            "padding inside",
            lambda scores, center, mask, reach: _local_p(scores, center, np.ones_like(np.asarray(mask)), reach),
            "Padding gets weight when the window holds some.",
            "`inside_window` took the mask. Does yours?",
        ),
    ),
    right=(
        lambda scores, center, mask, reach: np.exp(
            np.log(np.maximum(_softmax_inside(scores, _inside(center, mask, reach)), 1e-300))
            - 2 * (_distance(center, np.shape(mask)[1]) / reach) ** 2
        ),
        lambda scores, center, mask, reach: (
            np.exp(-0.5 * ((np.arange(np.shape(mask)[1]) - np.asarray(center)[:, :, None]) / (0.5 * reach)) ** 2)
            * _softmax_inside(scores, _inside(center, mask, reach))
        ),
    ),
    hints=(
        "First the weights inside the window, as in `local_m`, but around the given centers. Then one more factor.",
        "The factor needs the distance of every place to every center, shape (B, Tq, Tv). `inside_window` needed it as well.",
        "exp(-distance² / (2 sigma²)) with sigma = reach / 2. Multiply; and leave the result as it is.",
    ),
    unseen=(
        Unseen(
            lambda inputs: {
                **inputs,
                "scores": np.where(_real(inputs["mask"]), inputs["scores"], 9.0).astype(np.float32),
            },
            "Padding leaks: your weights change when only the scores of padded places change.",
        ),
    ),
)


# --- feeding_step -----------------------------------------------------------------------------------------


def _mixed(asked, memory, mask):
    """Return the context of one query a word, padding left out: (B, D), (B, Tv, D), (B, Tv) -> (B, D)."""
    asked, memory = f64(asked, memory)
    weights = softmax(np.where(mask, np.einsum("bd,bvd->bv", asked, memory), -1e30))
    return np.einsum("bv,bvd->bd", weights, memory)


def _step_with(
    reads=("embedded", "before"), starts="state", asks="new", mixes=("context", "new"), masked=True, bend=np.tanh
):
    """Return a step in which one thing may stand for another."""

    def answer(embedded, before, state, memory, mask, kernel, recurrent_kernel, bias, mix):
        things = dict(zip(("embedded", "before", "state"), f64(embedded, before, state)))
        things["nothing"] = np.zeros_like(things["before"])
        x = np.concatenate([things[name] for name in reads], axis=-1)
        new = things["new"] = gru(x, things[starts], kernel, recurrent_kernel, bias)
        allowed = np.asarray(mask) if masked else np.ones_like(np.asarray(mask))
        things["context"] = _mixed(things[asks], memory, allowed)
        joined = np.concatenate([things[name] for name in mixes], axis=-1)
        return bend(joined @ np.asarray(mix, np.float64)), new

    return answer


_feeding = _step_with()


def _feeding_case(name, batch, values, units, width, full=False):
    def draw(rng):
        return {
            "embedded": normal(rng, batch, width),
            "before": normal(rng, batch, units),
            "state": normal(rng, batch, units),
            "memory": normal(rng, batch, values, units),
            "mask": np.ones((batch, values), bool) if full else some_padding(rng, batch, values),
            "kernel": normal(rng, width + units, 3 * units),
            "recurrent_kernel": normal(rng, units, 3 * units),
            "bias": normal(rng, 2, 3 * units),
            "mix": normal(rng, 2 * units, units),
        }

    return Case(name, draw)


def _feeding_example(rng):
    """Return the lesson's small example: a cell whose new state is the state that it started from, halved."""
    inputs = _feeding_case("", 1, 4, 2, 1).draw(rng)
    inputs |= small(
        embedded=[[1]],
        before=[[0.5, -0.5]],
        state=[[2, 4]],
        memory=[[[1, 0], [2, 0], [0, 2], [9, 9]]],
        mask=[[1, 1, 1, 0]],
        mix=[[1, 0], [0, 1], [0, 0], [0, 0]],
    )
    zeros = {"kernel": (3, 6), "recurrent_kernel": (2, 6), "bias": (2, 6)}
    return inputs | {name: np.zeros(shape, np.float32) for name, shape in zeros.items()}


feeding_step = Exercise(
    name="feeding_step",
    title="One step with input feeding",
    difficulty=4,
    importance=4,
    minutes=12,
    tensors=True,
    parts=(
        Part(
            "one word",
            1,
            (Case("the example", _feeding_example), _feeding_case("another word", 1, 5, 3, 2, full=True)),
        ),
        Part("nothing masked", 1, (_feeding_case("two words of five letters", 2, 5, 3, 4, full=True),)),
        Part(
            "some padding",
            2,
            (
                _feeding_case("two words of five letters", 2, 5, 4, 3),
                _feeding_case("four words of three letters", 4, 3, 5, 2),
            ),
        ),
    ),
    reference=_feeding,
    misconceptions=(
        Misconception(
            "asked with the old state",
            _step_with(asks="state"),
            "You asked with the state as it came in: that is lesson 4's arrangement. Luong's decoder steps first and asks with its new state.",
            "Which of your lines comes first, the cell's or that of the scores?",
        ),
        Misconception(
            "old state mixed with the context",
            _step_with(mixes=("context", "state")),
            "You joined the context with the state as it came in; it is the new state that asked.",
            "Who asked for this context?",
        ),
        Misconception(
            "nothing fed back",
            _step_with(reads=("embedded", "nothing")),
            "What the last step found has no part in your step: there is no feeding in it.",
            "The kernel has E+D rows. What meets the last D of them?",
        ),
        Misconception(
            "state fed back",
            _step_with(reads=("embedded", "state")),
            "You fed the state back, which the cell has anyway; it is the last step's attentional vector, `before`, that goes in.",
            "Which of your arguments is still unused?",
        ),
        Misconception(
            "fed before the token",
            _step_with(reads=("before", "embedded")),
            "You put the attentional vector before the embedding; the first E rows of the kernel belong to the token.",
            "The kernel has shape (E+D, 3D). Whose rows come first?",
        ),
        Misconception(
            "cell started from the attentional vector",
            _step_with(starts="before"),
            "Your cell starts from the attentional vector; it starts from its own state, and only reads the other.",
            "Two things go from step to step. Which of them is the cell's?",
        ),
        Misconception(
            "state before context",
            _step_with(mixes=("new", "context")),
            "You put the state before the context in the attentional vector; in equation 5 the context comes first.",
            "The upper rows of `mix` belong to the context.",
        ),
        Misconception(
            "tanh left out",
            _step_with(bend=lambda x: x),
            "There is no tanh around your attentional vector.",
            "You wrote `attentional` already.",
        ),
        Misconception(
            "mask not used",
            _step_with(masked=False),
            "The mask changes nothing in your step: padding gets weight.",
            "Between scores and softmax, what is missing?",
        ),
        Misconception(
            "results exchanged",
            lambda **inputs: _feeding(**inputs)[::-1],
            "You returned the state first; the attentional vector comes first.",
            "Which of the two makes the logits?",
        ),
    ),
    right=(
        lambda **inputs: list(_feeding(**inputs)),
        lambda **inputs: _feeding(
            **{**inputs, "memory": np.where(np.asarray(inputs["mask"])[..., None], inputs["memory"], 0)}
        ),
    ),
    hints=(
        "Six lines: what the cell reads, the cell, scores, weights, context, attentional vector.",
        "The cell reads `tf.concat([embedded, before], axis=-1)` and starts from `state`. From then on only the new state is used.",
        'Scores as in lesson 4, `tf.einsum("bd,bvd->bv", ...)`, then mask, softmax, context; then what you wrote in `attentional`, for one step.',
    ),
    unseen=(
        Unseen(
            lambda inputs: {
                **inputs,
                "memory": np.where(inputs["mask"][..., None], inputs["memory"], 7.0).astype(np.float32),
            },
            "Padding leaks: your result changes when only the memory of padded places changes.",
        ),
    ),
)


# --- weight_inside ----------------------------------------------------------------------------------------


def _weight_inside(weights, inside, real):
    kept = np.where(np.asarray(inside), np.asarray(weights, np.float64), 0.0).sum(axis=-1)
    return float(kept[np.asarray(real)].mean())


def _hits_inside(weights, inside, real):
    best = np.asarray(weights).argmax(axis=-1)[..., None]
    return float(np.take_along_axis(np.asarray(inside), best, axis=-1)[..., 0][np.asarray(real)].mean())


def _mean_of_words(weights, inside, real):
    kept = np.where(np.asarray(inside), np.asarray(weights, np.float64), 0.0).sum(axis=-1)
    real = np.asarray(real)
    return float(np.mean([row[steps].mean() for row, steps in zip(kept, real)]))


def _padding_too(weights, inside, real):
    return float(np.where(np.asarray(inside), np.asarray(weights, np.float64), 0.0).sum(axis=-1).mean())


def _mean_of_cells(weights, inside, real):
    cells = np.asarray(inside) & np.asarray(real)[..., None]
    return float(np.asarray(weights, np.float64)[cells].mean())


def _looked(batch, queries, values):
    """Draw weights, windows along the diagonal, and words with different numbers of steps."""

    def draw(rng):
        weights = softmax(2 * normal(rng, batch, queries, values)).astype(np.float32)
        inside = np.abs(np.arange(values) - np.arange(queries)[:, None]) <= 1 + rng.random((batch, 1, 1))
        inside = np.broadcast_to(inside, weights.shape).copy()
        steps = np.arange(queries) < np.resize([queries - 1, 1, 2], batch)[:, None]
        inside[0, 0], inside[0, 1] = weights[0, 0] == weights[0, 0].max(), weights[0, 1] < weights[0, 1].max()
        return {"weights": weights, "inside": inside, "real": steps}

    return Case(f"{batch} words of {queries} steps", draw)


weight_inside = Exercise(
    name="weight_inside",
    title="How much would a window have kept?",
    difficulty=2,
    importance=5,
    minutes=5,
    parts=(
        Part(
            "numbers that fit in the head",
            1,
            (
                Case(
                    "the example",
                    lambda rng: {
                        "weights": np.array([[[0.7, 0.2, 0.1], [0.2, 0.3, 0.5]], [[0.6, 0.4, 0.0]] * 2], np.float32),
                        "inside": np.array([[[1, 1, 0], [1, 1, 0]], [[0, 1, 0], [0, 1, 1]]], bool),
                        "real": np.array([[1, 1], [1, 0]], bool),
                    },
                ),
                _looked(2, 3, 5),
            ),
        ),
        Part("a batch", 2, (_looked(3, 4, 6), _looked(5, 7, 4))),
    ),
    reference=_weight_inside,
    misconceptions=(
        Misconception(
            "padded steps counted",
            _padding_too,
            "You counted every row; the steps after a word's end are no steps, and `real` says which those are.",
            "In the example, how many steps are real?",
        ),
        Misconception(
            "hits instead of weight",
            _hits_inside,
            "You counted how often the most attended place lies inside; asked is how much of the weight does.",
            "In the example the first step keeps 0.9.",
        ),
        Misconception(
            "mean of the words' means",
            _mean_of_words,
            "You took a mean for each word first; then a step of a short word counts more than one of a long word.",
            "By how many does one divide at the end? Every real step counts once.",
        ),
        Misconception(
            "mean over places",
            _mean_of_cells,
            "You took the mean over all places inside the windows; inside a window the weight adds up.",
            "What does a window that holds the whole word keep of the weight?",
        ),
        Misconception(
            "what was lost",
            lambda weights, inside, real: 1 - _weight_inside(weights, inside, real),
            "That is what the window would have cut off.",
            "Asked is what it keeps.",
        ),
    ),
    right=(
        lambda weights, inside, real: (
            np.einsum(
                "bqv,bqv,bq->", np.asarray(weights, np.float64), np.asarray(inside, float), np.asarray(real, float)
            )
            / np.sum(real)
        ),
        lambda weights, inside, real: np.mean(
            [(w * i).sum() for w, i in zip(np.asarray(weights)[np.asarray(real)], np.asarray(inside)[np.asarray(real)])]
        ),
    ),
    hints=(
        "Weights outside count as nothing: `np.where(inside, weights, 0)`, or multiply.",
        "Sum over the places of each step. Then take the real steps, `kept[real]`, and their mean.",
    ),
)


# --- predict_window ---------------------------------------------------------------------------------------

predict_window = choice(
    "predict_window",
    "Predict: five letters in sight",
    "B",
    importance=4,
    wrong={
        "A": "Most of what a step needs lies within two letters of place t in most words; what it does not see, it did not use.",
        "C": "One or two letters left over are no trouble yet: a window with a reach of 2 still holds the letter that counts.",
        "D": "States have read their neighbors, but what a letter four places off wants to be said does not fit into them all that well.",
        "E": "In a word with many letters left over, the window falls behind and cannot catch up. Having less to be distracted by does not help there.",
    },
    hints=(
        "How many letters left over does a typical word have? Section 1 counted.",
        "By the last phoneme of a word, how far behind is a window at place t? Compare with its reach.",
    ),
)

# --- EXERCISES --------------------------------------------------------------------------------------------

EXERCISES = (
    attentional,
    luong_concat,
    inside_window,
    local_m,
    predicted_center,
    local_p,
    feeding_step,
    weight_inside,
    predict_window,
)
