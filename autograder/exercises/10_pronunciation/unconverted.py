"""Lesson 10: pronunciation. References for error rates, alignment, sorting errors, averaging over devices; a judge."""

from __future__ import annotations

import lzma
import os
from collections.abc import Callable, Iterable, Sequence
from functools import cache
from itertools import accumulate, combinations, combinations_with_replacement, pairwise, product
from pathlib import Path

import numpy as np

from autograder.course import find_course
from autograder.exercise.vocabulary import Case, Exercise, Inputs, Misconception, Part

from ..shared import choice, softmax

_VOWELS = ["AA", "AE", "AH", "AO", "AW", "AY", "EH", "ER", "EY", "IH", "IY", "OW", "OY", "UH", "UW"]
# fmt: off
_CONSONANTS = ["B", "CH", "D", "DH", "F", "G", "HH", "JH", "K", "L", "M", "N", "NG", "P", "R", "S", "SH", "T", "TH",
               "V", "W", "Y", "Z", "ZH"]
# fmt: on
_PHONEMES = frozenset((*_VOWELS, *_CONSONANTS))


def _apart(
    rng: np.random.Generator, make: Callable, right: Callable, wrong: Sequence[Callable], pairs: Iterable = ()
) -> Inputs:
    """Draw inputs on which every wrong answer differs from the right one, and the two of each pair from each other."""
    pairs = list(pairs)
    for _ in range(20_000):
        inputs = make(rng)
        expected = right(**inputs)
        if any(_alike(answer(**inputs), expected) for answer in wrong):
            continue
        if not any(_alike(one(**inputs), other(**inputs)) for one, other in pairs):
            return inputs
    raise ValueError("Expected inputs that tell the answers apart, found none.")


def _alike(a, b) -> bool:
    a, b = np.asarray(a), np.asarray(b)
    if a.dtype.kind in "US" or b.dtype.kind in "US":
        return a.shape == b.shape and bool((a == b).all())
    return a.shape == b.shape and bool(np.allclose(a, b, atol=1e-3))


def _edits(a: Sequence[str], b: Sequence[str]) -> int:
    """Return the fewest substitutions, insertions and deletions that make b of a (Wagner and Fischer, 1974)."""
    row = list(range(len(b) + 1))
    for i, one in enumerate(a, start=1):
        before, row[0] = row[0], i
        for j, other in enumerate(b, start=1):
            before, row[j] = row[j], min(row[j] + 1, row[j - 1] + 1, before + (one != other))
    return row[-1]


def _spoil(rng: np.random.Generator, said: Sequence[str], times: int) -> list[str]:
    """Return phonemes with so many changes; a vowel becomes a vowel more often than not."""
    said = list(said)
    for _ in range(times):
        place, kind = int(rng.integers(len(said))), rng.integers(4)
        if kind == 0 and len(said) > 2:
            del said[place]
        elif kind == 1:
            said.insert(place, str(rng.choice(["AH", "T", "S", "N"])))
        else:
            said[place] = str(rng.choice(_VOWELS[:5] if said[place] in _VOWELS else _CONSONANTS[:6]))
    return said


def _word(rng: np.random.Generator, syllables: int) -> list[str]:
    """Return the phonemes of an invented word."""
    return [str(rng.choice(kind)) for _ in range(syllables) for kind in (_CONSONANTS, _VOWELS, _CONSONANTS)]


def _draw_one(rng: np.random.Generator, most: int) -> Inputs:
    word = _word(rng, int(rng.integers(1, 3)))
    listed = [" ".join(_spoil(rng, word, int(rng.integers(1, 4)))) for _ in range(most)]
    return {"said": " ".join(word), "listed": list(dict.fromkeys(listed))}


def _draw_some(rng: np.random.Generator, words: int) -> Inputs:
    """Draw N words: two right, the first of them not by its first pronunciation; the others spoilt."""
    said, listed = [], []
    for number in range(words):
        word = _word(rng, int(rng.integers(1, 4)))
        others = [" ".join(_spoil(rng, word, int(rng.integers(1, 4)))) for _ in range(int(rng.integers(1, 4)))]
        if number < 2:
            others.insert(1 - number, " ".join(word))
        said.append(" ".join(word))
        listed.append(list(dict.fromkeys(others)))
    order = rng.permutation(words)
    return {"said": [said[i] for i in order], "listed": [listed[i] for i in order]}


# --- best_of_listed: the nearest of several pronunciations -----------------------------------------------


def _nearest(said, listed, distance=lambda a, b: _edits(a.split(), b.split())):
    return min(listed, key=lambda each: distance(said, each))


def _mismatches(a, b):
    a, b = a.split(), b.split()
    return sum(x != y for x, y in zip(a, b)) + abs(len(a) - len(b))


def _by_letters(said, listed):
    return _nearest(said, listed, _edits)


def _by_place(said, listed):
    return _nearest(said, listed, _mismatches)


def _last_of_equal(said, listed):
    return _nearest(said, listed[::-1])


def _by_length(said, listed):
    return _nearest(said, listed, lambda a, b: abs(len(a.split()) - len(b.split())))


def _first(said, listed):
    return listed[0]


_NEAREST_WRONG = (
    _last_of_equal,
    _first,
    _by_place,
    _by_length,
    _by_letters,
    lambda said, listed: listed[-1],
    lambda said, listed: said,
)


def _draw_nearest(pairs):
    pairs = list(pairs)
    return lambda rng: _apart(rng, lambda rng: _draw_one(rng, 6), _nearest, _NEAREST_WRONG, pairs)


best_of_listed = Exercise(
    name="best_of_listed",
    title="Which listed pronunciation is meant?",
    difficulty=1,
    importance=4,
    minutes=4,
    parts=(
        Part(
            "one word",
            1,
            (
                Case(
                    "either, said almost the second way",
                    lambda rng: {"said": "AY DH AH", "listed": ["IY DH ER", "AY DH ER", "AY T ER"]},
                ),
                Case("an invented word", _draw_nearest(combinations((_by_letters, _by_place, _last_of_equal), 2))),
            ),
        ),
        Part(
            "other words",
            1,
            (
                Case("another", _draw_nearest(combinations((_by_length, _first, _by_letters), 2))),
                Case("one more", _draw_nearest(product((_by_length, _first), (_by_place, _last_of_equal)))),
            ),
        ),
    ),
    reference=_nearest,
    misconceptions=(
        Misconception(
            "distance between letters",
            _by_letters,
            "You compared the texts letter by letter, so that `OW` for `AA` counts twice and `OW` for `OY` once; the items to compare are phonemes.",
            "What does `.split()` make of a pronunciation, and what does the distance take?",
        ),
        Misconception(
            "compared place by place",
            _by_place,
            "You compared the first with the first, the second with the second: after one missing phoneme all others count as wrong. An edit distance moves along.",
            "How many edits make `AE T` of `K AE T`? Compare with your count.",
        ),
        Misconception(
            "last of those equally near",
            _last_of_equal,
            "Of two pronunciations that are equally near you took the later; the task asks for the one listed first.",
            "What does `min` return when two are equal, and what does `<=` do in a loop?",
        ),
        Misconception(
            "nearest in length",
            _by_length,
            "You compared lengths; two pronunciations of equal length can have no phoneme in common.",
            "Which function of rapidfuzz counts edits?",
        ),
        Misconception(
            "always the first",
            _first,
            "You returned the first listed pronunciation, whatever was said.",
            "Does your answer look at `said`?",
        ),
    ),
    right=(
        lambda said, listed: listed[int(np.argmin([_edits(said.split(), each.split()) for each in listed]))],
        lambda said, listed: sorted(listed, key=lambda each: _edits(each.split(), said.split()))[0],
    ),
    hints=(
        "Compare lists of phonemes: `said.split()` is one.",
        "`Levenshtein.distance(a, b)` takes two lists and counts the edits between them.",
        "`min(listed, key=...)` returns the first of those with the smallest key.",
    ),
)


# --- phoneme_error_rate ------------------------------------------------------------------------------------


def _phoneme_rate(said, listed, nearest=_nearest, distance=lambda a, b: _edits(a.split(), b.split())):
    wanted = [nearest(one, each) for one, each in zip(said, listed)]
    return sum(map(distance, said, wanted)) / sum(len(one.split()) for one in wanted)


def _rate_mean(said, listed):
    return float(np.mean([_phoneme_rate([one], [each]) for one, each in zip(said, listed)]))


def _rate_first(said, listed):
    return _phoneme_rate(said, listed, nearest=lambda one, each: each[0])


def _rate_of_said(said, listed):
    edits = sum(_edits(one.split(), _nearest(one, each).split()) for one, each in zip(said, listed))
    return edits / sum(len(one.split()) for one in said)


def _rate_by_place(said, listed):
    return _phoneme_rate(said, listed, distance=_mismatches)


def _rate_all_listed(said, listed):
    pairs = [(one, other) for one, each in zip(said, listed) for other in each]
    return sum(_edits(a.split(), b.split()) for a, b in pairs) / sum(len(b.split()) for _, b in pairs)


def _rate_a_word(said, listed):
    return sum(_edits(one.split(), _nearest(one, each).split()) for one, each in zip(said, listed)) / len(said)


_RATE_WRONG = (_rate_mean, _rate_first, _rate_of_said, _rate_by_place, _rate_all_listed, _rate_a_word)


def _draw_rate(words):
    return lambda rng: _apart(
        rng, lambda rng: _draw_some(rng, words), _phoneme_rate, _RATE_WRONG, combinations(_RATE_WRONG, 2)
    )


_EXAMPLE = {
    "said": ["R IY D", "K AE T S", "N AY T"],
    "listed": [["R EH D", "R IY D"], ["K AE T"], ["N AY T"]],
}

phoneme_error_rate = Exercise(
    name="phoneme_error_rate",
    title="The phoneme error rate",
    difficulty=2,
    importance=5,
    minutes=6,
    parts=(
        Part(
            "a few words",
            1,
            (Case("read, cat and knight", lambda rng: _EXAMPLE), Case("four invented words", _draw_rate(4))),
        ),
        Part("more words", 2, (Case("seven", _draw_rate(7)), Case("nine", _draw_rate(9)))),
    ),
    reference=_phoneme_rate,
    misconceptions=(
        Misconception(
            "mean of the words' rates",
            _rate_mean,
            "You took each word's rate and averaged: a phoneme in a short word then counts more than one in a long word. Add up first, divide once.",
            "One sum of edits, one sum of phonemes, one division.",
        ),
        Misconception(
            "first listed only",
            _rate_first,
            "You compared with the first listed pronunciation; any listed one will do, so compare with the nearest.",
            "Which function did you write just before this one?",
        ),
        Misconception(
            "divided by what was said",
            _rate_of_said,
            "You divided by the phonemes that the model said; a model that says more would then make its own mistakes look rarer. Divide by those it should have said.",
            "Error rates are shares of the reference, not of the output.",
        ),
        Misconception(
            "place by place",
            _rate_by_place,
            "You counted places that differ; one phoneme too many then makes every later one wrong.",
            "Take the distance from rapidfuzz: it lets phonemes move along.",
        ),
        Misconception(
            "against all listed",
            _rate_all_listed,
            "You counted the edits to every listed pronunciation; nobody can say a word in two ways at once.",
            "One reference a word: the nearest.",
        ),
        Misconception(
            "edits a word",
            _rate_a_word,
            "You divided by the number of words; that is edits a word, not a share of phonemes.",
            "How many phonemes should have been said in all?",
        ),
    ),
    right=(
        lambda said, listed: float(
            np.divide(
                *np.sum(
                    [
                        (_edits(one.split(), near.split()), len(near.split()))
                        for one, near in ((one, _nearest(one, each)) for one, each in zip(said, listed))
                    ],
                    axis=0,
                )
            )
        ),
        lambda said, listed: (
            sum(min(_edits(one.split(), other.split()) for other in each) for one, each in zip(said, listed))
            / sum(_nearest(one, each).count(" ") + 1 for one, each in zip(said, listed))
        ),
    ),
    hints=(
        "First find each word's nearest listed pronunciation; `best_of_listed` does that.",
        "Keep two sums: edits, and phonemes of the nearest listed pronunciations.",
        "Divide the first by the second, once, at the end.",
    ),
)


# --- word_error_rate -----------------------------------------------------------------------------------------


def _word_rate(said, listed):
    return sum(one not in each for one, each in zip(said, listed)) / len(said)


def _word_rate_first(said, listed):
    return sum(one != each[0] for one, each in zip(said, listed)) / len(said)


def _word_rate_lines(said, listed):
    return 1 - sum(one in each for one, each in zip(said, listed)) / sum(map(len, listed))


def _word_rate_substring(said, listed):
    return sum(one not in " | ".join(each) for one, each in zip(said, listed)) / len(said)


def _word_rate_order(said, listed):
    return sum(all(sorted(one.split()) != sorted(x.split()) for x in each) for one, each in zip(said, listed)) / len(
        said
    )


def _word_rate_right(said, listed):
    return 1 - _word_rate(said, listed)


_WORD_WRONG = (
    _word_rate_first,
    _word_rate_lines,
    _word_rate_substring,
    _word_rate_order,
    _word_rate_right,
    _phoneme_rate,
)


def _draw_words(words):
    def make(rng):
        inputs = _draw_some(rng, words)
        wrong = [i for i, (one, each) in enumerate(zip(inputs["said"], inputs["listed"])) if one not in each]
        if len(wrong) < 3:
            return make(rng)
        for i in wrong[:2]:
            inputs["said"][i] = " ".join(inputs["listed"][i][0].split()[:-1])  # a part of a right one
        inputs["said"][wrong[2]] = " ".join(inputs["listed"][wrong[2]][0].split()[::-1])
        return inputs

    pairs = combinations(_WORD_WRONG, 2) if words > 6 else ()
    pairs = list(pairs)
    return lambda rng: _apart(rng, make, _word_rate, _WORD_WRONG, pairs)


word_error_rate = Exercise(
    name="word_error_rate",
    title="The word error rate",
    difficulty=2,
    importance=5,
    minutes=4,
    parts=(
        Part(
            "a few words",
            1,
            (Case("read, cat and knight", lambda rng: _EXAMPLE), Case("six invented words", _draw_words(6))),
        ),
        Part("more words", 1, (Case("eight", _draw_words(8)), Case("eleven", _draw_words(11)))),
    ),
    reference=_word_rate,
    misconceptions=(
        Misconception(
            "first listed only",
            _word_rate_first,
            "You accepted the first listed pronunciation only; by the protocol a word is right if the output equals any listed one.",
            "`read` has two pronunciations. Is `R IY D` wrong?",
        ),
        Misconception(
            "each listed one a word",
            _word_rate_lines,
            "You counted every listed pronunciation as a test item of its own; then a word with two can never be wholly right.",
            "How many words are there, and how many answers did the model give?",
        ),
        Misconception(
            "a part is enough",
            _word_rate_substring,
            "You looked for the output inside a longer text, so that `K AE` counts as right for `K AE T`.",
            "`in` means one thing for a list and another for a text.",
        ),
        Misconception(
            "order ignored",
            _word_rate_order,
            "You compared sorted phonemes; `T AE K` is not `K AE T`.",
            "Compare the pronunciations as they are.",
        ),
        Misconception(
            "share of right words",
            _word_rate_right,
            "That is the share of right words; an error rate is the share of wrong ones.",
            "One of two numbers that sum to one.",
        ),
        Misconception(
            "phoneme error rate again",
            _phoneme_rate,
            "You returned the phoneme error rate; here a word is right or wrong as a whole.",
            "What is counted now: phonemes or words?",
        ),
    ),
    right=(
        lambda said, listed: float(
            np.mean([not any(one == other for other in each) for one, each in zip(said, listed)])
        ),
        lambda said, listed: 1 - sum(each.count(one) > 0 for one, each in zip(said, listed)) / len(listed),
    ),
    hints=(
        "A word is right if its output equals one of its listed pronunciations.",
        "`one in each` is True when the list `each` holds the text `one`.",
        "Count the wrong words and divide by the number of words.",
    ),
)


# --- predict_word_errors ----------------------------------------------------------------------------------------

predict_word_errors = choice(
    "predict_word_errors",
    "Predict: from phonemes to words",
    "D",
    {
        "A": "A word is wrong as soon as one of its six phonemes is; that happens to more words than phonemes.",
        "B": "Adding up six times 7 % counts a word with two errors twice; even without that, errors would have to avoid one another.",
        "C": "That would need errors that keep apart: at most one a word. Look at which words are wrong.",
        "E": "Only if errors fell independently of one another. What happens to a name from another language?",
    },
    hints=(
        "1 - 0.93 ** 6 is about 0.35. That is the answer if errors know nothing of one another.",
        "Think of *wojciechowski*: would it hold one error, or several?",
    ),
    importance=4,
)


# --- monotonic_share -----------------------------------------------------------------------------------------------


def _forward(weights):
    places = np.asarray(weights, dtype=np.float64).argmax(axis=-1)
    return float(np.mean(np.diff(places) >= 0)) if len(places) > 1 else 1.0


def _forward_strict(weights):
    places = np.asarray(weights).argmax(axis=-1)
    return float(np.mean(np.diff(places) > 0)) if len(places) > 1 else 1.0


def _forward_columns(weights):
    return _forward(np.asarray(weights).T)


def _forward_by_rows(weights):
    places = np.asarray(weights).argmax(axis=-1)
    return float(np.sum(np.diff(places) >= 0) / len(places)) if len(places) > 1 else 1.0


def _forward_by_center(weights):
    centers = np.asarray(weights, dtype=np.float64) @ np.arange(np.shape(weights)[1])
    return float(np.mean(np.diff(centers) >= 0)) if len(centers) > 1 else 1.0


def _forward_small(weights):
    steps = np.diff(np.asarray(weights).argmax(axis=-1))
    return float(np.mean((steps >= 0) & (steps <= 1))) if len(steps) else 1.0


_FORWARD_WRONG = (
    _forward_strict,
    _forward_columns,
    _forward_by_rows,
    _forward_by_center,
    _forward_small,
    lambda weights: 1.0 - _forward(weights),
)


def _attention_map(rng: np.random.Generator, phonemes: int, letters: int) -> np.ndarray:
    """Draw weights that wander from the first letter to the last, with leaps."""
    middle = np.linspace(0, letters - 1, phonemes) + rng.normal(scale=1.3, size=phonemes)
    scores = -0.5 * (np.arange(letters) - middle[:, None]) ** 2 + rng.normal(scale=0.9, size=(phonemes, letters))
    return softmax(scores).astype(np.float32)


def _draw_map(phonemes, letters, right, wrong):
    def make(rng):
        return {"weights": _attention_map(rng, phonemes, letters)}

    return lambda rng: _apart(rng, make, right, wrong, combinations(wrong, 2))


_KNIGHT = np.array(
    [  # k, n, i, g, h, t against N, AY, T
        [0.2, 0.7, 0.1, 0.0, 0.0, 0.0],
        [0.0, 0.0, 0.2, 0.4, 0.3, 0.1],
        [0.0, 0.1, 0.0, 0.0, 0.4, 0.5],
    ]
)

monotonic_share = Exercise(
    name="monotonic_share",
    title="Does attention move forward?",
    difficulty=2,
    importance=4,
    minutes=6,
    parts=(
        Part(
            "one word",
            2,
            (
                Case(
                    "a leap back that can be seen",
                    lambda rng: {"weights": np.concatenate([_KNIGHT, [[0.0, 0.6, 0.0, 0.2, 0.2, 0.0]]])},
                ),
                Case("seven phonemes, five letters", _draw_map(7, 5, _forward, _FORWARD_WRONG)),
                Case("eight phonemes, ten letters", _draw_map(8, 10, _forward, _FORWARD_WRONG)),
            ),
        ),
        Part(
            "one phoneme, or several",
            1,
            (
                Case("one phoneme", lambda rng: {"weights": softmax(rng.normal(size=(1, 4)))}),
                Case("nine phonemes, seven letters", _draw_map(9, 7, _forward, _FORWARD_WRONG)),
            ),
        ),
    ),
    reference=_forward,
    misconceptions=(
        Misconception(
            "standing still not allowed",
            _forward_strict,
            "You counted only steps that move on; two phonemes can come from one letter (`x` is `K S`), and that is not going back.",
            "Read the task again: which steps do *not* count?",
        ),
        Misconception(
            "looked from letters to phonemes",
            _forward_columns,
            "You asked for each letter which phoneme attends to it most; asked is for each phoneme its letter. A row is a phoneme.",
            "Over which axis must `argmax` run, so that one place is left for every row?",
        ),
        Misconception(
            "divided by the phonemes",
            _forward_by_rows,
            "You divided by the number of phonemes; between n phonemes there are n - 1 steps.",
            "How many steps has a word of one phoneme?",
        ),
        Misconception(
            "mean place instead of the most attended",
            _forward_by_center,
            "You followed the mean place of the weights; the task asks for the letter with the largest weight.",
            "A mean of places 0 and 6 is 3, where perhaps nobody looked.",
        ),
        Misconception(
            "small steps only",
            _forward_small,
            "You allowed a step of at most one letter; where letters are silent, attention skips some, and still moves forward.",
            "Look at `knight`: how far is it from `n` to `g`?",
        ),
    ),
    right=(
        lambda weights: (lambda p: sum(b >= a for a, b in pairwise(p)) / (len(p) - 1) if len(p) > 1 else 1)(
            [max(range(len(row)), key=row.__getitem__) for row in np.asarray(weights).tolist()]
        ),
        lambda weights: (
            1.0
            if len(weights) == 1
            else 1 - float(np.count_nonzero(np.diff(np.argmax(weights, 1)) < 0)) / (len(weights) - 1)
        ),
    ),
    hints=(
        "`weights.argmax(axis=-1)` gives each phoneme's most attended letter.",
        "`np.diff` gives the steps from each to the next; a step is negative when it goes back.",
        "A word of one phoneme has no step, and the mean of nothing is NaN: return 1.0 there.",
    ),
)


# --- align: the best path that never goes back --------------------------------------------------------------------


def _align(weights, follow=lambda j: range(j + 1), start=lambda n: range(n)):
    weights = np.asarray(weights, dtype=np.float64)
    rows, columns = weights.shape
    best, came = np.full((rows, columns), -np.inf), np.zeros((rows, columns), int)
    for j in start(columns):
        best[0, j] = weights[0, j]
    for i in range(1, rows):
        for j in range(columns):
            before = list(follow(j))
            if before:
                came[i, j] = before[int(np.argmax(best[i - 1, before]))]
                best[i, j] = best[i - 1, came[i, j]] + weights[i, j]
    path = [int(best[-1].argmax())]
    for i in range(rows - 1, 0, -1):
        path.append(int(came[i, path[-1]]))
    return path[::-1]


def _align_each(weights):
    return np.asarray(weights).argmax(axis=1).tolist()


def _align_running(weights):
    return list(accumulate(_align_each(weights), max))


def _align_greedy(weights):
    path, place = [], 0
    for row in np.asarray(weights):
        place += int(np.argmax(row[place:]))
        path.append(place)
    return path


def _align_neighbor(weights):
    return _align(weights, follow=lambda j: range(max(0, j - 1), j + 1))


def _from_the_end(weights):
    path, last = [], np.shape(weights)[1] - 1
    for row in np.asarray(weights)[::-1]:
        last = int(np.argmax(row[: last + 1]))
        path.append(last)
    return path[::-1]


def _align_strict(weights):
    return _align(weights, follow=lambda j: range(j))


_ALIGN_WRONG = (_align_each, _align_running, _align_greedy, _align_neighbor, _from_the_end, _align_strict)


def _alignment_by_trying(weights):
    """Return the best path, found by trying every one: slow, and sure."""
    weights = np.asarray(weights, dtype=np.float64)
    rows = np.arange(len(weights))
    return list(
        max(
            combinations_with_replacement(range(weights.shape[1]), len(weights)),
            key=lambda path: weights[rows, list(path)].sum(),
        )
    )


align = Exercise(
    name="align",
    title="The best path that never goes back",
    difficulty=5,
    importance=4,
    minutes=15,
    parts=(
        Part(
            "short words",
            2,
            (
                Case(
                    "three phonemes, four letters",
                    lambda rng: {
                        "weights": np.array([[0.1, 0.3, 0.1, 0.5], [0.0, 0.6, 0.3, 0.1], [0.3, 0.1, 0.4, 0.2]])
                    },
                ),
                Case("five phonemes, six letters", _draw_map(5, 6, _align, _ALIGN_WRONG)),
            ),
        ),
        Part(
            "longer words",
            2,
            (
                Case("six phonemes, eight letters", _draw_map(6, 8, _align, _ALIGN_WRONG)),
                Case("seven phonemes, nine letters", _draw_map(7, 9, _align, _ALIGN_WRONG)),
            ),
        ),
    ),
    reference=_align,
    misconceptions=(
        Misconception(
            "each phoneme for itself",
            _align_each,
            "You took each phoneme's largest weight, whatever its neighbors took; the path goes back.",
            "Where may a phoneme's letter lie, given the letter of the phoneme before?",
        ),
        Misconception(
            "pushed forward afterwards",
            _align_running,
            "You took the largest weights and lifted each place to the largest so far: one stray weight at the start drags all others along.",
            "Add up the weights along your path for the worked example, and along the one given.",
        ),
        Misconception(
            "greedy from the left",
            _align_greedy,
            "You chose from left to right and never looked back; a tempting letter for the first phoneme can spoil all that follow.",
            "Beam search of width one made the same mistake. Keep the best sum for *every* place.",
        ),
        Misconception(
            "greedy from the right",
            _from_the_end,
            "You chose from the last phoneme to the first; a tempting letter for the last can spoil all that come before.",
            "From either end, greedy never reconsiders. Keep the best sum for *every* place.",
        ),
        Misconception(
            "no letter skipped",
            _align_neighbor,
            "Your path moves by at most one letter at a time; letters can be silent, so it may skip some.",
            "From which places can place j be reached? From all those up to j.",
        ),
        Misconception(
            "no letter twice",
            _align_strict,
            "Your path never stays; two phonemes may come from one letter, as `K S` does from `x`.",
            "Never *back* allows standing still.",
        ),
    ),
    right=(
        _alignment_by_trying,
        lambda weights: _align_by_running_best(np.asarray(weights, dtype=np.float64)),
    ),
    hints=(
        "Let best[i, j] be the largest sum of a path over phonemes 0 to i that ends at letter j.",
        "best[i, j] = weights[i, j] + the largest of best[i - 1, 0], ..., best[i - 1, j]. Remember where that largest was.",
        "At the end, start from the largest entry of the last row, and follow what you remembered back to row 0.",
    ),
)


def _align_by_running_best(weights):
    """Return the best path: sums by a running maximum, then backwards through the sums themselves."""
    sums = [weights[0]]
    for row in weights[1:]:
        sums.append(row + np.maximum.accumulate(sums[-1]))
    path = [int(np.argmax(sums[-1]))]
    for earlier in sums[-2::-1]:
        path.insert(0, int(np.argmax(earlier[: path[0] + 1])))
    return np.array(path)


# --- vowels_only: sort the errors --------------------------------------------------------------------------------------


def _vowels_apart(one, other):
    one, other = one.split(), other.split()
    return len(one) == len(other) and all(a == b or (a in _VOWELS and b in _VOWELS) for a, b in zip(one, other))


def _only_vowels(said, listed):
    return np.array([one not in each and any(_vowels_apart(one, x) for x in each) for one, each in zip(said, listed)])


def _vowels_right_too(said, listed):
    return np.array([any(_vowels_apart(one, x) for x in each) for one, each in zip(said, listed)])


def _vowels_first_only(said, listed):
    return np.array([one not in each and _vowels_apart(one, each[0]) for one, each in zip(said, listed)])


def _vowels_some(said, listed):
    def some(one, other):
        return any(a != b and a in _VOWELS and b in _VOWELS for a, b in zip(one.split(), other.split()))

    return np.array([one not in each and any(some(one, x) for x in each) for one, each in zip(said, listed)])


def _vowels_skeleton(said, listed):
    def bones(text):
        return [phoneme for phoneme in text.split() if phoneme not in _VOWELS]

    return np.array([one not in each and any(bones(one) == bones(x) for x in each) for one, each in zip(said, listed)])


def _vowels_one_side(said, listed):
    def fits(one, other):
        one, other = one.split(), other.split()
        return len(one) == len(other) and all(a == b or a in _VOWELS or b in _VOWELS for a, b in zip(one, other))

    return np.array([one not in each and any(fits(one, x) for x in each) for one, each in zip(said, listed)])


_VOWELS_WRONG = (_vowels_right_too, _vowels_first_only, _vowels_some, _vowels_skeleton, _vowels_one_side)


def _draw_errors(words):
    def make(rng):
        said, listed = [], []
        for number in range(words):
            word = _word(rng, 2)
            other = list(word)
            if number % 6 in (1, 2):  # vowels
                other[1] = str(rng.choice([v for v in _VOWELS if v != word[1]]))
            if number % 6 in (2, 3):  # a consonant, or a vowel in its place
                other[5] = str(rng.choice(["AH", "ER"] if number % 2 else ["ZH", "DH"]))
            if number % 6 == 4:
                del other[4 - 3 * int(rng.integers(2))]
            if number % 6 == 5:
                other[4] = str(rng.choice([v for v in _VOWELS if v != word[4]]))
            there = [" ".join(word)]
            if number % 6 in (0, 5):
                there.insert(0, " ".join(_word(rng, 1)))
            said.append(" ".join(other))
            listed.append(there)
        order = rng.permutation(words)
        return {"said": [said[i] for i in order], "listed": [listed[i] for i in order]}

    return lambda rng: _apart(rng, make, _only_vowels, _VOWELS_WRONG, combinations(_VOWELS_WRONG, 2))


vowels_only = Exercise(
    name="vowels_only",
    title="Wrong in its vowels only",
    difficulty=3,
    importance=3,
    minutes=8,
    parts=(
        Part(
            "a few words",
            1,
            (
                Case(
                    "four words that can be read",
                    lambda rng: {
                        "said": ["R EH D", "HH AE T", "N IY T", "K AH T S"],
                        "listed": [["R IY D", "R EH D"], ["HH AA T"], ["N AY T S", "N AY T"], ["K AE T"]],
                    },
                ),
                Case("six words", _draw_errors(6)),
            ),
        ),
        Part("more words", 1, (Case("twelve", _draw_errors(12)), Case("thirteen", _draw_errors(13)))),
    ),
    reference=_only_vowels,
    misconceptions=(
        Misconception(
            "right words counted",
            _vowels_right_too,
            "You also counted words that are right: nothing differs there, not even a vowel. Only wrong words are sorted.",
            "What does `all(...)` say when there is no difference at all?",
        ),
        Misconception(
            "first listed only",
            _vowels_first_only,
            "You compared with the first listed pronunciation only; it is enough that the output is a vowel away from any of them.",
            "`any` over the listed ones.",
        ),
        Misconception(
            "some vowel differs",
            _vowels_some,
            "You counted words in which some vowel differs; here *every* difference must be vowel for vowel, and the lengths equal.",
            "What of a word with a wrong vowel and a wrong consonant?",
        ),
        Misconception(
            "consonants compared, vowels left out",
            _vowels_skeleton,
            "You struck out the vowels and compared the rest; a word with a vowel too many or too few then looks as if only a vowel had changed.",
            "Compare lengths before anything else.",
        ),
        Misconception(
            "a vowel on one side is enough",
            _vowels_one_side,
            "You accepted a vowel in the place of a consonant; both sides of a difference must be vowels.",
            "A difference has two phonemes. How many of them did you look up in `VOWELS`?",
        ),
    ),
    right=(
        lambda said, listed: [
            min(_vowel_cost(one, x) for x in each) < 100 and one not in each for one, each in zip(said, listed)
        ],
        lambda said, listed: [
            all(one != x for x in each) and any(_blank(one) == _blank(x) for x in each)
            for one, each in zip(said, listed)
        ],
    ),
    hints=(
        "Three questions: is the word wrong at all? Is a listed pronunciation equally long? Is every difference vowel for vowel?",
        "`zip(a, b)` pairs phonemes; `a in VOWELS and b in VOWELS` asks both sides.",
        "It is enough that one of the listed pronunciations fits, and none may equal the output.",
    ),
)


def _blank(text):
    return ["a vowel" if phoneme in _VOWELS else phoneme for phoneme in text.split()]


def _vowel_cost(one, other):
    one, other = one.split(), other.split()
    if len(one) != len(other):
        return 1_000
    return sum(0 if a == b else 1 if {a, b} <= set(_VOWELS) else 100 for a, b in zip(one, other))


# --- combine_gradients: one step on many devices ---------------------------------------------------------------------------


def _combine(gradients, tokens):
    gradients, tokens = np.asarray(gradients, dtype=np.float64), np.asarray(tokens, dtype=np.float64)
    busy = tokens > 0
    return tokens[busy] @ gradients[busy] / tokens.sum()


def _plain_mean(gradients, tokens):
    return np.asarray(gradients, dtype=np.float64).mean(axis=0)


def _idle_counts(gradients, tokens):
    gradients, tokens = np.asarray(gradients, dtype=np.float64), np.asarray(tokens, dtype=np.float64)
    return tokens @ gradients / tokens.sum()


def _busy_mean(gradients, tokens):
    gradients = np.asarray(gradients, dtype=np.float64)
    return gradients[np.asarray(tokens) > 0].mean(axis=0)


def _weighted_sum(gradients, tokens):
    return _combine(gradients, tokens) * np.sum(tokens)


def _divided_by_devices(gradients, tokens):
    return _combine(gradients, tokens) * np.sum(tokens) / len(tokens)


def _summed(gradients, tokens):
    return np.nansum(np.asarray(gradients, dtype=np.float64), axis=0)


def _inverse(gradients, tokens):
    gradients, tokens = np.asarray(gradients, dtype=np.float64), np.asarray(tokens, dtype=np.float64)
    busy = tokens > 0
    shares = 1 / tokens[busy]
    return shares @ gradients[busy] / shares.sum()


def _devices(rng: np.random.Generator, devices: int, width: int, idle: int = 0) -> Inputs:
    tokens = rng.permutation(np.arange(1, devices + 1) * 7 + rng.integers(0, 5, size=devices))
    gradients = rng.standard_normal((devices, width)).astype(np.float32)
    if idle:
        asleep = rng.choice(devices, size=idle, replace=False)
        tokens[asleep], gradients[asleep] = 0, np.nan
    return {"gradients": gradients, "tokens": tokens.astype(np.int64)}


combine_gradients = Exercise(
    name="combine_gradients",
    title="One step on many devices",
    difficulty=3,
    importance=5,
    minutes=7,
    parts=(
        Part(
            "devices with unequal work",
            2,
            (
                Case(
                    "two devices, in the head",
                    lambda rng: {"gradients": np.array([[1.0, 4.0], [5.0, 0.0]]), "tokens": np.array([30, 10])},
                ),
                Case("three devices, four weights", lambda rng: _devices(rng, 3, 4)),
                Case("five devices, three weights", lambda rng: _devices(rng, 5, 3)),
            ),
        ),
        Part(
            "a device with nothing to do",
            1,
            (
                Case("one of four idle", lambda rng: _devices(rng, 4, 3, idle=1)),
                Case("two of five idle", lambda rng: _devices(rng, 5, 2, idle=2)),
            ),
        ),
    ),
    reference=_combine,
    misconceptions=(
        Misconception(
            "mean of the means",
            _plain_mean,
            "You averaged the devices' gradients as they are: a token on a device with little work then counts more than one on a busy device.",
            "How many tokens does each device speak for?",
        ),
        Misconception(
            "mean of the busy devices",
            _busy_mean,
            "You left idle devices out, which is right, and gave all others the same say; one that saw three times as many tokens must count three times.",
            "Weigh each by its share of all tokens.",
        ),
        Misconception(
            "idle device counted",
            _idle_counts,
            "An idle device's mean is 0/0, NaN, and zero times NaN is NaN: the step would destroy every weight. Leave it out before you multiply.",
            "What is `0 * np.nan`?",
        ),
        Misconception(
            "not divided",
            _weighted_sum,
            "You weighted by tokens and did not divide by their total: the step grows with the size of the batch.",
            "Shares sum to one; do yours?",
        ),
        Misconception(
            "divided by the devices",
            _divided_by_devices,
            "You weighted by tokens and divided by the number of devices; what was added up are tokens.",
            "The mean of the example's first weights lies between 1 and 5. Does yours?",
        ),
        Misconception(
            "added up",
            _summed,
            "You added the gradients up; each of them is a mean already, so two devices would take a step twice as long.",
            "If both devices had the same gradient, what should come out?",
        ),
        Misconception(
            "few tokens, much weight",
            _inverse,
            "You weighted by one over the tokens: whoever saw least counts most.",
            "Turn your shares around.",
        ),
    ),
    right=(
        lambda gradients, tokens: np.average(
            np.nan_to_num(np.asarray(gradients, dtype=float)), axis=0, weights=np.asarray(tokens)
        ),
        lambda gradients, tokens: (
            sum(np.asarray(g, dtype=float) * n for g, n in zip(gradients, tokens) if n) / float(sum(tokens))
        ),
    ),
    hints=(
        "A device's mean times its tokens is its sum. What is the mean over all tokens, in terms of sums?",
        "Add up gradient times tokens over the devices, and divide once by all tokens.",
        "A device without tokens has NaN for a gradient: choose the devices with `tokens > 0` first.",
    ),
)


# --- pronounce: any function from words to phonemes, judged on held-out words ------------------------------------------------


@cache
def _dictionary() -> dict[str, tuple[str, ...]]:
    """Return the test words of data/pronunciation with their listed pronunciations."""
    named = os.environ.get("AUTOGRADER_DATA")
    folder = Path(named) if named else find_course().data
    text = lzma.decompress((folder / "pronunciation" / "pronunciation.tsv.xz").read_bytes()).decode("utf-8")
    rows = (line.split("\t") for line in text.splitlines()[1:])
    return {word: tuple(said.split(" | ")) for word, split, said in rows if split == "test"}


def _held_out(count):
    def draw(rng):
        words = sorted(_dictionary())
        return {"words": [words[i] for i in rng.choice(len(words), size=count, replace=False)]}

    return draw


def _form(words, output) -> str | None:
    """Return what is wrong with the form of an output, if anything."""
    if not isinstance(output, list) or not all(isinstance(text, str) for text in output):
        return 'Expected a list of texts, one a word, such as ["K AE T", "D AO G"].'
    if len(output) != len(words):
        return f"Expected {len(words)} pronunciations, one a word, received {len(output)}."
    for word, text in zip(words, output):
        for item in text.split():
            if item not in _PHONEMES:
                return (
                    f"For {word!r} you said {text[:60]!r}, and {item[:20]!r} is none of the 39 phonemes. They are in "
                    "capitals, without stress, with spaces between them, and without [start], [end] or padding."
                )
    return None


def _rates(words, output) -> tuple[int, float]:
    """Return the number of wrong words and the phoneme error rate."""
    listed = [_dictionary()[word] for word in words]
    return sum(text not in each for text, each in zip(output, listed)), _phoneme_rate(output, listed)


def _judged(words: float | None = None, phonemes: float | None = None) -> Callable[[Inputs, object], str | None]:
    """Return a judge that wants a word (phoneme) error rate below a limit, and an output made by a reader."""

    def judge(inputs, output):
        asked = inputs["words"]
        if fault := _form(asked, output):
            return fault
        wrong, rate = _rates(asked, output)
        if wrong * 50 < len(asked):
            return (
                f"{wrong} of {len(asked)} words wrong: nothing that reads spelling is that good on this dictionary. "
                "The words are to be pronounced, not looked up."
            )
        if words is not None and wrong >= words * len(asked):
            return (
                f"{wrong / len(asked):.0%} of {len(asked)} held-out words are wrong; this part asks for less than {words:.0%}. "
                f"Phoneme error rate: {rate:.0%}."
            )
        if phonemes is not None and rate >= phonemes:
            return f"Your phoneme error rate on {len(asked)} held-out words is {rate:.0%}; this part asks for less than {phonemes:.0%}."
        return None

    return judge


def _mostly(words, pick=lambda listed: listed[0]):
    """Return what a fair reader might: three of four words as listed, the fourth without its end."""
    listed = [pick(_dictionary()[word]) for word in words]
    return [text if i % 4 else " ".join(text.split()[:-1] or ["ZH"]) for i, text in enumerate(listed)]


_SOUNDS = dict(
    zip(
        "abcdefghijklmnopqrstuvwxyz",
        [
            "AE",
            "B",
            "K",
            "D",
            "EH",
            "F",
            "G",
            "HH",
            "IH",
            "JH",
            "K",
            "L",
            "M",
            "N",
            "AA",
            "P",
            "K",
            "R",
            "S",
            "T",
            "AH",
            "V",
            "W",
            "K",
            "IY",
            "Z",
        ],  # the first sound of each letter
    )
)


def _letter_by_letter(words):
    return [" ".join(_SOUNDS[letter] for letter in word if letter in _SOUNDS) for word in words]


def _with_stress(words):
    return [" ".join(p + "1" if p in _VOWELS else p for p in text.split()) for text in _mostly(words)]


def _by_length_of_word(words):
    return _mostly(sorted(words, key=len))


pronounce = Exercise(
    name="pronounce",
    title="Pronounce words that you have never seen",
    difficulty=4,
    importance=5,
    minutes=20,
    parts=(
        Part(
            "better than letter by letter", 2, (Case("50 held-out words", _held_out(50)),), judge=_judged(phonemes=0.45)
        ),
        Part("fewer than 60 % wrong", 2, (Case("40 held-out words", _held_out(40)),), judge=_judged(words=0.6)),
        Part("fewer than 40 % wrong", 2, (Case("200 held-out words", _held_out(200)),), judge=_judged(words=0.4)),
    ),
    reference=_mostly,
    misconceptions=(
        Misconception(
            "letter by letter",
            _letter_by_letter,
            "You gave each letter one phoneme; English letters work together (`sh`, `ough`, the `e` of `hate`).",
            "What in this lesson reads a whole word before it says anything?",
        ),
        Misconception(
            "stress kept",
            _with_stress,
            "Your vowels carry digits for stress; the protocol removes it.",
            "AH0, AH1 and AH2 are all AH here.",
        ),
        Misconception(
            "order lost",
            _by_length_of_word,
            "Your pronunciations come in another order than the words: sorted by length, perhaps, for batching.",
            "Whoever sorts words must put the answers back.",
        ),
        Misconception(
            "end mark kept",
            lambda words: [f"{text} [end]" for text in _mostly(words)],
            "Your pronunciations still hold the token [end], which is no phoneme.",
            "What does `to_text` of lesson 3 do at [end]?",
        ),
        Misconception(
            "no spaces",
            lambda words: ["".join(text.split()) for text in _mostly(words)],
            "Your phonemes run together; put a space between them.",
            '`" ".join(...)`',
        ),
        Misconception(
            "spelled",
            lambda words: [" ".join(word.upper()) for word in words],
            "You returned the letters; phonemes are asked for.",
            "`C A T` is spelling; `K AE T` is sound.",
        ),
        Misconception(
            "looked up",
            lambda words: [_dictionary()[word][0] for word in words],
            "You looked the words up. That is how to pronounce a listed word, and no answer here: the words stand for those that no list has.",
            "Could your function say a name that was invented this morning?",
        ),
    ),
    right=(
        lambda words: _mostly(words, pick=lambda listed: listed[-1]),
        lambda words: tuple(text if i % 11 else "AH T" for i, text in enumerate(_mostly(words))),
    ),
    hints=(
        "The shipped model and `greedy` are enough: `say(voice, greedy, words)` is nearly the whole answer.",
        "Any way of making phonemes from letters counts: a model that you trained, rules, both.",
        "Return a list of texts in the order of `words`: capitals, no stress, spaces between phonemes.",
    ),
    seconds=60.0,
    reveal=False,
)

EXERCISES = (
    best_of_listed,
    phoneme_error_rate,
    word_error_rate,
    predict_word_errors,
    monotonic_share,
    align,
    vowels_only,
    combine_gradients,
    pronounce,
)
