from __future__ import annotations

import pytest

from domain.errors.asking import InvalidFilter, InvalidOption, InvalidPageSize
from domain.recommendations import RecommendationOptions, SimilarRequest, TrackFilter


@pytest.mark.parametrize("first", [0, -1, 101, 2_147_483_647])
def test_a_list_holds_one_to_a_hundred(first: int) -> None:
    with pytest.raises(InvalidPageSize, match=str(first)):
        SimilarRequest(track_id=1, first=first)


@pytest.mark.parametrize("first", [1, 100])
def test_the_ends_are_allowed(first: int) -> None:
    assert SimilarRequest(track_id=1, first=first).first == first


def test_a_filter_selects_unless_it_only_excludes() -> None:
    assert not TrackFilter().selects
    assert not TrackFilter(exclude_track_ids=(1,)).selects
    assert TrackFilter(album_ids=(1,), exclude_track_ids=(1,)).selects


def test_reversed_ranges_and_long_lists_are_refused() -> None:
    with pytest.raises(InvalidFilter, match="min_duration_seconds"):
        TrackFilter(min_duration_seconds=60, max_duration_seconds=59)
    with pytest.raises(InvalidFilter, match="year_from"):
        TrackFilter(year_from=2000, year_to=1999)
    with pytest.raises(InvalidFilter, match="1001 entries"):
        TrackFilter(exclude_track_ids=tuple(range(1_001)))


@pytest.mark.parametrize(
    "options", [{"max_per_album": 0}, {"max_per_composer": -1}, {"diversity": 1.01}, {"diversity": float("nan")}]
)
def test_options_out_of_range_are_refused(options: dict[str, float]) -> None:
    with pytest.raises(InvalidOption, match=next(iter(options))):
        RecommendationOptions(**options)  # type: ignore[arg-type]
