"""Lesson 7: what becomes of the output when the words are shuffled?"""

from autograder.exercise.choice import choice

exercise = choice(
    "Predict: the words are shuffled",
    "B",
    {
        "A": "Each row of the output belongs to the item in the same row of x. When the items change rows, what belongs to them goes along.",
        "C": "A query is compared with every key, wherever it stands, and the sum over the values does not care in which order it is taken. So what can differ for *dog*?",
        "D": "Neighbors are not special: every item is scored against every other, and no line of the calculation knows which row is next to which.",
        "E": "Weights sum to one over the same set of items, shuffled or not; nothing becomes more even.",
    },
    (
        "Take one item. Which queries, keys and values have a part in its row of the output?",
        "A sum over all items is the same in any order. Is there anything else in the calculation?",
    ),
    importance=5,
)
