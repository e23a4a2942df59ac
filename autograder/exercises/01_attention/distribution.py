"""Lesson 1: softmax over the keys."""

import numpy as np

from autograder.exercise.draws import example, inputs, normal, part
from autograder.exercise.vocabulary import Exercise, Misconception

from ..shared import not_negative, rows_sum_to_one, softmax


def _scores(query, key):
    return np.einsum("d,td->t", query, key)


def _naive_softmax(scores):
    powers = np.exp(scores)
    return powers / powers.sum(axis=-1, keepdims=True)


def _far_apart(rng, inputs):
    """Move each row by 2000 from the next."""
    scores = inputs["scores"]
    return {"scores": scores + np.arange(-2000, 2001, 2000, dtype=np.float32)[: len(scores), None]}


def _spread(rng, inputs):
    """Let each row reach from -1000 to 1000, the two largest close together and never first."""
    scores = inputs["scores"]
    scores[:, 1:] += rng.permuted(np.full((len(scores), 4), (1000, 1000, 0, -1000), np.float32), axis=1)
    return {"scores": scores}


row = inputs(scores=normal("Tv"))
rows = inputs(scores=normal("Tq Tv"))


exercise = Exercise(
    title="Turn scores into weights that sum to one",
    difficulty=2,
    importance=5,
    minutes=5,
    parts=(
        part("one row of scores", 1, example(scores=[2.0, 3.0, -1.0]), row(Tv=5)),
        part("a row for each query", 1, rows(Tq=2, Tv=4), rows(Tq=5, Tv=3)),
        part(
            "large scores",
            1,
            example(scores=[1000.0, 999.0, 998.0]),
            rows.then(_far_apart)(Tq=3, Tv=4),
            rows.then(_spread)(Tq=2, Tv=5),
        ),
    ),
    reference=softmax,
    misconceptions=(
        Misconception(
            "softmax over the wrong axis",
            lambda scores: softmax(scores, axis=0),
            "Your columns sum to one instead of your rows; each query spreads a weight of one over its keys, which lie on the last axis.",
            "Name the two axes of the scores, then say over which of them one query's weights must sum to one.",
        ),
        Misconception(
            "softmax over all scores at once",
            lambda scores: softmax(scores, axis=None),
            "All your weights together sum to one; each query needs a sum of one for itself.",
            "How many ones do two queries add up to? Look at what `axis` and `keepdims` do in a sum.",
        ),
        Misconception(
            "exponential overflows",
            _naive_softmax,
            "`exp` of a large score is infinite, and infinity divided by infinity is not a number.",
            "Subtracting the same number from every score of a row leaves the softmax as it is. Which number keeps `exp` small?",
        ),
        Misconception(
            "one maximum for all rows",
            lambda scores: (lambda p: p / p.sum(axis=-1, keepdims=True))(np.exp(scores - np.max(scores))),
            "You subtracted the largest of all scores; a row far below it becomes all zeros, and 0/0 is not a number.",
            "Each row is its own distribution: whose largest score should be subtracted from it?",
        ),
        Misconception(
            "divided without the exponential",
            lambda scores: scores / np.sum(scores, axis=-1, keepdims=True),
            "You divided the scores by their sum, without the exponential; that can be negative, and the sum can be zero.",
            "Scores can be negative and weights cannot. Which step of the softmax takes care of that?",
        ),
        Misconception(
            "all weight on the largest score",
            lambda scores: (scores == np.max(scores, axis=-1, keepdims=True)).astype(float),
            "You gave all the weight to the largest score; the softmax leaves some for every key.",
            "The soft in softmax: what is exp(3) / (exp(3) + exp(2))?",
        ),
    ),
    right=(
        lambda scores: np.exp(scores - np.logaddexp.reduce(scores, axis=-1, keepdims=True)),
        lambda scores: np.apply_along_axis(
            lambda row: np.exp(row - row.max()) / np.exp(row - row.max()).sum(), -1, scores
        ),
    ),
    hints=(
        "The softmax has two steps: the exponential of every score, then a division by the sum of its row.",
        "`axis=-1` means the last axis, the keys; `keepdims=True` keeps it with length 1, so that the division lines up.",
        "Before the exponential, subtract from each row its own largest score. Prove to yourself that this changes nothing.",
    ),
    properties=(not_negative, rows_sum_to_one),
)
