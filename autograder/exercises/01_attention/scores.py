"""Lesson 1: one query against every key."""

import numpy as np

from autograder.exercise.draws import example, inputs, normal, part
from autograder.exercise.vocabulary import Exercise, Misconception

draw = inputs(query=normal("D"), key=normal("Tv D"))


exercise = Exercise(
    title="Score every key against one query",
    difficulty=1,
    importance=5,
    minutes=3,
    parts=(
        part(
            "one query, three keys",
            1,
            example(query=[2.0, 1.0], key=[[1.0, 0.0], [0.0, 3.0], [-1.0, 1.0]]),
            draw(Tv=3, D=2),
        ),
        part("other sizes", 1, draw(Tv=5, D=4), draw(Tv=1, D=3), draw(Tv=2, D=7)),
    ),
    reference=lambda query, key: np.einsum("d,td->t", query, key),
    misconceptions=(
        Misconception(
            "products left unsummed",
            lambda query, key: query * key,
            "You multiplied the query with each key but did not add the products up; a dot product is one number for each key.",
            "Look again at the worked dot product: how many numbers does one key give?",
        ),
        Misconception(
            "summed over the wrong axis",
            lambda query, key: (query * key).sum(axis=0),
            "You added up over the keys; the sum of a dot product runs over the width, so that each key keeps its own score.",
            "The key has shape (Tv, D). Which of the two axes must be gone in the result?",
        ),
        Misconception(
            "mean instead of sum",
            lambda query, key: (query * key).mean(axis=-1),
            "You averaged the products; a dot product adds them.",
            "Compare your first number with the dot product worked out by hand: by what factor does it differ?",
        ),
        Misconception(
            "cosine instead of dot product",
            lambda query, key: key @ query / (np.linalg.norm(key, axis=-1) * np.linalg.norm(query)),
            "You divided by the lengths of the vectors, which makes it a cosine; the score here is the plain dot product.",
            "Nothing in the first of the three lines divides.",
        ),
        Misconception(
            "distance instead of dot product",
            lambda query, key: np.linalg.norm(key - query, axis=-1),
            "You measured how far apart query and key are; a score is their dot product, which grows as they agree.",
            "Should the best match have the largest or the smallest score?",
        ),
    ),
    right=(
        lambda query, key: [float(sum(q * k for q, k in zip(query, row))) for row in key],
        lambda query, key: key @ query,
        lambda query, key: (query[None, :] @ key.T)[0],
    ),
    hints=(
        "A score is a dot product: multiply two vectors entry by entry and add up the products.",
        "You need one score for each key: as many numbers as `key` has rows.",
        "The operator `@` multiplies matrices and vectors: a matrix of shape (Tv, D) times a vector of shape (D,) has shape (Tv,).",
    ),
)
