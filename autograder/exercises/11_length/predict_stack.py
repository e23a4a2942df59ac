"""Lesson 11: how far does a stack of windows see?"""

from autograder.exercise.choice import choice

exercise = choice(
    "Predict: windows in a stack",
    "A",
    {
        "B": "That is one layer. The layer below has given each of the eight tokens something of the seven before it.",
        "C": "The windows overlap: the last token of one is the first of the next, so each further layer adds 7, not 8.",
        "D": "Windows do not multiply: a layer moves the border of what was reached by 7 tokens, whatever was reached before.",
        "E": "Four layers take four steps, each of at most 7 tokens. What lies further back has no way to the top.",
    },
    (
        "Draw two layers with W = 2. Which inputs can change the last output?",
        "Each layer reaches W - 1 tokens further back than the layer above it.",
    ),
    importance=5,
    minutes=3,
)
