"""What the translation lessons share once lesson 3 has taught it: words as numbers, batches, exact match by length.

Token numbers 0 to 3 mean the same in every vocabulary: padding, an unknown word, [start], [end].
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

import keras
import numpy as np

PAD, UNKNOWN, START, END = range(4)
SPECIAL = ("", "[unknown]", "[start]", "[end]")
LENGTHS = ((2, 5), (6, 10), (11, 15), (16, 20), (21, 26))  # source tokens, as data/phrases/README.md reports them


def vocabulary(sentences: Iterable[str]) -> list[str]:
    """Return the special tokens and then, sorted, every word of the sentences: a word's place is its number.

    Raise TypeError if one sentence comes instead of a list of them.
    """
    _refuse_one(sentences)
    return [*SPECIAL, *sorted({word for sentence in sentences for word in sentence.split()})]


def vectorize(sentences: Sequence[str], words: Sequence[str], start: bool = False) -> np.ndarray:
    """Return the sentences as numbers, (N, T) int32, padded with 0: [start] if asked for, the words, [end].

    A word that is not among `words` becomes UNKNOWN. T is the longest sentence with its marks.
    Raise TypeError if one sentence comes instead of a list of them.
    """
    _refuse_one(sentences)
    number = {word: place for place, word in enumerate(words)}
    rows = [[START] * start + [number.get(word, UNKNOWN) for word in each.split()] + [END] for each in sentences]
    tokens = np.zeros((len(rows), max(map(len, rows), default=0)), dtype="int32")
    for row, place in zip(rows, tokens):
        place[: len(row)] = row
    return tokens


def _refuse_one(sentences: object) -> None:
    if isinstance(sentences, str):
        raise TypeError(f"Expected a list of sentences, received one: put it in a list, [{sentences!r}].")


def to_text(tokens: Iterable[int], words: Sequence[str]) -> str:
    """Return the words of one row of token numbers, up to its [end]; [start] and padding are left out."""
    said = []
    for token in tokens:
        if token == END:
            break
        if token not in (PAD, START):
            said.append(words[token])
    return " ".join(said)


class BatchesByLength(keras.utils.PyDataset):
    """Batches ((source, previous), target) for `fit`: rows of like length together, each batch as wide as need be.

    Arrays (N, T) of token numbers, padded with 0; in every row `previous` is as long as `target`. Each epoch
    shuffles the rows, sorts stretches of 20 batches by source length, and so mixes anew.
    """

    def __init__(self, source: np.ndarray, previous: np.ndarray, target: np.ndarray, size: int = 64, seed: int = 1):
        super().__init__()
        self.source, self.previous, self.target, self.size = source, previous, target, size
        self.source_lengths, self.target_lengths = (source != PAD).sum(1), (target != PAD).sum(1)
        self.random = np.random.default_rng(seed)
        self.on_epoch_end()

    def __len__(self) -> int:
        return -(-len(self.source) // self.size)

    def __getitem__(self, index: int) -> tuple[tuple[np.ndarray, np.ndarray], np.ndarray]:
        rows = self.order[index * self.size : (index + 1) * self.size]
        Tv, Tq = self.source_lengths[rows].max(), self.target_lengths[rows].max()
        return (self.source[rows, :Tv], self.previous[rows, :Tq]), self.target[rows, :Tq]

    def on_epoch_end(self) -> None:
        rows, stretch = self.random.permutation(len(self.source)), 20 * self.size
        stretches = [rows[start : start + stretch] for start in range(0, len(rows), stretch)]
        self.order = np.concatenate([rows[np.argsort(self.source_lengths[rows], kind="stable")] for rows in stretches])


def share_by_length(right: np.ndarray, lengths: np.ndarray) -> dict[str, float]:
    """Return the share of True in `right`, (N,), overall and for each range of `lengths`, (N,)."""
    right, lengths = np.asarray(right, dtype=bool), np.asarray(lengths)
    if right.shape != lengths.shape:
        raise ValueError(f"Expected a length for each sentence, received shapes {right.shape} and {lengths.shape}.")
    shares = {"all": float(right.mean())}
    for shortest, longest in LENGTHS:
        chosen = (shortest <= lengths) & (lengths <= longest)
        shares[f"{shortest}-{longest}"] = float(right[chosen].mean()) if chosen.any() else float("nan")
    return shares


def table(rows: Mapping[str, Mapping[str, float]], title: str = "", digits: int = 0) -> str:
    """Return shares as a text table in per cent, one line a model, one column a length."""
    columns = list(next(iter(rows.values())))
    width = max(len(name) for name in [*rows, title])
    lines = [f"{title:<{width}}" + "".join(f"{column:>8}" for column in columns)]
    for name, shares in rows.items():
        lines.append(f"{name:<{width}}" + "".join(f"{100 * shares[column]:7.{digits}f}%" for column in columns))
    return "\n".join(lines)
