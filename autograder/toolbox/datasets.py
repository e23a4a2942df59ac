"""The course's own data sets: small, read from data/, no network, NumPy only.

`phrases("es")`: English dates, times, amounts and lists with their wording in another language, words aligned.
`purchases()`: a recommender's log, with the purchase that really mattered.
`pronunciation()`: English words and how they are said, phoneme by phoneme.
`clips()`: short clips of handwritten digits, with questions that one region of one frame answers.
How they were made, and what they can and cannot show: data/NAME/README.md.
"""

from __future__ import annotations

import lzma
import os
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from autograder.course import find_course

SPLITS = ("train", "validation", "test")


class NoSuchData(Exception):
    """A data set or a language is not there; the message says what is."""


def data_folder() -> Path:
    """Return the folder of the data sets: `AUTOGRADER_DATA` if it is set, else the course's data/.

    Raise NotACourse if neither leads anywhere.
    """
    named = os.environ.get("AUTOGRADER_DATA")
    return Path(named) if named else find_course().data


def _read(name: str, file: str) -> Path:
    path = data_folder() / name / file
    if not path.is_file():
        raise NoSuchData(
            f"Expected the file data/{name}/{file}, found none in {path.parent}. "
            f"Make it again with `python data/{name}/prepare.py`."
        )
    return path


@dataclass(frozen=True)
class PhraseSplit:
    """English phrases and their wording in another language, row by row.

    source, target: arrays of N strings, tokens between single spaces.
    kinds: array of N strings, the kinds of the items in the phrase, e.g. `date.long amount.name`.
    links: array of N strings, one place list a target token; read them through `alignment`.
    """

    source: np.ndarray
    target: np.ndarray
    kinds: np.ndarray
    links: np.ndarray

    def __len__(self) -> int:
        return len(self.source)

    def alignment(self, row: int) -> np.ndarray:
        """Return the true alignment of one phrase: booleans, shape (target tokens, source tokens).

        A target token that only holds others together (a comma, `de`) has no True in its line.
        """
        places = self.links[row].split(" ")
        truth = np.zeros((len(places), len(self.source[row].split(" "))), dtype=bool)
        for line, place in enumerate(places):
            if place != "-":
                truth[line, [int(column) for column in place.split(",")]] = True
        return truth


@dataclass(frozen=True)
class Phrases:
    """The phrases of one language in three splits that share no phrase and no value."""

    language: str
    name: str
    train: PhraseSplit
    validation: PhraseSplit
    test: PhraseSplit


def languages() -> dict[str, str]:
    """Return the languages that `phrases` has, by code: `{"es": "Spanish", ...}`."""
    found = {}
    for file in sorted((data_folder() / "phrases").glob("*.tsv.xz")):
        with lzma.open(file, "rt", encoding="utf-8") as lines:
            found[file.name.removesuffix(".tsv.xz")] = lines.readline().split("\t")[0]
    found.pop("en", None)
    return found


def phrases(language: str = "es") -> Phrases:
    """Return English phrases with their wording in `language`, a code that `languages` lists.

    Raise NoSuchData, naming the languages there are, for any other.
    """
    names = languages()
    if language not in names:
        there = ", ".join(f"{code} ({name})" for code, name in names.items()) or "none"
        raise NoSuchData(f"Expected a language that `phrases` has, received {language!r}. There are: {there}.")
    columns = [*_columns("en"), *_columns(language)]
    source, split, kinds, target, links = (np.array(column) for column in columns)
    rows = {name: split == name for name in SPLITS}
    return Phrases(
        language,
        names[language],
        **{name: PhraseSplit(source[at], target[at], kinds[at], links[at]) for name, at in rows.items()},
    )


def _columns(language: str) -> list[tuple[str, ...]]:
    """Return the columns of one file of `phrases`, without the line of their names."""
    text = lzma.decompress(_read("phrases", f"{language}.tsv.xz").read_bytes()).decode("utf-8")
    return list(zip(*(line.split("\t") for line in text.splitlines()[1:]), strict=True))


@dataclass(frozen=True)
class PurchaseSplit:
    """N looks at a target item, each with the T = 12 places of the user's purchase history, filled from the front.

    target: (N, 16), the description of the item looked at. profile: (N, 4), numbers about the user.
    keys: (N, T, 16), the descriptions of the past purchases; zeros in padded places.
    values: (N, T, 3), what each purchase says: rating from -1 to 1, returned 0 or 1, age in hundreds of weeks.
    mask: (N, T), True where there is a purchase.
    label: (N,), 1.0 if the target was bought, else 0.0.
    relevant: (N,), the place of the purchase that mattered. chance: (N,), the true probability of buying.
    target_item: (N,), history_items: (N, T), rows of the catalogue. user: (N,), who looked.
    """

    target: np.ndarray
    profile: np.ndarray
    keys: np.ndarray
    values: np.ndarray
    mask: np.ndarray
    label: np.ndarray
    relevant: np.ndarray
    chance: np.ndarray
    target_item: np.ndarray
    history_items: np.ndarray
    user: np.ndarray

    def __len__(self) -> int:
        return len(self.label)


@dataclass(frozen=True)
class Purchases:
    """A log in three splits that share no user, and the catalogue: 240 item names, descriptions (240, 16)."""

    names: np.ndarray
    descriptions: np.ndarray
    train: PurchaseSplit
    validation: PurchaseSplit
    test: PurchaseSplit


def purchases() -> Purchases:
    """Return the log of purchases. Raise NoSuchData if its file is not there."""
    with np.load(_read("purchases", "purchases.npz"), allow_pickle=False) as file:
        arrays = dict(file)
    descriptions = arrays["description"]
    return Purchases(
        arrays["names"], descriptions, **{name: _purchase_split(name, arrays, descriptions) for name in SPLITS}
    )


def _purchase_split(split: str, arrays: dict[str, np.ndarray], descriptions: np.ndarray) -> PurchaseSplit:
    """Lay one split out row by row: each look with its user's profile and history."""
    column = {name.removeprefix(f"{split}_"): array for name, array in arrays.items() if name.startswith(f"{split}_")}
    user = column["user"].astype(int)
    history = column["history"][user].astype(int)
    mask = np.arange(history.shape[1]) < column["length"][user][:, None]
    says = [column["rating"] / 100, column["returned"], column["weeks"] / 100]
    return PurchaseSplit(
        target=descriptions[column["target"]],
        profile=column["profile"][user],
        keys=descriptions[history] * mask[..., None],
        values=np.stack(says, axis=-1)[user].astype("float32"),
        mask=mask,
        label=column["label"].astype("float32"),
        relevant=column["relevant"].astype(int),
        chance=column["chance"],
        target_item=column["target"].astype(int),
        history_items=history,
        user=user,
    )


@dataclass(frozen=True)
class PronunciationSplit:
    """N English words, in the order of the alphabet, and how each may be said.

    words: array of N strings of lower-case letters and apostrophes.
    listed: N tuples of pronunciations, the dictionary's first one first; phonemes between single spaces.
    """

    words: np.ndarray
    listed: tuple[tuple[str, ...], ...]

    def __len__(self) -> int:
        return len(self.words)

    def pairs(self) -> tuple[np.ndarray, np.ndarray]:
        """Return each word with each of its pronunciations, row by row: letters and phonemes between spaces."""
        rows = [(" ".join(word), said) for word, listed in zip(self.words, self.listed) for said in listed]
        letters, phonemes = zip(*rows, strict=True)
        return np.array(letters), np.array(phonemes)


@dataclass(frozen=True)
class Pronunciation:
    """The words of the CMU Pronouncing Dictionary in three splits that share no word; stress is removed."""

    train: PronunciationSplit
    validation: PronunciationSplit
    test: PronunciationSplit


def pronunciation() -> Pronunciation:
    """Return English words with their pronunciations. Raise NoSuchData if the file is not there."""
    text = lzma.decompress(_read("pronunciation", "pronunciation.tsv.xz").read_bytes()).decode("utf-8")
    rows = [line.split("\t") for line in text.splitlines()[1:]]
    splits = {name: [(word, said) for word, split, said in rows if split == name] for name in SPLITS}
    return Pronunciation(
        **{
            name: PronunciationSplit(
                np.array([word for word, _ in mine]), tuple(tuple(s.split(" | ")) for _, s in mine)
            )
            for name, mine in splits.items()
        }
    )


@dataclass(frozen=True)
class ClipSplit:
    """N clips of T = 6 frames, 30 x 40 pixels: 3 rows of 4 regions, 10 x 10 pixels each; 24 questions about each.

    frames: (N, T, 30, 40), brightness from 0 to 16, whole numbers of 8 bits.
    label: (N, 24), the answer to each question, a digit from 0 to 9.
    frame, region: (N, 24), where that digit is: for judging, not for training. Regions count row by row from 0.
    symbols, symbol_regions: (N, T), the symbol that each frame shows, and its region.
    """

    frames: np.ndarray
    label: np.ndarray
    frame: np.ndarray
    region: np.ndarray
    symbols: np.ndarray
    symbol_regions: np.ndarray

    def __len__(self) -> int:
        return len(self.frames)


@dataclass(frozen=True)
class Clips:
    """Clips in three splits that share no handwritten digit.

    symbols, sides: the names of the 6 symbols and of the 4 sides.
    questions: (24, 2), rows of a symbol and a side: in the frame that shows it, which digit has its bar there?
    """

    symbols: tuple[str, ...]
    sides: tuple[str, ...]
    questions: np.ndarray
    train: ClipSplit
    validation: ClipSplit
    test: ClipSplit


_EDGES = {"top": (0, slice(None)), "right": (slice(None), 9), "bottom": (9, slice(None)), "left": (slice(None), 0)}


def clips() -> Clips:
    """Return short clips in which one region of one frame answers each question.

    Raise NoSuchData if the file is not there.
    """
    with np.load(_read("clips", "clips.npz"), allow_pickle=False) as file:
        arrays = dict(file)
    names = tuple(arrays["symbol_names"].tolist())
    questions = np.array([(symbol, side) for symbol in range(len(names)) for side in range(len(_EDGES))])
    splits = {name: _clip_split(name, arrays) for name in SPLITS}
    return Clips(names, tuple(_EDGES), questions, **splits)


def _clip_split(split: str, arrays: dict[str, np.ndarray]) -> ClipSplit:
    """Draw one split: noise everywhere, and in every frame a symbol and four digits with their bars."""
    column = {name.removeprefix(f"{split}_"): array for name, array in arrays.items() if name.startswith(f"{split}_")}
    symbols, symbol_region, image, image_region = (
        column[name].astype(int) for name in ("symbol", "symbol_region", "image", "image_region")
    )
    clip, frame = np.ogrid[: len(symbols), : symbols.shape[1]]
    drawn = np.zeros((*symbols.shape, 12, 10, 10), np.uint8)
    inside = drawn[..., 1:9, 1:9]
    inside[clip, frame, symbol_region] = arrays["symbol_pictures"][symbols]
    for side, edge in enumerate(_EDGES.values()):
        inside[clip, frame, image_region[..., side]] = arrays["digit_pictures"][image[..., side]]
        drawn[(..., *edge)][clip, frame, image_region[..., side]] = 16
    chance = np.random.RandomState(SPLITS.index(split))  # RandomState: its stream never changes
    noisy = np.minimum(drawn + chance.randint(7, size=drawn.shape, dtype=np.uint8), 16)
    pixels = noisy.reshape(*symbols.shape, 3, 4, 10, 10).transpose(0, 1, 2, 4, 3, 5)
    when = symbols.argsort(axis=1)  # (N, 6): the frame of each symbol
    return ClipSplit(
        frames=pixels.reshape(*symbols.shape, 30, 40),
        label=arrays["digit_classes"][image].astype(int)[clip, when].reshape(len(symbols), -1),
        frame=when.repeat(len(_EDGES), axis=1),
        region=image_region[clip, when].reshape(len(symbols), -1),
        symbols=symbols,
        symbol_regions=symbol_region,
    )
