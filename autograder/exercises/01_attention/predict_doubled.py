"""Lesson 1: what happens to the weights when every score doubles?"""

from autograder.exercise.choice import choice

exercise = choice(
    "Predict: every score is doubled",
    "C",
    {
        "A": "The softmax ignores a number *added* to every score, not a factor: exp(2s) is exp(s) squared, and squaring changes the ratios.",
        "B": "Weights sum to one before and after, so they cannot all double.",
        "D": "It is the other way around: halving the scores flattens the weights, doubling pulls them apart.",
        "E": "A larger score always has a larger weight, doubled or not: the order of the keys stays.",
    },
    (
        "The ratio of two weights is exp(first score - second score).",
        "Doubling every score doubles every difference between scores. What does that do to the ratios?",
    ),
)
