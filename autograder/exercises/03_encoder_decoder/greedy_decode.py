"""Lesson 3: speak greedily, and stop; the decoder is given as tables."""

import numpy as np

from autograder.exercise.draws import Draw, example, part
from autograder.exercise.vocabulary import Exercise, Misconception


def _greedy(scores, next_state, state, start, end, max_length):
    said, token = [], start
    for _ in range(max_length):
        best = int(np.argmax(scores[state, token]))
        state, token = int(next_state[state, token]), best
        said.append(best)
        if best == end:
            break
    return said


def _greedy_variant(
    feed_back=True, stop=True, keep_end=True, keep_start=False, hand_on=True, by_new=False, least=False, more=0
):
    def answer(scores, next_state, state, start, end, max_length):
        said, token = [], start
        for _ in range(max_length + more):
            best = int((np.argmin if least else np.argmax)(scores[state, token]))
            if hand_on:
                state = int(next_state[state, best if by_new else token])
            token = best if feed_back else start
            said.append(best)
            if stop and best == end:
                break
        if not keep_end and said and said[-1] == end:
            said.pop()
        return [start, *said] if keep_start else said

    return answer


_GREEDY_MISTAKES = {
    "own tokens never read": _greedy_variant(feed_back=False),
    "runs past the end": _greedy_variant(stop=False),
    "end left out": _greedy_variant(keep_end=False),
    "start kept": _greedy_variant(keep_start=True),
    "state not handed on": _greedy_variant(hand_on=False),
    "state moved by the new token": _greedy_variant(by_new=True),
    "lowest score taken": _greedy_variant(least=True),
}


def _toy(ends, cut=None):
    """Return a draw of a toy decoder with S states and V tokens, its start and end among them; N is `max_length`.

    If it `ends`, it says at least four tokens, the end before N, and every mistake shows; otherwise it never ends.
    With `cut`, `max_length` is what it says, and `cut` more: 0 stops it just at its end, -1 just before.
    """

    def draw(rng, sizes):
        states, tokens, longest = sizes["S"], sizes["V"], sizes["N"]
        while True:
            start, end = (int(token) for token in rng.permutation(tokens)[:2])
            scores = rng.standard_normal((states, tokens, tokens)).astype(np.float32)
            scores[..., start] = -9.0
            if not ends:
                scores[..., end] = -8.0
            next_state = rng.integers(0, states, (states, tokens))
            toy = dict(scores=scores, next_state=next_state, state=int(rng.integers(states)), start=start, end=end)
            said = _greedy(**toy, max_length=longest)
            others = [answer(**toy, max_length=longest) for answer in _GREEDY_MISTAKES.values()]
            if not ends or (4 <= len(said) < longest and said[-1] == end and said not in others):
                return {**toy, "max_length": longest if cut is None else len(said) + cut}

    return Draw(draw)


def _laughing():
    """Return the lesson's own toy: it says ha, ha, ho, [end]."""
    scores = np.zeros((2, 4, 4))
    scores[0, 0, 2] = scores[0, 2, 2] = scores[1, 2, 3] = scores[1, 3, 1] = scores[1, 1, 2] = 1.0
    scores[0, 3, 2] = scores[0, 1, 3] = scores[1, 0, 3] = 1.0
    return dict(scores=scores, next_state=[[0, 1, 1, 0], [1, 0, 1, 0]], state=0, start=0, end=1)


def _greedy_recursive(scores, next_state, state, token, end, left):
    best = max(range(len(scores[state, token])), key=lambda each: scores[state, token][each])
    if left == 1 or best == end:
        return [best]
    return [best, *_greedy_recursive(scores, next_state, int(next_state[state, token]), best, end, left - 1)]


toy, endless = _toy(ends=True), _toy(ends=False)


exercise = Exercise(
    title="Speak greedily, and stop",
    difficulty=4,
    importance=5,
    minutes=8,
    parts=(
        part("a toy that laughs", 1, example(**_laughing(), max_length=6), toy(S=2, V=5, N=9)),
        part(
            "other decoders",
            2,
            toy(S=3, V=6, N=9),
            toy(S=5, V=7, N=11),
            _toy(ends=True, cut=0)(S=4, V=6, N=10),
            _toy(ends=True, cut=-1)(S=3, V=5, N=10),
        ),
        part("one that never ends", 1, endless(S=4, V=5, N=8), endless(S=3, V=7, N=5), endless(S=2, V=6, N=1)),
    ),
    reference=_greedy,
    misconceptions=(
        Misconception(
            "own tokens never read",
            _GREEDY_MISTAKES["own tokens never read"],
            "Your decoder reads the start token at every step; it should read the token that it has just said.",
            "What is the previous token at the second step?",
        ),
        Misconception(
            "runs past the end",
            _GREEDY_MISTAKES["runs past the end"],
            "Your decoder goes on talking after the end.",
            "What should happen in the step in which the best token is `end`?",
        ),
        Misconception(
            "end left out",
            _GREEDY_MISTAKES["end left out"],
            "You stop at the end but leave it out; it is said like any other token, and belongs to the list.",
            "The example's list closes with 1. What is token 1?",
        ),
        Misconception(
            "start kept",
            _GREEDY_MISTAKES["start kept"],
            "Your list begins with the start token, which is read, not said.",
            "How many tokens has the decoder said before its first step?",
        ),
        Misconception(
            "state not handed on",
            _GREEDY_MISTAKES["state not handed on"],
            "Your decoder stays in its first state; each step must begin in the state in which the one before ended.",
            "Two things change from step to step. One is the token; which is the other?",
        ),
        Misconception(
            "state moved by the new token",
            _GREEDY_MISTAKES["state moved by the new token"],
            "You looked up the next state with the new token; a step reads the previous token, and both its results follow from that one.",
            "In which order do you replace `token` and look up `next_state[state, token]`?",
        ),
        Misconception(
            "lowest score taken",
            _GREEDY_MISTAKES["lowest score taken"],
            "You took the token with the lowest score.",
            "Greedy means: the most likely token at each step.",
        ),
        Misconception(
            "one token too many",
            _greedy_variant(more=1),
            "Where the end is not said in time, your list is one token longer than `max_length`.",
            "With `max_length = 2` the example says two tokens. When do you look how many there are?",
        ),
    ),
    right=(
        lambda scores, next_state, state, start, end, max_length: np.array(
            _greedy(scores, next_state, state, start, end, max_length)
        ),
        lambda scores, next_state, state, start, end, max_length: _greedy_recursive(
            scores, next_state, state, start, end, max_length
        ),
    ),
    hints=(
        "A loop of at most `max_length` steps, with two things to carry along: the state and the previous token.",
        "In one step: `scores[state, token]` says which token is best, `next_state[state, token]` which state comes next. Only then replace both.",
        "`np.argmax` gives the best token. Append it, and leave the loop if it is `end`.",
    ),
)
