"""Lesson 2: what the final layers need, side by side."""

import numpy as np

from autograder.exercise.draws import example, inputs, normal, part
from autograder.exercise.vocabulary import Exercise, Misconception


def _features(context, target, profile):
    # What is joined has two axes: axis 1 is axis -1.
    return np.concatenate([context[:, 0], target, profile], axis=-1)


draw = inputs(context=normal("B 1 Dv"), target=normal("B D"), profile=normal("B P"))


exercise = Exercise(
    title="Put the context beside the target and the profile",
    difficulty=2,
    importance=4,
    minutes=3,
    tensors=True,
    parts=(
        part(
            "one look",
            1,
            example(context=[[[3.0, 4.0]]], target=[[1.0, 2.0, 5.0]], profile=[[7.0]]),
            draw(B=1, Dv=3, D=2, P=4),
        ),
        part("a batch", 1, draw(B=3, Dv=2, D=5, P=4), draw(B=2, Dv=1, D=3, P=6), draw(B=(4, 7), Dv=3, D=2, P=1)),
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
            lambda context, target, profile: np.concatenate([target, context[:, 0], profile], axis=-1),
            "You put the target first; the task asks for context, target, profile. A dense layer would not mind, but weights that were learned for one order are wrong for another.",
            "Compare the order with the task's example.",
        ),
        Misconception(
            "profile left out",
            lambda context, target, profile: _features(context, target, profile[:, :0]),
            "The profile is missing.",
            "Count the columns: Dv + D + P.",
        ),
        Misconception(
            "target left out",
            lambda context, target, profile: _features(context, target[:, :0], profile),
            "The target is missing: it asked the question, but what it is says something by itself.",
            "Count the columns: Dv + D + P.",
        ),
        Misconception(
            "profile before target",
            lambda context, target, profile: np.concatenate([context[:, 0], profile, target], axis=-1),
            "You put the profile before the target; the task asks for context, target, profile.",
            "Compare the order with the task's example.",
        ),
    ),
    right=(
        # Axis 1 of the context has length 1: its mean is its sum, and both are its entry.
        lambda context, target, profile: np.hstack([np.reshape(context, (len(context), -1)), target, profile]),
        lambda context, target, profile: np.concatenate([np.mean(context, axis=1), target, profile], axis=1).tolist(),
    ),
    hints=(
        "First take the query axis off the context, so that all three have two axes.",
        "`keras.layers.Concatenate()` takes a list and joins along the last axis; `tf.concat(list, axis=-1)` does the same.",
    ),
)
