"""Lesson 5: the count at the heart of BLEU."""

from collections import Counter

import numpy as np

from autograder.exercise.draws import Draw, example, part
from autograder.exercise.vocabulary import Exercise, Misconception

from ._matches import matches, matches_unclipped, ngrams
from ._told_apart import told_apart


def _matches_in_place(hypothesis, reference, n):
    places = range(len(hypothesis) - n + 1)
    return np.array([sum(hypothesis[i : i + n] == reference[i : i + n] for i in places), len(places)])


_MATCHES_WRONG = (
    matches_unclipped,
    lambda hypothesis, reference, n: np.array(
        [len(set(ngrams(hypothesis, n)) & set(ngrams(reference, n))), len(set(ngrams(hypothesis, n)))]
    ),
    _matches_in_place,
    lambda hypothesis, reference, n: matches(reference, hypothesis, n),
    lambda hypothesis, reference, n: sum(matches(hypothesis, reference, k) for k in range(1, n + 1)),
)


def _matches_below_zero(hypothesis, reference, n):
    return np.array([matches(hypothesis, reference, n)[0], len(hypothesis) - n + 1])


def _matches_by_striking(hypothesis, reference, n):
    left = [reference[i : i + n] for i in range(len(reference) - n + 1)]
    matched = 0
    for i in range(len(hypothesis) - n + 1):
        if hypothesis[i : i + n] in left:
            left.remove(hypothesis[i : i + n])
            matched += 1
    return matched, max(len(hypothesis) - n + 1, 0)


def _too_short(rng, sizes):
    """Draw a hypothesis of two or more words less than n."""
    words = rng.permutation(["the", "cat", "dog", "and", "sees", "hears", "it"]).tolist()
    return {"hypothesis": words[: int(rng.integers(1, sizes["n"] - 1))], "reference": words, "n": sizes["n"]}


def _sentences(rng, sizes):
    words = np.array(["the", "cat", "dog", "and", "sees"])
    return {
        "hypothesis": rng.choice(words, sizes["h"], p=[0.4, 0.25, 0.15, 0.1, 0.1]).tolist(),
        "reference": rng.choice(words, sizes["r"], p=[0.3, 0.2, 0.2, 0.2, 0.1]).tolist(),
        "n": sizes["n"],
    }


draw = told_apart(_sentences, matches, _MATCHES_WRONG[:4])
AGAIN = {"hypothesis": ["the", "the", "the", "cat"], "reference": ["the", "cat", "sees", "the", "dog"]}


exercise = Exercise(
    title="Count what two sentences share",
    difficulty=3,
    importance=5,
    minutes=8,
    parts=(
        part("single words", 1, example(**AGAIN, n=1), draw(h=11, r=8, n=1)),
        part(
            "pairs and triples",
            2,
            example(**AGAIN, n=2),
            draw(h=(10, 12), r=8, n=2),
            draw(h=11, r=(8, 9), n=3),
            example(hypothesis=["the", "cat"], reference=["the", "cat", "sleeps"], n=3),
            example(hypothesis=["the"], reference=["the", "cat", "sleeps"], n=3),
            Draw(_too_short)(n=(4, 6)),
        ),
    ),
    reference=matches,
    misconceptions=(
        Misconception(
            "not clipped",
            _MATCHES_WRONG[0],
            "You counted an n-gram as often as the hypothesis repeats it; it counts at most as often as the reference has it.",
            "The reference of the worked example has `the` twice. How many of the three can find a partner?",
        ),
        Misconception(
            "each n-gram once",
            _MATCHES_WRONG[1],
            "You counted each different n-gram once; one that both sentences have twice counts twice.",
            "A set forgets how often. Which class counts?",
        ),
        Misconception(
            "only in the same place",
            _MATCHES_WRONG[2],
            "You compared place by place; an n-gram counts wherever it stands.",
            "Is the position part of what is counted?",
        ),
        Misconception(
            "hypothesis and reference exchanged",
            _MATCHES_WRONG[3],
            "Your total is the number of n-grams of the reference: that would be recall. Precision asks what share of the *hypothesis* is right.",
            "Which of the two sentences was written by the model?",
        ),
        Misconception(
            "shorter n-grams counted too",
            _MATCHES_WRONG[4],
            "You added up all n-grams up to length n; asked are those of exactly n words.",
            "How many pairs of neighbors has a sentence of four words?",
        ),
        Misconception(
            "fewer than none",
            _matches_below_zero,
            "Your total falls below zero where the hypothesis is shorter than n; a sentence cannot have fewer than no n-grams.",
            "Count by hand the triples of a sentence of one word, and compare with what your formula says.",
        ),
        Misconception(
            "results exchanged",
            lambda hypothesis, reference, n: matches(hypothesis, reference, n)[::-1],
            "You returned the total first; the task asks for the matches, then the total.",
            "Which of the two numbers can never be the larger one?",
        ),
        Misconception(
            "matches alone",
            lambda hypothesis, reference, n: matches(hypothesis, reference, n)[0],
            "You returned the matches only; the task asks for two numbers: the matches, and how many n-grams the hypothesis has.",
            "Separate two values by a comma after `return`.",
        ),
    ),
    right=(
        lambda hypothesis, reference, n: _matches_by_striking(hypothesis, reference, n),
        lambda hypothesis, reference, n: [
            sum(
                min(count, ngrams(reference, n)[gram])
                for gram, count in Counter(zip(*(hypothesis[k:] for k in range(n)))).items()
            ),
            len(list(zip(*(hypothesis[k:] for k in range(n))))),
        ],
    ),
    hints=(
        "The n-grams of a list are `tuple(words[i:i + n])` for every i where n words are left.",
        "`collections.Counter` counts them, in both sentences.",
        "For each n-gram of the hypothesis the smaller of the two counts is right. `counter & counter` takes exactly these minima.",
    ),
)
