"""Word one phrase in one language through Babel, each token tagged with the field it renders.

The wording is the CLDR's: this module only cuts it into tokens and remembers where each came from.
`prepare.py` draws the phrases; `tests/data/test_phrases.py` holds the tokens against Babel's own output.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal

from babel import Locale
from babel.dates import PATTERN_CHAR_ORDER, DateTimeFormat, tokenize_pattern
from babel.numbers import format_currency
from babel.units import format_unit

FIELD = dict(E="weekday", c="weekday", M="month", L="month", d="day", y="year")
FIELD |= dict(h="hour", H="hour", K="hour", k="hour", m="minute", a="period", b="period", B="period")
DASHES = {"–", "-", "—"}


@dataclass(frozen=True)
class Token:
    """A word, a number or a punctuation mark.

    field: what it renders (`day`, `amount`, ...); None: it only holds the others together.
    item: the number of its item in the phrase; None: it belongs to the list around the items.
    part: 0 or 1 in an interval, the end it speaks for; None: the whole item.
    """

    text: str
    field: str | None = None
    item: int | None = None
    part: int | None = None


@dataclass(frozen=True)
class Item:
    """One date, time, interval, amount, measure or distance in time, in no language yet.

    kind: a key of WORDINGS. form: which of the kind's ways to write it. values: what it says.
    """

    kind: str
    form: str
    values: tuple


def literal(text: str) -> list[Token]:
    """Cut the fixed text of a pattern into words (with the dot of an abbreviation) and single marks."""
    return [Token(word) for word in re.findall(r"[^\W\d_]+\.?|[^\s]", text)]


def words(text: str, field: str) -> list[Token]:
    """Cut the text of one field at its spaces."""
    return [Token(word, field) for word in text.split()]


def moment(pattern: str, when: datetime, locale: Locale) -> list[Token]:
    """Fill one CLDR date pattern, e.g. `d 'de' MMMM`."""
    values, tokens = DateTimeFormat(when, locale), []
    for sort, value in tokenize_pattern(pattern):
        if sort == "chars":
            tokens += literal(value)
        else:
            character, count = value
            tokens += words(values[character * count], FIELD[character])
    return tokens


def fill(pattern: str, first: list[Token], second: list[Token]) -> list[Token]:
    """Fill a CLDR pattern of two places, e.g. `{1}, {0}`, with tokens."""
    tokens = []
    for piece in re.split(r"(\{[01]\})", pattern):
        tokens += {"{0}": first, "{1}": second}.get(piece) or literal(piece)
    return tokens


def hour_cycle(locale: Locale) -> str:
    """Return `h` where the locale's short time counts to twelve, else `H`."""
    return "h" if "a" in locale.time_formats["short"].pattern else "H"


def date(form: str, values: tuple, locale: Locale) -> list[Token]:
    if form in ("full", "long"):
        return moment(locale.date_formats[form].pattern, values[0], locale)
    return moment(locale.datetime_skeletons[form].pattern, values[0], locale)


def time(form: str, values: tuple, locale: Locale) -> list[Token]:
    return moment(locale.time_formats[form].pattern, values[0], locale)


def datetime_(form: str, values: tuple, locale: Locale) -> list[Token]:
    return fill(locale.datetime_formats[form], time("short", values, locale), date(form, values, locale))


def between(first: list[Token], second: list[Token]) -> list[Token]:
    """Put the two ends of an interval together: number the parts, tag the dash between them.

    A field that is written once speaks for both ends (March 3 – 5), so it gets no part.
    """
    shared = {token.field for token in first} ^ {token.field for token in second}
    tokens = [
        token if token.field is None or token.field in shared else replace(token, part=part)
        for part, end in enumerate((first, second))
        for token in end
    ]
    last = max(place for place, token in enumerate(first) if token.field)
    dash = next(place for place, token in enumerate(tokens) if place > last and token.text in DASHES)
    tokens[dash] = replace(tokens[dash], field="range")
    return tokens


def interval(form: str, values: tuple, locale: Locale) -> list[Token]:
    """Word an interval by the rule of Unicode TR35: the pattern of the greatest field that differs."""
    start, end = values
    if form == "moments":
        dash = literal(locale.interval_formats[None].replace("{0}", "").replace("{1}", ""))
        return between([*datetime_("long", (start,), locale), *dash], datetime_("long", (end,), locale))
    skeleton = hour_cycle(locale) + "m" if form == "times" else form
    patterns = locale.interval_formats[skeleton]
    first, second = DateTimeFormat(start, locale), DateTimeFormat(end, locale)
    for field in PATTERN_CHAR_ORDER:
        if field in patterns and first.extract(field) != second.extract(field):
            pattern = patterns[field]
            return between(moment(pattern[0], start, locale), moment(pattern[1], end, locale))
    raise ValueError(f"Expected an interval whose ends differ, received {start} and {end}.")


def around(text: str, number: str, before_and_after: str) -> list[Token]:
    """Tag a number and the words around it; the decimal mark only holds its two sides together."""
    before, found, after = text.partition(number)
    if not found:
        raise ValueError(f"Expected the number {number} in the wording {text!r}.")
    whole, mark, cents = re.fullmatch(r"(\d+)(?:(\D)(\d+))?", number).groups()
    inner = [Token(whole, "number"), *([Token(mark), Token(cents, "cents")] if mark else [])]
    return [*words(before, before_and_after), *inner, *words(after, before_and_after)]


def amount(form: str, values: tuple, locale: Locale) -> list[Token]:
    number = values[0].replace(".", locale.number_symbols["latn"]["decimal"])
    return around(money(form, values, locale), number, "currency")


def money(form: str, values: tuple, locale: Locale) -> str:
    """Return an amount as Babel writes it, `form` being `name` (12 euros) or `symbol` (€12.50)."""
    number, currency = values
    style = "name" if form == "name" else "standard"
    return format_currency(Decimal(number), currency, locale=locale, format_type=style, currency_digits="." in number)


def measure(form: str, values: tuple, locale: Locale) -> list[Token]:
    number, unit = values
    return around(quantity(number, unit, locale), str(number), "unit")


def quantity(number: int, unit: str, locale: Locale) -> str:
    """Return a measure as Babel writes it in full, e.g. `5 kilometers`.

    Where a language has no long form of its own, TR35 takes the short one; Babel would print the unit's code.
    """
    texts = (format_unit(number, unit, length, locale=locale) for length in ("long", "short"))
    return next(text for text in texts if unit not in text)


def distance_pattern(form: str, number: int, unit: str, locale: Locale) -> str:
    """Return the CLDR's words for so many units from now (`future`) or ago (`past`), e.g. `{0} days ago`."""
    return locale._data["date_fields"][unit][form][locale.plural_form(number)]


def distance(form: str, values: tuple, locale: Locale) -> list[Token]:
    """Word a distance in time. The words that every unit has in common tell the direction, the others the unit."""
    number, unit = values
    patterns = [distance_pattern(form, number, other, locale) for other in DISTANCES]
    common = set.intersection(*(set(pattern.split()) for pattern in patterns)) - {"{0}"}
    tokens = around(distance_pattern(form, number, unit, locale).replace("{0}", str(number)), str(number), "unit")
    return [replace(t, field="direction") if t.text in common else t for t in tokens]


DISTANCES = ("hour", "day", "week", "month", "year")
WORDINGS = dict(
    date=date, time=time, datetime=datetime_, interval=interval, amount=amount, measure=measure, distance=distance
)


def phrase(items: list[Item], join: str, locale: Locale) -> list[Token]:
    """Word a list of items, joined as `and` or `or`."""
    parts = [
        [replace(token, item=number) for token in WORDINGS[item.kind](item.form, item.values, locale)]
        for number, item in enumerate(items)
    ]
    if len(parts) == 1:
        return parts[0]
    patterns = locale.list_patterns["or" if join == "or" else "standard"]
    if len(parts) == 2:
        tokens = fill(patterns["2"], *parts)
    else:  # from the right, as TR35 has it
        tokens = fill(patterns["end"], parts[-2], parts[-1])
        for part in reversed(parts[1:-2]):
            tokens = fill(patterns["middle"], part, tokens)
        tokens = fill(patterns["start"], parts[0], tokens)
    outside = lambda token: token.item is None and token.text[0].isalpha()
    return [replace(token, field="join") if outside(token) else token for token in tokens]


def align(source: list[Token], target: list[Token]) -> list[list[int]]:
    """Return for each target token the positions of the source tokens that it comes from, none for mere glue.

    Two tokens are aligned when they render the same field of the same end of the same item. An hour from 0 to 23
    comes from the hour and from AM or PM, where the target writes neither.
    """
    periods = {token.item for token in target if token.field == "period"}

    def fits(ours: Token, theirs: Token) -> bool:
        fields = {ours.field}
        if ours.field == "hour" and ours.item not in periods:
            fields.add("period")
        parts = {ours.part, theirs.part}
        same_end = len(parts) == 1 or None in parts
        return ours.field is not None and theirs.field in fields and ours.item == theirs.item and same_end

    return [[j for j, theirs in enumerate(source) if fits(ours, theirs)] for ours in target]
