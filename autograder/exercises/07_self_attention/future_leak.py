"""Lesson 7: how far the past moves when the future changes."""

import numpy as np

from autograder.exercise.draws import Draw, example, lengths, part
from autograder.exercise.vocabulary import Exercise, Misconception


def _moves(before, after):
    return np.abs(np.subtract(after, before))


def _future_leak(before, after, changed):
    return float(_moves(before, after)[:, :changed].max())


def _outputs(rng, sizes, growing=True, sign=-1):
    """Draw outputs whose moves grow from sequence to sequence and grow, or shrink, from place to place."""
    before = rng.standard_normal(lengths("B T D", sizes))
    steps = np.arange(1, sizes["T"] + 1)[:: 1 if growing else -1]
    moves = np.arange(1, sizes["B"] + 1)[:, None, None] * steps[:, None] * rng.uniform(0.5, 0.6, before.shape)
    after = before + sign * moves
    return {"before": before.astype(np.float32), "after": after.astype(np.float32), "changed": sizes["C"]}


def _still(rng, inputs):
    """Let the past stand still."""
    inputs["after"][:, : inputs["changed"]] = inputs["before"][:, : inputs["changed"]]
    return inputs


draw = Draw(_outputs)
rising = Draw(lambda rng, sizes: _outputs(rng, sizes, growing=False, sign=1))
kept = draw.then(_still)


exercise = Exercise(
    title="Test the promise",
    difficulty=3,
    importance=5,
    minutes=5,
    parts=(
        part(
            "one sequence",
            1,
            example(before=[[[1.0], [2.0], [3.0], [4.0]]], after=[[[1.0], [1.5], [5.0], [9.0]]], changed=2),
            draw(B=1, T=(4, 6), D=1, C=2),
        ),
        part(
            "a batch",
            2,
            draw(B=4, T=(5, 7), D=3, C=2),
            rising(B=2, T=6, D=5, C=4),
            draw(B=3, T=4, D=2, C=3),
        ),
        part(
            "a promise kept, and one broken",
            1,
            kept(B=3, T=5, D=2, C=3),
            draw(B=3, T=5, D=2, C=4),
            rising(B=2, T=(3, 4), D=6, C=1),
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
            lambda before, after, changed: float(np.subtract(after, before)[:, :changed].max()),
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
        Misconception(
            "only what fell",
            lambda before, after, changed: float(np.subtract(before, after)[:, :changed].max()),
            "You look only at outputs that became smaller; one that becomes larger has moved, too.",
            "Which sign does your difference have where an output has risen?",
        ),
    ),
    right=(
        lambda before, after, changed: np.max(np.abs(before - after)[:, :changed]),
        lambda before, after, changed: np.abs(np.split(after - before, [changed], axis=1)[0]).max(),
    ),
    hints=(
        "Three steps: take the difference, drop its sign, look for the largest number.",
        "`a[:, :n]` takes the first n places of every sequence in the batch.",
    ),
)
