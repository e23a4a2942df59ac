"""Lesson 5: translation. References for splitting, counting, merging, batching, searching and scoring."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from itertools import chain, pairwise
from math import exp, log

import numpy as np

from autograder.exercise.vocabulary import Case, Exercise, Inputs, Misconception, Part

from ..shared import choice


def _apart(rng: np.random.Generator, make: Callable, right: Callable, wrong: tuple[Callable, ...]) -> Inputs:
    """Draw inputs on which every wrong answer differs from the right one, so that none passes by luck."""
    for _ in range(10_000):
        inputs = make(rng)
        expected = np.asarray(right(**inputs))
        if not any(np.array_equal(np.asarray(answer(**inputs)), expected) for answer in wrong):
            return inputs
    raise ValueError("Expected inputs that tell the answers apart, found none.")


# --- split_by_sentence: no sentence on both sides -------------------------------------------------------

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


def _draw_pairs(rng):
    """Eleven pairs: an English sentence held out with three French ones, one of which a training sentence shares."""
    letters = [str(letter) for letter in rng.permutation(list("abcdefgh"))]
    a, b, c, d, e, f, *_ = letters
    english = [a, a, a, b, b, c, d, d, e, f, f]
    french = ["1", "2", "3", "2", "4", "5", "6", "7", "3", "8", "9"]
    order = rng.permutation(len(english))
    return {
        "english": [english[i] for i in order],
        "french": [french[i] for i in order],
        "held_out": [a, c],
    }


split_by_sentence = Exercise(
    name="split_by_sentence",
    title="Split so that no sentence is on both sides",
    difficulty=2,
    importance=5,
    minutes=6,
    parts=(
        Part(
            "a few pairs",
            1,
            (
                Case(
                    "five pairs that can be read",
                    lambda rng: {
                        "english": ["I'm tired.", "I'm tired.", "I am weary.", "I am weary.", "Good night."],
                        "french": ["Je suis las.", "Je suis fatigué.", "Je suis las.", "Je suis lasse.", "Bonne nuit."],
                        "held_out": ["I'm tired."],
                    },
                ),
                Case("eleven pairs", _draw_pairs),
            ),
        ),
        Part("more pairs", 1, (Case("eleven others", _draw_pairs), Case("eleven more", _draw_pairs))),
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


# --- unknown_rate: how much of a test text a vocabulary does not know --------------------------------------


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


_UNKNOWN_WRONG = (
    _unknown_types,
    lambda train, test, least: _unknown(train, test, least + 1),
    lambda train, test, least: 1 - _unknown(train, test, least),
    lambda train, test, least: _unknown(test, test, least),
    lambda train, test, least: _unknown(train, test, 1),
    _unknown_by_sentence,
)


def _draw_words(least):
    def make(rng):
        def text(lines, words):
            shares = 1 / np.arange(1, words + 1)
            drawn = (rng.choice(words, size=rng.integers(1, 8), p=shares / shares.sum()) for _ in range(lines))
            return [[f"w{word}" for word in line] for line in drawn]

        return {"train": text(9, 14), "test": text(5, 20), "least": least}

    return lambda rng: _apart(rng, make, _unknown, _UNKNOWN_WRONG)


unknown_rate = Exercise(
    name="unknown_rate",
    title="How many words does a vocabulary not know?",
    difficulty=2,
    importance=4,
    minutes=5,
    parts=(
        Part(
            "a small text",
            1,
            (
                Case(
                    "two sentences against two",
                    lambda rng: {
                        "train": [["the", "cat", "and", "the", "dog"], ["the", "dog", "sleeps"]],
                        "test": [["the", "cat", "sleeps"], ["the", "dog", "sees", "the", "cat"]],
                        "least": 2,
                    },
                ),
                Case("a longer text", _draw_words(2)),
            ),
        ),
        Part("longer texts", 1, (Case("twice or more", _draw_words(2)), Case("three times or more", _draw_words(3)))),
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


def _frequent(train, least):
    return {word for word, count in Counter(chain(*train)).items() if count >= least}


# --- byte_pairs: learn which symbols to join ----------------------------------------------------------------


def _join(symbols, pair):
    joined = []
    for symbol in symbols:
        if joined and not isinstance(joined[-1], tuple) and (joined[-1], symbol) == pair:
            joined[-1] = ("".join(pair),)  # a tuple: just made, not to be joined again in this pass
        else:
            joined.append(symbol)
    return [symbol[0] if isinstance(symbol, tuple) else symbol for symbol in joined]


def _count_pairs(words):
    counts = Counter()
    for symbols, count in words:
        for pair in pairwise(symbols):
            counts[pair] += count
    return counts


def _merges(counts, merges, best=lambda pairs: min(pairs, key=lambda pair: (-pairs[pair], pair)), weight=True):
    words = [(list(word), count if weight else 1) for word, count in counts.items()]
    learned = []
    for _ in range(merges):
        pairs = _count_pairs(words)
        if not pairs:
            break
        pair = best(pairs)
        learned.append(list(pair))
        words = [(_join(symbols, pair), count) for symbols, count in words]
    return learned


def _merges_at_once(counts, merges):
    pairs = _count_pairs([(list(word), count) for word, count in counts.items()])
    return [list(pair) for pair in sorted(pairs, key=lambda pair: (-pairs[pair], pair))[:merges]]


def _merges_across(counts, merges):
    return _merges({"".join(word * count for word, count in counts.items()): 1}, merges)


def _merges_last(counts, merges):
    return _merges(counts, merges, best=lambda pairs: max(pairs, key=lambda pair: (pairs[pair], pair)))


def _merges_longest(counts, merges):
    return _merges(
        counts, merges, best=lambda pairs: min(pairs, key=lambda pair: (-len("".join(pair)), -pairs[pair], pair))
    )


def _merges_by_text(counts, merges, opens="<", closes=">"):
    """Merge by `str.replace`. Brackets keep symbols whole; without an opening one, parts of symbols match as well."""
    words = {"".join(f"{opens}{symbol}{closes}" for symbol in word): count for word, count in counts.items()}
    learned = []
    for _ in range(merges):
        pairs = Counter()
        for word, count in words.items():
            symbols = word.removeprefix(opens).removesuffix(closes).split(closes + opens)
            pairs.update({pair: count * n for pair, n in Counter(pairwise(symbols)).items()})
        if not pairs:
            break
        left, right = sorted(pairs, key=lambda pair: (-pairs[pair], pair))[0]
        learned.append([left, right])
        apart, joined = f"{opens}{left}{closes}{opens}{right}", f"{opens}{left}{right}"
        apart, joined = (apart + closes, joined + closes) if opens else (apart, joined)
        words = {word.replace(apart, joined): count for word, count in words.items()}
    return learned


def _merges_inside_symbols(counts, merges):
    return _merges_by_text(counts, merges, opens="", closes=" ")


_MERGES_WRONG = (
    lambda counts, merges: _merges(counts, merges, weight=False),
    _merges_at_once,
    _merges_across,
    _merges_last,
    _merges_longest,
)
_STEMS = ("port", "jour", "chant", "mang", "parl", "froid", "grand", "lent", "dorm", "salu")
_ENDS = ("e_", "es_", "ons_", "ez_", "ent_", "er_", "ait_", "_")


def _draw_counts(rng):
    def make(rng):
        words = [
            f"{stem}{end}"
            for stem in rng.choice(_STEMS, 3, replace=False)
            for end in rng.choice(_ENDS, 3, replace=False)
        ]
        return {"counts": {word: int(rng.integers(1, 7)) for word in words}, "merges": 6}

    return _apart(rng, make, _merges, _MERGES_WRONG)


def _draw_nested(rng):
    """Draw short words of few letters, in which a pair also occurs as the edges of two longer pieces."""

    def make(rng):
        a, b, c, d = (str(letter) for letter in rng.choice(list("eilnorstu"), 4, replace=False))
        words = (f"{a}{b}_", f"{b}{a}{b}_", f"{b}{a}_", f"{c}{a}{b}{d}_", f"{d}{b}{a}_")
        return {"counts": {word: int(rng.integers(1, 7)) for word in words}, "merges": 5}

    def whole(counts, merges):  # where either runs out of pairs, both count as equal: draw again
        learned = _merges_inside_symbols(counts, merges)
        return learned if len(learned) == len(_merges(counts, merges)) == merges else _merges(counts, merges)

    return _apart(rng, make, _merges, (*_MERGES_WRONG[:4], whole))


byte_pairs = Exercise(
    name="byte_pairs",
    title="Learn a vocabulary of pieces",
    difficulty=4,
    importance=4,
    minutes=12,
    parts=(
        Part(
            "the first merge",
            1,
            (
                Case("three words", lambda rng: {"counts": {"tu_": 3, "tue_": 1, "rue_": 2}, "merges": 1}),
                Case("nine words", lambda rng: {**_draw_counts(rng), "merges": 1}),
            ),
        ),
        Part(
            "several merges",
            3,
            (
                Case(
                    "three merges that fit in the head",
                    lambda rng: {"counts": {"tu_": 3, "tue_": 1, "rue_": 2}, "merges": 3},
                ),
                Case(
                    "four merges of words that resemble each other",
                    lambda rng: {"counts": {"on_": 3, "non_": 2, "no_": 2}, "merges": 4},
                ),
                Case("verbs and endings", _draw_counts),
                Case("others", _draw_counts),
                Case("short words of few letters", _draw_nested),
            ),
        ),
    ),
    reference=_merges,
    misconceptions=(
        Misconception(
            "each word counted once",
            _MERGES_WRONG[0],
            "You counted each pair once for each word that has it; a word that occurs three times counts three times.",
            "What is the number beside each word for?",
        ),
        Misconception(
            "all merges from the first count",
            _merges_at_once,
            "You took the most frequent pairs of the first count; after each merge the words consist of other symbols and must be counted again.",
            "In the worked example, which symbols does `tu_` consist of after the first merge?",
        ),
        Misconception(
            "pairs across words",
            _merges_across,
            "You counted pairs that span two words; a piece never reaches over the end of a word.",
            "Which pairs are there inside `tu_`, and which are not in any word?",
        ),
        Misconception(
            "the other tie",
            _merges_last,
            "Of two pairs that are equally frequent you took the one that is last in the alphabet; the task takes the first.",
            "The frequency must be largest, the pair smallest: one of the two needs a sign.",
        ),
        Misconception(
            "longest pair first",
            _merges_longest,
            "You joined the pair that makes the longest piece; what decides is how often the two stand side by side.",
            "Which number is compared first, in the task?",
        ),
        Misconception(
            "joined inside longer symbols",
            _merges_inside_symbols,
            "You replaced text, not symbols: `n o` also matches in `n on_`, where the neighbor of n is the piece `on_` and not o.",
            "How does your code know where a symbol begins and where it ends?",
        ),
    ),
    right=(
        lambda counts, merges: _merges_by_text(counts, merges),
        lambda counts, merges: [tuple(pair) for pair in _merges(dict(sorted(counts.items())), merges)],
    ),
    hints=(
        "Keep each word as a list of symbols, at first its letters, together with its count.",
        "One round: count all neighboring pairs, choose one, replace it in every word. `zip(symbols, symbols[1:])` gives the neighbors.",
        "`min(pairs, key=lambda pair: (-pairs[pair], pair))` is the most frequent pair, and among equals the first in the alphabet.",
        "To replace, walk through the list and build a new one: if this symbol and the next are the pair, append them joined and skip one.",
    ),
)


# --- padding_share: what batching by length saves ------------------------------------------------------------


def _share(lengths, size):
    batches = [lengths[start : start + size] for start in range(0, len(lengths), size)]
    places = sum(max(batch) * len(batch) for batch in batches)
    return 1 - sum(map(int, lengths)) / places


def _padding(lengths, size):
    lengths = [int(length) for length in lengths]
    return np.array([_share(lengths, size), _share(sorted(lengths), size)])


def _each_way(share):
    """Return an answer that takes a share in both orders."""
    return lambda lengths, size: np.array(
        [share([int(n) for n in lengths], size), share(sorted(int(n) for n in lengths), size)]
    )


def _in_batches(lengths, size):
    return [lengths[start : start + size] for start in range(0, len(lengths), size)]


_PADDING_WRONG = (
    _each_way(lambda lengths, size: 1 - sum(lengths) / (max(lengths) * len(lengths))),
    _each_way(lambda lengths, size: float(np.mean([_share(part, size) for part in _in_batches(lengths, size)]))),
    _each_way(lambda lengths, size: (lambda share: share / (1 - share))(_share(lengths, size))),
    _each_way(lambda lengths, size: _share(lengths[: len(lengths) // size * size], size)),
    lambda lengths, size: _padding(lengths, size)[::-1],
    _each_way(lambda lengths, size: 1 - _share(lengths, size)),
)


def _draw_lengths(number, size):
    def make(rng):
        return {"lengths": rng.integers(2, 15, number), "size": size}

    return lambda rng: _apart(rng, make, _padding, _PADDING_WRONG)


padding_share = Exercise(
    name="padding_share",
    title="How much of a batch is padding?",
    difficulty=2,
    importance=4,
    minutes=6,
    parts=(
        Part(
            "a few sentences",
            1,
            (
                Case("batches of two", lambda rng: {"lengths": np.array([2, 6, 3, 5, 4]), "size": 2}),
                Case("seven sentences, batches of two", _draw_lengths(7, 2)),
            ),
        ),
        Part(
            "more sentences",
            1,
            (Case("batches of 4", _draw_lengths(18, 4)), Case("batches of 5", _draw_lengths(33, 5))),
        ),
    ),
    reference=_padding,
    misconceptions=(
        Misconception(
            "padded to the longest of all",
            _PADDING_WRONG[0],
            "You padded every sentence to the longest of all; a batch is only as long as the longest sentence in it.",
            "How long is the first batch of the worked example, and how long the second?",
        ),
        Misconception(
            "mean over batches",
            _PADDING_WRONG[1],
            "You averaged the shares of the batches; long batches have more places and must weigh more. Count places first, divide once.",
            "How many places are there in all batches together, and how many hold a word?",
        ),
        Misconception(
            "padding for each word",
            _PADDING_WRONG[2],
            "You divided the padding by the number of words; a share is part of the whole, and the whole is all places.",
            "Can your number exceed 1? Can a share?",
        ),
        Misconception(
            "last batch dropped",
            _PADDING_WRONG[3],
            "You left out the last batch because it is not full; its sentences count too.",
            "Five sentences in batches of two: how many batches?",
        ),
        Misconception(
            "the two exchanged",
            _PADDING_WRONG[4],
            "You returned the sorted share first; asked first is the share in the order given.",
            "Which of the two should be smaller?",
        ),
        Misconception(
            "share of the words",
            _PADDING_WRONG[5],
            "That is the share of places that hold a word; asked is the rest.",
            "One of two numbers that sum to one.",
        ),
    ),
    right=(
        lambda lengths, size: tuple(
            1
            - sum(order) / sum(max(order[i : i + size]) * len(order[i : i + size]) for i in range(0, len(order), size))
            for order in (list(map(int, lengths)), sorted(map(int, lengths)))
        ),
        lambda lengths, size: [
            _by_rows(np.split(order, range(size, len(order), size)))
            for order in (np.asarray(lengths), np.sort(lengths))
        ],
    ),
    hints=(
        "A batch of b sentences has b times its longest length as places.",
        "Add up the places of all batches and the lengths of all sentences; one minus their quotient is the share.",
        "`range(0, len(lengths), size)` gives where each batch begins, also the last one. `np.sort` sorts.",
    ),
)


def _by_rows(parts):
    padding = sum(float((part.max() - part).sum()) for part in parts)
    return padding / sum(part.max() * len(part) for part in parts)


# --- beam_search: several hypotheses side by side --------------------------------------------------------------


def _beam(table, width, steps, power=0.0, *, keep=None, finish=True, first=False, score=None, divide=None):
    """Search with what a misconception changes: how the beam is cut, and how hypotheses end and are compared."""
    table = np.asarray(table, dtype=np.float64)
    table = score(table) if score else table
    divide = divide or (lambda total, length: total / length**power)
    beam = [((), 0.0)]
    for _ in range(steps):
        grown = []
        for tokens, total in beam:
            if finish and tokens and tokens[-1] == 0:
                grown.append([(tokens, total)])
                continue
            previous = tokens[-1] if tokens else 0
            grown.append([((*tokens, token), total + row) for token, row in enumerate(table[previous])])
        beam = (keep or _widest)(grown, width)
        ended = [one for one in beam if one[0][-1] == 0]
        if first and ended:
            return list(ended[0][0])
    return list(max(beam, key=lambda one: divide(one[1], len(one[0])))[0])


def _widest(grown, width):
    return sorted((one for ones in grown for one in ones), key=lambda one: -one[1])[:width]


def _best_of_each(grown, width):
    """Cut for each hypothesis on its own: every one keeps its best continuation, the first one `width` of them."""
    if len(grown) == 1:
        return _widest(grown, width)
    return [max(ones, key=lambda one: one[1]) for ones in grown]


def _beam_without_ended(table, width, steps, power):
    """Drop a hypothesis that has ended from the beam, and compare the ended ones at the end only if no other is left."""
    ended, beam = [], [((), 0.0)]
    for _ in range(steps):
        grown = [
            ((*t, k), s + row) for t, s in beam for k, row in enumerate(np.asarray(table, float)[t[-1] if t else 0])
        ]
        best = sorted(grown, key=lambda one: -one[1])[:width]
        ended += [one for one in best if one[0][-1] == 0]
        beam = [one for one in best if one[0][-1] != 0]
        if not beam:
            break
    return list(max(beam or ended, key=lambda one: one[1] / len(one[0]) ** power)[0])


_BEAM_WRONG = {
    "greedy": lambda table, width, steps, power: _beam(table, 1, steps, power),
    "first": lambda table, width, steps, power: _beam(table, width, steps, power, first=True),
    "each": lambda table, width, steps, power: _beam(table, width, steps, power, keep=_best_of_each),
    "sums": lambda table, width, steps, power: _beam(
        table, width, steps, power, score=np.exp, divide=lambda total, length: total / length**power
    ),
    "endless": lambda table, width, steps, power: _beam(table, width, steps, power, finish=False),
    "dropped": _beam_without_ended,
}


def _beam_cut_by_quotient(table, width, steps, power):
    def keep(grown, width):
        everything = (one for ones in grown for one in ones)
        return sorted(everything, key=lambda one: -one[1] / len(one[0]) ** power)[:width]

    return _beam(table, width, steps, power, keep=keep)


_NORMALISED = {
    "never divided": lambda table, width, steps, power: _beam(table, width, steps, 0.0),
    "multiplied": lambda table, width, steps, power: _beam(table, width, steps, -power),
}


def _draw_table(power, width):
    wrong = (_BEAM_WRONG["greedy"], *_NORMALISED.values()) if power else tuple(_BEAM_WRONG.values())

    def make(rng):
        scores = 1.6 * rng.standard_normal((5, 5))
        scores[0, 0] = -9.0  # no empty translation
        scores[1:, 0] += 0.6
        table = scores - np.logaddexp.reduce(scores, axis=1, keepdims=True)
        return {"table": table.round(2), "width": width, "steps": 5, "power": power}

    return lambda rng: _apart(rng, make, _beam_padded(_beam), tuple(map(_beam_padded, wrong)))


def _draw_lengths_apart(power):
    """Draw a table with three ways: of 2, 3 and 5 tokens. The plain sum prefers the second, the quotient the last."""

    def draw(rng):
        chances = np.full((8, 8), 0.0005)
        for previous, token in ((1, 0), (2, 3), (3, 0), (4, 5), (5, 6), (6, 7), (7, 0)):
            chances[previous, token] = 0.98
        chances[0, [1, 2, 4]] = np.array([0.29, 0.37, 0.33]) + rng.uniform(-0.01, 0.01, 3)
        order = np.concatenate([[0], 1 + rng.permutation(7)])
        chances = chances[order][:, order]
        return {"table": np.log(chances).round(2), "width": 3, "steps": 6, "power": power}

    return draw


_CUT = np.array(
    [
        [0.10, 0.50, 0.40],  # after the start
        [0.50, 0.10, 0.40],  # token 1 ends, or leads to token 2
        [0.10, 0.80, 0.10],  # token 2 leads to token 1
    ]
)


def _small_cut(rng):
    """Return a table of which the third cut decides: by the sum [1, 0] stays, by the quotient [2, 1, 2] does."""
    return {"table": np.log(_CUT).round(3), "width": 2, "steps": 4, "power": 1.0}


def _draw_cut(rng):
    """Draw a table of the same kind with five tokens, in any order."""

    def make(rng):
        chances = rng.uniform(0.005, 0.015, (5, 5))
        chances[:3, :3] = _CUT + rng.uniform(-0.03, 0.03, (3, 3))
        order = np.concatenate([[0], 1 + rng.permutation(4)])
        chances = chances[order][:, order]
        table = np.log(chances / chances.sum(axis=1, keepdims=True)).round(3)
        return {"table": table, "width": 2, "steps": 4, "power": 1.0}

    wrong = (_BEAM_WRONG["greedy"], _beam_cut_by_quotient, *_NORMALISED.values())
    return _apart(rng, make, _beam_padded(_beam), tuple(map(_beam_padded, wrong)))


def _beam_padded(answer):
    """Return the answer with its tokens padded, so that lists of different lengths compare."""
    return lambda **inputs: _padded(answer(**inputs))


def _padded(tokens):
    return tokens + [-1] * (9 - len(tokens))


_TRAP = np.log(
    np.array(
        [
            [0.001, 0.549, 0.450],  # after the start: token 1 looks better
            [0.300, 0.350, 0.350],  # but leads nowhere in particular
            [0.900, 0.050, 0.050],  # token 2 leads to a sure end
        ]
    )
)


def _small_trap(rng):
    return {"table": _TRAP.round(2), "width": 2, "steps": 3, "power": 0.0}


def _draw_trap(rng):
    """Draw a trap of the same kind among five tokens, in any order."""
    chances = rng.uniform(0.15, 0.2, (5, 5))
    chances[0] = [0.001, 0.5, 0.42, 0.04, 0.03]
    chances[2] = [0.9, *rng.uniform(0.01, 0.03, 4)]
    order = np.concatenate([[0], 1 + rng.permutation(4)])
    chances = chances[order][:, order]
    return {
        "table": np.log(chances / chances.sum(axis=1, keepdims=True)).round(3),
        "width": 2,
        "steps": 3,
        "power": 0.0,
    }


beam_search = Exercise(
    name="beam_search",
    title="Search with a beam",
    difficulty=5,
    importance=5,
    minutes=15,
    parts=(
        Part(
            "a trap for the greedy",
            1,
            (Case("three tokens, two hypotheses", _small_trap), Case("five tokens", _draw_trap)),
        ),
        Part(
            "plain log-probability",
            2,
            (Case("beam of 2", _draw_table(0.0, 2)), Case("beam of 3", _draw_table(0.0, 3))),
        ),
        Part(
            "divided by a power of the length",
            2,
            (
                Case("power 1, three tokens, two hypotheses", _small_cut),
                Case("power 1, five tokens", _draw_cut),
                Case("power 1, three lengths", _draw_lengths_apart(1.0)),
                Case("power 0.7, three lengths", _draw_lengths_apart(0.7)),
                Case("power 1", _draw_table(1.0, 3)),
            ),
        ),
    ),
    reference=lambda table, width, steps, power: np.array(_beam(table, width, steps, power)),
    misconceptions=(
        Misconception(
            "greedy",
            _BEAM_WRONG["greedy"],
            "You kept one hypothesis only: that is greedy decoding, which cannot take back its first token.",
            "What is `width` for? After the first step of the worked example two hypotheses should be alive.",
        ),
        Misconception(
            "first to end wins",
            _BEAM_WRONG["first"],
            "You returned the first hypothesis that ended; one that ends later can still be more probable.",
            "Go on until all hypotheses of the beam have ended or `steps` is reached, and compare only then.",
        ),
        Misconception(
            "cut for each hypothesis on its own",
            _BEAM_WRONG["each"],
            "You let every hypothesis keep one continuation; the beam keeps the best of all continuations together, wherever they come from.",
            "Put the continuations of all hypotheses into one list before you cut it.",
        ),
        Misconception(
            "probabilities added up",
            _BEAM_WRONG["sums"],
            "You added probabilities; those of successive tokens are multiplied, which is what adding their logarithms does.",
            "The table holds logarithms already. Is there any need for `exp`?",
        ),
        Misconception(
            "went on after the end",
            _BEAM_WRONG["endless"],
            "You extended hypotheses that had ended; token 0 ends a translation, and what has ended stays as it is.",
            "What does the task say about a hypothesis whose last token is 0?",
        ),
        Misconception(
            "ended ones left the race",
            _BEAM_WRONG["dropped"],
            "You took ended hypotheses out of the beam and returned another; they stay in it and compete with the rest.",
            "Which hypotheses are compared at the end?",
        ),
        Misconception(
            "never divided",
            _NORMALISED["never divided"],
            "You compared plain sums of logarithms at the end; the task divides each by its length to the given power.",
            "Where does your answer use `power`?",
        ),
        Misconception(
            "multiplied by the length",
            _NORMALISED["multiplied"],
            "You multiplied by the power of the length, which punishes long hypotheses twice; the task divides.",
            "A sum of logarithms grows more negative with length. Which operation evens that out?",
        ),
        Misconception(
            "cut by the quotient",
            _beam_cut_by_quotient,
            "You divided by the power of the length at every cut already; the task cuts by the plain sums, and divides only to choose at the end.",
            "By which number does the task cut to `width`, and by which does it choose in the end?",
        ),
    ),
    right=(
        lambda table, width, steps, power: _beam_in_arrays(table, width, steps, power),
        lambda table, width, steps, power: _beam(np.asarray(table).tolist(), width, steps, power),
    ),
    hints=(
        "A hypothesis is a pair: its tokens, and the sum of their logarithms. Begin with one: no tokens, sum 0.",
        "One step: make a new list. A hypothesis whose last token is 0 goes in unchanged; any other goes in once for each token of its row.",
        "Then sort the new list by the sum, largest first, and keep the first `width`.",
        "At the end, `max(beam, key=lambda one: one[1] / len(one[0]) ** power)`.",
    ),
)


def _beam_in_arrays(table, width, steps, power):
    """The same with arrays: what has ended is padded with -1 at no cost."""
    table = np.asarray(table, float)
    tokens, totals = np.full((1, steps), -1), np.zeros(1)
    for step in range(steps):
        last = tokens[:, step - 1] if step else np.zeros(len(tokens), int)
        over = (last <= 0) & (step > 0)
        rows = np.where(over[:, None], -np.inf, table[np.maximum(last, 0)])
        stay = np.where(over, 0.0, -np.inf)[:, None]
        grown = totals[:, None] + np.concatenate([rows, stay], axis=1)  # the last column: stay as it is
        best = np.argsort(-grown, axis=None, kind="stable")[:width]
        best = best[np.isfinite(grown.ravel()[best])]
        parent, token = np.divmod(best, grown.shape[1])
        tokens, totals = tokens[parent].copy(), grown.ravel()[best]
        tokens[:, step] = np.where(token == table.shape[1], -1, token)
    lengths = (tokens >= 0).sum(axis=1)
    best = int(np.argmax(totals / lengths**power))
    return tokens[best, : lengths[best]]


# --- clipped_matches: the count at the heart of BLEU -----------------------------------------------------------


def _ngrams(words, n):
    return Counter(tuple(words[i : i + n]) for i in range(len(words) - n + 1))


def _matches(hypothesis, reference, n):
    found = _ngrams(hypothesis, n) & _ngrams(reference, n)
    return np.array([sum(found.values()), max(len(hypothesis) - n + 1, 0)])


def _matches_unclipped(hypothesis, reference, n):
    known = _ngrams(reference, n)
    grams = _ngrams(hypothesis, n)
    return np.array([sum(count for gram, count in grams.items() if gram in known), sum(grams.values())])


def _matches_in_place(hypothesis, reference, n):
    places = range(len(hypothesis) - n + 1)
    return np.array([sum(hypothesis[i : i + n] == reference[i : i + n] for i in places), len(places)])


_MATCHES_WRONG = (
    _matches_unclipped,
    lambda hypothesis, reference, n: np.array(
        [len(set(_ngrams(hypothesis, n)) & set(_ngrams(reference, n))), len(set(_ngrams(hypothesis, n)))]
    ),
    _matches_in_place,
    lambda hypothesis, reference, n: _matches(reference, hypothesis, n),
    lambda hypothesis, reference, n: sum(_matches(hypothesis, reference, k) for k in range(1, n + 1)),
)


def _matches_below_zero(hypothesis, reference, n):
    return np.array([_matches(hypothesis, reference, n)[0], len(hypothesis) - n + 1])


def _draw_short(rng):
    """Draw a hypothesis of two or more words less than n."""
    n = int(rng.integers(4, 7))
    words = rng.permutation(["the", "cat", "dog", "and", "sees", "hears", "it"]).tolist()
    return {"hypothesis": words[: int(rng.integers(1, n - 1))], "reference": words, "n": n}


def _draw_sentences(n):
    def make(rng):
        words = np.array(["the", "cat", "dog", "and", "sees"])
        return {
            "hypothesis": rng.choice(words, 11, p=[0.4, 0.25, 0.15, 0.1, 0.1]).tolist(),
            "reference": rng.choice(words, 8, p=[0.3, 0.2, 0.2, 0.2, 0.1]).tolist(),
            "n": n,
        }

    wrong = _MATCHES_WRONG if n > 1 else _MATCHES_WRONG[:4]
    return lambda rng: _apart(rng, make, _matches, wrong)


clipped_matches = Exercise(
    name="clipped_matches",
    title="Count what two sentences share",
    difficulty=3,
    importance=5,
    minutes=8,
    parts=(
        Part(
            "single words",
            1,
            (
                Case(
                    "the same word again and again",
                    lambda rng: {
                        "hypothesis": ["the", "the", "the", "cat"],
                        "reference": ["the", "cat", "sees", "the", "dog"],
                        "n": 1,
                    },
                ),
                Case("eleven words against eight", _draw_sentences(1)),
            ),
        ),
        Part(
            "pairs and triples",
            2,
            (
                Case(
                    "pairs of the same word again and again",
                    lambda rng: {
                        "hypothesis": ["the", "the", "the", "cat"],
                        "reference": ["the", "cat", "sees", "the", "dog"],
                        "n": 2,
                    },
                ),
                Case("pairs", _draw_sentences(2)),
                Case("triples", _draw_sentences(3)),
                Case(
                    "a sentence shorter than n",
                    lambda rng: {"hypothesis": ["the", "cat"], "reference": ["the", "cat", "sleeps"], "n": 3},
                ),
                Case(
                    "a sentence of one word",
                    lambda rng: {"hypothesis": ["the"], "reference": ["the", "cat", "sleeps"], "n": 3},
                ),
                Case("a sentence much shorter than n", _draw_short),
            ),
        ),
    ),
    reference=_matches,
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
    ),
    right=(
        lambda hypothesis, reference, n: _matches_by_striking(hypothesis, reference, n),
        lambda hypothesis, reference, n: [
            sum(
                min(count, _ngrams(reference, n)[gram])
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


def _matches_by_striking(hypothesis, reference, n):
    left = [reference[i : i + n] for i in range(len(reference) - n + 1)]
    matched = 0
    for i in range(len(hypothesis) - n + 1):
        if hypothesis[i : i + n] in left:
            left.remove(hypothesis[i : i + n])
            matched += 1
    return matched, max(len(hypothesis) - n + 1, 0)


# --- bleu: one number for a whole test set ------------------------------------------------------------------------


def _precisions(hypotheses, references, matches=_matches):
    counts = np.array([[matches(h, r, n) for n in (1, 2, 3, 4)] for h, r in zip(hypotheses, references)]).sum(axis=0)
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
        100 * _penalty(hypotheses, references) * _mean_log(_precisions(hypotheses, references, _matches_unclipped))
    ),
    lambda hypotheses, references: _bleu(hypotheses, references) / 100,
)


def _draw_corpus(shorter):
    """Four references and hypotheses that leave out, add and repeat words."""

    def make(rng):
        words = np.array(["the", "a", "cat", "dog", "sees", "hears", "old", "and", "big", "it"])
        references = [rng.choice(words, length).tolist() for length in (9, 6, 12, 8)]
        hypotheses = [list(reference) for reference in references]
        for hypothesis in hypotheses:
            place = int(rng.integers(0, len(hypothesis) - 1))
            hypothesis[place] = str(rng.choice(words))
            if shorter:
                del hypothesis[: int(rng.integers(0, 3))]
            else:
                hypothesis += hypothesis[-int(rng.integers(1, 4)) :]
        return {"hypotheses": hypotheses, "references": references}

    wrong = tuple(answer for i, answer in enumerate(_BLEU_WRONG) if shorter or i != 0)
    return lambda rng: _apart(rng, make, _bleu, wrong)


bleu = Exercise(
    name="bleu",
    title="One number for a test set",
    difficulty=4,
    importance=5,
    minutes=12,
    parts=(
        Part(
            "a few sentences",
            1,
            (
                Case(
                    "nine words against ten",
                    lambda rng: {
                        "hypotheses": [["the", "cat", "sees", "the", "dog"], ["it", "sleeps", "all", "day"]],
                        "references": [["the", "cat", "sees", "the", "dog"], ["it", "sleeps", "almost", "all", "day"]],
                    },
                ),
                Case("four sentences", _draw_corpus(True)),
            ),
        ),
        Part(
            "shorter than the references",
            2,
            (Case("four others", _draw_corpus(True)), Case("four more", _draw_corpus(True))),
        ),
        Part("longer than the references", 1, (Case("four sentences", _draw_corpus(False)),)),
        Part(
            "nothing in common, or much",
            1,
            (
                Case(
                    "no four words in a row",
                    lambda rng: {
                        "hypotheses": [["a", "dog", "sleeps", "all", "day"]],
                        "references": [["the", "dog", "sleeps", "by", "day"]],
                    },
                ),
                Case("much in common", _draw_corpus(True)),
            ),
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


# --- predict_beam: what a wider beam finds ---------------------------------------------------------------------------

predict_beam = choice(
    "predict_beam",
    "Predict: a beam of 16, and plain log-probability",
    "D",
    {
        "A": "On the average a wider beam finds hypotheses that are *more* probable, since it looks at more of them (now and then it drops the beginning that a narrow one would have kept). But more probable is not the same as better.",
        "B": "Every token multiplies by a probability below one. A search that looks further finds more ways to stop early, so lengths do not stay the same.",
        "C": "It is the other way around: every further token lowers the sum, so among more hypotheses a short one wins more often.",
        "E": "Greedy decoding takes the most probable *token* at each step; the toy decoder shows that this need not lead to the most probable *translation*.",
    },
    (
        "A hypothesis is scored by a sum of logarithms, none of them above zero.",
        "Compare a translation of three tokens with one of six: which sum has more negative terms?",
    ),
    importance=4,
)

# --- sort_errors: somebody has to read ------------------------------------------------------------------------------

ERRORS = "AEDBCBECAD"  # the ten translations of the task, as the lesson sorts them


def _letters(answer):
    """Return the letters of a string or a list as one string in capitals; leave anything else as it is."""
    if isinstance(answer, list) and all(isinstance(letter, str) for letter in answer):
        answer = "".join(answer)
    return "".join(answer.split()).replace(",", "").upper() if isinstance(answer, str) else answer


def _rows(first, last):
    """Return a judge that looks at some rows of the table only."""

    def judge(inputs, answer):
        if not isinstance(answer, str) or len(answer) != len(ERRORS) or set(answer) - set("ABCDE"):
            return f"Expected {len(ERRORS)} letters from A to E, one for each row of the table."
        wrong = [row for row in range(first, last + 1) if answer[row - 1] != ERRORS[row - 1]]
        return f"Read again, with the French beside it: row {', '.join(map(str, wrong))}." if wrong else None

    return judge


def _always(letters):
    return lambda: letters


sort_errors = Exercise(
    name="sort_errors",
    title="Read ten translations",
    difficulty=2,
    importance=5,
    minutes=8,
    parts=(
        Part("rows 1 to 5", 2, (Case("the table", lambda rng: {}),), _rows(1, 5)),
        Part("rows 6 to 10", 2, (Case("the table", lambda rng: {}),), _rows(6, 10)),
    ),
    reference=_always(ERRORS),
    misconceptions=(
        Misconception(
            "every difference a mistake",
            _always(ERRORS.replace("E", "D")),
            "You counted other words as wrong words. A sentence has many right translations, and the reference is one of them.",
            "Would someone who knows no French be misled by the translation? If not, what is wrong with it?",
        ),
        Misconception(
            "judged without the source",
            _always("".join(kind if kind == "A" else "E" for kind in ERRORS)),
            "You judged the English alone. A fluent sentence can say something else than the French one does, and a reader who sees only the English cannot notice.",
            "Go through the rows once more, with the person's translation beside the model's.",
        ),
        Misconception(
            "a lost negation is one word less",
            _always(ERRORS.replace("B", "C")),
            "You counted a lost negation as something left out. It is, but the kinds are tried from A on, and without its *not* a sentence says the opposite.",
            "Which kinds fit, and which of them stands first in the list?",
        ),
        Misconception(
            "a broken sentence has a gap",
            _always(ERRORS.replace("A", "C")),
            "You counted broken sentences as sentences with something left out. The kinds are tried from A on: is it English at all?",
            "Read the English aloud.",
        ),
        Misconception(
            "left out, and so a mistake in the words",
            _always(ERRORS.replace("C", "D")),
            "You counted what is left out as a wrong word. Where every word that is written is right, and one is missing, the kind is C.",
            "Which English word stands in the place of the missing one? If none does, nothing was exchanged.",
        ),
    ),
    right=(_always(list(ERRORS.lower())), _always(" ".join(ERRORS))),
    hints=(
        "Try the kinds in the order of the list, and stop at the first that fits.",
        "Two rows belong to each kind.",
        "A *never* in the French makes a sentence negative as much as a *not* does. Is the model's sentence negative, too?",
    ),
    normalise=_letters,
    reveal=False,
)

EXERCISES = (
    split_by_sentence,
    unknown_rate,
    byte_pairs,
    padding_share,
    beam_search,
    predict_beam,
    clipped_matches,
    bleu,
    sort_errors,
)
