"""Shifts: work in the hours, rest in between, and go on by itself."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from threading import Event

from domain.hours import Hours
from jobs.shifts import Shifts


def clock(*times: str) -> Iterator[datetime]:
    for time in times:
        hour, minute = map(int, time.split(":"))
        yield datetime(2026, 5, 3, hour, minute, tzinfo=UTC)


def test_it_rests_until_the_hours_begin_and_works_until_they_end() -> None:
    stopping = Event()
    told: list[object] = []
    # Asked: whether to work, until when, still no; in between, until it is time; at work, at work, over; until when.
    ticks = clock("20:00", "20:00", "20:30", "22:00", "22:00", "3:00", "5:59", "6:00", "6:00", "6:00", "6:01")
    shifts = Shifts(Hours.parse("22:00-06:00"), stopping=stopping, clock=lambda: next(ticks), look_up_seconds=0.001)

    def work() -> None:
        told.append("work")
        while not shifts.is_over:
            told.append("item")

    def rest(until: datetime | None) -> None:
        told.append(f"rest until {until:%H:%M}" if until else "up again")
        if told.count("rest until 22:00") == 2:
            stopping.set()

    shifts.keep(work, rest)
    assert told == ["rest until 22:00", "up again", "work", "item", "item", "rest until 22:00"]


def test_without_hours_it_is_always_time() -> None:
    stopping = Event()
    told: list[str] = []

    def work() -> None:
        assert not shifts.is_over
        told.append("work")
        stopping.set()
        assert shifts.is_over

    shifts = Shifts(Hours(), stopping=stopping)
    shifts.keep(work, lambda until: told.append("rest"))
    assert told == ["work"]
