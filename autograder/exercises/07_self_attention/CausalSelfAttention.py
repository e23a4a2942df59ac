"""Lesson 7: a layer of self-attention that cannot see the future."""

import numpy as np

from autograder.exercise.draws import inputs, normal, part
from autograder.exercise.vocabulary import Exercise, Misconception

from ..shared import softmax, swap


def _split(x, heads):
    return np.stack(np.split(x, heads, axis=-1), axis=1)


def _reshaped(x, heads):
    batch, length, width = x.shape
    return np.reshape(x, (batch, heads, length, width // heads))


def _merge(x):
    return np.concatenate([x[:, head] for head in range(x.shape[1])], axis=-1)


def _row_col(length):
    return np.arange(length)[:, None], np.arange(length)[None, :]


def _mask(length, relation=np.greater_equal):
    return relation(*_row_col(length))


_DENSE = ("query_dense", "key_dense", "value_dense", "output_dense")


_FORBIDDEN = -1e9


def _kernels(x, weights, width):
    """Return the four kernels; raise ValueError where one has another shape."""
    # A layer of another width cannot take the weights that are set: only a frozen width comes here.
    kernels = [weights[f"{name}.kernel"] for name in _DENSE]
    shapes = [(x.shape[-1], width)] * 3 + [(width, width)]
    for name, kernel, shape in zip(_DENSE, kernels, shapes):
        if kernel.shape != shape:
            raise ValueError(f"{name}: expected a kernel of shape {shape}")
    return kernels


# Only misconceptions give the keywords: without them their branches are never reached.
def _causal(
    x, weights, width, heads, *, relation=np.greater_equal, after=False, scale=None, axis=-1, out=True, **parts
):
    """Compute the layer from its weights; the keyword arguments are what one can get wrong."""
    split, merge = parts.get("split", _split), parts.get("merge", _merge)
    to_query, to_key, to_value, to_output = _kernels(x, weights, width)
    query, key, value = (split(x @ kernel, heads) for kernel in (to_query, to_key, to_value))
    scores = query @ swap(key) / (scale or np.sqrt(width / heads))
    allowed = _mask(x.shape[1], relation) if relation else np.True_
    shares = softmax(scores) * allowed if after else softmax(np.where(allowed, scores, _FORBIDDEN), axis=axis)
    mixed = merge(shares @ value)
    return mixed @ to_output if out else mixed


def _wrong_layer(**changes):
    return lambda x, weights, width, heads: _causal(x, weights, width, heads, **changes)


def _layer_scaled_by_all(x, weights, width, heads):
    return _causal(x, weights, width, heads, scale=np.sqrt(width))


def _layer_by_loops(x, weights, width, heads):
    """Attend head by head and place by place, only ever looking at what came before."""
    to_query, to_key, to_value, to_output = _kernels(x, weights, width)
    size = width // heads
    mixed = np.zeros((*x.shape[:2], width))
    for t in range(x.shape[1]):
        past = x[:, : t + 1]
        for start in range(0, width, size):
            mine = slice(start, start + size)
            query, key = x[:, t] @ to_query[:, mine], past @ to_key[:, mine]
            shares = softmax(np.einsum("bk,bsk->bs", query, key) / size**0.5)
            mixed[:, t, mine] = np.einsum("bs,bsk->bk", shares, past @ to_value[:, mine])
    return mixed @ to_output


draw = inputs(build={"width": "W", "heads": "H"}, x=normal("B T D"))


exercise = Exercise(
    title="A layer that cannot see the future",
    difficulty=5,
    importance=5,
    minutes=15,
    how="layer",
    tensors=True,
    seconds=20.0,
    weights={
        "query_dense.kernel": "D W",
        "key_dense.kernel": "D W",
        "value_dense.kernel": "D W",
        "output_dense.kernel": "W W",
    },
    parts=(
        part("one head", 1, draw(B=2, T=4, D=5, W=3, H=1, again={"B": 1, "T": 6})),
        part(
            "many heads",
            3,
            draw(B=2, T=5, D=4, W=6, H=2, again={"B": 3, "T": 8}),
            draw(B=4, T=6, D=5, W=12, H=3, again={"B": 1, "T": 3}),
        ),
        part("a short sequence", 1, draw(B=3, T=2, D=7, W=8, H=2, again={"B": 1, "T": 3})),
    ),
    reference=_causal,
    misconceptions=(
        Misconception(
            "mask not used",
            _wrong_layer(relation=None),
            "Your layer sees the future: nothing keeps later keys out.",
            "Between which two lines does the mask come in?",
        ),
        Misconception(
            "mask inverted",
            _wrong_layer(relation=np.less),
            "Your mask is inverted: the past is hidden, the future is seen.",
            "In `where(mask, a, b)`, which of the two is taken where the mask is True?",
        ),
        Misconception(
            "future instead of past",
            _wrong_layer(relation=np.less_equal),
            "Each item of yours sees itself and the future: rows and columns of the mask are exchanged.",
            "A row of the mask is a query. How many keys may the first query see?",
        ),
        Misconception(
            "an item may not see itself",
            _wrong_layer(relation=np.greater),
            "Your items do not see themselves, and the first one, with nothing to look at, sees everything instead.",
            "What stands on the diagonal of the mask?",
        ),
        Misconception(
            "mask after the softmax",
            _wrong_layer(after=True),
            "You masked after the softmax: what is left does not sum to one, and the future has had a say in how little is left.",
            "Between which two lines does the mask come in?",
        ),
        Misconception(
            "scaled by the whole width",
            _layer_scaled_by_all,
            "You divided by the square root of the whole width; one head's dot product adds up over width / heads.",
            "Over how many products does one score of one head add up?",
        ),
        Misconception(
            "not scaled",
            _wrong_layer(scale=1.0),
            "The scores are not scaled.",
            "What must a score of one head be divided by?",
        ),
        Misconception(
            "reshaped without transposing",
            _wrong_layer(split=_reshaped, merge=lambda x: np.reshape(x, (len(x), x.shape[2], -1))),
            "Your heads are reshaped, but never transposed: each one holds pieces of some items, and the mask guards the wrong places.",
            "Between the reshape and the scores, which two axes must change places?",
        ),
        Misconception(
            "output layer left out",
            _wrong_layer(out=False),
            "The last step is missing: the merged heads go through `output_dense`.",
            "Which of your four dense layers has not been called?",
        ),
        Misconception(
            "one ahead",
            _wrong_layer(relation=lambda row, column: column <= row + 1),
            "Your mask is one place ahead: each item sees the next one, too.",
            "What stands in the mask just above the diagonal?",
        ),
        Misconception(
            "scaled by the number of heads",
            lambda x, weights, width, heads: _causal(x, weights, width, heads, scale=np.sqrt(heads)),
            "You divided by the square root of the number of heads; one head's dot product adds up over width / heads.",
            "Over how many products does one score of one head add up?",
        ),
        Misconception(
            "softmax over the queries",
            _wrong_layer(axis=-2),
            "Your weights sum to one over the queries; each query needs a distribution over the keys.",
            "The scores have shape (B, H, T, T), so nothing complains. Which of the last two axes holds the keys?",
        ),
    ),
    right=(_layer_by_loops, lambda x, weights, width, heads: _causal(x, weights, width, heads).astype(np.float32)),
    hints=(
        "`__init__` makes four dense layers and keeps `heads`; `call` is your `multi_head_attention` with tensors and a mask.",
        "`ops.reshape(a, shape)` and `ops.transpose(a, axes)` work as in NumPy, and -1 may stand for the batch; `x.shape[1]` is the length T.",
        "Before the softmax: `ops.where(mask, scores, -1e9)`. A mask of shape (T, T) serves every head of every example.",
    ),
)
