"""Lesson 7: attention with many heads."""

import numpy as np

from autograder.exercise.draws import example, inputs, normal, part, size
from autograder.exercise.vocabulary import Exercise, Misconception

from ..shared import softmax, swap


def _split(x, heads):
    return np.stack(np.split(x, heads, axis=-1), axis=1)


def _reshaped(x, heads):
    batch, length, width = x.shape
    return np.reshape(x, (batch, heads, length, width // heads))


def _merge(x):
    return np.concatenate([x[:, head] for head in range(x.shape[1])], axis=-1)


# Only misconceptions give the keywords: without them their branches are never reached.
def _joined(x, heads_of, width_of, *, split=_split, merge=_merge, scale=None, axis=-1):
    """Attend with many heads up to the output matrix; `heads_of` are query, key and value, (B, T, H·K)."""
    query, key, value = (split(each, width_of) for each in heads_of)
    divisor = np.sqrt(query.shape[-1]) if scale is None else scale(x)
    return merge(softmax(query @ swap(key) / divisor, axis=axis) @ value)


def _multi(x, w_query, w_key, w_value, w_out, heads, *, out=True, **changes):
    merged = _joined(x, (x @ w_query, x @ w_key, x @ w_value), heads, **changes)
    return merged @ w_out if out else merged


def _wrong_multi(**changes):
    return lambda **inputs: _multi(**inputs, **changes)


def _scaled_by_all(x, w_query, w_key, w_value, w_out, heads):
    return _multi(x, w_query, w_key, w_value, w_out, heads, scale=lambda x: np.sqrt(w_query.shape[-1]))


def _one_head(x, w_query, w_key, w_value, w_out, heads):
    return _multi(x, w_query, w_key, w_value, w_out, 1)


def _head_by_head(x, w_query, w_key, w_value, w_out, heads):
    width = w_query.shape[1] // heads
    total = np.zeros((*x.shape[:2], w_out.shape[1]))
    for start in range(0, heads * width, width):
        mine = slice(start, start + width)
        scores = (x @ w_query[:, mine]) @ swap(x @ w_key[:, mine])
        total += softmax(scores / width**0.5) @ (x @ w_value[:, mine]) @ w_out[mine]
    return total


def _by_einsum(x, w_query, w_key, w_value, w_out, heads):
    query, key, value = (np.reshape(x @ w, (*x.shape[:2], heads, -1)) for w in (w_query, w_key, w_value))
    weights = softmax(np.einsum("bqhk,bvhk->bhqv", query, key) / np.sqrt(query.shape[-1]))
    return np.einsum("bhqv,bvhk->bqhk", weights, value).reshape(*x.shape[:2], -1) @ w_out


draw = inputs(
    x=normal("B T D"),
    w_query=normal("D H*K"),
    w_key=normal("D H*K"),
    w_value=normal("D H*K"),
    w_out=normal("H*K D"),
    heads=size("H"),
)
SMALL = {
    "x": [[[1.0, 0.0], [0.0, 1.0]]],
    "w_query": [[2.0, 0.0], [0.0, 2.0]],
    "w_key": [[0.0, 1.0], [1.0, 0.0]],
    "w_value": [[4.0, 0.0], [0.0, 8.0]],
    "w_out": [[1.0, 0.0], [0.0, 1.0]],
    "heads": 2,
}


exercise = Exercise(
    title="Many heads at once",
    difficulty=4,
    importance=5,
    minutes=10,
    parts=(
        part("two heads of width 1", 1, example(**SMALL), draw(B=1, T=3, D=4, H=2, K=1)),
        part(
            "a batch",
            2,
            draw(B=2, T=5, D=4, H=3, K=2),
            draw(B=3, T=4, D=5, H=2, K=6),
        ),
        part("one head", 1, draw(B=2, T=(4, 6), D=5, H=1, K=3)),
    ),
    reference=_multi,
    misconceptions=(
        Misconception(
            "reshaped without transposing",
            _wrong_multi(split=_reshaped, merge=lambda x: np.reshape(x, (len(x), x.shape[2], -1))),
            "Your heads are reshaped, but never transposed: each one holds pieces of some items, and the shapes fit all the same.",
            "Use the two functions that you wrote just before, or look at their check once more.",
        ),
        Misconception(
            "merged without transposing",
            _wrong_multi(merge=lambda x: np.reshape(x, (len(x), x.shape[2], -1))),
            "You split the heads rightly and merged them by a reshape alone, which mixes the items up.",
            "What does `merge_heads` do before its reshape?",
        ),
        Misconception(
            "scaled by the width of all heads",
            _scaled_by_all,
            "You divided by the square root of H · K, the width of all heads together; the dot product of one head adds up over K.",
            "Over how many products does one score of one head add up?",
        ),
        Misconception(
            "not scaled",
            _wrong_multi(scale=lambda x: 1.0),
            "The scores are not scaled.",
            "The example has K = 1, where nothing shows. What must a score be divided by?",
        ),
        Misconception(
            "softmax over the heads",
            _wrong_multi(axis=1),
            "Your weights sum to one over the heads; each head has a distribution over the keys of its own.",
            "The scores have shape (B, H, T, T). Which axis holds the keys?",
        ),
        Misconception(
            "output matrix left out",
            _wrong_multi(out=False),
            "The last step is missing: the merged heads go through `w_out`.",
            "Which of the arguments is still unused? In the example it changes nothing.",
        ),
        Misconception(
            "one head, whatever is asked",
            _one_head,
            "Your answer does not depend on `heads`: there is one softmax for the whole width.",
            "How many distributions over the keys should one query get?",
        ),
        Misconception(
            "scaled by the number of heads",
            lambda x, w_query, w_key, w_value, w_out, heads: _multi(
                x, w_query, w_key, w_value, w_out, heads, scale=lambda x: np.sqrt(heads)
            ),
            "You divided by the square root of the number of heads; what makes scores large is K, the width of one head.",
            "Over how many products does one score of one head add up?",
        ),
        Misconception(
            "softmax over the queries",
            _wrong_multi(axis=-2),
            "Your weights sum to one over the queries; each query needs a distribution over the keys.",
            "The scores have shape (B, H, T, T), so nothing complains. Which of the last two axes holds the keys?",
        ),
    ),
    right=(_head_by_head, _by_einsum),
    hints=(
        "In order: three products, three splits, the three lines, one merge, one product.",
        "With the axes (B, H, T, K), `np.swapaxes(key, -1, -2)` is keyᵀ for every head, and `@` multiplies the last two axes.",
        "`split_heads` and `merge_heads` are yours by now: use them. After splitting, `query.shape[-1]` is K.",
    ),
)
