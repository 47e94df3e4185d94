"""Hours of the day: read, and asked whether it is time."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from domain.hours import Hours


def at(clock: str, day: int = 3) -> datetime:
    hour, minute = map(int, clock.split(":"))
    return datetime(2026, 5, day, hour, minute, 30, tzinfo=UTC)


@pytest.mark.parametrize(
    ("text", "within", "without"),
    [
        ("", ["0:00", "12:00", "23:59"], []),
        ("9:00-17:30", ["9:00", "17:29"], ["8:59", "17:30", "0:00"]),
        ("22:00-06:00", ["22:00", "23:59", "0:00", "5:59"], ["6:00", "12:00", "21:59"]),
        ("12:00 - 13:00, 22:00-06:00", ["12:59", "3:00"], ["13:00", "11:59", "21:00"]),
        ("18:00-24:00", ["18:00", "23:59"], ["0:00", "17:59"]),
        ("18:00-0:00", ["18:00", "23:59"], ["0:00", "17:59"]),
        ("00:00-24:00", ["0:00", "12:00", "23:59"], []),
    ],
)
def test_what_is_within(text: str, within: list[str], without: list[str]) -> None:
    hours = Hours.parse(text)
    assert [clock for clock in within + without if hours.include(at(clock))] == within


@pytest.mark.parametrize(
    ("text", "now", "begin"),
    [
        ("22:00-06:00", at("21:59"), datetime(2026, 5, 3, 22, 0, tzinfo=UTC)),
        ("22:00-06:00", at("6:00"), datetime(2026, 5, 3, 22, 0, tzinfo=UTC)),
        ("09:15-17:00", at("17:00"), datetime(2026, 5, 4, 9, 15, tzinfo=UTC)),
        ("9:00-10:00,20:00-21:00", at("10:00"), datetime(2026, 5, 3, 20, 0, tzinfo=UTC)),
        ("9:00-10:00,20:00-21:00", at("23:00"), datetime(2026, 5, 4, 9, 0, tzinfo=UTC)),
        ("22:00-06:00", at("3:00"), at("3:00")),
        ("", at("3:00"), at("3:00")),
    ],
)
def test_when_it_begins(text: str, now: datetime, begin: datetime) -> None:
    assert Hours.parse(text).next_begin(now) == begin


def test_it_is_written_as_it_is_read() -> None:
    assert str(Hours.parse(" 9:00-17:30 ,22:00 - 06:00,")) == "09:00-17:30,22:00-06:00"
    assert str(Hours.parse("")) == ""


@pytest.mark.parametrize(
    "text", ["22-6", "22:00", "25:00-06:00", "24:00-06:00", "22:60-06:00", "8:00-24:01", "x", "8:00-8:00"]
)
def test_what_is_none_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=text):
        Hours.parse(text)
