"""Lesson 3: what happens to longer phrases?"""

from autograder.exercise.choice import choice

exercise = choice(
    "Predict: longer phrases",
    "E",
    {
        "A": "The words are the same, but a longer phrase must fit into the same few numbers, all of it at once.",
        "B": "More context would help if it could be looked at again; here it has to share one state of fixed width.",
        "C": "If every token failed with the same small probability, it would be like this. But the tokens of a long phrase fail far more often.",
        "D": "A state can be computed for a phrase of any length, and the decoder does speak. What it says is another matter.",
    },
    (
        "The state has the same width for 3 tokens and for 26. What has to be in it when the decoder begins?",
        "One wrong token makes the whole phrase wrong, and a phrase of 20 tokens has 20 chances.",
    ),
    importance=4,
)
