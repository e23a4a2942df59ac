"""Lesson 11: attention with a state instead of a cache. Katharopoulos et al. (2020), equations 9 to 12."""

import numpy as np

from autograder.exercise.draws import example, inputs, normal, part
from autograder.exercise.vocabulary import Exercise, Misconception

from ..shared import softmax


def _phi(x):
    return np.where(x > 0, x + 1, np.exp(np.minimum(x, 0)))


def _linear(query, key, value):
    table = np.tril(_phi(query) @ _phi(key).T)
    return table / table.sum(axis=-1, keepdims=True) @ value


def _everything(query, key, value):
    table = _phi(query) @ _phi(key).T
    return table / table.sum(axis=-1, keepdims=True) @ value


def _not_divided(query, key, value):
    return np.tril(_phi(query) @ _phi(key).T) @ value


def _by_count(query, key, value):
    return _not_divided(query, key, value) / np.arange(1, len(query) + 1)[:, None]


def _without_phi(query, key, value):
    table = np.tril(query @ key.T)
    return table / table.sum(axis=-1, keepdims=True) @ value


def _past_only(query, key, value):
    table = np.tril(_phi(query) @ _phi(key).T, -1)
    total = table.sum(axis=-1, keepdims=True)
    return np.where(total > 0, table / np.where(total > 0, total, 1), 0) @ value


def _softmaxed(query, key, value):
    return softmax(np.where(np.tri(len(query), dtype=bool), query @ key.T, -np.inf)) @ value


def _phi_of_one(query, key, value):
    table = np.tril(query @ _phi(key).T)
    return table / table.sum(axis=-1, keepdims=True) @ value


def _by_state(query, key, value):
    state, total, contexts = np.zeros((key.shape[1], value.shape[1])), np.zeros(key.shape[1]), []
    for q, k, v in zip(_phi(query), _phi(key), value):
        state, total = state + np.outer(k, v), total + k
        contexts.append(q @ state / (q @ total))
    return contexts


def _by_sums(query, key, value):
    states = np.cumsum(_phi(key)[:, :, None] * value[:, None, :], axis=0)
    totals = np.cumsum(_phi(key), axis=0)
    return np.einsum("tk,tkd->td", _phi(query), states) / np.einsum("tk,tk->t", _phi(query), totals)[:, None]


draw = inputs(query=normal("T K"), key=normal("T K"), value=normal("T Dv"))


exercise = Exercise(
    title="A state instead of a cache",
    difficulty=4,
    importance=4,
    minutes=10,
    parts=(
        part(
            "a short sequence",
            2,
            example(
                query=[[0.0, 0.0], [1.0, -1.0], [0.0, 2.0]],
                key=[[0.0, 1.0], [2.0, 0.0], [-1.0, 0.0]],
                value=[[2.0], [4.0], [9.0]],
            ),
            draw(T=4, K=3, Dv=2),
        ),
        part("other sizes", 2, draw(T=7, K=5, Dv=3), draw(T=5, K=2, Dv=6), draw(T=9, K=4, Dv=1)),
    ),
    reference=_linear,
    misconceptions=(
        Misconception(
            "all places seen",
            _everything,
            "Every place of yours sees the whole sequence; it should see itself and what came before.",
            "What is in the state when the first query asks?",
        ),
        Misconception(
            "not divided",
            _not_divided,
            "You did not divide by φ(query) · total: your weights do not sum to one.",
            "With all queries and keys 0 the contexts should be running means.",
        ),
        Misconception(
            "divided by the count",
            _by_count,
            "You divided by the number of tokens; divide by φ(query) · total, the sum of this query's weights.",
            "Are all weights of one query equally large?",
        ),
        Misconception(
            "phi forgotten",
            _without_phi,
            "You used queries and keys as they are; the weights can then be negative, and their sum 0. Use `phi` on both.",
            "Which function of the cell above makes numbers positive?",
        ),
        Misconception(
            "phi of the keys alone",
            _phi_of_one,
            "You used `phi` on the keys but not on the queries.",
            "Which of the two makes the weights positive: φ(key), φ(query), or both together?",
        ),
        Misconception(
            "oneself not seen",
            _past_only,
            "Your places see only what came before them; each one sees itself as well.",
            "Update the state first, or ask first?",
        ),
        Misconception(
            "softmax after all",
            _softmaxed,
            "That is attention with a softmax. It needs all keys at once; here φ(query) · φ(key) takes the place of the exponential.",
            "Is there a table of T by T numbers in your answer?",
        ),
    ),
    right=(_by_state, _by_sums),
    hints=(
        "Go through the places one by one. Keep a state, zeros of shape (K, Dv), and a total, zeros of shape (K,).",
        "At each place add first: `np.outer(phi(k), v)` to the state, `phi(k)` to the total.",
        "Then ask: `phi(q) @ state` divided by `phi(q) @ total`.",
    ),
)
