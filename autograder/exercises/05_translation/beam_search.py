"""Lesson 5: several hypotheses side by side."""

import numpy as np

from autograder.exercise.draws import Draw, example, part
from autograder.exercise.vocabulary import Exercise, Misconception

from ._tables import SMALL_CUT, SMALL_TRAP, any_table, cut, three_lengths, trap
from ._told_apart import told_apart


# Only misconceptions give the keywords: without them their branches are never reached.
def _beam(table, width, steps, power=0.0, *, keep=None, finish=True, first=False, score=None, divide=None):
    """Search with what a misconception changes: how the beam is cut, and how hypotheses end and are compared."""
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
        grown = [((*t, k), s + row) for t, s in beam for k, row in enumerate(table[t[-1] if t else 0])]
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


def _beam_in_arrays(table, width, steps, power):
    """The same with arrays: what has ended is padded with -1 at no cost."""
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


def _search(table, power):
    return lambda rng, sizes: {
        "table": table(rng, sizes),
        "width": sizes["width"],
        "steps": sizes["steps"],
        "power": power,
    }


def _draw(table, power):
    return Draw(_search(table, power))


def _told(table, power, *wrong):
    return told_apart(_search(table, power), _beam, wrong)


def _other_power(power):
    return lambda table, width, steps, _: _beam(table, width, steps, power)


def _usual(rng, sizes):
    return any_table(rng, sizes["V"])


def _long(rng, sizes):
    return any_table(rng, sizes["V"], end=-2.0)


def lengths_apart(power):
    """Draw a table in which the length decides."""
    return _draw(lambda rng, sizes: three_lengths(rng), power)


def divided(power, other):
    """Draw a table in which dividing by this power decides, and by another decides otherwise."""
    return _told(_usual, power, _BEAM_WRONG["greedy"], *_NORMALISED.values(), _other_power(other))


plain = _told(_usual, 0.0, *_BEAM_WRONG.values())
narrow = _told(
    _usual,
    0.0,
    lambda table, width, steps, power: _beam(table, 2, steps, power),
    lambda table, width, steps, power: _beam(table, 3, steps, power),
)
cut_short = _told(
    _long,
    0.0,
    lambda table, width, steps, power: _beam(table, width, steps + 1, power),
    lambda table, width, steps, power: _beam(table, width, steps + 2, power),
    lambda table, width, steps, power: _beam(table, width - 1, steps, power),
)
cut_by_sums = _told(
    lambda rng, sizes: cut(rng), 1.0, _BEAM_WRONG["greedy"], _beam_cut_by_quotient, *_NORMALISED.values()
)


exercise = Exercise(
    title="Search with a beam",
    difficulty=5,
    importance=5,
    minutes=15,
    parts=(
        part(
            "a trap for the greedy",
            1,
            example(table=SMALL_TRAP, width=2, steps=3, power=0.0),
            _draw(lambda rng, sizes: trap(rng), 0.0)(width=2, steps=3),
        ),
        part(
            "plain log-probability",
            2,
            plain(V=5, width=2, steps=5),
            plain(V=5, width=3, steps=(4, 5)),
            narrow(V=5, width=1, steps=4),
            cut_short(V=6, width=4, steps=3),
        ),
        part(
            "divided by a power of the length",
            2,
            example(table=SMALL_CUT, width=2, steps=4, power=1.0),
            cut_by_sums(width=2, steps=4),
            lengths_apart(1.0)(width=3, steps=6),
            lengths_apart(0.5)(width=3, steps=6),
            divided(1.0, 0.5)(V=5, width=3, steps=5),
            divided(0.5, 1.0)(V=5, width=4, steps=5),
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
        lambda table, width, steps, power: _beam(table.tolist(), width, steps, power),
    ),
    hints=(
        "A hypothesis is a pair: its tokens, and the sum of their logarithms. Begin with one: no tokens, sum 0.",
        "One step: make a new list. A hypothesis whose last token is 0 goes in unchanged; any other goes in once for each token of its row.",
        "Then sort the new list by the sum, largest first, and keep the first `width`.",
        "At the end, `max(beam, key=lambda one: one[1] / len(one[0]) ** power)`.",
    ),
)
