"""A model is never asked for what it has seen."""

from __future__ import annotations

import numpy as np
import pytest

from domain.errors.evaluations import TrainedOnTestRows
from ml.evaluation.snapshot import Snapshot, require_unseen

KEPT = {"trained_until": 80.0, "test_from": 90.0, "cold_tracks": [7]}


def test_what_came_before_was_seen_but_for_cold_tracks() -> None:
    snapshot = Snapshot.of(KEPT)
    tracks, times = np.array([3, 3, 3, 7, 7]), np.array([79.0, 85, 90, 10, 95])
    # 85 is after training, and before the test: validation chose by it.
    assert snapshot.holds(tracks, times).tolist() == [True, True, False, False, False]


def test_a_split_that_was_trained_on_is_refused() -> None:
    snapshot = Snapshot.of(KEPT)
    with pytest.raises(TrainedOnTestRows) as refused:
        require_unseen("bert4rec-4", snapshot, np.array([3, 4, 5, 7]), np.array([95.0, 60, 89, 60]))
    assert refused.value.code == "TRAINED_ON_TEST_ROWS"
    assert refused.value.details == {"model": "bert4rec-4", "rows": 2, "of": 4, "example": "one of track 4"}
    assert str(refused.value).startswith("'bert4rec-4' cannot be measured on this split: 2 of its 4 test rows are in")


def test_its_own_split_is_measured() -> None:
    require_unseen("bert4rec-4", Snapshot.of(KEPT), np.array([3, 7]), np.array([90.0, 10]))
    require_unseen("bert4rec-4", Snapshot.of(KEPT), np.empty(0, np.int64), np.empty(0))


def test_a_snapshot_that_does_not_say_has_seen_everything() -> None:
    for kept in ({}, {"trained_until": None, "cold_tracks": None}):
        with pytest.raises(TrainedOnTestRows):
            require_unseen("old", Snapshot.of(kept), np.array([3]), np.array([1e12]))
