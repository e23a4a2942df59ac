"""Attention for the exercises of lesson 2: B looks, Tq targets, Tv places of the history, D wide, values Dv wide."""

import numpy as np

from ..shared import softmax


def attend(query, values, keys, mask):
    """Attend: (B, Tq, D), (B, Tv, Dv), (B, Tv, D), (B, Tv) -> (B, Tq, Dv)."""
    scores = np.einsum("bqd,bvd->bqv", query, keys)
    return softmax(np.where(mask[:, None, :], scores, -1e9)) @ values


def look_up(target, values, keys, mask):
    """Attend with one query a look: (B, D), (B, Tv, Dv), (B, Tv, D), (B, Tv) -> (B, Dv)."""
    return attend(target[:, None], values, keys, mask)[:, 0]


def each_asks_all(target, values, keys, mask):
    """Attend without the query's axis: every history is asked the question of every look, (B, B, Dv)."""
    return attend(np.broadcast_to(target, (len(target), *target.shape)), values, keys, mask)


def change_padding(name, mask="mask"):
    """Return a change of the inputs that puts other numbers in the padded places of one of them."""
    return lambda inputs: {
        **inputs,
        name: np.where(inputs[mask][..., None], inputs[name], -7.0).astype(np.float32),
    }
