"""Dates as catalogues write them."""

from __future__ import annotations

from datetime import date

import pytest

from jobs.importing.dates import parse_date


@pytest.mark.parametrize(
    ("text", "first", "last"),
    [
        ("2015", date(2015, 1, 1), date(2015, 12, 31)),
        ("2016-02", date(2016, 2, 1), date(2016, 2, 29)),
        ("2015-08-15", date(2015, 8, 15), date(2015, 8, 15)),
        ("2015-08-15T20:00:00Z", date(2015, 8, 15), date(2015, 8, 15)),
        ("2015-00-00", date(2015, 1, 1), date(2015, 12, 31)),
        ("2015-08-00", date(2015, 8, 1), date(2015, 8, 31)),
    ],
)
def test_years_and_iso_dates_are_ranges_of_days(text: str, first: date, last: date) -> None:
    assert parse_date(text) == (first, last)


@pytest.mark.parametrize(
    "text", ["26-Jul-08", "8/15/2017", "1997 to 2006", "2015-13-01", "2015-02-30", "0000", "", None]
)
def test_everything_else_is_not_guessed(text: str | None) -> None:
    assert parse_date(text) == (None, None)
