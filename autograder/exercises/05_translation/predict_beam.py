"""Lesson 5: what does a wider beam find?"""

from autograder.exercise.choice import choice

exercise = choice(
    "Predict: a beam of 16, and plain log-probability",
    "D",
    {
        "A": "On the average a wider beam finds hypotheses that are *more* probable, since it looks at more of them (now and then it drops the beginning that a narrow one would have kept). But more probable is not the same as better.",
        "B": "Every token multiplies by a probability below one. A search that looks further finds more ways to stop early, so lengths do not stay the same.",
        "C": "It is the other way around: every further token lowers the sum, so among more hypotheses a short one wins more often.",
        "E": "Greedy decoding takes the most probable *token* at each step; the toy decoder shows that this need not lead to the most probable *translation*.",
    },
    (
        "A hypothesis is scored by a sum of logarithms, none of them above zero.",
        "Compare a translation of three tokens with one of six: which sum has more negative terms?",
    ),
    importance=4,
)
