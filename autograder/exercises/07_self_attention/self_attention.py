"""Lesson 7: attention of one sequence with itself."""

import numpy as np

from autograder.exercise.draws import example, inputs, normal, part
from autograder.exercise.vocabulary import Exercise, Misconception

from ..shared import softmax


def _scores_of(x, w_query, w_key):
    return (x @ w_query) @ (x @ w_key).T / np.sqrt(w_query.shape[-1])


# Two axes: axis -1 is axis 1. Only misconceptions give `scale`.
def _self(x, w_query, w_key, w_value, *, scale=None, axis=-1):
    """Attend within one sequence; `scale(x, query)` is what the scores are divided by."""
    query, key, value = x @ w_query, x @ w_key, x @ w_value
    divisor = np.sqrt(query.shape[-1]) if scale is None else scale(x, query)
    return softmax(query @ key.T / divisor, axis=axis) @ value


draw = inputs(x=normal("T D"), w_query=normal("D K"), w_key=normal("D K"), w_value=normal("D Dv"))


exercise = Exercise(
    title="Let a sequence ask itself",
    difficulty=2,
    importance=5,
    minutes=5,
    parts=(
        part(
            "two items",
            1,
            example(
                x=[[1.0, 0.0], [0.0, 1.0]],
                w_query=[[2.0], [0.0]],
                w_key=[[0.0], [1.0]],
                w_value=[[4.0, 0.0], [0.0, 8.0]],
            ),
            draw(T=2, D=3, K=5, Dv=4),
        ),
        part(
            "other sizes",
            2,
            draw(T=(5, 7), D=4, K=3, Dv=2),
            draw(T=3, D=5, K=2, Dv=7),
            draw(T=1, D=3, K=4, Dv=5),
        ),
    ),
    reference=_self,
    misconceptions=(
        Misconception(
            "not scaled",
            lambda x, w_query, w_key, w_value: _self(x, w_query, w_key, w_value, scale=lambda x, query: 1.0),
            "The scores are not scaled: divide them by the square root of K, the width of a query.",
            "The example has K = 1, where nothing shows. Which line did lesson 1 change for wide keys?",
        ),
        Misconception(
            "scaled by the width of x",
            lambda x, w_query, w_key, w_value: _self(
                x, w_query, w_key, w_value, scale=lambda x, query: np.sqrt(x.shape[-1])
            ),
            "You divided by the square root of D, the width of x; the dot product adds up over K, the width of a query.",
            "Over how many products does one score add up?",
        ),
        Misconception(
            "scaled by the length",
            lambda x, w_query, w_key, w_value: _self(
                x, w_query, w_key, w_value, scale=lambda x, query: np.sqrt(len(x))
            ),
            "You divided by the square root of the length; what makes scores large is K, the width of a query.",
            "Over how many products does one score add up?",
        ),
        Misconception(
            "query and key exchanged",
            lambda x, w_query, w_key, w_value: _self(x, w_key, w_query, w_value),
            "Your queries and keys are exchanged: the row of a score says who asks, the column who answers.",
            "In query · keyᵀ, whose rows become the rows of the scores?",
        ),
        Misconception(
            "softmax over the queries",
            lambda x, w_query, w_key, w_value: _self(x, w_query, w_key, w_value, axis=0),
            "Your weights sum to one over the queries; each query needs a distribution over the keys.",
            "The scores have shape (T, T), so nothing complains. Which axis holds the keys?",
        ),
        Misconception(
            "values not projected",
            lambda x, w_query, w_key, w_value: _self(x, w_query, w_key, np.eye(x.shape[-1])),
            "You mixed the items themselves; the values are the items times `w_value`.",
            "Which of the four arguments is still unused?",
        ),
        Misconception(
            "keys mixed",
            lambda x, w_query, w_key, w_value: _self(x, w_query, w_key, w_key),
            "You mixed the keys; keys are for scoring, values for mixing.",
            "Which of the four arguments is still unused?",
        ),
        Misconception(
            "scores not made weights",
            lambda x, w_query, w_key, w_value: _scores_of(x, w_query, w_key) @ (x @ w_value),
            "You mixed the values by the scores themselves; the softmax, which makes weights of them, is missing.",
            "The second of the three lines of lesson 1 makes a distribution. What is its name?",
        ),
        Misconception(
            "weights returned",
            lambda x, w_query, w_key, w_value: softmax(_scores_of(x, w_query, w_key)),
            "You returned the weights; the last of the three lines mixes the values by them.",
            "Which of the four arguments is still unused?",
        ),
    ),
    right=(
        lambda x, w_query, w_key, w_value: np.stack(
            [softmax((row @ w_query) @ (x @ w_key).T / w_key.shape[1] ** 0.5) @ (x @ w_value) for row in x]
        ),
        lambda x, w_query, w_key, w_value: _self(
            x, w_query / np.sqrt(w_query.shape[1]), w_key, w_value, scale=lambda x, query: 1.0
        ).tolist(),
        lambda x, w_query, w_key, w_value: (
            softmax(x @ (w_query @ w_key.T) @ x.T / np.sqrt(w_key.shape[-1])) @ x @ w_value
        ),
    ),
    hints=(
        "Make three arrays first: x times each of the three matrices.",
        "Then the three lines of lesson 1, in NumPy, with the scaling. `query.shape[-1]` is K.",
        "The lesson's `softmax` takes scores of any shape and works along the last axis.",
    ),
)
