"""Lesson 2: several targets, collapsed into one result."""

import numpy as np

from autograder.exercise.draws import constant, example, inputs, normal, padding, part
from autograder.exercise.vocabulary import Exercise, Misconception, Unseen

from ..shared import softmax
from ._attention import attend, change_padding, look_up


def _column(mask):
    """Give a mask a last axis of length 1, as numbers: (B, T) -> (B, T, 1)."""
    return mask[..., None].astype(float)


def _collapse(contexts, target_mask, how):
    total = (contexts * _column(target_mask)).sum(axis=1)
    return total if how == "sum" else total / _column(target_mask).sum(axis=1)


def _basket(targets, values, keys, target_mask, mask, how):
    return _collapse(attend(targets, values, keys, mask), target_mask, how)


def _asked_together(targets, values, keys, target_mask, mask, how):
    return look_up(_collapse(targets, target_mask, how), values, keys, mask)


def _by(how):
    draw = inputs(
        targets=normal("B Tq D"),
        values=normal("B Tv Dv"),
        keys=normal("B Tv D"),
        target_mask=padding("B Tq"),
        mask=padding("B Tv"),
        how=constant(how),
    )
    small = example(
        targets=[[[1.0, 0.0], [0.0, 1.0], [0.0, 0.0]]],
        values=[[[4.0, 0.0], [2.0, 1.0]]],
        keys=[[[20.0, 0.0], [0.0, 20.0]]],
        target_mask=[[True, True, False]],
        mask=[[True, True]],
        how=how,
    )
    return part(f"by {how}", 2, small, draw(B=3, Tq=4, Tv=6, D=5, Dv=2), draw(B=2, Tq=5, Tv=(7, 9), D=3, Dv=4))


exercise = Exercise(
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
                _basket(target_mask=target_mask, how="sum", **rest) / (1 if how == "sum" else target_mask.shape[1])
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
            )(attend(targets, values, keys, mask) * _column(target_mask)),
            "You collapsed the last axis, the width of a value; the axis of the targets is axis 1.",
            "The contexts have shape (B, Tq, Dv), the result (B, Dv). Which axis is gone?",
        ),
        Misconception(
            "history mask inverted",
            lambda mask, **rest: _basket(mask=~mask, **rest),
            "The mask of the history is the wrong way around: only padding was attended to. True means a purchase.",
            "Pass both masks as they are.",
        ),
        Misconception(
            "scaled although not asked",
            lambda targets, **rest: _basket(targets=targets / targets.shape[-1] ** 0.5, **rest),
            "You divided the scores by the square root of the width; the task asks for plain dot products.",
            "`keras.layers.Attention` as it comes divides by nothing.",
        ),
    ),
    right=(
        # A mask has two axes: axis 1 is axis -1.
        lambda targets, values, keys, target_mask, mask, how: np.stack(
            [
                getattr(np, how)([softmax(k[m] @ t) @ v[m] for t in ts[tm]], axis=0)
                for ts, v, k, tm, m in zip(targets, values, keys, target_mask, mask)
            ]
        ),
        lambda targets, values, keys, target_mask, mask, how: np.einsum(
            "bqd,bq->bd",
            attend(targets, values, keys, mask),
            target_mask / (1 if how == "sum" else np.sum(target_mask, axis=1, keepdims=True)),
        ),
    ),
    hints=(
        "Now both places of the layer's `mask` are used: `mask=[target_mask, mask]`. What it does to padded queries: it sets their contexts to zero.",
        "`tf.reduce_sum(contexts, axis=1)` collapses the axis of the targets, (B, Tq, Dv) to (B, Dv).",
        "The mean is that sum divided by the number of real targets: `tf.reduce_sum(tf.cast(target_mask, tf.float32), axis=1, keepdims=True)`.",
    ),
    unseen=(
        Unseen(
            change_padding("values"), "Padding leaks: the output changes when only the values of padded places change."
        ),
        Unseen(
            change_padding("targets", "target_mask"),
            "Padding leaks: the output changes when only padded targets change.",
        ),
    ),
)
