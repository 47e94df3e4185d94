"""Dates as catalogues write them."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.date_ranges import DateRange, Precision
from domain.date_words import MONTHS
from domain.dates import DateOrder, order_of, read_date, readings

DAY, MONTH, YEAR = Precision


def day(year: int, month: int, number: int) -> DateRange:
    return DateRange(date(year, month, number), date(year, month, number), DAY)


@pytest.mark.parametrize(
    ("text", "first", "last", "precision"),
    [
        ("2015", (2015, 1, 1), (2015, 12, 31), YEAR),
        ("2016-02", (2016, 2, 1), (2016, 2, 29), MONTH),
        ("2015-08-15", (2015, 8, 15), (2015, 8, 15), DAY),
        ("2015-08-15T20:00:00Z", (2015, 8, 15), (2015, 8, 15), DAY),
        ("2015-00-00", (2015, 1, 1), (2015, 12, 31), YEAR),
        ("2015-08-00", (2015, 8, 1), (2015, 8, 31), MONTH),
        ("20150815", (2015, 8, 15), (2015, 8, 15), DAY),
        ("26-Jul-08", (2008, 7, 26), (2008, 7, 26), DAY),
        ("10-May-98", (1998, 5, 10), (1998, 5, 10), DAY),
        ("8/15/2017 and 8/16/2017", (2017, 8, 15), (2017, 8, 16), DAY),
        ("7/30/1998 - 8/8/1998", (1998, 7, 30), (1998, 8, 8), DAY),
        ("7/30 - 8/8/1998", (1998, 7, 30), (1998, 8, 8), DAY),
        ("15.8.2017", (2017, 8, 15), (2017, 8, 15), DAY),
        ("8/15/17", (2017, 8, 15), (2017, 8, 15), DAY),
        ("5/5/2015", (2015, 5, 5), (2015, 5, 5), DAY),
        ("1997 to 2006", (1997, 1, 1), (2006, 12, 31), YEAR),
        ("1997–2006", (1997, 1, 1), (2006, 12, 31), YEAR),
        ("1997-98", (1997, 1, 1), (1998, 12, 31), YEAR),
        ("2003 to June 2006", (2003, 1, 1), (2006, 6, 30), YEAR),
        ("August 2003", (2003, 8, 1), (2003, 8, 31), MONTH),
        ("8/2017", (2017, 8, 1), (2017, 8, 31), MONTH),
        ("July-August 2003", (2003, 7, 1), (2003, 8, 31), MONTH),
        ("Saturday, July 4, 1999", (1999, 7, 4), (1999, 7, 4), DAY),
        ("July 4-6, 1999", (1999, 7, 4), (1999, 7, 6), DAY),
        ("4 – 6 July 1999", (1999, 7, 4), (1999, 7, 6), DAY),
        ("July 30 - August 8, 1998", (1998, 7, 30), (1998, 8, 8), DAY),
        ("1. März 2001", (2001, 3, 1), (2001, 3, 1), DAY),
        ("1998-07-30/1998-08-08", (1998, 7, 30), (1998, 8, 8), DAY),
    ],
)
def test_dates_with_one_reading(
    text: str, first: tuple[int, int, int], last: tuple[int, int, int], precision: Precision
) -> None:
    assert read_date(text) == DateRange(date(*first), date(*last), precision)


@pytest.mark.parametrize(
    "text",
    ["Summer 2003", "c. 1997", "1990s", "Aug-03", "26 Jul 08", "2015-13-01", "2015-02-30", "0000", "1/2/3", "2015 2016",
     "8/8/1998 - 7/30/1998", "", "NaN", None],
)  # fmt: skip
def test_what_is_no_date_in_any_order(text: str | None) -> None:
    assert readings(text) == {}
    assert read_date(text, DateOrder.MONTH_FIRST) is None


def test_an_ambiguous_date_is_not_guessed_unless_its_order_is_known() -> None:
    assert read_date("3/4/2008") is None
    assert read_date("3/4/2008", DateOrder.MONTH_FIRST) == day(2008, 3, 4)
    assert read_date("3/4/2008", DateOrder.DAY_FIRST) == day(2008, 4, 3)
    assert read_date("15/8/17") is None  # 15 August 2017, or 2015-08-17
    assert read_date("15/8/17", DateOrder.YEAR_FIRST) == day(2015, 8, 17)
    assert set(readings("10/11/12")) == set(DateOrder)
    # A date with one reading keeps it in whatever company.
    assert read_date("15/8/2017", DateOrder.MONTH_FIRST) == day(2017, 8, 15)


def test_the_other_dates_show_the_order() -> None:
    ambiguous = ["3/4/2008", "2015", "26-Jul-08", "5/5/2015"]
    assert order_of(ambiguous) is None
    assert order_of([*ambiguous, "8/15/2017", "8/15/2017"]) is None  # one date, twice
    assert order_of([*ambiguous, "8/15/2017", "5/11/2018 - 5/20/2018"]) is DateOrder.MONTH_FIRST
    assert order_of(["15/8/2017", "31.1.2017"]) is DateOrder.DAY_FIRST
    assert order_of(["15/8/2017", "16/8/2017", "8/15/2017", "8/16/2017"]) is None


def test_short_years_are_never_in_the_future() -> None:
    this = date.today().year  # noqa: DTZ011 -- as the reader does
    assert read_date(f"1-Jan-{this % 100:02}") == day(this, 1, 1)
    assert read_date(f"1-Jan-{(this + 1) % 100:02}") == day(this + 1 - 100, 1, 1)


def test_no_name_is_that_of_two_months() -> None:
    assert sorted(set(MONTHS.values())) == list(range(1, 13))
    assert (MONTHS["juin"], MONTHS["juillet"]) == (6, 7)


@given(st.dates(date(1000, 1, 1), date(2999, 12, 31)))
def test_what_one_writes_plainly_is_read_back(when: date) -> None:
    meant = DateRange(when, when, DAY)
    spelled = when.strftime("%B"), f"{when.year:04}"
    assert read_date(when.isoformat()) == meant
    assert read_date(f"{spelled[0]} {when.day}, {spelled[1]}") == meant
    assert read_date(f"{when.month}/{when.day}/{when.year}", DateOrder.MONTH_FIRST) == meant


@given(st.text(alphabet="0123456789/-. tojulyandug,", max_size=24))
def test_nothing_makes_it_stumble(text: str) -> None:
    for meant in readings(text).values():
        assert meant.first <= meant.last
