"""Lesson 3: the mean loss of the real tokens."""

import numpy as np

from autograder.exercise.draws import Draw, example, part
from autograder.exercise.vocabulary import Exercise, Misconception, Unseen

from ..shared import softmax
from ._sentences import sentences, tokens


def _share(right, counted):
    return float(np.sum(right * counted) / np.sum(counted))


def _losses(target, logits):
    """Return minus the log probability of each target token, (B, Tq)."""
    top = logits.max(axis=-1, keepdims=True)
    log_total = top[..., 0] + np.log(np.exp(logits - top).sum(axis=-1))
    return log_total - np.take_along_axis(logits, target[..., None], axis=-1)[..., 0]


def _loss(target, logits):
    return _losses(target, logits)[target != 0].mean()


def _losses_of_no_logits(target, logits):
    """Return what Keras computes when it takes logits for probabilities: it clips them and divides by their sum."""
    return _losses(target, np.log(np.clip(logits, 1e-7, 1 - 1e-7)))


def _logits(scale):
    """Return a draw of targets and of logits as large as `scale`."""

    def draw(rng, sizes):
        target = sentences("B Tq")(rng, sizes)
        logits = scale * rng.standard_normal((*target.shape, sizes["V"]))
        return {"target": target, "logits": logits.astype(np.float32)}

    return Draw(draw)


# Logits whose probabilities fit in the head, over 4 tokens: 0.5, 0.5 and 0.125 for the three real ones.
THREE_WORDS = np.log(np.array([[[1, 1, 4, 2], [2, 1, 1, 4]], [[5, 1, 1, 1], [3, 3, 1, 1]]]) / 8)
draw, large = _logits(2), _logits(200)


exercise = Exercise(
    title="A loss in which padding does not count",
    difficulty=3,
    importance=5,
    minutes=6,
    tensors=True,
    parts=(
        part(
            "numbers that fit in the head",
            1,
            example(target=tokens([[2, 3], [3, 0]]), logits=THREE_WORDS),
            draw(B=2, Tq=4, V=9),
        ),
        part("other sizes", 2, draw(B=3, Tq=5, V=13), draw(B=4, Tq=(6, 8), V=17)),
        part("large logits", 1, large(B=2, Tq=3, V=6), large(B=3, Tq=4, V=7)),
    ),
    reference=_loss,
    misconceptions=(
        Misconception(
            "padding counted",
            lambda target, logits: _losses(target, logits).mean(),
            "The padding counts in your loss: the model would spend its training on learning to say nothing.",
            "Which losses should not enter the mean? The target tells.",
        ),
        Misconception(
            "divided by all places",
            lambda target, logits: (_losses(target, logits) * (target != 0)).mean(),
            "You set the padding's losses to zero but still divided by every place, so a batch with much padding seems easy.",
            "How many losses are left after masking? Divide by that.",
        ),
        Misconception(
            "sum instead of mean",
            lambda target, logits: (_losses(target, logits) * (target != 0)).sum(),
            "You added the losses up; the mean over the real tokens is asked for.",
            "Your loss grows with the size of the batch. Should it?",
        ),
        Misconception(
            "mean over sentences",
            lambda target, logits: np.mean([_loss(t[None], x[None]) for t, x in zip(target, logits)]),
            "You averaged within each sentence first, so that a token of a short sentence counts for more than one of a long sentence.",
            "One sum over all real tokens of the batch, one division.",
        ),
        Misconception(
            "mask inverted",
            lambda target, logits: _share(_losses(target, logits), target == 0),
            "Only the padding counts in your loss; the mask is the wrong way around.",
            "Padding is 0. For which places should your mask be 1?",
        ),
        Misconception(
            "logits taken for probabilities",
            lambda target, logits: _losses_of_no_logits(target, logits)[target != 0].mean(),
            "Your cross-entropy took the logits for probabilities: it expects numbers that have gone through a softmax unless it is told.",
            "Look at the arguments of `keras.losses.sparse_categorical_crossentropy`: one of them says what it is given.",
        ),
        Misconception(
            "softmax taken already",
            lambda target, logits: _loss(target, softmax(logits)),
            "The softmax is taken twice: you took it, and the cross-entropy with `from_logits=True` takes it again.",
            "What does `from_logits=True` say of the numbers that it is given?",
        ),
        Misconception(
            "sign forgotten",
            lambda target, logits: -_loss(target, logits),
            "Your loss has the wrong sign: it is the mean log probability, which grows as the model gets better.",
            "The example's loss is 1.16. What is yours?",
        ),
    ),
    right=(
        lambda target, logits: np.average(_losses(target, logits), weights=target != 0),
        lambda target, logits: (
            -np.mean(
                [
                    x[t] - np.logaddexp.reduce(x)
                    for t, x in zip(np.ravel(target), logits.reshape(-1, logits.shape[-1]))
                    if t
                ]
            )
        ),
    ),
    hints=(
        "First the loss of each place, shape (B, Tq); `keras.losses.sparse_categorical_crossentropy` gives them all.",
        "That function wants to be told `from_logits=True`.",
        "Then one mask for the whole batch: the sum of losses times mask, divided by the sum of the mask. Cast the mask to a float first.",
    ),
    unseen=(
        Unseen(
            lambda inputs: {
                **inputs,
                "logits": np.where((inputs["target"] == 0)[..., None], inputs["logits"][..., ::-1], inputs["logits"]),
            },
            "Padding counts: your loss changes when only what the model says at padded places changes.",
        ),
    ),
)
