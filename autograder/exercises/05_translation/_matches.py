"""What the exercises on BLEU share: n-grams, and the counts of those that match."""

from collections import Counter

import numpy as np


def ngrams(words, n):
    return Counter(tuple(words[i : i + n]) for i in range(len(words) - n + 1))


def matches(hypothesis, reference, n):
    found = ngrams(hypothesis, n) & ngrams(reference, n)
    return np.array([sum(found.values()), max(len(hypothesis) - n + 1, 0)])


def matches_unclipped(hypothesis, reference, n):
    known = ngrams(reference, n)
    grams = ngrams(hypothesis, n)
    return np.array([sum(count for gram, count in grams.items() if gram in known), sum(grams.values())])
