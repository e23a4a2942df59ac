"""Lesson 5: one number for a test set."""

from math import exp, log

import numpy as np

from autograder.exercise.draws import example, part
from autograder.exercise.vocabulary import Exercise, Misconception

from ._matches import matches, matches_unclipped
from ._told_apart import told_apart


def _matches_by_striking(hypothesis, reference, n):
    left = [reference[i : i + n] for i in range(len(reference) - n + 1)]
    matched = 0
    for i in range(len(hypothesis) - n + 1):
        if hypothesis[i : i + n] in left:
            left.remove(hypothesis[i : i + n])
            matched += 1
    return matched, max(len(hypothesis) - n + 1, 0)


def _matches_below_zero(hypothesis, reference, n):
    return np.array([matches(hypothesis, reference, n)[0], len(hypothesis) - n + 1])


def _precisions(hypotheses, references, count=matches):
    counts = np.array([[count(h, r, n) for n in (1, 2, 3, 4)] for h, r in zip(hypotheses, references)]).sum(axis=0)
    return counts[:, 0] / np.maximum(counts[:, 1], 1)


def _penalty(hypotheses, references):
    return exp(min(0.0, 1 - sum(map(len, references)) / sum(map(len, hypotheses))))


def _mean_log(precisions):
    return exp(sum(map(log, precisions)) / 4) if min(precisions) > 0 else 0.0


def _bleu(hypotheses, references):
    return 100 * _penalty(hypotheses, references) * _mean_log(_precisions(hypotheses, references))


_BLEU_WRONG = (
    lambda hypotheses, references: 100 * _mean_log(_precisions(hypotheses, references)),
    lambda hypotheses, references: float(np.mean([_bleu([h], [r]) for h, r in zip(hypotheses, references)])),
    lambda hypotheses, references: (
        100 * _penalty(hypotheses, references) * float(np.mean(_precisions(hypotheses, references)))
    ),
    lambda hypotheses, references: (
        100 * _penalty(hypotheses, references) * float(np.prod(_precisions(hypotheses, references)))
    ),
    lambda hypotheses, references: (
        100 * _penalty(references, hypotheses) * _mean_log(_precisions(hypotheses, references))
    ),
    lambda hypotheses, references: (
        100 * _penalty(hypotheses, references) * _mean_log(_precisions(hypotheses, references, matches_unclipped))
    ),
    lambda hypotheses, references: _bleu(hypotheses, references) / 100,
)


def _bleu_in_logs(hypotheses, references):
    matched, total = np.zeros(4), np.zeros(4)
    for hypothesis, reference in zip(hypotheses, references):
        for n in range(4):
            found = _matches_by_striking(hypothesis, reference, n + 1)
            matched[n] += found[0]
            total[n] += found[1]
    if not matched.all():
        return 0
    longer = sum(len(reference) for reference in references) / sum(len(hypothesis) for hypothesis in hypotheses)
    return 100 * np.exp(np.log(matched / total).mean() + min(0, 1 - longer))


def _corpus(rng, sizes, shorter):
    """References and hypotheses that leave out, or repeat, words; the fifth sentence has fewer words than four."""
    words = np.array(["the", "a", "cat", "dog", "sees", "hears", "old", "and", "big", "it"])
    references = [rng.choice(words, length).tolist() for length in (9, 12, 6, 8, 2)[: sizes["sentences"]]]
    hypotheses = [list(reference) for reference in references]
    for hypothesis in hypotheses:
        place = int(rng.integers(0, len(hypothesis) - 1))
        hypothesis[place] = str(rng.choice(words))
        if shorter:
            del hypothesis[: int(rng.integers(0, 3 if len(hypothesis) > 2 else 1))]
        else:
            hypothesis += hypothesis[-int(rng.integers(1, 4)) :]
    return {"hypotheses": hypotheses, "references": references}


ONE_FOUR = [["it", "works"], ["the", "cat", "sleeps", "now"]]  # one 4-gram in all
shorter = told_apart(lambda rng, sizes: _corpus(rng, sizes, True), _bleu, _BLEU_WRONG)
longer = told_apart(lambda rng, sizes: _corpus(rng, sizes, False), _bleu, _BLEU_WRONG[1:])


exercise = Exercise(
    title="One number for a test set",
    difficulty=4,
    importance=5,
    minutes=12,
    parts=(
        part(
            "a few sentences",
            1,
            example(
                hypotheses=[["the", "cat", "sees", "the", "dog"], ["it", "sleeps", "all", "day"]],
                references=[["the", "cat", "sees", "the", "dog"], ["it", "sleeps", "almost", "all", "day"]],
            ),
            shorter(sentences=4),
        ),
        part("shorter than the references", 2, shorter(sentences=3), shorter(sentences=4)),
        part("longer than the references", 1, longer(sentences=(3, 4))),
        part(
            "nothing in common, or much",
            1,
            example(
                hypotheses=[["a", "dog", "sleeps", "all", "day"]],
                references=[["the", "dog", "sleeps", "by", "day"]],
            ),
            example(hypotheses=[["the", "cat", "sleeps"]], references=[["the", "cat", "sleeps"]]),
            example(hypotheses=ONE_FOUR, references=ONE_FOUR),
            shorter(sentences=5),
        ),
    ),
    reference=_bleu,
    misconceptions=(
        Misconception(
            "no brevity penalty",
            _BLEU_WRONG[0],
            "The brevity penalty is missing: leaving words out would cost nothing.",
            "In the worked example all single words are right. Why is the score not 100 even so?",
        ),
        Misconception(
            "mean over sentences",
            _BLEU_WRONG[1],
            "You averaged the scores of the sentences; BLEU adds up the counts of the whole test set first and computes one score.",
            "What happens to a sentence of three words, which has no 4-gram at all?",
        ),
        Misconception(
            "arithmetic mean",
            _BLEU_WRONG[2],
            "You took the ordinary mean of the four precisions; BLEU takes the geometric one, the fourth root of their product.",
            "What should the score be if no 4-gram is right?",
        ),
        Misconception(
            "root forgotten",
            _BLEU_WRONG[3],
            "You multiplied the four precisions but took no fourth root.",
            "If all four precisions are 0.5, what is their geometric mean?",
        ),
        Misconception(
            "penalty for length",
            _BLEU_WRONG[4],
            "Your penalty punishes hypotheses that are too long; precision does that already. The brevity penalty is for those that are too short.",
            "Which quotient stands in the exponent: reference length over hypothesis length, or the other way around?",
        ),
        Misconception(
            "not clipped",
            _BLEU_WRONG[5],
            "Your counts are not clipped: a word that the hypothesis repeats is counted more often than the reference has it.",
            "The exercise before this one says how often an n-gram may count.",
        ),
        Misconception(
            "from 0 to 1",
            _BLEU_WRONG[6],
            "Your score runs from 0 to 1; by custom, and in sacrebleu, BLEU runs from 0 to 100.",
            "One factor is missing.",
        ),
        Misconception(
            "short sentences count below zero",
            lambda hypotheses, references: (
                100
                * _penalty(hypotheses, references)
                * _mean_log(_precisions(hypotheses, references, _matches_below_zero))
            ),
            "A sentence of fewer than n words lowers your total; it has no n-grams, and adds nothing.",
            "How many 4-grams has a sentence of two words? What does your formula say?",
        ),
    ),
    right=(
        lambda hypotheses, references: _bleu_in_logs(hypotheses, references),
        lambda hypotheses, references: float(
            100
            * min(1.0, np.exp(1 - np.concatenate(references).size / np.concatenate(hypotheses).size))
            * np.prod(_precisions(hypotheses, references)) ** 0.25
        ),
    ),
    hints=(
        "For n from 1 to 4, add up matches and totals over all sentences; their quotient is the precision of n.",
        "The geometric mean of four numbers is the fourth root of their product: `** 0.25`.",
        "Penalty: with c words in all hypotheses and r in all references, exp(1 - r / c) if c < r, otherwise 1.",
    ),
    reveal=True,
)
