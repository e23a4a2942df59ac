"""Lesson 5: a split in which no sentence is on both sides."""

import numpy as np

from autograder.exercise.draws import Draw, example, part
from autograder.exercise.vocabulary import Exercise, Misconception

_TRAIN, _TEST, _OUT = "train", "test", "out"


def _split(english, french, held_out):
    test_french = {f for e, f in zip(english, french) if e in held_out}
    return [_TEST if e in held_out else _OUT if f in test_french else _TRAIN for e, f in zip(english, french)]


def _split_one_side(english, french, held_out):
    return [_TEST if e in held_out else _TRAIN for e in english]


def _split_moved(english, french, held_out):
    return [_TEST if side == _OUT else side for side in _split(english, french, held_out)]


def _split_test_shrinks(english, french, held_out):
    train_french = {f for e, f in zip(english, french) if e not in held_out}
    return [_TRAIN if e not in held_out else _OUT if f in train_french else _TEST for e, f in zip(english, french)]


def _split_whole_group(english, french, held_out):
    sides = _split(english, french, held_out)
    spoilt = {e for e, side in zip(english, sides) if side == _OUT}
    return [_OUT if e in spoilt else side for e, side in zip(english, sides)]


def _split_first_only(english, french, held_out):
    seen, sides = set(), []
    for e in english:
        sides.append(_TEST if e in held_out and e not in seen else _TRAIN)
        seen.add(e)
    return sides


def _pairs(rng, sizes):
    """Eleven pairs or more: an English sentence held out with three French ones, one of which training shares."""
    a, b, c, d, e, f, *others = (str(letter) for letter in rng.permutation(list("abcdefghijklmn")))
    english = [a, a, a, b, b, c, d, d, e, f, f]
    french = ["1", "2", "3", "2", "4", "5", "6", "7", "3", "8", "9"]
    more = sizes["pairs"] - len(english)
    english += others[:more]
    french += [str(number) for number in rng.integers(4, 14, more)]
    order = rng.permutation(len(english))
    return {
        "english": [english[i] for i in order],
        "french": [french[i] for i in order],
        "held_out": [a, c],
    }


draw = Draw(_pairs)


exercise = Exercise(
    title="Split so that no sentence is on both sides",
    difficulty=2,
    importance=5,
    minutes=6,
    parts=(
        part(
            "a few pairs",
            1,
            example(
                english=["I'm tired.", "I'm tired.", "I am weary.", "I am weary.", "Good night."],
                french=["Je suis las.", "Je suis fatigué.", "Je suis las.", "Je suis lasse.", "Bonne nuit."],
                held_out=["I'm tired."],
            ),
            draw(pairs=11),
        ),
        part("more pairs", 1, draw(pairs=(11, 14)), draw(pairs=(15, 18))),
    ),
    reference=_split,
    misconceptions=(
        Misconception(
            "French on both sides",
            _split_one_side,
            "You looked at the English only: a French sentence of the test still stands in the training data, with its translation.",
            "A pair has two sentences. Which French sentences does the test hold, and where else do they stand?",
        ),
        Misconception(
            "leak moved to the test",
            _split_moved,
            "You moved the pairs that share a French sentence into the test; their English has other pairs in training, and now stands on both sides.",
            "Which of the three sides can a pair go to without meeting anything?",
        ),
        Misconception(
            "test made smaller",
            _split_test_shrinks,
            "You took the shared sentences out of the test; that keeps only the test sentences that nothing in training is like. Training gives way.",
            "The test is drawn first and stays as it is. Which side can spare a pair?",
        ),
        Misconception(
            "all pairs of the English left out",
            _split_whole_group,
            "You left out every pair of an English sentence when one of them leaks; the others share nothing with the test, and training needs them.",
            "Decide for each pair by its own two sentences.",
        ),
        Misconception(
            "one pair of each English sentence",
            _split_first_only,
            "You put only the first pair of a held-out sentence into the test; the others stand in training, where the model can learn them.",
            "A held-out sentence may occur in several lines. Where do all of them go?",
        ),
    ),
    right=(
        lambda english, french, held_out: np.select(
            [np.isin(english, held_out), np.isin(french, np.asarray(french)[np.isin(english, held_out)])],
            [_TEST, _OUT],
            _TRAIN,
        ).tolist(),
        lambda english, french, held_out: tuple(
            "test"
            if e in held_out
            else ("out" if any(f == g and d in held_out for d, g in zip(english, french)) else "train")
            for e, f in zip(english, french)
        ),
    ),
    hints=(
        "Go through the pairs twice: the first time only to collect.",
        "Collect the French sentences of all pairs whose English is held out, in a set.",
        'In the second pass a pair is "test" if its English is held out; if not, its French decides between "out" and "train".',
    ),
)
