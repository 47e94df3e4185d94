"""What counts for and against, and how much."""

from __future__ import annotations

from uuid import UUID

import numpy as np
import pytest

from domain.history import Heard, History, disliked, liked, weighted
from domain.listening import InteractionKind


def heard(*entries: tuple[int, str], sitting: int = 0) -> tuple[Heard, ...]:
    return tuple(Heard(track, InteractionKind[kind], sitting=sitting) for track, kind in entries)


def test_one_sitting_with_a_track_is_one_listening() -> None:
    log = heard((1, "PLAY"), (1, "COMPLETE"), (2, "LIKE"), (1, "PLAY"))
    assert liked(log) == [(1, 1.0), (2, 2.0)]
    assert liked(log + heard((1, "PLAY"), sitting=1)) == [(1, 1.0), (2, 2.0), (1, 1.0)]


@pytest.mark.parametrize(
    ("kinds", "weight"),
    [
        ("PLAY", 1.0),
        ("PLAY SKIP", -1.0),
        ("PLAY SKIP PLAY", -1.0),
        ("PLAY COMPLETE PLAY SKIP", 1.0),
        ("PLAY LIKE SKIP", 2.0),
        ("LIKE DISLIKE", -2.0),
        ("DISLIKE LIKE", 2.0),
        ("PLAY DISLIKE COMPLETE", -2.0),
    ],
)
def test_what_a_listening_says(kinds: str, weight: float) -> None:
    log = heard(*((7, kind) for kind in kinds.split()))
    assert liked(log) == ([(7, weight)] if weight > 0 else [])
    assert disliked(log) == ([(7, -weight)] if weight < 0 else [])


def test_counted_plays_weigh_their_doublings() -> None:
    # Four plays are two doublings: 1 · (1 + 2).
    assert liked((Heard(1, InteractionKind.PLAY, plays=4),)) == [(1, 3.0)]


def test_a_skip_takes_out_what_was_heard_before_and_a_later_session_counts_again() -> None:
    log = heard((1, "PLAY"), (2, "PLAY")) + heard((1, "SKIP"), sitting=1)
    assert (liked(log), disliked(log)) == ([(2, 1.0)], [(1, 1.0)])
    log += heard((1, "PLAY"), (3, "DISLIKE"), sitting=2)
    assert (liked(log), disliked(log)) == ([(2, 1.0), (1, 1.0)], [(3, 2.0)])


def history(*tracks: int) -> History:
    return History(UUID(int=1), (), 0, np.array(tracks), np.eye(len(tracks), dtype=np.float32))


def test_age_halves_weights_and_tracks_without_vector_have_none() -> None:
    found = weighted([(7, 1.0), (9, 2.0), (8, 1.0)], history(8, 7), half_life=1)
    # 9 has no vector; 7 is one older than 8: 1 · ½, 1.
    assert found.track_ids.tolist() == [7, 8]
    assert found.weights.tolist() == [0.5, 1.0]
    assert found.vectors.tolist() == [[0, 1], [1, 0]]
    assert found.mean().tolist() == pytest.approx([1 / 1.5, 0.5 / 1.5])


def test_without_half_life_age_does_not_matter() -> None:
    assert weighted([(7, 1.0), (8, 2.0)], history(7, 8)).weights.tolist() == [1.0, 2.0]


def test_of_nothing() -> None:
    found = weighted([], history())
    assert len(found) == 0
