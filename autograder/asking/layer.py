"""Put a question to a learner's layer: build it, set the weights that the examiner drew, and return its outputs.

What else is found of it (weights too many, a gradient that does not arrive) is told by the learner's own process
and can cost points, never earn any: outputs under weights that nobody knew before are the only evidence.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from autograder.asking.wire import plain

Prepare = Callable[[dict[str, Any]], dict[str, Any]]


def ask_layer(
    target: Any, arguments: dict[str, Any], rounds: list[dict[str, Any]], inspect: bool, prepare: Prepare
) -> dict[str, Any]:
    """Build one layer and call it on the `inputs` of each round, with the `weights` of that round set before.

    Return {"outputs": one a round, "unset": {path: why it could not be set}, "more": {name: shape} of weights that
    the task does not name}; with `inspect` also "frozen" and "unreached" (paths whose weight is not trainable, or
    gets no gradient), and "inside", the output of the last round from within a keras.Model, or "failed", why not.
    """
    layer = target(**arguments)
    layer(**prepare(rounds[0]["inputs"]))  # makes its weights
    found: dict[str, Any] = {"outputs": [], "unset": {}, "more": {}}
    for each in rounds:
        found["unset"] = _set(layer, each["weights"])
        if found["unset"]:
            return found
        found["outputs"].append(plain(layer(**prepare(each["inputs"]))))
    weights = {path: _at(layer, path) for path in rounds[-1]["weights"]}
    found["more"] = _more(layer, weights)
    if inspect and "keras" in sys.modules:
        found |= _as_a_layer(layer, weights, rounds[-1]["inputs"], prepare)
    return found


def _set(layer: Any, weights: Mapping[str, np.ndarray]) -> dict[str, str]:
    """Set the weights; return, by path, what was in the way."""
    unset = {}
    for path, value in weights.items():
        try:
            variable = _at(layer, path)
        except AttributeError as error:
            unset[path] = str(error)
            continue
        if not hasattr(variable, "assign"):
            unset[path] = f"is {'missing (None)' if variable is None else f'a {type(variable).__name__}'}, not a weight"
        elif tuple(variable.shape) != value.shape:
            unset[path] = f"has shape {tuple(variable.shape)}, expected {value.shape}"
        else:
            variable.assign(value)
    return unset


def _at(layer: Any, path: str) -> Any:
    """Follow a path along attributes, and in a model along the names of its layers: "query_dense.kernel"."""
    value = layer
    for name in path.split("."):
        inside = {getattr(part, "name", ""): part for part in getattr(value, "layers", ())}
        if not hasattr(value, name) and name not in inside:
            if getattr(value, "built", True) is False:
                raise AttributeError("is not there yet: has that part of the layer been called?")
            raise AttributeError("is not there: keep the names that the task gives")
        value = getattr(value, name) if hasattr(value, name) else inside[name]
    return value


def _more(layer: Any, weights: Mapping[str, Any]) -> dict[str, str]:
    known = set(map(id, weights.values()))
    others = [each for each in getattr(layer, "weights", ()) if id(each) not in known]
    return {str(getattr(each, "path", each.name)): str(tuple(each.shape)) for each in others}


def _as_a_layer(layer: Any, weights: Mapping[str, Any], inputs: dict[str, Any], prepare: Prepare) -> dict[str, Any]:
    import keras
    import tensorflow as tf

    trained = set(map(id, getattr(layer, "trainable_weights", weights.values())))
    frozen = [path for path, variable in weights.items() if id(variable) not in trained]
    variables = {path: getattr(variable, "value", variable) for path, variable in weights.items()}
    with tf.GradientTape() as tape:
        tape.watch(list(variables.values()))
        output = layer(**prepare(inputs))
        total = sum(tf.reduce_sum(tf.cast(one, tf.float32) ** 2) for one in tf.nest.flatten(output))
    gradients = tape.gradient(total, list(variables.values()))
    unreached = [path for path, one in zip(variables, gradients) if one is None and path not in frozen]
    found = {"frozen": frozen, "unreached": unreached}
    if isinstance(layer, keras.Model) or not isinstance(layer, keras.layers.Layer):
        return found
    arrays = {name: value for name, value in inputs.items() if isinstance(value, np.ndarray)}
    try:
        entries = {n: keras.Input(batch_shape=a.shape, dtype=a.dtype.name, name=n) for n, a in arrays.items()}
        model = keras.Model(entries, layer(**{**inputs, **entries}))
        return {**found, "inside": plain(model(arrays))}
    except Exception as error:
        return {**found, "failed": f"{type(error).__name__}: {str(error).split(chr(10))[0]}"[:500]}
