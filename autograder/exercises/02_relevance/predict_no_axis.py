"""Lesson 2: what happens to a query without its sequence axis?"""

from autograder.exercise.choice import choice

exercise = choice(
    "Predict: the query has lost its axis",
    "B",
    {
        "A": "A matrix product accepts a matrix times a stack of matrices: it repeats the matrix for each of the stack. Nothing is raised.",
        "C": "Nothing adds the axis for you. The matrix (4, 16) is taken as it is: four rows, which look like four queries.",
        "D": "That is the shape that was wanted, but (4, 16) times a stack of four matrices (16, 12) keeps the stack: there is one axis more.",
        "E": "The 12 places are summed over when the values are mixed, whatever the query was.",
    },
    (
        "`scores` is a matrix product of the query with the keys, whose last two axes were exchanged: (4, 16) times (4, 16, 12).",
        "In a matrix product the last two axes are rows and columns; what stands before them is repeated where it is missing.",
    ),
)
