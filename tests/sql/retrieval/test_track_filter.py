"""A filter's SQL: parameters only, and as many of them as there are conditions."""

from __future__ import annotations

from domain.recommendations import TrackFilter
from sql.retrieval.track_filter import conditions


def test_an_empty_filter_is_true() -> None:
    matches, parameters = conditions(TrackFilter())
    assert matches.as_string(None) == "TRUE"
    assert parameters == {}


def test_every_condition_binds_its_values_by_name() -> None:
    matches, parameters = conditions(
        TrackFilter(
            album_ids=(1, 2),
            composer_ids=(3,),
            performers=("Ana", "B\0b", "\ud800"),
            tags=("slow",),
            min_duration_seconds=60,
            max_duration_seconds=90,
            year_to=2000,
            exclude_track_ids=(4,),
        )
    )
    assert parameters == {
        "filter_album_ids": [1, 2],
        "filter_composer_ids": [3],
        # What PostgreSQL's text cannot hold is no performer's name.
        "filter_performers": ["Ana"],
        "filter_space": "musicnn-mtt",
        "filter_tags": ["slow"],
        "filter_min_duration_seconds": 60,
        "filter_max_duration_seconds": 90,
        "filter_year_from": None,
        "filter_year_to": 2000,
        "filter_exclude_track_ids": [4],
    }
    text = matches.as_string(None)
    assert all(f"%({name})s" in text for name in parameters)


def test_filters_of_one_shape_share_their_text() -> None:
    one, _ = conditions(TrackFilter(tags=("slow",), performers=("Ana",)))
    other, _ = conditions(TrackFilter(tags=("piano", "fast"), performers=("'; DROP TABLE tracks; --",)))
    assert one.as_string(None) == other.as_string(None)
