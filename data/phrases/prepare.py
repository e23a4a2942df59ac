"""Make the ready files of `phrases`: draw English phrases, word them in every language, align, split, write.

    python data/phrases/prepare.py            write the files beside this script
    python data/phrases/prepare.py --check    compare them with what would be written; write nothing
    python data/phrases/prepare.py --languages da ro    add other languages that the CLDR has

Needs Babel (which JupyterLab brings). The same Babel gives the same bytes: chance comes from --seed alone.
"""

from __future__ import annotations

import argparse
import hashlib
import lzma
import random
import sys
from datetime import datetime, timedelta
from functools import cache
from itertools import pairwise
from pathlib import Path

import babel
from babel import Locale

sys.path.insert(0, str(Path(__file__).resolve().parent))
from wording import DISTANCES, Item, Token, align, phrase

BABEL = "2.18.0"  # the version the ready files were made with
LANGUAGES = ["cs", "de", "el", "es", "fi", "fr", "hu", "id", "it", "nl", "pl", "pt", "ru", "sv", "tr", "uk", "vi"]
SIZES = {"train": 10_000, "validation": 500, "test": 1_500}
LONGEST = 26  # English tokens
ENGLISH = Locale.parse("en")

NUMBERS = [*range(2, 32), 35, 40, 45, 50, 55, 60, 70, 75, 80, 90, 100, 120, 150, 200, 250, 300, 400, 500]
CENTS = ["00", "25", "50", "75", "95", "99"]
CURRENCIES = ["EUR", "USD", "GBP", "CHF", "JPY", "INR", "SEK", "BRL"]
SIGNS = ["EUR", "USD", "GBP"]
UNITS = [
    *("length-kilometer", "length-meter", "length-centimeter", "length-mile", "mass-kilogram", "mass-gram"),
    *("duration-second", "duration-minute", "duration-hour", "duration-day", "duration-week", "duration-month"),
    *("duration-year", "volume-liter", "speed-kilometer-per-hour", "temperature-celsius", "area-square-meter"),
    *("area-hectare", "digital-gigabyte", "energy-kilocalorie"),
]
FIRST, LAST = datetime(2005, 1, 1), datetime(2030, 12, 31)


@cache
def side(*value: object) -> str:
    """Say in which split a value lives: the same for each form it is written in, and in every phrase."""
    bucket = int(hashlib.sha256(repr(value).encode()).hexdigest(), 16) % 10
    return {0: "test", 1: "validation"}.get(bucket, "train")


class Draw:
    """Draw values and phrases for one split."""

    def __init__(self, split: str, seed: int):
        self.split, self.random = split, random.Random(f"{seed} {split}")

    def one(self, propose, name) -> object:
        """Draw until a value comes that lives in this split; `name(value)` is what it is known by."""
        while True:
            value = propose()
            if side(*name(value)) == self.split:
                return value

    def day(self, name, start: datetime = FIRST, days: int = (LAST - FIRST).days) -> datetime:
        return self.one(lambda: start + timedelta(self.random.randint(0, days)), name)

    def clock(self, day: datetime = FIRST) -> datetime:
        minutes = lambda: day + timedelta(minutes=5 * self.random.randrange(288))
        return self.one(minutes, lambda when: ("time", when.hour, when.minute))

    def pair(self, name: str, numbers: list, others: list) -> tuple:
        return self.one(lambda: (self.random.choice(numbers), self.random.choice(others)), lambda p: (name, *p))

    def date(self) -> Item:
        form = self.random.choice(["full", "full", "full", "long", "long", "MMMEd", "MMMEd", "MMMMd", "yMMMM"])
        return Item("date", form, (self.day(NAMES[form]),))

    def time(self) -> Item:
        return Item("time", "short", (self.clock(),))

    def datetime(self) -> Item:
        return Item("datetime", "long", (self.clock(self.day(NAMES["long"])),))

    def interval(self) -> Item:
        form = self.random.choice(["MMMd", "yMMMd", "yMMMd", "yMMMM", "yMMMEd", "yMMMEd", "times", "times", "moments"])
        reach = self.random.choice([6, 60, 600])
        while True:
            if form == "times":
                ends = sorted([self.clock(), self.clock()])
            elif form == "moments":
                start = self.day(NAMES["long"])
                ends = [self.clock(start), self.clock(self.day(NAMES["long"], start, reach + 60))]
            else:
                start = self.day(NAMES[form])
                # The start lives in this split, so the search for an end always ends; `tells` asks for another day.
                ends = [start, self.day(NAMES[form], start, reach + (600 if form == "yMMMM" else 60))]
            if self.tells(form, *ends):
                return Item("interval", form, tuple(ends))

    @staticmethod
    def tells(form: str, start: datetime, end: datetime) -> bool:
        """Say whether both ends can be read from the form: no year hidden, the end after the start, no rare year."""
        if end.year > LAST.year:
            return False
        if form == "MMMd":
            return start.year == end.year and start.date() < end.date()
        if form == "yMMMM":
            return (start.year, start.month) < (end.year, end.month)
        return start < end if form in ("times", "moments") else start.date() < end.date()

    def amount(self) -> Item:
        if self.random.random() < 0.4:
            return Item("amount", "name", self.pair("amount", [str(n) for n in NUMBERS], CURRENCIES))
        numbers = [f"{n}.{c}" for n in NUMBERS[:36] for c in CENTS]
        return Item("amount", self.random.choice(["name", "symbol"]), self.pair("amount", numbers, SIGNS))

    def measure(self) -> Item:
        return Item("measure", "long", self.pair("measure", NUMBERS, UNITS))

    def distance(self) -> Item:
        return Item("distance", self.random.choice(["past", "future"]), self.pair("distance", NUMBERS[:30], DISTANCES))

    def phrase(self) -> tuple[list[Item], str]:
        """Draw one to five items and how they are joined."""
        count = self.random.choice([1, 1, 1, 2, 2, 2, 3, 3, 3, 4, 4, 4, 5, 5])
        kinds = ["date", "date", "time", "datetime", "interval", "interval", "amount", "measure", "distance"]
        items = [getattr(self, self.random.choice(kinds))() for _ in range(count)]
        return items, self.random.choice(["and", "and", "or"])


NAMES = {
    **dict.fromkeys(["full", "long", "yMMMd", "yMMMEd"], lambda day: ("date", day.year, day.month, day.day)),
    **dict.fromkeys(["MMMEd", "MMMMd", "MMMd"], lambda day: ("day", day.month, day.day)),
    "yMMMM": lambda day: ("month", day.year, day.month),
}


def readable(items: list[Item]) -> bool:
    """Reject a day followed by a time: in an English list it reads like one date with its time."""
    ends_in_day = lambda item: item.kind in ("date", "interval") and item.form not in ("times", "moments")
    begins_with_time = lambda item: item.kind == "time" or item.form == "times"
    return not any(ends_in_day(one) and begins_with_time(other) for one, other in pairwise(items))


def draw_split(split: str, size: int, seed: int) -> list[tuple[list[Item], str]]:
    """Draw `size` phrases whose English differs."""
    draw, seen, phrases = Draw(split, seed), set(), []
    while len(phrases) < size:
        items, join = draw.phrase()
        words = tuple(token.text for token in phrase(items, join, ENGLISH))
        if readable(items) and len(words) <= LONGEST and words not in seen:
            seen.add(words)
            phrases.append((items, join))
    return phrases


def english_lines(phrases: list[tuple[str, list[Item], str]]) -> list[str]:
    """Return the lines of en.tsv: English tokens, split, kinds of the items."""
    lines = ["English\tsplit\tkinds"]
    for split, items, join in phrases:
        kinds = " ".join(f"{item.kind}.{item.form}" for item in items)
        lines.append(f"{joined(phrase(items, join, ENGLISH))}\t{split}\t{kinds}")
    return lines


def target_lines(language: str, phrases: list[tuple[str, list[Item], str]]) -> list[str]:
    """Return the lines of LANGUAGE.tsv: target tokens, and for each the places of its source tokens, from 0."""
    locale = Locale.parse(language)
    lines = [f"{locale.get_display_name('en')}\talignment"]
    for _, items, join in phrases:
        source, target = phrase(items, join, ENGLISH), phrase(items, join, locale)
        links = (",".join(map(str, places)) or "-" for places in align(source, target))
        lines.append(f"{joined(target)}\t{' '.join(links)}")
    return lines


def joined(tokens: list[Token]) -> str:
    return " ".join(token.text for token in tokens)


def check_closed(lines: list[str], splits: list[str]) -> None:
    """Raise ValueError if a token occurs in validation or test that training does not have."""
    vocabulary, others = set(), set()
    for split, line in zip(splits, lines[1:], strict=True):
        (vocabulary if split == "train" else others).update(line.split("\t")[0].split(" "))
    if others - vocabulary:
        raise ValueError(f"Expected every token in the training split, missing there: {sorted(others - vocabulary)}.")


def make(languages: list[str], sizes: dict[str, int], seed: int) -> dict[str, str]:
    """Return the text of each file by its name without `.xz`."""
    drawn = [(split, *one) for split, size in sizes.items() for one in draw_split(split, size, seed)]
    splits, texts = [split for split, *_ in drawn], {}
    for language in ["en", *languages]:
        lines = english_lines(drawn) if language == "en" else target_lines(language, drawn)
        if sizes == SIZES:  # a small sample cannot be closed
            check_closed(lines, splits)
        texts[f"{language}.tsv"] = "\n".join(lines) + "\n"
    return texts


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--check", action="store_true", help="compare with the files that are there")
    parser.add_argument("--seed", type=int, default=0, help="another seed draws other phrases (default: 0)")
    parser.add_argument("--languages", nargs="+", default=LANGUAGES, metavar="CODE", help="only these")
    parser.add_argument("--output", type=Path, default=Path(__file__).resolve().parent, metavar="FOLDER")
    options = parser.parse_args(arguments)
    if babel.__version__ != BABEL:
        print(f"Made with Babel {BABEL}; this is {babel.__version__}: wording may differ.", file=sys.stderr)
    different = 0
    for name, text in make(options.languages, SIZES, options.seed).items():
        file = options.output / f"{name}.xz"
        if options.check:
            same = file.is_file() and lzma.decompress(file.read_bytes()).decode() == text
            different += not same
            print(f"{name}: {'the same' if same else 'different'}")
        else:
            file.write_bytes(lzma.compress(text.encode(), preset=9 | lzma.PRESET_EXTREME))
            print(f"{name}: {file.stat().st_size:,} bytes")
    return 1 if different else 0


if __name__ == "__main__":
    sys.exit(main())
