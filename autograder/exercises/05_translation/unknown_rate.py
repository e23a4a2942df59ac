"""Lesson 5: the share of a text that a vocabulary does not know."""

from collections import Counter
from itertools import chain

import numpy as np

from autograder.exercise.draws import example, part
from autograder.exercise.vocabulary import Exercise, Misconception

from ._told_apart import told_apart


def _unknown(train, test, least):
    counts = Counter(word for words in train for word in words)
    running = [word for words in test for word in words]
    return sum(counts[word] < least for word in running) / len(running)


def _unknown_types(train, test, least):
    counts = Counter(word for words in train for word in words)
    kinds = {word for words in test for word in words}
    return sum(counts[word] < least for word in kinds) / len(kinds)


def _unknown_by_sentence(train, test, least):
    return float(np.mean([_unknown(train, [words], least) for words in test]))


def _unknown_by_lines(train, test, least):
    return _unknown([set(words) for words in train], test, least)


_UNKNOWN_WRONG = (
    _unknown_types,
    lambda train, test, least: _unknown(train, test, least + 1),
    lambda train, test, least: 1 - _unknown(train, test, least),
    lambda train, test, least: _unknown(test, test, least),
    lambda train, test, least: _unknown(train, test, 1),
    _unknown_by_sentence,
    _unknown_by_lines,
)


def _frequent(train, least):
    return {word for word, count in Counter(chain(*train)).items() if count >= least}


def _texts(rng, sizes):
    def text(lines, words):
        shares = 1 / np.arange(1, words + 1)
        drawn = (rng.choice(words, size=rng.integers(1, 8), p=shares / shares.sum()) for _ in range(lines))
        return [[f"w{word}" for word in line] for line in drawn]

    return {"train": text(sizes["lines"], 14), "test": text(sizes["lines"] - 4, 20), "least": sizes["least"]}


draw = told_apart(_texts, _unknown, _UNKNOWN_WRONG)


exercise = Exercise(
    title="How many words does a vocabulary not know?",
    difficulty=2,
    importance=4,
    minutes=5,
    parts=(
        part(
            "a small text",
            1,
            example(
                train=[["the", "cat", "and", "the", "dog"], ["the", "dog", "sleeps"]],
                test=[["the", "cat", "sleeps"], ["the", "dog", "sees", "the", "cat"]],
                least=2,
            ),
            draw(lines=(8, 10), least=2),
        ),
        part(
            "longer texts",
            1,
            draw(lines=(9, 12), least=2),
            draw(lines=(10, 12), least=3),
            draw(lines=(11, 14), least=4),
        ),
    ),
    reference=_unknown,
    misconceptions=(
        Misconception(
            "each word once",
            _unknown_types,
            "You counted each different word once; a word that stands in the test three times is three unknown places.",
            "How many places has the test of the worked example, and how many different words?",
        ),
        Misconception(
            "more than least",
            _UNKNOWN_WRONG[1],
            "You kept words that occur *more than* `least` times; exactly `least` times is enough.",
            "In the worked example, `go` occurs twice in training, and `least` is 2. Is it known?",
        ),
        Misconception(
            "share of the known",
            _UNKNOWN_WRONG[2],
            "That is the share that the vocabulary knows; asked is the share that it does not.",
            "One of two numbers that sum to one.",
        ),
        Misconception(
            "vocabulary of the test",
            _UNKNOWN_WRONG[3],
            "You counted the words in the test itself; a vocabulary is made from the training text, before the test is seen.",
            "Which of the two texts has the model read when the vocabulary is fixed?",
        ),
        Misconception(
            "every word of training known",
            _UNKNOWN_WRONG[4],
            "You took every word of training into the vocabulary, however rare: `least` changes nothing.",
            "What does your answer do with `least`?",
        ),
        Misconception(
            "mean over sentences",
            _unknown_by_sentence,
            "You averaged the shares of the sentences, so that a short sentence weighs as much as a long one.",
            "Count unknown places in the whole test first, and divide once.",
        ),
        Misconception(
            "sentences counted instead of words",
            _unknown_by_lines,
            "You counted in how many sentences of training a word stands; a word that stands twice in one sentence occurs twice.",
            "In the worked example, how often does training have `go`? And if both stood in one sentence?",
        ),
    ),
    right=(
        lambda train, test, least: float(
            np.mean([[w for words in train for w in words].count(word) < least for words in test for word in words])
        ),
        lambda train, test, least: (
            1 - sum(word in _frequent(train, least) for word in chain(*test)) / sum(len(words) for words in test)
        ),
    ),
    hints=(
        "`collections.Counter` counts the words of a list; a word that it has not met has the count 0.",
        "Vocabulary: the words that training has at least `least` times. Then go through the test word by word.",
        "The result is a number of unknown places divided by the number of all places in the test.",
    ),
)
