"""What counts for and against, and how much."""

from __future__ import annotations

from uuid import UUID

import numpy as np
import pytest

from domain.history import Heard, History, disliked, liked, weighted
from domain.listening import InteractionKind


def heard(*entries: tuple[int, str]) -> tuple[Heard, ...]:
    return tuple(Heard(track, InteractionKind[kind]) for track, kind in entries)


def test_likes_count_twice_and_repetition_counts() -> None:
    assert liked(heard((1, "PLAY"), (1, "COMPLETE"), (2, "LIKE"))) == [(1, 1.0), (1, 1.0), (2, 2.0)]


def test_a_skip_takes_out_what_was_heard_before_and_a_later_play_counts_again() -> None:
    log = heard((1, "PLAY"), (2, "PLAY"), (1, "SKIP"))
    assert (liked(log), disliked(log)) == ([(2, 1.0)], [(1, 1.0)])
    log += heard((1, "PLAY"), (3, "DISLIKE"))
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
