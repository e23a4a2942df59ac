"""Lesson 11: grouped-query attention. Ainslie et al. (2023), section 2.2."""

import numpy as np

from autograder.exercise.draws import example, inputs, normal, part
from autograder.exercise.vocabulary import Exercise, Misconception

from ..shared import softmax, swap


def _attend(query, key, value):
    return softmax(query @ swap(key) / np.sqrt(query.shape[-1])) @ value


def _repeated(array, query):
    return np.repeat(array, query.shape[1] // array.shape[1], axis=1)


def _grouped(query, key, value):
    return _attend(query, _repeated(key, query), _repeated(value, query))


def _tiled(array, query):
    return np.tile(array, (1, query.shape[1] // array.shape[1], 1, 1))


def _by_loop(query, key, value):
    share = query.shape[1] // key.shape[1]
    heads = [_attend(query[:, h], key[:, h // share], value[:, h // share]) for h in range(query.shape[1])]
    return np.stack(heads, axis=1)


def _by_group_axis(query, key, value):
    batch, heads, length, width = query.shape
    groups = query.reshape(batch, key.shape[1], -1, length, width)
    return _attend(groups, key[:, :, None], value[:, :, None]).reshape(batch, heads, length, -1)


draw = inputs(query=normal("B H Tq K"), key=normal("B G Tv K"), value=normal("B G Tv Dv"))


exercise = Exercise(
    title="Grouped queries",
    difficulty=3,
    importance=4,
    minutes=8,
    parts=(
        part(
            "two groups",
            1,
            example(
                query=[[[[1.0, 0.0]], [[0.0, 1.0]], [[1.0, 0.0]], [[0.0, 1.0]]]],
                key=[[[[2.0, 0.0], [0.0, 2.0]], [[0.0, 0.0], [0.0, 3.0]]]],
                value=[[[[5.0], [1.0]], [[7.0], [3.0]]]],
            ),
            draw(B=3, H=4, G=2, Tq=5, Tv=6, K=7, Dv=1),
        ),
        part("other groups", 1, draw(B=2, H=6, G=3, Tq=5, Tv=4, K=9, Dv=8), draw(B=2, H=6, G=2, Tq=4, Tv=5, K=3, Dv=7)),
        part("one head for all", 1, draw(B=2, H=3, G=1, Tq=5, Tv=4, K=7, Dv=6)),
    ),
    reference=_grouped,
    misconceptions=(
        Misconception(
            "heads take turns",
            lambda query, key, value: _attend(query, _tiled(key, query), _tiled(value, query)),
            "You repeated the heads of keys one after the other (0, 1, 0, 1); neighboring query heads share (0, 0, 1, 1).",
            "Compare `np.tile` and `np.repeat` on `[0, 1]`. Which of them keeps neighbors together?",
        ),
        Misconception(
            "scores not scaled",
            lambda query, key, value: softmax(query @ swap(_repeated(key, query))) @ _repeated(value, query),
            "You did not divide the scores by √K.",
            "Look at the second sentence of the task.",
        ),
        Misconception(
            "scaled by all heads together",
            lambda query, key, value: (
                softmax(query @ swap(_repeated(key, query)) / np.sqrt(query.shape[-1] * query.shape[1]))
                @ _repeated(value, query)
            ),
            "You divided by the root of H · K; the scores of one head are sums of K products, so the root is of K.",
            "How many products does one score of one head add up?",
        ),
        Misconception(
            "first head of keys for all",
            lambda query, key, value: _attend(query, key[:, :1], value[:, :1]),
            "All your query heads ask the first head of keys and values; each group has its own.",
            "Change the last head of the values: does anything change in your result?",
        ),
        Misconception(
            "mean of the heads of keys",
            lambda query, key, value: _attend(query, key.mean(1, keepdims=True), value.mean(1, keepdims=True)),
            "You averaged the heads of keys and values; no query head may see the keys of another group.",
            "How many heads of keys may one query head look at?",
        ),
    ),
    right=(_by_loop, _by_group_axis),
    hints=(
        "How many query heads share one head of keys? H / G: `query.shape[1] // key.shape[1]`.",
        "`np.repeat(array, n, axis=1)` writes each entry of an axis n times, one beside the other.",
        "With keys and values repeated to H heads, the rest is attention as always; `np.swapaxes(key, -1, -2)` turns the keys.",
    ),
)
