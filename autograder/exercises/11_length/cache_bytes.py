"""Lesson 11: what a key-value cache costs."""

from autograder.exercise.draws import example, inputs, one_of, part
from autograder.exercise.vocabulary import Exercise, Misconception


def _bytes(layers, heads, width, length, batch, size):
    return 2 * layers * heads * width * length * batch * size


draw = inputs(
    layers=one_of(3, 7, 11),
    heads=one_of(5, 13),
    width=one_of(17, 19, 23),
    length=one_of(29, 31, 37),
    batch=one_of(41, 43),
    size=one_of(2, 4, 8),
)


exercise = Exercise(
    title="The size of a cache",
    difficulty=1,
    importance=4,
    minutes=3,
    parts=(
        part("one sequence", 1, example(layers=2, heads=3, width=4, length=5, batch=1, size=2), draw()),
        part("other sizes", 1, draw(), draw(), draw()),
    ),
    reference=_bytes,
    misconceptions=(
        Misconception(
            "keys without values",
            lambda layers, heads, width, length, batch, size: layers * heads * width * length * batch * size,
            "You counted the keys; the cache holds a value beside each key.",
            "Why is it called a key-value cache?",
        ),
        Misconception(
            "numbers instead of bytes",
            lambda layers, heads, width, length, batch, size: 2 * layers * heads * width * length * batch,
            "You counted numbers; each of them takes `size` bytes.",
            "Which of the six arguments does not occur in your product?",
        ),
        Misconception(
            "one layer",
            lambda layers, heads, width, length, batch, size: 2 * heads * width * length * batch * size,
            "You counted one layer; each layer has keys and values of its own.",
            "Which of the six arguments does not occur in your product?",
        ),
        Misconception(
            "the table of scores",
            lambda layers, heads, width, length, batch, size: layers * heads * length * length * batch * size,
            "You counted the scores, length times length; the cache keeps keys and values, whose number grows with the length and not with its square.",
            "What does a decoder have to remember of a token that was said long ago?",
        ),
        Misconception(
            "one sequence of the batch",
            lambda layers, heads, width, length, batch, size: 2 * layers * heads * width * length * size,
            "You counted one sequence; every sequence of the batch has its own cache.",
            "Which of the six arguments does not occur in your product?",
        ),
    ),
    right=(
        lambda layers, heads, width, length, batch, size: sum(
            2 * heads * width * size * length for _ in range(layers * batch)
        ),
        lambda layers, heads, width, length, batch, size: float(
            (heads * width + heads * width) * layers * length * batch * size
        ),
    ),
    hints=(
        "Count numbers first, bytes last: how many numbers are one key and one value of one head?",
        "One key and one value of width K: 2 K numbers, for each head, each layer, each token, each sequence.",
    ),
)
