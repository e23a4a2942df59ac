"""Lesson 2: how often is the most attended purchase the true one?"""

import numpy as np

from autograder.exercise.draws import Draw, example, part
from autograder.exercise.vocabulary import Exercise, Misconception

from ..shared import softmax


def _top_share(weights, mask, relevant):
    # Weights have two axes: axis 1 is axis -1.
    return float(np.mean(np.argmax(np.where(mask, weights, -np.inf), axis=-1) == relevant))


def _looks(rng, sizes):
    """Draw N looks, padding with the most weight in about a third of them; half of the tops are true."""
    looks, places = sizes["N"], sizes["Tv"]
    weights = softmax(2 * rng.standard_normal((looks, places))).astype(np.float32)
    mask = np.arange(places) < rng.integers(2, places + 1, looks)[:, None]
    top = np.where(mask, weights, 0).argmax(axis=-1)
    relevant = np.where(rng.random(looks) < 0.5, top, rng.integers(mask.sum(axis=-1)))
    return {"weights": weights, "mask": mask, "relevant": relevant}


def _hits(weights, relevant):
    return np.argmax(weights, axis=-1) == relevant


draw = Draw(_looks)


exercise = Exercise(
    title="How often does it look at the right purchase?",
    difficulty=3,
    importance=4,
    minutes=5,
    parts=(
        part(
            "a few looks",
            1,
            example(
                weights=[[0.2, 0.5, 0.3], [0.6, 0.4, 0.0], [0.1, 0.2, 0.7], [0.3, 0.1, 0.6]],
                mask=[[True, True, True], [True, True, True], [True, True, False], [True, True, False]],
                relevant=[1, 1, 1, 0],
            ),
            draw(N=6, Tv=4),
            draw(N=(8, 12), Tv=3),
        ),
        part("many looks", 1, draw(N=(30, 50), Tv=7), draw(N=(51, 70), Tv=5)),
    ),
    reference=_top_share,
    misconceptions=(
        Misconception(
            "padding can win",
            lambda weights, mask, relevant: float(np.mean(_hits(weights, relevant))),
            "You let padding be the most attended place; the most attended *purchase* is the one asked for.",
            "In the third look of the worked example, which place is not a purchase?",
        ),
        Misconception(
            "looks left out in which padding wins",
            lambda weights, mask, relevant: float(
                _hits(weights, relevant)[np.take_along_axis(mask, np.argmax(weights, -1)[:, None], 1)[:, 0]].mean()
            ),
            "You left out the looks in which padding got the most weight; every look counts.",
            "How many looks are in the worked example, and by how many did you divide?",
        ),
        Misconception(
            "count instead of share",
            lambda weights, mask, relevant: float(_top_share(weights, mask, relevant) * len(relevant)),
            "You counted the looks; a share is the count divided by the number of looks.",
            "Which values can a share take?",
        ),
        Misconception(
            "divided by the purchases",
            lambda weights, mask, relevant: float(_top_share(weights, mask, relevant) * len(relevant) / np.sum(mask)),
            "You divided by the number of purchases; each look is right or wrong once, so divide by the looks.",
            "What would a perfect answer score with your count?",
        ),
        Misconception(
            "mean weight on the true purchase",
            lambda weights, mask, relevant: float(np.take_along_axis(weights, relevant[:, None], axis=1).mean()),
            "You averaged the weight of the true purchase; asked for is how often it has the largest.",
            "In the first look of the worked example, is the answer 0.5, or is it yes?",
        ),
        Misconception(
            "every place judged",
            lambda weights, mask, relevant: float(
                np.mean(
                    np.eye(weights.shape[1])[np.where(mask, weights, -1).argmax(-1)]
                    == np.eye(weights.shape[1])[relevant]
                )
            ),
            "You compared place by place, so that every place rightly not chosen counts as a success; only the top place of each look counts.",
            "A look has one most attended purchase. How many yes or no answers does a look give?",
        ),
        Misconception(
            "mask inverted",
            lambda weights, mask, relevant: _top_share(weights, ~mask, relevant),
            "The mask is the wrong way around: you looked for the largest weight among the padding. True means a purchase.",
            "In `np.where(mask, a, b)`, which of the two is taken where the mask is True?",
        ),
        Misconception(
            "a percentage",
            lambda weights, mask, relevant: 100 * _top_share(weights, mask, relevant),
            "You returned a percentage; a share lies between 0 and 1.",
            "The example's result is 0.75. What is yours?",
        ),
    ),
    right=(
        lambda weights, mask, relevant: float(np.mean(_hits(weights * mask, relevant))),
        lambda weights, mask, relevant: (
            sum(max(range(int(sum(m))), key=lambda place: w[place]) == r for w, m, r in zip(weights, mask, relevant))
            / len(relevant)
        ),
    ),
    hints=(
        "`argmax` over the last axis gives, for each look, the place with the largest weight.",
        "Padding must not win: give it a weight that is lower than any real one before you look for the largest.",
        "Comparing the places with `relevant` gives one True or False a look; the mean of these is the share.",
    ),
)
