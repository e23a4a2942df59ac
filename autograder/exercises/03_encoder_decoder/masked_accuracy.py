"""Lesson 3: the share of real tokens that are predicted right."""

import numpy as np

from autograder.exercise.draws import Draw, example, part
from autograder.exercise.vocabulary import Exercise, Misconception

from ._sentences import END, FIRST_WORD, TARGET, sentences, tokens


def _accuracy(target, predicted):
    return (target == predicted)[target != 0].mean()


def _share(right, counted):
    return float(np.sum(right * counted) / np.sum(counted))


def _guesses(rng, sizes):
    """Draw target and predictions: about half the words right, padding mostly predicted as padding."""
    target = sentences("B Tq")(rng, sizes)
    real = target != 0
    predicted = np.where(rng.random(target.shape) < 0.55, target, rng.integers(FIRST_WORD, sizes["V"], target.shape))
    predicted = np.where(~real & (rng.random(target.shape) < 0.7), 0, predicted).astype(np.int32)
    predicted[0, 0] = target[0, 0] % 9 + FIRST_WORD  # a wrong word in the full row
    predicted[1, 0], predicted[1, -1] = target[1, 0], 0  # a right word and right padding in a short one
    predicted[-1, 0] = 0  # padding where a word should stand
    return {"target": target, "predicted": predicted}


def _full_rows(rng, sizes):
    """Draw rows without padding, in each of which at least one token is right and one is wrong."""
    target = rng.integers(FIRST_WORD, sizes["V"], (sizes["B"], sizes["Tq"])).astype(np.int32)
    wrong = np.arange(sizes["Tq"]) < rng.integers(1, sizes["Tq"], (sizes["B"], 1))
    return {"target": target, "predicted": np.where(wrong, target + 1, target).astype(np.int32)}


draw, full = Draw(_guesses), Draw(_full_rows)


exercise = Exercise(
    title="Count what is right, and not the padding",
    difficulty=2,
    importance=5,
    minutes=4,
    tensors=True,
    parts=(
        part(
            "numbers that fit in the head",
            1,
            example(target=TARGET, predicted=tokens([[5, 8, 7, 7], [7, 9, 0, 0]])),
            draw(B=2, Tq=6, V=13),
        ),
        part("other sizes", 1, draw(B=3, Tq=8, V=13), draw(B=(5, 8), Tq=(9, 12), V=13)),
        part(
            "no padding at all",
            1,
            example(target=tokens([[5, 6, 3], [9, 8, 3]]), predicted=tokens([[5, 7, 3], [0, 8, 3]])),
            full(B=5, Tq=(6, 9), V=13),
        ),
    ),
    reference=_accuracy,
    misconceptions=(
        Misconception(
            "padding counted",
            lambda target, predicted: float(np.mean(target == predicted)),
            "You counted every place: right padding flatters the model, wrong padding that nobody reads hurts it.",
            "In the example, three of the six real tokens are right. How many places did you divide by?",
        ),
        Misconception(
            "divided by all places",
            lambda target, predicted: float(np.mean((target == predicted) & (target != 0))),
            "You left the padding out of the right ones but not out of the total.",
            "A perfect model should score 1. What would yours give it?",
        ),
        Misconception(
            "mean over sentences",
            lambda target, predicted: float(np.mean([_share(t == p, t != 0) for t, p in zip(target, predicted)])),
            "You averaged within each sentence first, so that a token of a short sentence counts for more than one of a long sentence.",
            "Each real token of the batch counts the same, whichever row it stands in.",
        ),
        Misconception(
            "padding judged by the prediction",
            lambda target, predicted: _share(target == predicted, predicted != 0),
            "You left out the places where the *prediction* is padding; a model that says nothing would never be wrong.",
            "Who knows where the sentence ends: the prediction or the target?",
        ),
        Misconception(
            "mask inverted",
            lambda target, predicted: _share(target == predicted, target == 0),
            "You counted the padding only, and left the real tokens out.",
            "Padding is 0. For which places should your mask be True?",
        ),
        Misconception(
            "end not counted",
            lambda target, predicted: _share(target == predicted, ~np.isin(target, (0, END))),
            "You left the ends out with the padding; an end is a real token, which the model has to learn to say.",
            "The example has six real tokens. Which ones are they?",
        ),
        Misconception(
            "count instead of share",
            lambda target, predicted: float(np.sum((target == predicted) & (target != 0))),
            "You counted the right tokens; a share is that count divided by the number of real tokens.",
            "A perfect model should score 1. What would yours give it?",
        ),
        Misconception(
            "share of what is wrong",
            lambda target, predicted: _share(target != predicted, target != 0),
            "You returned the share of tokens that are predicted wrong.",
            "A perfect model should score 1. What would yours give it?",
        ),
    ),
    right=(
        lambda target, predicted: _share(target == predicted, target != 0),
        lambda target, predicted: np.average(np.equal(target, predicted), weights=np.not_equal(target, 0)),
        lambda target, predicted: (
            sum(int(t) == int(p) for t, p in zip(np.ravel(target), np.ravel(predicted)) if t)
            / int(np.count_nonzero(target))
        ),
    ),
    hints=(
        "Two masks: where the prediction equals the target, and where the target is a real token.",
        "You need the number of places where both are True, and the number of real tokens.",
        "`tf.cast(mask, tf.float32)` makes ones and zeros of a mask, which can be multiplied and summed.",
    ),
)
