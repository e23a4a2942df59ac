"""Make the ready file of `purchases`: a log of purchases whose truth is known, because it was made up.

    python data/purchases/prepare.py            write purchases.npz beside this script
    python data/purchases/prepare.py --check    compare it with what would be written; write nothing

README.md gives the formulae and says why they are as they are. NumPy only; the same seed gives the same bytes.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

import numpy as np

from autograder.toolbox.packing import keep, pack

USERS = {"train": 3_000, "validation": 500, "test": 1_000}
LOOKS = 4  # at a target, by each user
LONGEST, SHORTEST = 12, 3  # purchases in a history
ITEMS_OF_A_KIND = 10
USE, STYLE = 8, 8  # widths of the two halves of a description
TASTE_RATING, TASTE_RETURNED = 1.0, -0.8  # what a purchase says about taste; its age says nothing
OWN = np.array([0.8, -0.5, 0.3, 0.0])  # what the four numbers of the profile say
WISHED = np.linspace(1, -1, STYLE)  # the style that sells
STRENGTH, APPEAL, BIAS = 3.0, 0.5, -0.2

KINDS = """running shoes, rain jacket, sun hat, wool socks, tent, sleeping bag, camp stove, head torch,
    coffee mill, kettle, frying pan, bread knife, cook book, crime novel, travel guide, comic book,
    guitar strings, headphones, microphone, record player, bicycle lamp, bicycle lock, helmet, tyre pump"""
MAKERS = "Alder, Birch, Cedar, Elm, Fir, Hazel, Larch, Maple, Oak, Rowan"


TYPES = dict(profile="f4", history="u2", rating="i1", returned="u1", weeks="u1", length="u1")  # of users
TYPES |= dict(user="u2", target="u2", relevant="u1", label="u1", chance="f4")  # of looks


def unit(vectors: np.ndarray) -> np.ndarray:
    """Scale vectors to length 1 along the last axis."""
    return vectors / np.linalg.norm(vectors, axis=-1, keepdims=True)


def catalogue(chance: np.random.RandomState) -> dict[str, np.ndarray]:
    """Make every item: a name, its kind and its description, a half for its use and a half for its style.

    Items of a kind are for nearly the same use; their styles have nothing in common.
    """
    kinds, makers = ([name.strip() for name in text.split(",")] for text in (KINDS, MAKERS))
    kind = np.repeat(np.arange(len(kinds)), ITEMS_OF_A_KIND)
    centres = unit(chance.normal(size=(len(kinds), USE)))
    use = unit(centres[kind] + 0.1 * chance.normal(size=(len(kind), USE)))
    style = unit(chance.normal(size=(len(kind), STYLE)))
    return {
        "names": np.array([f"{maker} {name}" for name in kinds for maker in makers]),
        "kind": kind,
        "description": np.concatenate([use, style], axis=1).round(3),
    }


def log(users: int, items: dict[str, np.ndarray], chance: np.random.RandomState) -> dict[str, np.ndarray]:
    """Let users buy, then look at targets. Return columns of one row a user, and columns of one row a look."""
    rows = {name: [] for name in TYPES}
    use, style = np.split(items["description"], [USE], axis=1)
    for user in range(users):
        length = chance.randint(SHORTEST, LONGEST + 1)
        profile = chance.normal(size=len(OWN)).round(3)
        kinds = chance.permutation(items["kind"].max() + 1)[:length]  # no kind twice: one purchase is relevant
        history = kinds * ITEMS_OF_A_KIND + chance.randint(ITEMS_OF_A_KIND, size=length)
        rating = chance.randint(-100, 101, size=length)  # in hundredths
        returned = chance.uniform(size=length) < 0.25
        weeks = chance.randint(1, 101, size=length)
        for name, value in dict(history=history, rating=rating, returned=returned, weeks=weeks).items():
            rows[name].append(np.pad(value, (0, LONGEST - length)))
        rows["profile"].append(profile)
        rows["length"].append(length)
        for _ in range(LOOKS):
            place = chance.randint(length)
            others = [n for n in range(ITEMS_OF_A_KIND) if n != history[place] % ITEMS_OF_A_KIND]
            target = kinds[place] * ITEMS_OF_A_KIND + chance.choice(others)
            relevant = int(np.argmax(use[history] @ use[target]))
            taste = TASTE_RATING * rating[relevant] / 100 + TASTE_RETURNED * returned[relevant]
            odds = BIAS + STRENGTH * taste + OWN @ profile + APPEAL * (WISHED @ style[target])
            bought = 1 / (1 + np.exp(-odds))
            look = dict(user=user, target=target, relevant=relevant, label=chance.uniform() < bought, chance=bought)
            for name, value in look.items():
                rows[name].append(value)
    return {name: np.array(column).astype(TYPES[name]) for name, column in rows.items()}


def make(users: dict[str, int], seed: int) -> dict[str, np.ndarray]:
    """Return every array of the file by its name: the catalogue's, and `SPLIT_COLUMN` for each split."""
    items = catalogue(np.random.RandomState(seed))  # RandomState: its stream of numbers never changes
    arrays = {"names": items["names"], "description": items["description"].astype("f4")}
    for number, (split, count) in enumerate(users.items(), start=1):
        columns = log(count, items, np.random.RandomState([seed, number]))
        arrays |= {f"{split}_{name}": column for name, column in columns.items()}
    return arrays


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--check", action="store_true", help="compare with the file that is there")
    parser.add_argument("--seed", type=int, default=0, help="another seed makes another log (default: 0)")
    parser.add_argument("--output", type=Path, default=Path(__file__).resolve().parent, metavar="FOLDER")
    options = parser.parse_args(arguments)
    return keep(options.output / "purchases.npz", pack(make(USERS, options.seed)), options.check)


if __name__ == "__main__":
    sys.exit(main())
