"""Lesson 7: self-attention. References in NumPy, float64; T is the length, D the width, H the heads, K a head's width."""

from __future__ import annotations

import numpy as np

from autograder.exercise.vocabulary import Case, Exercise, Misconception, Part

from ..shared import choice, f64, normal, small, softmax, swap

# --- self_attention: one sequence, three projections ----------------------------------------------------


def _self(x, w_query, w_key, w_value, *, scale=None, axis=-1):
    """Attend within one sequence; `scale(x, query)` is what the scores are divided by."""
    x, w_query, w_key, w_value = f64(x, w_query, w_key, w_value)
    query, key, value = x @ w_query, x @ w_key, x @ w_value
    divisor = np.sqrt(query.shape[-1]) if scale is None else scale(x, query)
    return softmax(query @ key.T / divisor, axis=axis) @ value


def _self_case(rng, length, width, key_width, value_width):
    return {
        "x": normal(rng, length, width),
        "w_query": normal(rng, width, key_width),
        "w_key": normal(rng, width, key_width),
        "w_value": normal(rng, width, value_width),
    }


self_attention = Exercise(
    name="self_attention",
    title="Let a sequence ask itself",
    difficulty=2,
    importance=5,
    minutes=5,
    parts=(
        Part(
            "two items",
            1,
            (
                Case(
                    "the example",
                    lambda rng: small(
                        x=[[1, 0], [0, 1]], w_query=[[2], [0]], w_key=[[0], [1]], w_value=[[4, 0], [0, 8]]
                    ),
                ),
                Case("two items of width 3", lambda rng: _self_case(rng, 2, 3, 2, 4)),
            ),
        ),
        Part(
            "other sizes",
            2,
            (
                Case("five items of width 4", lambda rng: _self_case(rng, 5, 4, 3, 2)),
                Case("three items of width 5", lambda rng: _self_case(rng, 3, 5, 2, 7)),
                Case("one item", lambda rng: _self_case(rng, 1, 3, 4, 5)),
            ),
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
            lambda x, w_query, w_key, w_value: _self(x, w_query, w_key, np.eye(np.shape(x)[-1])),
            "You mixed the items themselves; the values are the items times `w_value`.",
            "Which of the four arguments is still unused?",
        ),
        Misconception(
            "keys mixed",
            lambda x, w_query, w_key, w_value: _self(x, w_query, w_key, w_key),
            "You mixed the keys; keys are for scoring, values for mixing.",
            "Which of the four arguments is still unused?",
        ),
    ),
    right=(
        lambda x, w_query, w_key, w_value: np.stack(
            [softmax((row @ w_query) @ (x @ w_key).T / np.shape(w_key)[1] ** 0.5) @ (x @ w_value) for row in x]
        ),
        lambda x, w_query, w_key, w_value: _self(
            x, np.asarray(w_query) / np.sqrt(np.shape(w_query)[1]), w_key, w_value, scale=lambda x, query: 1.0
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


# --- predict_shuffled: permutation equivariance -----------------------------------------------------------

predict_shuffled = choice(
    "predict_shuffled",
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


# --- positions: sinusoidal ------------------------------------------------------------------------------------


def _angles(length, width, *, column=lambda c: 2 * (c // 2), first=0, base=10000.0):
    place = np.arange(first, first + length, dtype=np.float64)[:, None]
    return place / base ** (column(np.arange(width)) / width)


def _interleaved(angles):
    return np.where(np.arange(angles.shape[1]) % 2 == 0, np.sin(angles), np.cos(angles))


def _positions(length, width):
    return _interleaved(_angles(length, width))


def _halves(length, width):
    angles = _angles(length, width)[:, ::2]
    return np.concatenate([np.sin(angles), np.cos(angles)], axis=-1)


def _place(length, width):
    return lambda rng: {"length": length, "width": width}


def _loop_positions(length, width):
    table = np.zeros((length, width))
    for pos in range(length):
        for i in range(width // 2):
            table[pos, 2 * i] = np.sin(pos * 10000 ** (-2 * i / width))
            table[pos, 2 * i + 1] = np.cos(pos * 10000 ** (-2 * i / width))
    return table


def _complex_positions(length, width):
    turned = np.exp(1j * _angles(length, width)[:, ::2])
    return np.stack([turned.imag, turned.real], axis=-1).reshape(length, width)


positions = Exercise(
    name="positions",
    title="A number for every place",
    difficulty=3,
    importance=4,
    minutes=8,
    parts=(
        Part(
            "two places",
            1,
            (
                Case("the example", _place(2, 4)),
                Case("two places, some width", lambda rng: {"length": 2, "width": 2 * int(rng.integers(3, 400))}),
            ),
        ),
        Part(
            "other sizes",
            3,
            (
                Case("five places, width 6", _place(5, 6)),
                Case("forty places, width 10", _place(40, 10)),
                Case("three places, width 64", _place(3, 64)),
                Case("some places, width 8", lambda rng: {"length": int(rng.integers(41, 2000)), "width": 8}),
            ),
        ),
    ),
    reference=_positions,
    misconceptions=(
        Misconception(
            "sines in one half, cosines in the other",
            _halves,
            "Your sines fill the first half of the columns, your cosines the second. Some programs do so, and it works; the paper, and this task, take turns: sine, cosine, sine, cosine.",
            "In the formula, column 2i holds a sine. Which column holds the cosine of the same angle?",
        ),
        Misconception(
            "cosine first",
            lambda length, width: np.where(
                np.arange(width) % 2 == 0, np.cos(_angles(length, width)), np.sin(_angles(length, width))
            ),
            "Sine and cosine have changed places: even columns, beginning with column 0, hold sines.",
            "What are the sine and the cosine of 0? Look at place 0 of the example.",
        ),
        Misconception(
            "every column an angle of its own",
            lambda length, width: _interleaved(_angles(length, width, column=lambda c: c)),
            "Each of your columns turns at a speed of its own; a sine and its cosine share one angle, so columns 2i and 2i + 1 have the same divisor.",
            "How many different divisors are there for width 4?",
        ),
        Misconception(
            "exponent half as large",
            lambda length, width: _interleaved(_angles(length, width, column=lambda c: c // 2)),
            "Your exponent is i / D where the formula has 2i / D, so the last columns turn much too fast.",
            "For width 4, what is the divisor of the second pair? The example says.",
        ),
        Misconception(
            "exponent twice as large",
            lambda length, width: _interleaved(_angles(length, width, column=lambda c: 4 * (c // 2))),
            "You doubled twice: in the formula i counts pairs, so the columns of pair i are 2i and 2i + 1, and the exponent is 2i / D.",
            "For width 4, what is the divisor of the second pair? The example says.",
        ),
        Misconception(
            "places counted from one",
            lambda length, width: _interleaved(_angles(length, width, first=1)),
            "Your first place is 1; it should be 0.",
            "What are the sine and the cosine of 0? Look at place 0 of the example.",
        ),
        Misconception(
            "multiplied instead of divided",
            lambda length, width: _interleaved(
                np.arange(length)[:, None] * 10000.0 ** (2 * (np.arange(width) // 2) / width)
            ),
            "You multiplied the place by the power; dividing makes each pair slower than the one before.",
            "Should the last pair turn faster or slower than the first?",
        ),
        Misconception(
            "places across, columns down",
            lambda length, width: _positions(length, width).T,
            "Your table lies on its side: one row for each place, one column for each number.",
            "What will be added to x, of shape (T, D)?",
        ),
    ),
    right=(_loop_positions, lambda length, width: _complex_positions(length, width).astype(np.float32)),
    hints=(
        "First the angles: a column of places, `np.arange(length)[:, None]`, divided by a row of width / 2 divisors. Which shape comes out?",
        "The exponents 2i / D of the pairs are `np.arange(0, width, 2) / width`.",
        "Make a table of zeros and fill every second column at once: `table[:, 0::2]` are the columns 0, 2, 4, and so on.",
    ),
)


# --- split_heads and merge_heads ------------------------------------------------------------------------------


def _split(x, heads):
    x = np.asarray(x)
    return np.stack(np.split(x, heads, axis=-1), axis=1)


def _reshaped(x, heads):
    batch, length, width = np.shape(x)
    return np.reshape(x, (batch, heads, length, width // heads))


def _dealt(x, heads):
    """Deal the columns out like cards: head h gets the columns h, h + H, h + 2H."""
    return np.stack([np.asarray(x)[:, :, head::heads] for head in range(heads)], axis=1)


def _cut_in_time(x, heads):
    return np.stack(np.split(np.asarray(x), heads, axis=1), axis=1)


def _xh(batch, length, width, heads):
    return lambda rng: {"x": normal(rng, batch, length, width), "heads": heads}


split_heads = Exercise(
    name="split_heads",
    title="Cut the width into heads",
    difficulty=2,
    importance=5,
    minutes=5,
    parts=(
        Part(
            "two items, two heads",
            1,
            (
                Case("the example", lambda rng: {**small(x=[[[1, 2, 3, 4], [5, 6, 7, 8]]]), "heads": 2}),
                Case("another sequence", _xh(1, 3, 4, 2)),
            ),
        ),
        Part(
            "other sizes",
            1,
            (
                Case("three heads of width 4", _xh(2, 6, 12, 3)),
                Case("four heads of width 2", _xh(3, 4, 8, 4)),
                Case("one head", _xh(2, 3, 5, 1)),
            ),
        ),
    ),
    reference=_split,
    misconceptions=(
        Misconception(
            "reshaped without transposing",
            _reshaped,
            "The shape is right and the numbers are not: a reshape alone cuts the items up, so that a head holds pieces of some items and nothing of others.",
            "A reshape only cuts up the last axis safely. Cut D into two axes first; then move one of them.",
        ),
        Misconception(
            "columns dealt out in turn",
            _dealt,
            "Your heads take the columns in turn, like cards that are dealt; here head 0 holds the first K columns, head 1 the next K.",
            "When D becomes two axes, which comes first: the heads, or the columns within a head?",
        ),
        Misconception(
            "heads left beside the width",
            lambda x, heads: np.swapaxes(_split(x, heads), 1, 2),
            "You have cut, but the heads still stand after the length: attention works on the last two axes, which must be T and K.",
            "Which two axes have to change places?",
        ),
        Misconception(
            "length and width exchanged",
            lambda x, heads: swap(_split(x, heads)),
            "Your heads are in place, but within each one length and width have changed places.",
            "The result is (B, H, T, K). In which order do your last two axes stand?",
        ),
        Misconception(
            "length cut instead of width",
            _cut_in_time,
            "You cut the sequence into stretches; every head must see all items, and some columns of each.",
            "Which axis becomes shorter: T or D?",
        ),
    ),
    right=(
        lambda x, heads: np.reshape(x, (*np.shape(x)[:2], heads, -1)).transpose(0, 2, 1, 3),
        lambda x, heads: np.moveaxis(np.reshape(x, (len(x), np.shape(x)[1], heads, -1)), 2, 1).tolist(),
    ),
    hints=(
        "Two steps: one reshape that turns D into H and K, and one transpose.",
        "After the reshape the axes are (B, T, H, K), numbered 0, 1, 2, 3. `np.transpose(a, axes)` takes the new order of the old numbers.",
        "In a reshape, -1 stands for the length that is left: here D divided by the heads.",
    ),
)


def _merge(x):
    x = np.asarray(x)
    return np.concatenate([x[:, head] for head in range(x.shape[1])], axis=-1)


def _bhtk(batch, heads, length, width):
    return lambda rng: {"x": normal(rng, batch, heads, length, width)}


merge_heads = Exercise(
    name="merge_heads",
    title="Lay the heads side by side",
    difficulty=2,
    importance=5,
    minutes=3,
    parts=(
        Part(
            "two items, two heads",
            1,
            (
                Case("the example", lambda rng: small(x=[[[[1, 2], [5, 6]], [[3, 4], [7, 8]]]])),
                Case("two heads of width 3", _bhtk(1, 2, 4, 3)),
            ),
        ),
        Part(
            "other sizes",
            1,
            (
                Case("three heads of width 4", _bhtk(2, 3, 5, 4)),
                Case("four heads of width 2", _bhtk(3, 4, 6, 2)),
            ),
        ),
    ),
    reference=_merge,
    misconceptions=(
        Misconception(
            "reshaped without transposing",
            lambda x: np.reshape(x, (len(x), np.shape(x)[2], -1)),
            "The shape is right and the numbers are not: before the reshape, the heads must stand beside the width again, or items get mixed up.",
            "Undo the two steps of `split_heads`, the last one first.",
        ),
        Misconception(
            "columns dealt out in turn",
            lambda x: np.transpose(x, (0, 2, 3, 1)).reshape(len(x), np.shape(x)[2], -1),
            "Your columns take turns between the heads; all columns of head 0 come first, then those of head 1.",
            "Just before the reshape, which must come last: the heads, or the columns within a head?",
        ),
        Misconception(
            "heads averaged",
            lambda x: np.mean(x, axis=1),
            "You averaged the heads, and what each one found is lost; they are laid side by side.",
            "The result has H times as many columns as one head.",
        ),
        Misconception(
            "heads added up",
            lambda x: np.sum(x, axis=1),
            "You added the heads up, and what each one found is lost; they are laid side by side.",
            "The result has H times as many columns as one head.",
        ),
        Misconception(
            "heads one after the other in time",
            lambda x: np.concatenate([np.asarray(x)[:, head] for head in range(np.shape(x)[1])], axis=1),
            "You put the heads one after the other along the length; the sequence keeps its T items, and each becomes wider.",
            "Which axis becomes longer: T or K?",
        ),
    ),
    right=(
        lambda x: np.transpose(x, (0, 2, 1, 3)).reshape(len(x), np.shape(x)[2], -1),
        lambda x: (
            np.swapaxes(x, 1, 2).reshape(np.shape(x)[0], np.shape(x)[2], np.shape(x)[1] * np.shape(x)[3]).tolist()
        ),
    ),
    hints=(
        "The same two steps as before, backwards: first the transpose, then the reshape.",
        "After the transpose the axes are (B, T, H, K): only then do the last two belong together.",
    ),
)


# --- multi_head_attention ------------------------------------------------------------------------------------


def _joined(x, heads_of, width_of, *, split=_split, merge=_merge, scale=None, axis=-1):
    """Attend with many heads up to the output matrix; `heads_of` are query, key and value, (B, T, H·K)."""
    query, key, value = (split(each, width_of) for each in heads_of)
    divisor = np.sqrt(query.shape[-1]) if scale is None else scale(x)
    return merge(softmax(query @ swap(key) / divisor, axis=axis) @ value)


def _multi(x, w_query, w_key, w_value, w_out, heads, *, out=True, **changes):
    x, w_query, w_key, w_value, w_out = f64(x, w_query, w_key, w_value, w_out)
    merged = _joined(x, (x @ w_query, x @ w_key, x @ w_value), heads, **changes)
    return merged @ w_out if out else merged


def _wrong_multi(**changes):
    return lambda **inputs: _multi(**inputs, **changes)


def _scaled_by_all(x, w_query, w_key, w_value, w_out, heads):
    return _multi(x, w_query, w_key, w_value, w_out, heads, scale=lambda x: np.sqrt(np.shape(w_query)[-1]))


def _one_head(x, w_query, w_key, w_value, w_out, heads):
    return _multi(x, w_query, w_key, w_value, w_out, 1)


def _multi_case(batch, length, width, heads, key_width):
    def draw(rng):
        inner = heads * key_width
        return {
            "x": normal(rng, batch, length, width),
            "w_query": normal(rng, width, inner),
            "w_key": normal(rng, width, inner),
            "w_value": normal(rng, width, inner),
            "w_out": normal(rng, inner, width),
            "heads": heads,
        }

    return draw


def _head_by_head(x, w_query, w_key, w_value, w_out, heads):
    x, w_query, w_key, w_value, w_out = f64(x, w_query, w_key, w_value, w_out)
    width = w_query.shape[1] // heads
    total = np.zeros((*x.shape[:2], w_out.shape[1]))
    for start in range(0, heads * width, width):
        mine = slice(start, start + width)
        scores = (x @ w_query[:, mine]) @ swap(x @ w_key[:, mine])
        total += softmax(scores / width**0.5) @ (x @ w_value[:, mine]) @ w_out[mine]
    return total


def _by_einsum(x, w_query, w_key, w_value, w_out, heads):
    x = np.asarray(x, np.float64)
    query, key, value = (np.reshape(x @ w, (*x.shape[:2], heads, -1)) for w in (w_query, w_key, w_value))
    weights = softmax(np.einsum("bqhk,bvhk->bhqv", query, key) / np.sqrt(query.shape[-1]))
    return np.einsum("bhqv,bvhk->bqhk", weights, value).reshape(*x.shape[:2], -1) @ w_out


_EXAMPLE = {
    "x": [[[1, 0], [0, 1]]],
    "w_query": [[2, 0], [0, 2]],
    "w_key": [[0, 1], [1, 0]],
    "w_value": [[4, 0], [0, 8]],
    "w_out": [[1, 0], [0, 1]],
}

multi_head_attention = Exercise(
    name="multi_head_attention",
    title="Many heads at once",
    difficulty=4,
    importance=5,
    minutes=10,
    parts=(
        Part(
            "two heads of width 1",
            1,
            (
                Case("the example", lambda rng: {**small(**_EXAMPLE), "heads": 2}),
                Case("another sequence", _multi_case(1, 3, 4, 2, 1)),
            ),
        ),
        Part(
            "a batch",
            2,
            (
                Case("three heads of width 2", _multi_case(2, 5, 4, 3, 2)),
                Case("two heads of width 4", _multi_case(3, 4, 5, 2, 4)),
            ),
        ),
        Part("one head", 1, (Case("one head of width 3", _multi_case(2, 4, 5, 1, 3)),)),
    ),
    reference=_multi,
    misconceptions=(
        Misconception(
            "reshaped without transposing",
            _wrong_multi(split=_reshaped, merge=lambda x: np.reshape(x, (len(x), np.shape(x)[2], -1))),
            "Your heads are reshaped, but never transposed: each one holds pieces of some items, and the shapes fit all the same.",
            "Use the two functions that you wrote just before, or look at their check once more.",
        ),
        Misconception(
            "merged without transposing",
            _wrong_multi(merge=lambda x: np.reshape(x, (len(x), np.shape(x)[2], -1))),
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
    ),
    right=(_head_by_head, _by_einsum),
    hints=(
        "In order: three products, three splits, the three lines, one merge, one product.",
        "With the axes (B, H, T, K), `np.swapaxes(key, -1, -2)` is keyᵀ for every head, and `@` multiplies the last two axes.",
        "`split_heads` and `merge_heads` are yours by now: use them. After splitting, `query.shape[-1]` is K.",
    ),
)


# --- causal_mask -----------------------------------------------------------------------------------------------


def _row_col(length):
    return np.arange(length)[:, None], np.arange(length)[None, :]


def _mask(length, relation=np.greater_equal):
    return relation(*_row_col(length))


causal_mask = Exercise(
    name="causal_mask",
    title="Who may look at whom",
    difficulty=2,
    importance=5,
    minutes=4,
    parts=(
        Part(
            "few items, and many",
            1,
            (
                Case("the example", lambda rng: {"length": 3}),
                Case("some more", lambda rng: {"length": int(rng.integers(4, 300))}),
            ),
        ),
        Part(
            "other lengths",
            1,
            (
                Case("six items", lambda rng: {"length": 6}),
                Case("one item", lambda rng: {"length": 1}),
                Case("many items", lambda rng: {"length": int(rng.integers(7, 300))}),
            ),
        ),
    ),
    reference=_mask,
    misconceptions=(
        Misconception(
            "an item may not see itself",
            lambda length: _mask(length, np.greater),
            "Your diagonal is False: nobody sees itself, and the first item sees nobody at all. Only what comes later is out of bounds.",
            "What is left for the softmax of the first item?",
        ),
        Misconception(
            "future instead of past",
            lambda length: _mask(length, np.less_equal),
            "Rows and columns are exchanged: your items see the future and not the past.",
            "A row is a query. How many keys may the first query see, and how many the last one?",
        ),
        Misconception(
            "mask inverted",
            lambda length: _mask(length, np.less),
            "True stands where looking is forbidden; as in lesson 1, True means that a key counts.",
            "What should the last row look like, for the item that may see everything?",
        ),
        Misconception(
            "only the item before",
            lambda length: np.isin(np.subtract(*_row_col(length)), (0, 1)),
            "Your items see themselves and the one before; all earlier ones are allowed.",
            "How many True does the last row of the example have?",
        ),
        Misconception(
            "numbers instead of True and False",
            lambda length: _mask(length).astype(float),
            "The pattern is right, but these are numbers; the mask holds True and False.",
            "A comparison gives True and False. `astype(bool)` does as well.",
        ),
        Misconception(
            "penalties instead of True and False",
            lambda length: np.where(_mask(length), 0.0, -1e9),
            "These are penalties, to be added to scores; the mask says True where a key counts, False where not.",
            "Look at the example: what stands in it?",
        ),
    ),
    right=(
        lambda length: np.tril(np.ones((length, length), bool)),
        lambda length: [[key <= query for key in range(length)] for query in range(length)],
    ),
    hints=(
        "Query t may look at key s when s is not later than t. That is one comparison.",
        "Two `np.arange(length)`, one as a column, one as a row, compare to a square. There is also `np.tril`.",
    ),
)


# --- future_leak: the promise, tested ------------------------------------------------------------------------


def _moves(before, after):
    return np.abs(np.subtract(*f64(after, before)))


def _future_leak(before, after, changed):
    return float(_moves(before, after)[:, :changed].max())


def _outputs(rng, batch, length, width, changed, growing=True):
    """Draw outputs whose moves grow from sequence to sequence and grow, or shrink, from place to place."""
    before = normal(rng, batch, length, width)
    steps = np.arange(1, length + 1)[:: 1 if growing else -1]
    moves = np.arange(1, batch + 1)[:, None, None] * steps[:, None] * rng.uniform(0.5, 0.6, before.shape)
    return {"before": before, "after": (before - moves).astype(np.float32), "changed": changed}


def _still(rng):
    inputs = _outputs(rng, 3, 5, 2, 3)
    inputs["after"][:, :3] = inputs["before"][:, :3]
    return inputs


future_leak = Exercise(
    name="future_leak",
    title="Test the promise",
    difficulty=3,
    importance=5,
    minutes=5,
    parts=(
        Part(
            "one sequence",
            1,
            (
                Case(
                    "the example",
                    lambda rng: {**small(before=[[[1], [2], [3], [4]]], after=[[[1], [1.5], [5], [9]]]), "changed": 2},
                ),
                Case("another sequence", lambda rng: _outputs(rng, 1, 4, 1, 2)),
            ),
        ),
        Part(
            "a batch",
            2,
            (
                Case("four sequences of five items", lambda rng: _outputs(rng, 4, 5, 3, 2)),
                Case("two sequences of six items", lambda rng: _outputs(rng, 2, 6, 5, 4, growing=False)),
                Case("only the last item changed", lambda rng: _outputs(rng, 3, 4, 2, 3)),
            ),
        ),
        Part(
            "a promise kept, and one broken",
            1,
            (
                Case("the past has not moved", _still),
                Case("and one that is broken", lambda rng: _outputs(rng, 3, 5, 2, 4)),
            ),
        ),
    ),
    reference=_future_leak,
    misconceptions=(
        Misconception(
            "every place compared",
            lambda before, after, changed: float(_moves(before, after).max()),
            "You compared all places; those from `changed` on may move, and should.",
            "Which places come before the change?",
        ),
        Misconception(
            "the future compared",
            lambda before, after, changed: float(_moves(before, after)[:, changed:].max()),
            "You compared the places from `changed` on, which may move; the promise is about those before.",
            "Does `changed` belong before or after the colon?",
        ),
        Misconception(
            "one place too many",
            lambda before, after, changed: float(_moves(before, after)[:, : changed + 1].max()),
            "You also compared the place `changed` itself, which sees its own new input and may move.",
            "Which is the last place that must stand still?",
        ),
        Misconception(
            "one place too few",
            lambda before, after, changed: float(_moves(before, after)[:, : max(changed - 1, 0)].max(initial=0)),
            "You left out the place just before the change, where a mask that is off by one shows first.",
            "Which is the last place that must stand still? A slice ends before its second number.",
        ),
        Misconception(
            "sign not dropped",
            lambda before, after, changed: float(np.subtract(*f64(after, before))[:, :changed].max()),
            "An output that becomes smaller has moved, too: look at the size of the change, not at its sign.",
            "In the example the second output falls from 2 to 1.5. What has your answer to say about that?",
        ),
        Misconception(
            "mean instead of the largest",
            lambda before, after, changed: float(_moves(before, after)[:, :changed].mean()),
            "You averaged, so that one bad leak hides among many places that stand still; the task asks for the largest move.",
            "How many places may break a promise?",
        ),
        Misconception(
            "batch cut instead of the length",
            lambda before, after, changed: float(_moves(before, after)[:changed].max()),
            "You took the first sequences of the batch; time is the second axis.",
            "The axes are (B, T, D). On which one does `changed` count?",
        ),
    ),
    right=(
        lambda before, after, changed: np.max(np.abs(before - after)[:, :changed]),
        lambda before, after, changed: np.abs(np.split(np.asarray(after) - before, [changed], axis=1)[0]).max(),
    ),
    hints=(
        "Three steps: take the difference, drop its sign, look for the largest number.",
        "`a[:, :n]` takes the first n places of every sequence in the batch.",
    ),
)


# --- CausalSelfAttention: everything in one layer ----------------------------------------------------------------

_DENSE = ("query_dense", "key_dense", "value_dense", "output_dense")
_FORBIDDEN = -1e9


def _kernels(x, weights, width):
    """Return the four kernels; raise ValueError where one has another shape, or is one number all over."""
    kernels = f64(*(weights[f"{name}.kernel"] for name in _DENSE))
    shapes = [(np.shape(x)[-1], width)] * 3 + [(width, width)]
    for name, kernel, shape in zip(_DENSE, kernels, shapes):
        if kernel.shape != shape or np.ptp(kernel) == 0:
            raise ValueError(f"{name}: expected a kernel of shape {shape} whose numbers differ")
    return kernels


def _causal(x, weights, width, heads, *, relation=np.greater_equal, after=False, scale=None, out=True, **parts):
    """Compute the layer from its weights; the keyword arguments are what one can get wrong."""
    split, merge = parts.get("split", _split), parts.get("merge", _merge)
    to_query, to_key, to_value, to_output = _kernels(x, weights, width)
    query, key, value = (split(np.asarray(x, np.float64) @ kernel, heads) for kernel in (to_query, to_key, to_value))
    scores = query @ swap(key) / (scale or np.sqrt(width / heads))
    allowed = _mask(np.shape(x)[1], relation) if relation else np.True_
    shares = softmax(scores) * allowed if after else softmax(np.where(allowed, scores, _FORBIDDEN))
    mixed = merge(shares @ value)
    return mixed @ to_output if out else mixed


def _wrong_layer(**changes):
    return lambda x, weights, width, heads: _causal(x, weights, width, heads, **changes)


def _layer_scaled_by_all(x, weights, width, heads):
    return _causal(x, weights, width, heads, scale=np.sqrt(width))


def _layer_case(name, batch, length, input_width, width, heads):
    return Case(name, lambda rng: {"x": normal(rng, batch, length, input_width)}, {"width": width, "heads": heads})


def _layer_weights(rng, inputs, width, heads):
    kernels = [normal(rng, inputs["x"].shape[-1], width) for _ in range(3)] + [normal(rng, width, width)]
    return {f"{name}.kernel": kernel for name, kernel in zip(_DENSE, kernels)}


def _layer_by_loops(x, weights, width, heads):
    """Attend head by head and place by place, only ever looking at what came before."""
    to_query, to_key, to_value, to_output = _kernels(x, weights, width)
    x, size = np.asarray(x, np.float64), width // heads
    mixed = np.zeros((*x.shape[:2], width))
    for t in range(x.shape[1]):
        past = x[:, : t + 1]
        for start in range(0, width, size):
            mine = slice(start, start + size)
            query, key = x[:, t] @ to_query[:, mine], past @ to_key[:, mine]
            shares = softmax(np.einsum("bk,bsk->bs", query, key) / size**0.5)
            mixed[:, t, mine] = np.einsum("bs,bsk->bk", shares, past @ to_value[:, mine])
    return mixed @ to_output


CausalSelfAttention = Exercise(
    name="CausalSelfAttention",
    title="A layer that cannot see the future",
    difficulty=5,
    importance=5,
    minutes=15,
    how="layer",
    tensors=True,
    seconds=20.0,
    read=tuple(f"{name}.kernel" for name in _DENSE),
    weights=_layer_weights,
    parts=(
        Part("one head", 1, (_layer_case("one head of width 3", 2, 4, 3, 3, 1),)),
        Part(
            "many heads",
            3,
            (
                _layer_case("two heads of width 3", 2, 5, 6, 6, 2),
                _layer_case("three heads of width 4", 4, 6, 5, 12, 3),
            ),
        ),
        Part("a short sequence", 1, (_layer_case("two items", 3, 2, 8, 8, 2),)),
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
            _wrong_layer(split=_reshaped, merge=lambda x: np.reshape(x, (len(x), np.shape(x)[2], -1))),
            "Your heads are reshaped, but never transposed: each one holds pieces of some items, and the mask guards the wrong places.",
            "Between the reshape and the scores, which two axes must change places?",
        ),
        Misconception(
            "output layer left out",
            _wrong_layer(out=False),
            "The last step is missing: the merged heads go through `output_dense`.",
            "Which of your four dense layers has not been called?",
        ),
    ),
    right=(_layer_by_loops, lambda x, weights, width, heads: _causal(x, weights, width, heads).astype(np.float32)),
    hints=(
        "`__init__` makes four dense layers and keeps `heads`; `call` is your `multi_head_attention` with tensors and a mask.",
        "`ops.reshape(a, shape)` and `ops.transpose(a, axes)` work as in NumPy, and -1 may stand for the batch; `x.shape[1]` is the length T.",
        "Before the softmax: `ops.where(mask, scores, -1e9)`. A mask of shape (T, T) serves every head of every example.",
    ),
)


# --- attention_cost: counted -------------------------------------------------------------------------------------


def _cost(length, width, heads, *, projections=4, products=2):
    return (projections * length * width**2 + products * length**2 * width, heads * length**2)


def _size(length, width, heads):
    return lambda rng: {"length": length, "width": width, "heads": heads}


def _some_size(rng):
    heads = int(rng.integers(2, 9))
    return {"length": int(rng.integers(5, 5000)), "width": heads * int(rng.integers(3, 60)), "heads": heads}


attention_cost = Exercise(
    name="attention_cost",
    title="Count what it costs",
    difficulty=3,
    importance=4,
    minutes=6,
    parts=(
        Part("few items, and many", 1, (Case("the example", _size(3, 4, 2)), Case("some items", _some_size))),
        Part(
            "other sizes",
            2,
            (
                Case("a sentence", _size(30, 64, 8)),
                Case("a chapter", _size(5000, 512, 4)),
                Case("some text", _some_size),
            ),
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


EXERCISES = (
    self_attention,
    predict_shuffled,
    positions,
    split_heads,
    merge_heads,
    multi_head_attention,
    causal_mask,
    future_leak,
    CausalSelfAttention,
    attention_cost,
)
