"""The queries that KNN makes of a history, and how lists are shared among them."""

from __future__ import annotations

from datetime import UTC, datetime

import numpy as np
import pytest

from domain.catalogue import Track
from domain.history import Weighted
from domain.recommendations import Candidate, RecommendationOptions
from domain.strategies import Knn, Queries
from domain.strategies.nearest import merged

ROOT = np.sqrt(0.5)


def items(*entries: tuple[float, float, float]) -> Weighted:
    """Weight and vector of each."""
    rows = np.array(entries, dtype=np.float32).reshape(-1, 3)
    return Weighted(np.arange(len(rows)), rows[:, 1:], rows[:, 0])


def test_one_query_is_the_weighted_mean_of_unit_length() -> None:
    found = Knn().queries(items((3, 1, 0), (1, 0, 1)), items(), RecommendationOptions())
    # (3, 1) / √10
    assert found.vectors == pytest.approx(np.array([[3, 1]]) / np.sqrt(10), abs=1e-6)
    assert found.shares.tolist() == [4.0]


def test_it_moves_away_from_what_was_skipped() -> None:
    found = Knn().queries(items((1, 1, 0)), items((1, 0, 1)), RecommendationOptions())
    # (1, 0) − ¼ · (0, 1), of unit length
    assert found.vectors == pytest.approx(np.array([[1, -0.25]]) / np.sqrt(1 + 1 / 16), abs=1e-6)


def test_each_interest_has_a_query_and_the_share_of_its_weight() -> None:
    found = Knn().queries(items((1, 1, 0), (3, 0, 1)), items(), RecommendationOptions(interests=2))
    assert found.vectors.tolist() == [[0, 1], [1, 0]]
    assert found.shares.tolist() == [3, 1]


def test_tastes_that_cancel_out_are_no_query() -> None:
    found = Knn().queries(items((1, 1, 0), (1, -1, 0)), items(), RecommendationOptions())
    assert found.vectors.shape == (0, 2)


def candidate(key: int, x: float, y: float) -> Candidate:
    track = Track(key, "", None, None, 60.0, None, None, None, False, False, datetime(2026, 1, 1, tzinfo=UTC))
    return Candidate(track, 0.0, None, None, (), np.array([x, y], dtype=np.float32))


def test_places_are_given_by_shares() -> None:
    found = [
        candidate(1, 1, 0),
        candidate(2, 0.8, 0.6),
        candidate(3, ROOT, ROOT),
        candidate(4, 0.6, 0.8),
        candidate(5, 0, 1),
    ]
    queries = Queries(np.array([[1, 0], [0, 1]], dtype=np.float32), np.array([3, 1], dtype=np.float32))
    # Quotients 3, 1.5, 1 and 1, ½: the first takes 1 and 2; at 1 : 1 the earlier query, 3; then the second, 5.
    assert [c.track.id for c in merged(found, queries)] == [1, 2, 3, 5, 4]
