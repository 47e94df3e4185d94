"""Lengths as catalogues write them."""

from __future__ import annotations

import pytest

from jobs.importing.catalogue.durations import agrees, clock, read_durations


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("0:07:51", (471.0,)),  # 7 × 60 + 51
        ("1:00:00.5", (3600.5,)),
        ("7:51", (471.0, 28_260.0)),  # minutes and seconds, or 7 × 3600 + 51 × 60
        ("471", (471.0, 0.471)),
        ("471000", (471_000.0, 471.0)),
        ("471000 ms", (471.0,)),
        ("471.5 s", (471.5,)),
        ("471,5 sec.", (471.5,)),
        ("8 min", (480.0,)),
        ("PT7M51S", (471.0,)),
        ("1h 2m 3s", (3723.0,)),
        ("about 8", ()),
        ("", ()),
        ("::", ()),
    ],
)
def test_lengths(text: str, meant: tuple[float, ...]) -> None:
    assert read_durations(text) == meant


def test_two_seconds_or_half_a_percent_are_no_difference() -> None:
    assert agrees((100.0,), 102.0)
    assert not agrees((100.0,), 102.1)
    assert agrees((2_000.0,), 2_010.0)  # half a percent of 2,010 is 10.05
    assert not agrees((2_000.0,), 2_010.1)
    assert agrees((471_000.0, 471.0), 470.0)
    assert not agrees((), 470.0)


def test_a_clock_rounds_to_seconds() -> None:
    assert (clock(471.4), clock(3_599.6), clock(90_061)) == ("0:07:51", "1:00:00", "25:01:01")
