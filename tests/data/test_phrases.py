"""Is `phrases` what its README says: Babel's own wording, rightly aligned, closed, and split without a leak?"""

import importlib.util
import re
import sys
from datetime import datetime
from functools import cache
from pathlib import Path

import babel
import numpy as np
import pytest
from babel import Locale
from babel.dates import format_date, format_interval, format_skeleton, format_time, format_timedelta
from babel.lists import format_list
from babel.units import format_unit

from autograder.toolbox.datasets import SPLITS, languages, phrases

FOLDER = Path(__file__).resolve().parents[2] / "data" / "phrases"
SMALL = {"train": 30, "validation": 5, "test": 5}
ENGLISH = Locale.parse("en")
CODES = sorted(languages())


def script(name):
    spec = importlib.util.spec_from_file_location(f"phrases_{name}", FOLDER / f"{name}.py")
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


prepare = script("prepare")
wording = sys.modules["wording"]
Item = wording.Item
cached = cache(phrases)

DAY, LATER = datetime(2024, 3, 3, 17, 30), datetime(2024, 4, 5, 18, 0)
ITEMS = {
    "full date": (Item("date", "full", (DAY,)), lambda code: format_date(DAY, "full", code)),
    "month": (Item("date", "yMMMM", (DAY,)), lambda code: format_skeleton("yMMMM", DAY, locale=code)),
    "time": (Item("time", "short", (DAY,)), lambda code: format_time(DAY, "short", locale=code)),
    "days": (
        Item("interval", "yMMMEd", (DAY, LATER)),
        lambda code: format_interval(DAY, LATER, "yMMMEd", locale=code),
    ),
    "amount": (
        Item("amount", "name", ("12.50", "USD")),
        lambda code: babel.numbers.format_currency(12.5, "USD", locale=code, format_type="name"),
    ),
    "measure": (
        Item("measure", "long", (5, "speed-kilometer-per-hour")),
        lambda code: format_unit(5, "speed-kilometer-per-hour", "long", locale=code),
    ),
    "distance": (
        Item("distance", "past", (3, "day")),
        lambda code: format_timedelta(-3 * 86400, granularity="day", add_direction=True, locale=code, threshold=3),
    ),
}


def squeezed(text):
    return re.sub(r"\s", "", text)


def words(tokens):
    return "".join(token.text for token in tokens)


class TestWording:
    @pytest.mark.parametrize("item", ITEMS)
    def test_is_it_what_babel_writes(self, item):
        ours, theirs = ITEMS[item]
        different = {
            code: theirs(code)
            for code in ["en", *CODES]
            if words(wording.phrase([ours], "and", Locale.parse(code))) != squeezed(theirs(code))
        }
        assert different == {}

    @pytest.mark.parametrize("count", [2, 3, 5])
    def test_is_the_list_what_babel_writes(self, count):
        items = [Item("measure", "long", (number, "length-meter")) for number in range(2, 2 + count)]
        for code in CODES:
            theirs = format_list(
                [format_unit(i.values[0], "length-meter", "long", locale=code) for i in items], "or", code
            )
            assert words(wording.phrase(items, "or", Locale.parse(code))) == squeezed(theirs)

    @pytest.mark.parametrize("form", ["MMMd", "yMMMd", "yMMMM", "yMMMEd", "times", "moments"])
    def test_has_an_interval_one_dash(self, form):
        for code in ["en", *CODES]:
            tokens = wording.phrase([Item("interval", form, (DAY, LATER))], "and", Locale.parse(code))
            assert [token.field for token in tokens].count("range") == 1, code


def aligned(language, *items):
    """Return (target word, its source words) for each target token that has any."""
    source, target = (wording.phrase(list(items), "and", Locale.parse(code)) for code in ("en", language))
    links = wording.align(source, target)
    return [(t.text, [source[j].text for j in places]) for t, places in zip(target, links, strict=True) if places]


class TestAlignment:
    def test_does_an_hour_to_23_come_from_hour_and_period(self):
        assert aligned("es", Item("time", "short", (DAY,))) == [("17", ["5", "PM"]), ("30", ["30"])]

    def test_does_an_hour_to_12_come_from_the_hour_alone(self):
        assert aligned("el", Item("time", "short", (DAY,))) == [("5", ["5"]), ("30", ["30"]), ("μ.μ.", ["PM"])]

    def test_does_a_shared_period_speak_for_both_ends(self):
        ends = (datetime(2024, 3, 3, 13, 5), datetime(2024, 3, 3, 14, 10))
        hours = aligned("es", Item("interval", "times", ends))
        assert hours == [("13", ["1", "PM"]), ("05", ["05"]), ("–", ["–"]), ("14", ["2", "PM"]), ("10", ["10"])]

    def test_does_word_order_follow_the_language(self):
        assert aligned("hu", Item("date", "full", (DAY,))) == [
            ("2024", ["2024"]), ("március", ["March"]), ("3", ["3"]), ("vasárnap", ["Sunday"])
        ]  # fmt: skip

    def test_are_direction_and_unit_told_apart(self):
        assert aligned("es", Item("distance", "past", (3, "day"))) == [
            ("hace", ["ago"]),
            ("3", ["3"]),
            ("días", ["days"]),
        ]

    def test_does_each_item_keep_to_itself(self):
        same = Item("measure", "long", (5, "length-meter"))
        source, target = (wording.phrase([same, same], "and", Locale.parse(code)) for code in ("en", "es"))
        assert wording.align(source, target) == [[0], [1], [2], [3], [4]]


def tokens(phrases):
    return set(" ".join(phrases).split(" "))


def said(item):
    """Return what an item says, whatever its form: its dates, its times of day, its number with its unit."""
    if item.kind in ("amount", "measure", "distance"):
        return {(item.kind, *item.values)}
    clocks = item.kind in ("time", "datetime") or item.form in ("times", "moments")
    days = {prepare.NAMES["long" if item.form == "moments" else item.form](day) for day in item.values
            if item.form not in ("short", "times")}  # fmt: skip
    return days | ({("time", when.hour, when.minute) for when in item.values} if clocks else set())


class TestFiles:
    def test_are_there_twelve_languages(self):
        assert len(CODES) >= 12

    def test_are_they_small(self):
        assert sum(file.stat().st_size for file in FOLDER.iterdir() if file.is_file()) < 3_000_000

    def test_does_a_seed_give_the_same_text_twice(self):
        assert prepare.make(["tr"], SMALL, seed=1) == prepare.make(["tr"], SMALL, seed=1)

    @pytest.mark.skipif(babel.__version__ != prepare.BABEL, reason="the files were made with another Babel")
    def test_are_the_files_what_the_script_writes(self):
        start = prepare.make(["es"], {"train": 50}, seed=0)["es.tsv"].splitlines()[1:]
        assert [line.split("\t")[0] for line in start] == cached("es").train.target[:50].tolist()

    def test_do_the_splits_share_no_phrase(self):
        data = cached("es")
        sources = [set(getattr(data, split).source) for split in SPLITS]
        assert len(set.union(*sources)) == sum(len(getattr(data, split)) for split in SPLITS)

    def test_do_the_splits_share_no_value(self):
        splits = [
            {value for items, _ in prepare.draw_split(split, 150, 0) for item in items for value in said(item)}
            for split in SPLITS
        ]
        assert len(set.union(*splits)) == sum(len(values) for values in splits)

    @pytest.mark.parametrize("code", ["es", "ru", "vi"])  # prepare.py checks them all before it writes
    def test_is_every_token_of_test_in_training(self, code):
        data = cached(code)
        assert tokens(data.validation.target) | tokens(data.test.target) <= tokens(data.train.target)

    def test_is_every_english_token_of_test_in_training(self):
        data = cached("es")
        assert tokens(data.validation.source) | tokens(data.test.source) <= tokens(data.train.source)

    def test_does_no_day_stand_before_a_time(self):
        assert not prepare.readable([Item("date", "long", (DAY,)), Item("time", "short", (DAY,))])

    def test_is_a_year_aligned_with_itself(self):
        data = cached("it").test
        for row in range(200):
            truth = data.alignment(row)
            source, target = data.source[row].split(" "), data.target[row].split(" ")
            for line in np.flatnonzero(truth.any(axis=1)):
                if target[line].isdigit() and truth[line].sum() == 1 and len(target[line]) == 4:
                    assert source[truth[line].argmax()] == target[line]
