"""Dates as catalogues write them: single, partial, or several, read only where there is one reading."""

from __future__ import annotations

import re
import unicodedata
from calendar import monthrange
from collections.abc import Iterable
from datetime import date
from enum import StrEnum
from functools import lru_cache
from itertools import pairwise

from domain.date_ranges import DateRange, Precision
from domain.date_words import MONTH, MONTHS, WEEKDAY

# A file shows its order of day and month when so many of its dates have one reading only, and none contradicts.
DATES_THAT_SHOW_AN_ORDER = 2
EARLIEST_YEAR, LATEST_YEAR = 1000, 2999

_AND = r"\s*(?:-|\bto\b|\band\b|&|\bthrough\b|\buntil\b|\bbis\b|\bund\b|\bau\b|\bet\b|;)\s*"
# Where a text falls apart into dates, the surest first.
_SEPARATORS = tuple(
    re.compile(pattern)
    for pattern in (
        r"\s+-\s+",
        r"\s+(?:to|and|&|through|until|bis|und|au|et)\s+",
        r"\s*;\s*",
        r"\s*,\s+(?=\d)",
        r"/(?=\d{4}-)",
        r"-",
    )
)

_DAY = r"(?P<day>\d{1,2})(?:st|nd|rd|th|\.)?"
_MONTH = rf"(?P<name>{MONTH})\.?"
_YEAR = r"(?P<year>\d{4})"
_FORMS = tuple(
    re.compile(pattern)
    for pattern in (
        _YEAR,
        rf"{_YEAR}-(?P<month>\d{{2}})(?:-(?P<day>\d{{2}})(?:[t ]\d.*)?)?",  # ISO 8601; zeros stand for what is unknown
        rf"{_YEAR}(?P<month>\d{{2}})(?P<day>\d{{2}})",
        rf"{_YEAR}(?P<mark>[/.])(?P<month>\d{{1,2}})(?P=mark)(?P<day>\d{{1,2}})",
        rf"(?P<month>\d{{1,2}})[/.]{_YEAR}",
        r"(?P<first>\d{1,2})(?P<mark>[/.-])(?P<second>\d{1,2})(?P=mark)(?P<third>\d{4}|\d{2})",
        rf"{_DAY}[ -]?{_MONTH},?[ -]?(?P<year>\d{{4}}|(?<=-)\d{{2}})",  # two digits as spreadsheets write: 26-Jul-08
        rf"{_MONTH} ?{_DAY},? {_YEAR}",
        rf"{_MONTH},?[ -]?{_YEAR}",
        rf"{_YEAR}[ -]{_MONTH}(?:[ -]{_DAY})?",
    )
)
_SPANS = tuple(
    re.compile(pattern)
    for pattern in (
        rf"(?P<head>{MONTH}\.?) (?P<a>\d{{1,2}}){_AND}(?P<b>\d{{1,2}}),? (?P<year>\d{{4}})",
        rf"(?P<a>\d{{1,2}})\.?{_AND}(?P<b>\d{{1,2}})\.? (?P<head>{MONTH}\.?),? (?P<year>\d{{4}})",
    )
)
_SHORT_YEARS = re.compile(r"(\d{2})(\d{2})[-/](\d{2})")


class DateOrder(StrEnum):
    """What the first number of 3/4/2008 is. A year comes first only where it has two digits."""

    MONTH_FIRST = "MONTH_FIRST"
    DAY_FIRST = "DAY_FIRST"
    YEAR_FIRST = "YEAR_FIRST"


def read_date(text: str | None, order: DateOrder | None = None) -> DateRange | None:
    """What `text` means where it can mean one thing only, or where `order` decides between its readings; else None.

    "2015" is all of 2015, "7/30/1998 - 8/8/1998" ten days of which the first shows the order of the second,
    "3/4/2008" alone nothing. Years of two digits are the latest that is not in the future.
    """
    found = readings(text)
    if len(set(found.values())) == 1:
        return next(iter(found.values()))
    return found.get(order) if order else None


@lru_cache(maxsize=4096)
def readings(text: str | None) -> dict[DateOrder, DateRange]:
    """What `text` means in each order in which it is a date: nothing for "Summer", two things for "3/4/2008"."""
    line = WEEKDAY.sub("", _plain(text or ""))
    found = {order: _read(line, order) for order in DateOrder}
    return {order: meant for order, meant in found.items() if meant}


def order_of(texts: Iterable[str]) -> DateOrder | None:
    """The order that all dates of one source share, shown by those that have no other reading.

    None where fewer than two show one, and where they contradict each other.
    """
    shown: dict[DateOrder, set[str]] = {}
    for text in texts:
        found = readings(text)
        if len(found) == 1:
            shown.setdefault(next(iter(found)), set()).add(text)
    if len(shown) != 1:
        return None
    [(order, dates)] = shown.items()
    return order if len(dates) >= DATES_THAT_SHOW_AN_ORDER else None


def _plain(text: str) -> str:
    line = re.sub(r"[‐‑‒–—−]", "-", unicodedata.normalize("NFKC", text)).casefold()
    return " ".join(line.split())


def _read(line: str, order: DateOrder) -> DateRange | None:
    return _point(line, order) or _span(line, order) or _several(line, order)


def _several(line: str, order: DateOrder) -> DateRange | None:
    """Dates in ascending order, from the first one's first day to the last one's last."""
    for separator in _SEPARATORS:
        *heads, tail = separator.split(line)
        if not heads:
            continue
        last = _point(tail, order)
        year = re.search(r"\d{4}", tail)
        if not last or not year:
            continue
        # "July 30 - August 8, 1998": what has no year has the last one's.
        parts = [_point(part, order) or _point(_with_year(part, year[0]), order) for part in heads]
        return _joined([*parts, last])
    return None


def _with_year(part: str, year: str) -> str:
    return f"{part}/{year}" if re.fullmatch(r"\d{1,2}/\d{1,2}", part) else f"{part.rstrip(',')} {year}"


def _span(line: str, order: DateOrder) -> DateRange | None:
    """ "July 4-6, 1999", "4-6 July 1999", "1997-98"."""
    for form in _SPANS:
        if found := form.fullmatch(line):
            ends = [_point(f"{found['head']} {found[day]}, {found['year']}", order) for day in ("a", "b")]
            return _joined(ends)
    if (short := _SHORT_YEARS.fullmatch(line)) and int(short[3]) > 12:  # up to 12 it may be a month
        return _joined([_point(short[1] + short[2], order), _point(short[1] + short[3], order)])
    return None


def _joined(parts: list[DateRange | None]) -> DateRange | None:
    known = [part for part in parts if part]
    if len(known) < len(parts) or any(one.first > other.first for one, other in pairwise(known)):
        return None
    coarseness = list(Precision)
    return DateRange(known[0].first, known[-1].last, max((part.precision for part in known), key=coarseness.index))


def _point(line: str, order: DateOrder) -> DateRange | None:
    for form in _FORMS:
        if (found := form.fullmatch(line)) and (meant := _of_parts(found.groupdict(), order)):
            return meant
    return None


def _of_parts(parts: dict[str, str | None], order: DateOrder) -> DateRange | None:
    if "first" in parts:
        return _of_numbers(str(parts["first"]), str(parts["second"]), str(parts["third"]), order)
    month = MONTHS[parts["name"] or ""] if parts.get("name") else int(parts.get("month") or 0)
    return _range(_whole_year(parts["year"] or ""), month, int(parts.get("day") or 0))


def _of_numbers(first: str, second: str, third: str, order: DateOrder) -> DateRange | None:
    if order is DateOrder.YEAR_FIRST:
        one_reading = len(third) == 4 or len(first) == 1
        return None if one_reading else _range(_whole_year(first), int(second), int(third), whole=True)
    day, month = (second, first) if order is DateOrder.MONTH_FIRST else (first, second)
    return _range(_whole_year(third), int(month), int(day), whole=True)


def _whole_year(year: str) -> int:
    if len(year) == 4:
        return int(year)
    this = date.today().year  # noqa: DTZ011 -- a day more or less is nothing to a century
    return this - (this - int(year)) % 100


def _range(year: int, month: int, day: int, *, whole: bool = False) -> DateRange | None:
    """`whole`: month and day must be there."""
    if not EARLIEST_YEAR <= year <= LATEST_YEAR or (whole and not (month and day)):
        return None
    try:
        if not month:
            return DateRange(date(year, 1, 1), date(year, 12, 31), Precision.YEAR) if not day else None
        if not day:
            last = date(year, month, monthrange(year, month)[1])
            return DateRange(date(year, month, 1), last, Precision.MONTH)
        return DateRange(date(year, month, day), date(year, month, day), Precision.DAY)
    except ValueError:
        return None
