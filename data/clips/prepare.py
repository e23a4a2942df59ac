"""Make the ready file of `clips`: short clips in which one region of one frame answers each question.

    python data/clips/prepare.py            write clips.npz beside this script
    python data/clips/prepare.py --check    compare it with what would be written; write nothing

Needs scikit-learn, for the handwritten digits that it ships; the course itself does not. README.md says what the
clips are made of, and why. The same seed gives the same bytes.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

import numpy as np

from autograder.toolbox.packing import keep, pack

CLIPS = {"train": 2_000, "validation": 200, "test": 500}
IMAGES = {"train": 1_197, "validation": 200, "test": 400}  # handwritten digits, no image in two splits
FRAMES, ROWS, COLUMNS = 6, 3, 4
SIDES = ("top", "right", "bottom", "left")
SYMBOLS = """
cross    ...##... ...##... ...##... ######## ######## ...##... ...##... ...##...
square   ######## ######## ##....## ##....## ##....## ##....## ######## ########
stripes  ######## ........ ######## ........ ######## ........ ######## ........
checks   ##..##.. ##..##.. ..##..## ..##..## ##..##.. ##..##.. ..##..## ..##..##
triangle ...##... ...##... ..####.. ..####.. .######. .######. ######## ########
saltire  ##....## ###..### .######. ..####.. ..####.. .######. ###..### ##....##
"""


def symbols() -> tuple[list[str], np.ndarray]:
    """Return the names of the symbols and their pictures, (6, 8, 8), 0 or 16."""
    names, *rows = zip(*(line.split() for line in SYMBOLS.strip().splitlines()))
    pictures = [[[16 * (mark == "#") for mark in row] for row in picture] for picture in zip(*rows)]
    return list(names), np.array(pictures, dtype="u1")


def film(clips: int, images: np.ndarray, chance: np.random.RandomState) -> dict[str, np.ndarray]:
    """Draw clips from the digits in `images`, rows of the collection. Return their columns, a row a clip.

    symbol (N, T): the symbol that each frame shows, all different. symbol_region (N, T): where.
    image, image_region (N, T, 4): the digit with its bar at the top, right, bottom, left, and where it is.
    """
    regions = ROWS * COLUMNS
    places = chance.uniform(size=(clips, FRAMES, regions)).argsort(axis=-1)  # every frame shuffles its regions
    return {
        "symbol": chance.uniform(size=(clips, FRAMES)).argsort(axis=-1).astype("u1"),
        "symbol_region": places[:, :, 0].astype("u1"),
        "image": chance.choice(images, size=(clips, FRAMES, len(SIDES))).astype("u2"),
        "image_region": places[:, :, 1 : 1 + len(SIDES)].astype("u1"),
    }


def make(clips: dict[str, int], seed: int) -> dict[str, np.ndarray]:
    """Return every array of the file by its name: the pictures, and `SPLIT_COLUMN` for each split."""
    from sklearn.datasets import load_digits

    digits = load_digits()
    names, pictures = symbols()
    arrays = {
        "digit_pictures": digits.images.astype("u1"),
        "digit_classes": digits.target.astype("u1"),
        "symbol_names": np.array(names),
        "symbol_pictures": pictures,
    }
    order = np.random.RandomState(seed).permutation(len(digits.target))  # RandomState: its stream never changes
    ends = dict(zip(IMAGES, np.split(order, np.cumsum(list(IMAGES.values()))[:-1])))
    for number, (split, count) in enumerate(clips.items(), start=1):
        columns = film(count, np.sort(ends[split]), np.random.RandomState([seed, number]))
        arrays |= {f"{split}_{name}": column for name, column in columns.items()}
    return arrays


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--check", action="store_true", help="compare with the file that is there")
    parser.add_argument("--seed", type=int, default=0, help="another seed makes other clips (default: 0)")
    parser.add_argument("--output", type=Path, default=Path(__file__).resolve().parent, metavar="FOLDER")
    options = parser.parse_args(arguments)
    return keep(options.output / "clips.npz", pack(make(CLIPS, options.seed)), options.check)


if __name__ == "__main__":
    sys.exit(main())
