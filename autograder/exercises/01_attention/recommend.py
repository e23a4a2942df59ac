"""Lesson 1: the same three lines, where the target asks what was bought."""

import numpy as np

from autograder.exercise.draws import example, inputs, normal, part, whole
from autograder.exercise.vocabulary import Exercise, Misconception

from ..shared import softmax


def _recommend(target, purchases, ratings):
    return softmax(purchases @ target) @ ratings


draw = inputs(target=normal("D"), purchases=normal("Tv D"), ratings=whole("Tv", 1, 6, np.float32))


exercise = Exercise(
    title="Guess a rating: the target asks the history",
    difficulty=3,
    importance=4,
    minutes=4,
    parts=(
        part(
            "a small history",
            1,
            example(
                target=[2.0, 0.0],
                purchases=[[1.0, 0.0], [0.0, 1.0], [1.0, 1.0]],
                ratings=[5.0, 1.0, 4.0],
            ),
            draw(Tv=4, D=2),
        ),
        part("other histories", 1, draw(Tv=6, D=3), draw(Tv=3, D=5)),
    ),
    reference=_recommend,
    misconceptions=(
        Misconception(
            "mean of the ratings",
            lambda target, purchases, ratings: np.mean(ratings),
            "You averaged all ratings; the guess should lean toward what was said of purchases like the target.",
            "Does your guess change when the target does?",
        ),
        Misconception(
            "rating of the nearest purchase",
            lambda target, purchases, ratings: float(ratings[np.argmax(purchases @ target)]),
            "You took the rating of the one best match; attention mixes all ratings by their weights.",
            "Which of the three lines would make a mixture of this?",
        ),
        Misconception(
            "mixed the purchases",
            lambda target, purchases, ratings: softmax(purchases @ target) @ purchases,
            "You mixed the purchases themselves; here they are the keys, and the ratings are the values.",
            "What should come out: a vector that describes an item, or a rating?",
        ),
        Misconception(
            "no softmax",
            lambda target, purchases, ratings: (purchases @ target) @ ratings,
            "You weighted the ratings by the raw scores, so the guess can lie far outside one to five.",
            "Which line makes weights that sum to one?",
        ),
        Misconception(
            "ratings entered the scores",
            lambda target, purchases, ratings: softmax((purchases @ target) * ratings) @ ratings,
            "You let the ratings change the scores; a score compares query and key only.",
            "How alike two items are does not depend on how much somebody liked one of them.",
        ),
    ),
    right=(
        lambda target, purchases, ratings: float(np.average(ratings, weights=np.exp(purchases @ target))),
        lambda target, purchases, ratings: np.array(softmax(np.dot(purchases, target)).dot(ratings)),
    ),
    hints=(
        "Who asks? The item that you are to guess a rating for. What is it compared with? What do you want to mix?",
        "Query = target, shape (D,). Key = purchases, shape (Tv, D). Value = ratings, shape (Tv,).",
        "You have written all three lines already: `scores`, `distribution`, `context`.",
    ),
)
