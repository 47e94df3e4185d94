"""Re-ranking by hand-computed cases."""

from __future__ import annotations

from datetime import UTC, datetime

import numpy as np

from domain.catalogue import Composer, Track
from domain.diversity import maximal_marginal_relevance, take
from domain.recommendations import Candidate, RecommendationOptions

# Unit vectors in a plane, at right angles or at angles whose cosines are 0.8 and 0.6.
EAST, NORTH = (1.0, 0.0), (0.0, 1.0)
NEAR_EAST = (0.8, 0.6)


def candidate(
    key: int,
    distance: float,
    vector: tuple[float, float] = EAST,
    album: int | None = None,
    composers: tuple[int, ...] = (),
    work: int | None = None,
) -> Candidate:
    track = Track(
        key,
        f"T{key}",
        None,
        None,
        60.0,
        album,
        composers[0] if composers else None,
        None,
        False,
        False,
        datetime(2026, 1, 1, tzinfo=UTC),
        work_id=work,
    )
    people = tuple(Composer(composer, f"C{composer}") for composer in composers)
    return Candidate(track, distance, None, None, (), np.array(vector, dtype=np.float32), people)


def ids(candidates: list[Candidate]) -> list[int]:
    return [c.track.id for c in candidates]


def test_caps_keep_the_nearest_of_each_album_and_composer() -> None:
    found = [
        candidate(1, 0.1, album=1, composers=(1,)),
        candidate(2, 0.2, album=1, composers=(2,)),  # album 1 is full
        candidate(3, 0.3, album=2, composers=(1,)),  # composer 1 is full
        candidate(4, 0.4, album=2, composers=(2,)),
        candidate(5, 0.5, album=3, composers=(3,)),
    ]
    assert ids(take(found, 3, RecommendationOptions(max_per_album=1, max_per_composer=1))) == [1, 4, 5]


def test_a_cap_of_works_counts_movements_together() -> None:
    found = [candidate(1, 0.1, work=7), candidate(2, 0.2, work=7), candidate(3, 0.3, work=8), candidate(4, 0.4)]
    assert ids(take(found, 4, RecommendationOptions(max_per_work=1))) == [1, 3, 4]


def test_one_of_several_composers_counts_for_each() -> None:
    found = [
        candidate(1, 0.1, composers=(1, 2)),
        candidate(2, 0.2, composers=(2,)),  # composer 2 is full
        candidate(3, 0.3, composers=(3, 1)),  # composer 1 is full
        candidate(4, 0.4, composers=(3,)),
    ]
    assert ids(take(found, 4, RecommendationOptions(max_per_composer=1))) == [1, 4]


def test_tracks_without_album_or_composer_are_never_capped() -> None:
    found = [candidate(key, key / 10) for key in (1, 2, 3)]
    assert ids(take(found, 3, RecommendationOptions(max_per_album=1, max_per_composer=1))) == [1, 2, 3]


def test_no_diversity_is_the_order_of_distance() -> None:
    found = [candidate(1, 0.1), candidate(2, 0.2), candidate(3, 0.3, NORTH)]
    assert ids(maximal_marginal_relevance(found, 3, RecommendationOptions(diversity=0.0))) == [1, 2, 3]


def test_diversity_weighs_relevance_against_redundancy() -> None:
    found = [candidate(1, 0.1, EAST), candidate(2, 0.2, NEAR_EAST), candidate(3, 0.5, NORTH)]
    # after 1 (EAST), with d = 0.5:
    #   2: 0.5 · 0.8 − 0.5 · cos(NEAR_EAST, EAST) = 0.5 · 0.8 − 0.5 · 0.8 = 0.00
    #   3: 0.5 · 0.5 − 0.5 · cos(NORTH, EAST)     = 0.5 · 0.5 − 0.5 · 0.0 = 0.25
    assert ids(maximal_marginal_relevance(found, 2, RecommendationOptions(diversity=0.5))) == [1, 3]
    # with d = 0.2:
    #   2: 0.8 · 0.8 − 0.2 · 0.8 = 0.48
    #   3: 0.8 · 0.5 − 0.2 · 0.0 = 0.40
    assert ids(maximal_marginal_relevance(found, 2, RecommendationOptions(diversity=0.2))) == [1, 2]


def test_full_diversity_goes_as_far_away_as_it_can() -> None:
    found = [candidate(1, 0.1, EAST), candidate(2, 0.2, NEAR_EAST), candidate(3, 0.9, NORTH)]
    # after 1: 2 → −0.8, 3 → 0
    assert ids(maximal_marginal_relevance(found, 3, RecommendationOptions(diversity=1.0))) == [1, 3, 2]


def test_diversity_keeps_the_caps_and_fills_what_it_can() -> None:
    found = [candidate(1, 0.1, EAST, album=1), candidate(2, 0.2, NORTH, album=1), candidate(3, 0.3, EAST, album=2)]
    chosen = maximal_marginal_relevance(found, 3, RecommendationOptions(max_per_album=1, diversity=0.5))
    assert ids(chosen) == [1, 3]


def test_nothing_to_choose_from() -> None:
    assert maximal_marginal_relevance([], 5, RecommendationOptions(diversity=0.5)) == []
