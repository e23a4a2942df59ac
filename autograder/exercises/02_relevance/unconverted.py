"""Lesson 2: relevance. One look at a target, a history of purchases, a profile; shapes as in the lesson.

B looks, Tq targets, Tv places of the history, D the width of a description, Dv of a value, P of a profile.
"""

from __future__ import annotations

import numpy as np

from autograder.exercise.vocabulary import Case, Exercise, Misconception, Part, Unseen

from ..shared import choice, f64, normal, sigmoid, small, softmax, some_padding


def _column(mask: np.ndarray) -> np.ndarray:
    """Give a mask a last axis of length 1, as float64: (B, T) -> (B, T, 1)."""
    return np.asarray(mask, dtype=np.float64)[..., None]


def _change_padding(name: str, mask: str = "mask"):
    """Return a change of the inputs that puts other numbers in the padded places of one of them."""
    return lambda inputs: {
        **inputs,
        name: np.where(inputs[mask][..., None], inputs[name], -7.0).astype(np.float32),
    }


# --- masked_mean: the history without attention -----------------------------------------------------------


def _masked_mean(values, mask):
    values, mask = np.asarray(values, np.float64), _column(mask)
    return (values * mask).sum(axis=1) / mask.sum(axis=1)


def _history(rng, batch, places, width):
    return {"values": normal(rng, batch, places, width), "mask": some_padding(rng, batch, places)}


masked_mean = Exercise(
    name="masked_mean",
    title="Average a history, padding left out",
    difficulty=2,
    importance=4,
    minutes=4,
    parts=(
        Part(
            "a small history",
            1,
            (
                Case(
                    "numbers that fit in the head",
                    lambda rng: small(values=[[[4, 0], [2, 1], [9, 9]]], mask=[[1, 1, 0]]),
                ),
                Case("one history", lambda rng: _history(rng, 1, 4, 3)),
            ),
        ),
        Part(
            "histories of unequal length",
            1,
            (
                Case("two histories", lambda rng: _history(rng, 2, 5, 3)),
                Case("three histories", lambda rng: _history(rng, 3, 6, 2)),
            ),
        ),
    ),
    reference=_masked_mean,
    misconceptions=(
        Misconception(
            "padding averaged too",
            lambda values, mask: np.mean(values, axis=1),
            "You averaged over every place, padding included.",
            "Which argument has your answer not used yet?",
        ),
        Misconception(
            "divided by the number of places",
            lambda values, mask: (values * _column(mask)).sum(axis=1) / np.shape(values)[1],
            "You left the padding out of the sum but not out of the count: you divided by all places.",
            "How many purchases does each history really hold? The mask knows.",
        ),
        Misconception(
            "one count for the whole batch",
            lambda values, mask: (values * _column(mask)).sum(axis=1) / np.sum(mask),
            "You divided every history by the number of purchases in the whole batch.",
            "Each history needs a count of its own: over which axis of the mask must you add up?",
        ),
        Misconception(
            "sum instead of mean",
            lambda values, mask: (values * _column(mask)).sum(axis=1),
            "You added the real values up but did not divide by how many there are.",
            "Should a longer history give larger numbers?",
        ),
        Misconception(
            "mask inverted",
            lambda values, mask: (values * (1 - _column(mask))).sum(axis=1) / (1 - _column(mask)).sum(axis=1),
            "You averaged the padding and left the purchases out. True means a purchase.",
            "Try it by hand with the worked example: which rows did you add?",
        ),
        Misconception(
            "averaged over the batch",
            lambda values, mask: (values * _column(mask)).sum(axis=0) / np.maximum(_column(mask).sum(axis=0), 1),
            "You averaged over the users (axis 0); what shall disappear is the axis of the purchases.",
            "The values have shape (B, Tv, Dv), the result (B, Dv). Which axis is gone?",
        ),
    ),
    right=(
        lambda values, mask: np.stack([v[m].mean(axis=0) for v, m in zip(values, np.asarray(mask))]),
        lambda values, mask: np.einsum("btd,bt->bd", values, mask / np.sum(mask, axis=1, keepdims=True)).tolist(),
        lambda values, mask: np.mean(values, axis=1, where=np.asarray(mask)[..., None]),
    ),
    hints=(
        "A mean is a sum divided by a count. Both must leave the padding out.",
        "`mask[:, :, None]` has shape (B, Tv, 1): it multiplies values of any width, True as 1 and False as 0.",
        "The count of each history is `mask.sum(axis=1, keepdims=True)`, of shape (B, 1).",
    ),
    unseen=(
        Unseen(
            _change_padding("values"), "Padding leaks: the output changes when only the values of padded places change."
        ),
    ),
)


# --- predict_no_axis: what happens to a query without its sequence axis? ------------------------------------

predict_no_axis = choice(
    "predict_no_axis",
    "Predict: the query has lost its axis",
    "D",
    {
        "A": "A matrix product accepts a matrix times a stack of matrices: it repeats the matrix for each of the stack. Nothing is raised.",
        "B": "That is the shape that was wanted, but (4, 16) times a stack of four matrices (16, 12) keeps the stack: there is one axis more.",
        "C": "Nothing adds the axis for you. The matrix (4, 16) is taken as it is: four rows, which look like four queries.",
        "E": "The 12 places are summed over when the values are mixed, whatever the query was.",
    },
    (
        "`scores` is a matrix product of the query with the keys, whose last two axes were exchanged: (4, 16) times (4, 16, 12).",
        "In a matrix product the last two axes are rows and columns; what stands before them is repeated where it is missing.",
    ),
)


# --- look_up: one query a look, through keras.layers.Attention ------------------------------------------------


def _attend(query, values, keys, mask):
    """Attend in float64: (B, Tq, D), (B, Tv, Dv), (B, Tv, D), (B, Tv) -> (B, Tq, Dv)."""
    query, values, keys = f64(query, values, keys)
    scores = np.einsum("bqd,bvd->bqv", query, keys)
    return softmax(np.where(np.asarray(mask, bool)[:, None, :], scores, -1e9)) @ values


def _look_up(target, values, keys, mask):
    return _attend(np.asarray(target)[:, None], values, keys, mask)[:, 0]


def _each_asks_all(target, values, keys, mask):
    """Without the query's axis: every history is asked the question of every look, (B, B, Dv)."""
    return _attend(np.broadcast_to(target, (len(target), *np.shape(target))), values, keys, mask)


def _look(rng, batch, places, width, value_width, mask=None):
    return {
        "target": normal(rng, batch, width),
        "values": normal(rng, batch, places, value_width),
        "keys": normal(rng, batch, places, width),
        "mask": np.ones((batch, places), bool) if mask is None else mask,
    }


def _three_lengths(rng):
    """Draw a mask for three looks: with one real place only, any question has the same answer, so one has that."""
    return np.arange(6) < rng.permutation([1, 3, 5])[:, None]


def _look_up_spoken_order(target, values, keys, mask):
    """Ask the values and mix the keys: a value comes out only where both are equally wide."""
    return _look_up(target, values=keys, keys=values, mask=mask)


look_up = Exercise(
    name="look_up",
    title="Look one target up in each history",
    difficulty=3,
    importance=5,
    minutes=6,
    tensors=True,
    parts=(
        Part(
            "full histories",
            2,
            (
                Case(
                    "numbers that fit in the head",
                    lambda rng: small(
                        target=[[1, 2]],
                        values=[[[-1, 1], [0, 0], [1, 0]]],
                        keys=[[[1, 0], [2, 0], [0, 2]]],
                        mask=[[1, 1, 1]],
                    ),
                ),
                Case("three looks, keys as wide as values", lambda rng: _look(rng, 3, 5, 4, 4)),
            ),
        ),
        Part(
            "short histories",
            1,
            (
                Case(
                    "numbers that fit in the head",
                    lambda rng: small(
                        target=[[1, 2]], values=[[[-1], [0], [1]]], keys=[[[1, 0], [2, 0], [0, 2]]], mask=[[1, 1, 0]]
                    ),
                ),
                Case("three looks, some padding", lambda rng: _look(rng, 3, 6, 5, 4, _three_lengths(rng))),
            ),
        ),
    ),
    reference=_look_up,
    misconceptions=(
        Misconception(
            "every question to every history",
            _each_asks_all,
            "The query went in without its sequence axis: every history was asked every look's question, and B contexts came out where one was wanted.",
            "Look again at the first measurement of this section. What must the shape of the query be?",
        ),
        Misconception(
            "the first look's question for all",
            lambda target, values, keys, mask: _each_asks_all(target, values, keys, mask)[:, 0],
            "Every history was asked the first look's question: the query went in without its sequence axis, and the first of B contexts was kept.",
            "The shape is right now, the numbers are not. Put the axis on before the layer, and take it off after.",
        ),
        Misconception(
            "all questions averaged",
            lambda target, values, keys, mask: _each_asks_all(target, values, keys, mask).mean(axis=1),
            "Every history was asked every look's question and the contexts were averaged: the query went in without its sequence axis.",
            "An example's result must not depend on who else is in the batch. Where do the others come in?",
        ),
        Misconception(
            "query axis left on",
            lambda target, values, keys, mask: _look_up(target, values, keys, mask)[:, None],
            "The context still has its query axis: there was one query, so take that axis off.",
            "The shape wanted is (B, Dv). Which axis of length 1 is left?",
        ),
        Misconception(
            "keys mixed instead of values",
            lambda target, values, keys, mask: _look_up(target, keys, keys, mask),
            "You mixed the descriptions; what comes out should be what was thought of the purchases.",
            "Check the order of the layer's list: query, value, key.",
        ),
        Misconception(
            "order query, key, value",
            _look_up_spoken_order,
            "You passed [query, key, value], so the values were asked and the keys mixed; where they are as wide as each other nothing complains, elsewhere the matrix sizes do not fit and an error is raised.",
            "People say query, key, value; the layer has an order of its own. What does `help(keras.layers.Attention)` say of its list?",
        ),
        Misconception(
            "mask not passed",
            lambda target, values, keys, mask: _look_up(target, values, keys, np.ones_like(mask)),
            "The mask did not reach the layer: padded places get weight.",
            "`mask` of the call is a list: the queries' first (here None), then the one of the history.",
        ),
        Misconception(
            "mask inverted",
            lambda target, values, keys, mask: _look_up(target, values, keys, ~np.asarray(mask, bool)),
            "The mask is the wrong way around: only padding was attended to. True means a purchase.",
            "Pass the mask as it is.",
        ),
    ),
    right=(
        lambda target, values, keys, mask: _attend(
            np.reshape(target, (-1, 1, np.shape(target)[-1])), values, keys, mask
        ).sum(axis=1),
        lambda target, values, keys, mask: [
            (softmax(k[m] @ q) @ v[m]).tolist() for q, v, k, m in zip(*f64(target, values, keys), np.asarray(mask))
        ],
    ),
    hints=(
        "`target[:, None, :]` has shape (B, 1, D): each look asks one question.",
        "The layer takes a list in the order query, value, key, and `mask=[None, mask]`.",
        "What comes back has shape (B, 1, Dv). `context[:, 0]` takes the query axis off.",
    ),
    unseen=(
        Unseen(
            _change_padding("values"), "Padding leaks: the output changes when only the values of padded places change."
        ),
    ),
)


# --- top_share: how often the most attended purchase is the true one ---------------------------------------------


def _top_share(weights, mask, relevant):
    weights = np.where(np.asarray(mask, bool), np.asarray(weights, np.float64), -np.inf)
    return float(np.mean(np.argmax(weights, axis=-1) == np.asarray(relevant)))


def _looks(rng, looks, places):
    """Draw weights of which padding has some, in about a third of the looks the most; half of the tops are true."""
    weights = softmax(2 * normal(rng, looks, places)).astype(np.float32)
    mask = np.arange(places) < rng.integers(2, places + 1, looks)[:, None]
    relevant = np.where(
        rng.random(looks) < 0.5, np.where(mask, weights, 0).argmax(axis=-1), rng.integers(mask.sum(axis=-1))
    )
    return {"weights": weights, "mask": mask, "relevant": relevant}


def _hits(weights, relevant):
    return np.argmax(weights, axis=-1) == np.asarray(relevant)


top_share = Exercise(
    name="top_share",
    title="How often does it look at the right purchase?",
    difficulty=3,
    importance=4,
    minutes=5,
    parts=(
        Part(
            "a few looks",
            1,
            (
                Case(
                    "numbers that fit in the head",
                    lambda rng: {
                        "weights": np.array([[0.2, 0.5, 0.3], [0.6, 0.4, 0.0], [0.1, 0.2, 0.7], [0.3, 0.1, 0.6]]),
                        "mask": np.array([[1, 1, 1], [1, 1, 1], [1, 1, 0], [1, 1, 0]], bool),
                        "relevant": np.array([1, 1, 1, 0]),
                    },
                ),
                Case("six looks, four places", lambda rng: _looks(rng, 6, 4)),
            ),
        ),
        Part(
            "many looks",
            1,
            (
                Case("forty looks, seven places", lambda rng: _looks(rng, 40, 7)),
                Case("sixty looks, five places", lambda rng: _looks(rng, 60, 5)),
            ),
        ),
    ),
    reference=_top_share,
    misconceptions=(
        Misconception(
            "padding can win",
            lambda weights, mask, relevant: float(np.mean(_hits(weights, relevant))),
            "You let padding be the most attended place; the most attended *purchase* is the one asked for.",
            "In the third look of the worked example, which place is not a purchase?",
        ),
        Misconception(
            "looks left out in which padding wins",
            lambda weights, mask, relevant: float(
                _hits(weights, relevant)[np.take_along_axis(mask, np.argmax(weights, -1)[:, None], 1)[:, 0]].mean()
            ),
            "You left out the looks in which padding got the most weight; every look counts.",
            "How many looks are in the worked example, and by how many did you divide?",
        ),
        Misconception(
            "count instead of share",
            lambda weights, mask, relevant: float(_top_share(weights, mask, relevant) * len(relevant)),
            "You counted the looks; a share is the count divided by the number of looks.",
            "Which values can a share take?",
        ),
        Misconception(
            "divided by the purchases",
            lambda weights, mask, relevant: float(_top_share(weights, mask, relevant) * len(relevant) / np.sum(mask)),
            "You divided by the number of purchases; each look is right or wrong once, so divide by the looks.",
            "What would a perfect answer score with your count?",
        ),
        Misconception(
            "mean weight on the true purchase",
            lambda weights, mask, relevant: float(
                np.take_along_axis(weights, np.asarray(relevant)[:, None], axis=1).mean()
            ),
            "You averaged the weight of the true purchase; asked for is how often it has the largest.",
            "In the first look of the worked example, is the answer 0.5, or is it yes?",
        ),
        Misconception(
            "every place judged",
            lambda weights, mask, relevant: float(
                np.mean(
                    np.eye(np.shape(weights)[1])[np.where(mask, weights, -1).argmax(-1)]
                    == np.eye(np.shape(weights)[1])[relevant]
                )
            ),
            "You compared place by place, so that every place rightly not chosen counts as a success; only the top place of each look counts.",
            "A look has one most attended purchase. How many yes or no answers does a look give?",
        ),
    ),
    right=(
        lambda weights, mask, relevant: float(np.mean(_hits(np.asarray(weights) * mask, relevant))),
        lambda weights, mask, relevant: (
            sum(max(range(int(sum(m))), key=lambda place: w[place]) == r for w, m, r in zip(weights, mask, relevant))
            / len(relevant)
        ),
    ),
    hints=(
        "`argmax` over the last axis gives, for each look, the place with the largest weight.",
        "Padding must not win: give it a weight that is lower than any real one before you look for the largest.",
        "Comparing the places with `relevant` gives one True or False a look; the mean of these is the share.",
    ),
)


# --- features: what the final dense layer gets ------------------------------------------------------------------


def _features(context, target, profile):
    context, target, profile = f64(context, target, profile)
    return np.concatenate([context[:, 0], target, profile], axis=-1)


def _features_of(rng, looks, context, target, profile):
    """Draw what one look has: widths of context, target and profile."""
    return {
        "context": normal(rng, looks, 1, context),
        "target": normal(rng, looks, target),
        "profile": normal(rng, looks, profile),
    }


features = Exercise(
    name="features",
    title="Put the context beside the target and the profile",
    difficulty=2,
    importance=4,
    minutes=3,
    tensors=True,
    parts=(
        Part(
            "one look",
            1,
            (
                Case(
                    "numbers that fit in the head",
                    lambda rng: small(context=[[[3, 4]]], target=[[1, 2, 5]], profile=[[7]]),
                ),
                Case("one look, other widths", lambda rng: _features_of(rng, 1, 3, 2, 4)),
            ),
        ),
        Part(
            "a batch",
            1,
            (Case("three looks", lambda rng: _features_of(rng, 3, 2, 5, 4)),),
        ),
    ),
    reference=_features,
    misconceptions=(
        Misconception(
            "query axis left on",
            lambda context, target, profile: _features(context, target, profile)[:, None],
            "The result still has the query axis; a look has one row of features.",
            "Which of the three arrives with an axis of length 1, and where is it best taken off?",
        ),
        Misconception(
            "collapsed over the width",
            lambda context, target, profile: np.concatenate([np.sum(context, axis=-1), target, profile], axis=-1),
            "You added up the entries of the context; the axis to take off is the queries', axis 1.",
            "The context has shape (B, 1, Dv), and all Dv numbers should arrive.",
        ),
        Misconception(
            "target before context",
            lambda context, target, profile: np.concatenate([target, np.asarray(context)[:, 0], profile], axis=-1),
            "You put the target first; the task asks for context, target, profile. A dense layer would not mind, but weights that were learned for one order are wrong for another.",
            "Compare the order with the task's example.",
        ),
        Misconception(
            "profile left out",
            lambda context, target, profile: _features(context, target, np.asarray(profile)[:, :0]),
            "The profile is missing.",
            "Count the columns: Dv + D + P.",
        ),
        Misconception(
            "target left out",
            lambda context, target, profile: _features(context, np.asarray(target)[:, :0], profile),
            "The target is missing: it asked the question, but what it is says something by itself.",
            "Count the columns: Dv + D + P.",
        ),
    ),
    right=(
        lambda context, target, profile: np.hstack([np.reshape(context, (len(context), -1)), target, profile]),
        lambda context, target, profile: np.concatenate([np.mean(context, axis=1), target, profile], axis=1).tolist(),
    ),
    hints=(
        "First take the query axis off the context, so that all three have two axes.",
        "`keras.layers.Concatenate()` takes a list and joins along the last axis; `tf.concat(list, axis=-1)` does the same.",
    ),
)


# --- relevance_model: the whole model, computed again from its weights ---------------------------------------------


def _dense(x, weights, name):
    kernel, bias = weights[f"{name}.kernel"], weights[f"{name}.bias"]
    return np.asarray(x, np.float64) @ np.asarray(kernel, np.float64) + (0.0 if bias is None else np.asarray(bias))


def _fit_for_judging(weights, width):
    """Raise ValueError if a kernel has another shape than asked for, or one number all over, which hides mistakes."""
    for name, shape in {"query_dense": (16, width), "key_dense": (16, width), "probability": (23, 1)}.items():
        kernel = np.asarray(weights[f"{name}.kernel"], np.float64)
        if kernel.shape != shape or np.ptp(kernel) == 0:
            raise ValueError(f"{name}: expected a kernel of shape {shape} whose numbers differ")


def _model(inputs, weights, width, *, mask=None, bend=lambda x: x, factor=1.0, order=(0, 1, 2)):
    """Compute the model from its weights; the keyword arguments are what one can get wrong."""
    _fit_for_judging(weights, width)
    query, keys = (bend(_dense(inputs[side], weights, name)) for side, name in _SIDES)
    context = _look_up(
        query * factor,
        inputs["values"],
        keys,
        inputs["mask"] if mask is None else mask(inputs["mask"]),
    )
    return _probability(context, inputs, weights, order)


def _probability(context, inputs, weights, order=(0, 1, 2)):
    joined = [context, inputs["target"], inputs["profile"]]
    return sigmoid(_dense(np.concatenate([joined[i] for i in order], axis=-1), weights, "probability"))


_SIDES = (("target", "query_dense"), ("keys", "key_dense"))


def _reference_model(inputs, weights, width):
    return _model(inputs, weights, width)


def _spoken_order(inputs, weights, width):
    """Score the target against the ratings and mix the descriptions: possible only where both are equally wide."""
    query, keys = (_dense(inputs[side], weights, name) for side, name in _SIDES)
    context = _look_up(query, values=keys, keys=inputs["values"], mask=inputs["mask"])
    return _probability(context, inputs, weights)


def _no_query_axis(collapse):
    """Return an answer that asks every history every look's question, and collapses the contexts: (B, B, Dv) to (B, Dv)."""

    def answer(inputs, weights, width):
        query, keys = (_dense(inputs[side], weights, name) for side, name in _SIDES)
        contexts = _each_asks_all(query, inputs["values"], keys, inputs["mask"])
        return _probability(collapse(contexts), inputs, weights)

    return answer


def _exchanged(weights):
    names = {"query_dense": "key_dense", "key_dense": "query_dense"}
    return {
        ".".join((names.get(owner, owner), kind)): weights[f"{owner}.{kind}"] for owner, kind in map(_split, weights)
    }


def _split(path):
    return path.split(".")


def _batch_of_looks(rng, batch, places, mask=None):
    look = _look(rng, batch, places, 16, 3, mask)
    return {"inputs": {**look, "profile": normal(rng, batch, 4)}}


def _draw_weights(rng, inputs, width):
    shapes = {"query_dense": (16, width), "key_dense": (16, width), "probability": (23, 1)}
    kernels = {f"{name}.kernel": rng.normal(0, (2 / sum(shape)) ** 0.5, shape) for name, shape in shapes.items()}
    return kernels | {f"{name}.bias": rng.normal(0, 0.1, shape[1]) for name, shape in shapes.items()}


relevance_model = Exercise(
    name="relevance_model",
    title="The whole model",
    difficulty=5,
    importance=5,
    minutes=10,
    how="layer",
    seconds=30.0,
    read=(
        "query_dense.kernel",
        "query_dense.bias",
        "key_dense.kernel",
        "key_dense.bias",
        "probability.kernel",
        "probability.bias",
    ),
    weights=_draw_weights,
    parts=(
        Part(
            "full histories",
            2,
            (Case("four looks, keys as wide as values", lambda rng: _batch_of_looks(rng, 4, 7), {"width": 3}),),
        ),
        Part(
            "short histories",
            2,
            (
                Case(
                    "five looks, width 8",
                    lambda rng: _batch_of_looks(rng, 5, 12, some_padding(rng, 5, 12)),
                    {"width": 8},
                ),
            ),
        ),
        Part(
            "another width",
            1,
            (Case("four looks, width 5", lambda rng: _batch_of_looks(rng, 4, 6), {"width": 5}),),
        ),
    ),
    reference=_reference_model,
    misconceptions=(
        Misconception(
            "mask not passed",
            lambda inputs, weights, width: _model(inputs, weights, width, mask=np.ones_like),
            "The mask does not reach the attention layer: what stands in the padding changes the probability.",
            '`mask=[None, inputs["mask"]]` works on symbolic inputs as it does on numbers.',
        ),
        Misconception(
            "mask inverted",
            lambda inputs, weights, width: _model(inputs, weights, width, mask=np.logical_not),
            "The mask is the wrong way around: your model attends to the padding only.",
            "True means a purchase. Pass the mask as it is.",
        ),
        Misconception(
            "order query, key, value",
            _spoken_order,
            "You passed [query, key, value], so the ratings were asked instead of the descriptions; with keys as wide as values nothing complains, with any other width an error about matrix sizes is raised.",
            "People say query, key, value; the layer has an order of its own. In which order does row 4 of the table name the three?",
        ),
        Misconception(
            "the first look's question for all",
            _no_query_axis(lambda contexts: contexts[:, 0]),
            "The query has no axis of its own in its second place: every history was asked every look's question, and the first of B contexts was kept.",
            "An example's result must not depend on who else is in the batch. Which row of the table gives each look a sequence of one question?",
        ),
        Misconception(
            "all questions averaged",
            _no_query_axis(lambda contexts: contexts.mean(axis=1)),
            "The query has no axis of its own in its second place: every history was asked every look's question, and the contexts were averaged.",
            "An example's result must not depend on who else is in the batch. Which row of the table gives each look a sequence of one question?",
        ),
        Misconception(
            "names of the projections exchanged",
            lambda inputs, weights, width: _model(inputs, _exchanged(weights), width),
            "The layer called query_dense works on the keys, and key_dense on the target.",
            "Which of the two is the question?",
        ),
        Misconception(
            "projections with an activation",
            lambda inputs, weights, width: _model(inputs, weights, width, bend=lambda x: np.maximum(x, 0)),
            "Your projections cut off what is negative (a ReLU); the two dense layers before the attention are linear.",
            "A score must be able to fall below zero. Leave the activation out.",
        ),
        Misconception(
            "scaled although not asked",
            lambda inputs, weights, width: _model(inputs, weights, width, factor=width**-0.5),
            "You divided by the square root of the width. That is a good habit; this exercise asks for the plain dot product, as `keras.layers.Attention` computes it.",
            "Take the division out here. Learned projections can find the scale themselves.",
        ),
        Misconception(
            "target before context",
            lambda inputs, weights, width: _model(inputs, weights, width, order=(1, 0, 2)),
            "You joined the target before the context; the order is context, target, profile.",
            "Look again at the table: what does step 6 take, in which order?",
        ),
    ),
    right=(
        lambda inputs, weights, width: np.array(
            [
                _reference_model({name: array[i : i + 1] for name, array in inputs.items()}, weights, width)[0]
                for i in range(len(inputs["mask"]))
            ]
        ),
        lambda inputs, weights, width: _reference_model(
            {**inputs, "keys": np.where(inputs["mask"][..., None], inputs["keys"], 0)}, weights, width
        ).astype(np.float32),
    ),
    hints=(
        "One line of code for each row of the table is enough. `keras.layers.Dense(...)(x)` builds a layer and calls it on `x`, symbolic or not.",
        "`query_dense` may come before or after the axis is put on: `keras.layers.Dense` works on the last axis.",
        "Does `Concatenate` complain of ranks or shapes? Look at rows 2 and 5: a query of shape (B, width) counts as B questions to every history, and contexts of shape (B, B, 3) come out.",
        'End with `keras.Model(inputs, outputs)`: the dict of inputs goes in as it is. The last layer has one unit, `activation="sigmoid"` and the name "probability".',
    ),
)


# --- basket: several targets, collapsed -----------------------------------------------------------------------------


def _collapse(contexts, target_mask, how):
    total = (contexts * _column(target_mask)).sum(axis=1)
    return total if how == "sum" else total / _column(target_mask).sum(axis=1)


def _basket(targets, values, keys, target_mask, mask, how):
    return _collapse(_attend(targets, values, keys, mask), target_mask, how)


def _basket_of(rng, batch, queries, places, width, value_width, how):
    return {
        **{name: array for name, array in _look(rng, batch, places, width, value_width).items() if name != "target"},
        "targets": normal(rng, batch, queries, width),
        "target_mask": some_padding(rng, batch, queries),
        "mask": some_padding(rng, batch, places),
        "how": how,
    }


def _small_basket(how):
    return {
        **small(
            targets=[[[1, 0], [0, 1], [0, 0]]],
            values=[[[4, 0], [2, 1]]],
            keys=[[[20, 0], [0, 20]]],
            target_mask=[[1, 1, 0]],
            mask=[[1, 1]],
        ),
        "how": how,
    }


def _by(how):
    return Part(
        f"by {how}",
        2,
        (
            Case("numbers that fit in the head", lambda rng: _small_basket(how)),
            Case("three baskets", lambda rng: _basket_of(rng, 3, 4, 6, 5, 2, how)),
        ),
    )


def _asked_together(targets, values, keys, target_mask, mask, how):
    return _look_up(_collapse(np.asarray(targets, np.float64), target_mask, how), values, keys, mask)


basket = Exercise(
    name="basket",
    title="Several targets, one result",
    difficulty=4,
    importance=4,
    minutes=6,
    tensors=True,
    parts=(_by("sum"), _by("mean")),
    reference=_basket,
    misconceptions=(
        Misconception(
            "sum and mean exchanged",
            lambda how, **rest: _basket(how="mean" if how == "sum" else "sum", **rest),
            "Your sum and your mean are exchanged.",
            'What does `how == "sum"` lead to in your code?',
        ),
        Misconception(
            "always the sum",
            lambda how, **rest: _basket(how="sum", **rest),
            'You return the sum for `how="mean"`, too.',
            "Is `how` used in your answer?",
        ),
        Misconception(
            "always the mean",
            lambda how, **rest: _basket(how="mean", **rest),
            'You return the mean for `how="sum"`, too.',
            "Is `how` used in your answer?",
        ),
        Misconception(
            "padded targets counted",
            lambda target_mask, **rest: _basket(target_mask=np.ones_like(target_mask), **rest),
            "Places of the basket that hold no target were asked for as well, and their contexts counted.",
            "`mask` of the layer's call is a list of two. What belongs in its first place?",
        ),
        Misconception(
            "mean over all places",
            lambda target_mask, how, **rest: (
                _basket(target_mask=target_mask, how="sum", **rest) / (1 if how == "sum" else np.shape(target_mask)[1])
            ),
            "Your mean divides by all places of the basket; Keras has set the padded ones to zero, but they are still there to be counted.",
            "By how many targets should the worked example divide?",
        ),
        Misconception(
            "history mask not passed",
            lambda mask, **rest: _basket(mask=np.ones_like(mask), **rest),
            "The mask of the history did not reach the layer: padded places get weight.",
            "`mask` of the layer's call is a list of two, the queries' first.",
        ),
        Misconception(
            "targets collapsed before asking",
            _asked_together,
            "You collapsed the targets and asked one question with the result; each target should ask its own, and the answers be collapsed.",
            "Half tent, half novel is like nothing in the history. What should be collapsed: questions or answers?",
        ),
        Misconception(
            "collapsed over the width",
            lambda targets, values, keys, target_mask, mask, how: (
                lambda c: c.sum(axis=-1) if how == "sum" else c.mean(axis=-1)
            )(_attend(targets, values, keys, mask) * _column(target_mask)),
            "You collapsed the last axis, the width of a value; the axis of the targets is axis 1.",
            "The contexts have shape (B, Tq, Dv), the result (B, Dv). Which axis is gone?",
        ),
    ),
    right=(
        lambda targets, values, keys, target_mask, mask, how: np.stack(
            [
                getattr(np, how)([softmax(k[m] @ t) @ v[m] for t in ts[tm]], axis=0)
                for ts, v, k, tm, m in zip(*f64(targets, values, keys), np.asarray(target_mask), np.asarray(mask))
            ]
        ),
        lambda targets, values, keys, target_mask, mask, how: np.einsum(
            "bqd,bq->bd",
            _attend(targets, values, keys, mask),
            np.asarray(target_mask, float) / (1 if how == "sum" else np.sum(target_mask, axis=1, keepdims=True)),
        ),
    ),
    hints=(
        "Now both places of the layer's `mask` are used: `mask=[target_mask, mask]`. What it does to padded queries: it sets their contexts to zero.",
        "`tf.reduce_sum(contexts, axis=1)` collapses the axis of the targets, (B, Tq, Dv) to (B, Dv).",
        "The mean is that sum divided by the number of real targets: `tf.reduce_sum(tf.cast(target_mask, tf.float32), axis=1, keepdims=True)`.",
    ),
    unseen=(
        Unseen(
            _change_padding("values"), "Padding leaks: the output changes when only the values of padded places change."
        ),
        Unseen(
            _change_padding("targets", "target_mask"),
            "Padding leaks: the output changes when only padded targets change.",
        ),
    ),
)


EXERCISES = (
    masked_mean,
    predict_no_axis,
    look_up,
    top_share,
    features,
    relevance_model,
    basket,
)
