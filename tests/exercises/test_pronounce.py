"""Does the open exercise of lesson 10 pay in steps, whatever the method, and nothing for a look-up?"""

import sys

import numpy as np
import pytest

from autograder.asking.answer import ask_in
from autograder.exercise.examine import examine
from autograder.exercise.library import find

pronounce = find("pronounce")
_HOME = sys.modules[pronounce.parts[0].judge.__module__]
_dictionary, _letter_by_letter = _HOME._dictionary, _HOME._letter_by_letter


def earned(answer, seed="a submission"):
    return examine(pronounce, ask_in({"pronounce": answer}), seed).earned


def reader(wrong):
    """Return a function that says this share of words wrong, by one vowel, and the others as listed."""

    def answer(words):
        rng = np.random.default_rng(0)
        spoilt = rng.permutation(len(words)) < round(wrong * len(words))
        return [f"ZH {_dictionary()[word][0]}" if bad else _dictionary()[word][0] for word, bad in zip(words, spoilt)]

    return answer


@pytest.mark.parametrize(("wrong", "points"), [(0.2, 6), (0.3, 6), (0.5, 4), (0.8, 2), (0.01, 0)])
def test_are_points_paid_in_steps(wrong, points):
    assert earned(reader(wrong)) == points


def test_is_letter_by_letter_the_floor():
    assert earned(_letter_by_letter) == 0


def test_are_words_drawn_for_each_submission():
    seen = []

    def answer(words):
        seen.append(tuple(words))
        return ["T"] * len(words)

    earned(answer, "one"), earned(answer, "another")
    assert len(set(seen)) == 6


@pytest.mark.parametrize(
    ("answer", "says"),
    [
        (lambda words: "K AE T", "list of texts"),
        (lambda words: ["K AE T"], "one a word"),
        (lambda words: ["K AE1 T"] * len(words), "without stress"),
        (lambda words: [_dictionary()[word][0] for word in words], "not looked up"),
        (lambda words: ["K AE T"] * len(words), "phoneme error rate"),
    ],
)
def test_is_it_said_what_is_wrong(answer, says):
    verdict = examine(pronounce, ask_in({"pronounce": answer}), 0)
    assert any(says in sentence for sentence in verdict.parts[0].says)
