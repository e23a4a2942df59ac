"""Lesson 7: what attention costs, counted."""

from autograder.exercise.draws import example, inputs, part, size
from autograder.exercise.vocabulary import Exercise, Misconception


def _cost(length, width, heads, *, projections=4, products=2):
    return (projections * length * width**2 + products * length**2 * width, heads * length**2)


draw = inputs(length=size("T"), width=lambda rng, sizes: sizes["H"] * sizes["K"], heads=size("H"))


exercise = Exercise(
    title="Count what it costs",
    difficulty=3,
    importance=4,
    minutes=6,
    parts=(
        part("few items, and many", 1, example(length=3, width=4, heads=2), draw(T=(5, 5000), H=(2, 8), K=(9, 60))),
        part(
            "other sizes",
            2,
            draw(T=30, H=8, K=9),
            draw(T=5000, H=4, K=128),
            draw(T=(7, 40), H=(2, 5), K=(6, 20)),
        ),
    ),
    reference=_cost,
    misconceptions=(
        Misconception(
            "every head as wide as x",
            lambda length, width, heads: (
                4 * length * width**2 + 2 * heads * length**2 * width,
                heads * length**2,
            ),
            "You counted every head as D wide; the heads share the width, so that all of them together cost as much as one.",
            "How wide is one head, and how many of them are there?",
        ),
        Misconception(
            "one head's scores",
            lambda length, width, heads: (_cost(length, width, heads)[0], length**2),
            "You counted the scores of one head; each head has a square of its own.",
            "What shape do the scores have, all four axes?",
        ),
        Misconception(
            "mixing the values left out",
            lambda length, width, heads: _cost(length, width, heads, products=1),
            "You counted the scores but not the third line: mixing the values takes as many multiplications again.",
            "How many matrix products are there between the projections in and the projection out?",
        ),
        Misconception(
            "projections left out",
            lambda length, width, heads: _cost(length, width, heads, projections=0),
            "You left out the four products with weights: each takes D · D multiplications for each item.",
            "How many multiplications is a (T, D) times a (D, D) matrix?",
        ),
        Misconception(
            "output projection left out",
            lambda length, width, heads: _cost(length, width, heads, projections=3),
            "You counted three products with weights; the merged heads go through a fourth.",
            "Which weights come after the merge?",
        ),
        Misconception(
            "scores as large as x",
            lambda length, width, heads: (_cost(length, width, heads)[0], length * width),
            "You gave the size of x; the scores have a number for each pair of items, for each head.",
            "What shape do the scores have, all four axes?",
        ),
        Misconception(
            "results exchanged",
            lambda length, width, heads: _cost(length, width, heads)[::-1],
            "You returned the scores first; the task asks for the multiplications, then the scores.",
            "In which order does the task name the two numbers?",
        ),
        Misconception(
            "multiplications alone",
            lambda length, width, heads: _cost(length, width, heads)[0],
            "You returned one number; the task asks for two: the multiplications, and the numbers that the scores hold.",
            "Separate two values by a comma after `return`.",
        ),
    ),
    right=(
        lambda length, width, heads: [2 * length * width * (2 * width + length), length * length * heads],
        lambda length, width, heads: (
            float(4 * length * width * width + 2 * heads * length * length * (width / heads)),
            float(heads * length**2),
        ),
    ),
    hints=(
        "A product of an (m, n) and an (n, p) matrix takes m · n · p multiplications.",
        "There are four products with weights, each (T, D) times (D, D), and two more in the three lines, for each head.",
        "One head: (T, K) times (K, T), then (T, T) times (T, K), with K = D / H. Now H of them.",
    ),
)
