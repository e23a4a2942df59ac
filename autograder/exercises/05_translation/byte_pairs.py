"""Lesson 5: a vocabulary of pieces, learned by joining symbols."""

from collections import Counter
from itertools import pairwise

from autograder.exercise.draws import example, part
from autograder.exercise.vocabulary import Exercise, Misconception

from ._told_apart import told_apart


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


def _first(pairs):
    return min(pairs, key=lambda pair: (-pairs[pair], pair))


# Only misconceptions give `best`, `weight` and `join`.
def _merges(counts, merges, best=_first, weight=True, join=_join):
    words = [(list(word), count if weight else 1) for word, count in counts.items()]
    learned = []
    for _ in range(merges):
        pairs = _count_pairs(words)
        if not pairs:
            break
        pair = best(pairs)
        learned.append(list(pair))
        words = [(join(symbols, pair), count) for symbols, count in words]
    return learned


def _merges_at_once(counts, merges):
    pairs = _count_pairs([(list(word), count) for word, count in counts.items()])
    return [list(pair) for pair in sorted(pairs, key=lambda pair: (-pairs[pair], pair))[:merges]]


def _merges_across(counts, merges):
    return _merges({"".join(word * count for word, count in counts.items()): 1}, merges)


def _merges_from_the_right(counts, merges):
    def join(symbols, pair):
        joined = _join(symbols[::-1], pair[::-1])[::-1]
        turned, right = pair[1] + pair[0], pair[0] + pair[1]
        return [right if symbol == turned and symbol not in symbols else symbol for symbol in joined]

    return _merges(counts, merges, join=join)


def _merges_first_match(counts, merges):
    def join(symbols, pair):
        for place in range(len(symbols) - 1):
            if (symbols[place], symbols[place + 1]) == pair:
                return [*symbols[:place], "".join(pair), *symbols[place + 2 :]]
        return symbols

    return _merges(counts, merges, join=join)


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


def _verbs(rng, sizes):
    stems, ends = rng.choice(_STEMS, 3, replace=False), rng.choice(_ENDS, 3, replace=False)
    words = [f"{stem}{end}" for stem in stems for end in ends]
    return {"counts": {word: int(rng.integers(1, 7)) for word in words}, "merges": sizes["merges"]}


def _short_words(rng, sizes):
    """Draw short words of few letters, in which a pair also occurs as the edges of two longer pieces."""
    a, b, c, d = (str(letter) for letter in rng.choice(list("eilnorstu"), 4, replace=False))
    words = (f"{a}{b}_", f"{b}{a}{b}_", f"{b}{a}_", f"{c}{a}{b}{d}_", f"{d}{b}{a}_")
    return {"counts": {word: int(rng.integers(1, 7)) for word in words}, "merges": sizes["merges"]}


def _repeating_words(rng, sizes):
    """Draw words in which a pair stands twice, also overlapping itself."""
    a, b = (str(letter) for letter in rng.choice(list("eilnorstu"), 2, replace=False))
    words = (f"{a}{a}{a}_", f"{b}{a}{a}{a}{b}_", f"{b}{a}{b}{a}_", f"{a}{b}{a}{b}{a}_")
    return {"counts": {word: int(rng.integers(1, 7)) for word in words}, "merges": sizes["merges"]}


def _whole(counts, merges):
    """Join inside symbols; as the reference where either runs out of pairs, so that such words are drawn again."""
    learned = _merges_inside_symbols(counts, merges)
    return learned if len(learned) == len(_merges(counts, merges)) == merges else _merges(counts, merges)


READ = {"tu_": 3, "tue_": 1, "rue_": 2}
conjugated = told_apart(_verbs, _merges, (_merges_last, _MERGES_WRONG[0]))
nested = told_apart(_short_words, _merges, (*_MERGES_WRONG[:4], _whole))
repeated = told_apart(_repeating_words, _merges, (_merges_from_the_right, _merges_first_match))


exercise = Exercise(
    title="Learn a vocabulary of pieces",
    difficulty=4,
    importance=4,
    minutes=12,
    parts=(
        part("the first merge", 1, example(counts=READ, merges=1), conjugated(words=9, merges=1)),
        part(
            "several merges",
            3,
            example(counts=READ, merges=3),
            example(counts={"on_": 3, "non_": 2, "no_": 2}, merges=4),
            example(counts={"on_": 2, "no_": 1}, merges=6),  # no pair is left after four
            conjugated(words=9, merges=6),
            conjugated(words=9, merges=7),
            nested(words=5, merges=5),
            repeated(words=4, merges=3),
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
        Misconception(
            "replaced from right to left",
            _merges_from_the_right,
            "In a word you replaced from right to left; the task goes from left to right, which matters where a pair overlaps itself.",
            "Of which two symbols does `aaa` consist after the merge of a and a?",
        ),
        Misconception(
            "only the first place in a word",
            _merges_first_match,
            "In each word you joined only the first place where the pair stands; it is replaced everywhere.",
            "How many symbols has `abab_` after the merge of a and b?",
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
