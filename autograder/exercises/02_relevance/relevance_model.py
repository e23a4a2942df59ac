"""Lesson 2: the whole model, from a look to the probability of buying."""

import numpy as np

from autograder.exercise.draws import Draw, all_real, inputs, normal, padding, part
from autograder.exercise.vocabulary import Exercise, Misconception

from ..shared import sigmoid
from ._attention import each_asks_all, look_up


def _dense(x, weights, name):
    return x @ weights[f"{name}.kernel"] + weights[f"{name}.bias"]


def _model(inputs, weights, width, *, mask=None, bend=lambda x: x, factor=1.0, order=(0, 1, 2)):
    """Compute the model from its weights; the keyword arguments are what one can get wrong."""
    # A layer of another width cannot take the weights that are set: only a frozen width comes here.
    if any(weights[f"{name}.bias"].shape != (width,) for _, name in _SIDES):
        raise ValueError(f"expected query_dense and key_dense of width {width}")
    query, keys = (bend(_dense(inputs[side], weights, name)) for side, name in _SIDES)
    context = look_up(
        query * factor,
        inputs["values"],
        keys,
        inputs["mask"] if mask is None else mask(inputs["mask"]),
    )
    return _probability(context, inputs, weights, order)


# What is joined has two axes: axis -1 is axis 1. The answer gives `order`; only misconceptions leave it out.
def _probability(context, inputs, weights, order=(0, 1, 2)):
    joined = [context, inputs["target"], inputs["profile"]]
    return sigmoid(_dense(np.concatenate([joined[i] for i in order], axis=-1), weights, "probability"))


_SIDES = (("target", "query_dense"), ("keys", "key_dense"))


def _reference_model(inputs, weights, width):
    return _model(inputs, weights, width)


def _spoken_order(inputs, weights, width):
    """Score the target against the ratings and mix the descriptions: possible only where both are equally wide."""
    query, keys = (_dense(inputs[side], weights, name) for side, name in _SIDES)
    context = look_up(query, values=keys, keys=inputs["values"], mask=inputs["mask"])
    return _probability(context, inputs, weights)


def _no_query_axis(collapse):
    """Return an answer that asks every history every look's question, and collapses the contexts: (B, B, Dv) to (B, Dv)."""

    def answer(inputs, weights, width):
        query, keys = (_dense(inputs[side], weights, name) for side, name in _SIDES)
        contexts = each_asks_all(query, inputs["values"], keys, inputs["mask"])
        return _probability(collapse(contexts), inputs, weights)

    return answer


def _exchanged(weights):
    names = {"query_dense": "key_dense", "key_dense": "query_dense"}
    return {
        ".".join((names.get(owner, owner), kind)): weights[f"{owner}.{kind}"] for owner, kind in map(_split, weights)
    }


def _split(path):
    return path.split(".")


def _looks(mask):
    """Return a draw of the dict that the model takes; the widths 16, 3 and 4 are the task's."""
    look = inputs(
        target=normal("B 16"), values=normal("B Tv 3"), keys=normal("B Tv 16"), mask=mask("B Tv"), profile=normal("B 4")
    )
    return Draw(lambda rng, sizes: {"inputs": look.function(rng, sizes)}, build={"width": "W"})


full, draw = _looks(all_real), _looks(padding)


exercise = Exercise(
    title="The whole model",
    difficulty=5,
    importance=5,
    minutes=10,
    how="layer",
    seconds=30.0,
    weights={
        "query_dense.kernel": "16 W",
        "query_dense.bias": "W",
        "key_dense.kernel": "16 W",
        "key_dense.bias": "W",
        "probability.kernel": "23 1",
        "probability.bias": "1",
    },
    parts=(
        part("full histories", 2, full(B=4, Tv=7, W=3, again={"B": 1, "Tv": 5})),  # keys as wide as values
        part("short histories", 2, draw(B=5, Tv=12, W=8, again={"B": 1, "Tv": 9})),
        part(
            "another width",
            1,
            full(B=5, Tv=9, W=6, again={"B": 2, "Tv": 11}),
            full(B=4, Tv=6, W=5, again={"B": 1, "Tv": 8}),
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
        # Of a batch of one or of two looks, only the first is kept; what stands in padded keys is never read.
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
