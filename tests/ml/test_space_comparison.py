"""Comparing spaces, on orders that can be written down."""

from __future__ import annotations

import numpy as np
import pytest

from ml.space_comparison import compare


def on_a_circle(degrees: list[float]) -> np.ndarray[tuple[int, ...], np.dtype[np.float32]]:
    angles = np.radians(degrees)
    return np.stack([np.cos(angles), np.sin(angles)], axis=1).astype(np.float32)


def test_a_space_is_like_itself() -> None:
    rng = np.random.default_rng(1)
    vectors = rng.standard_normal((60, 8)).astype(np.float32)
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    turned = vectors @ np.linalg.qr(rng.standard_normal((8, 8)))[0].astype(np.float32)
    found = compare(vectors, turned)
    assert (found.tracks, found.neighbours, found.overlap, found.rank_correlation) == (60, 10, 1.0, 1.0)
    assert found.hubness[0] == found.hubness[1]


def test_by_hand() -> None:
    # Orders of the others by nearness: one: 0: 1 2 3, 1: 0 2 3, 2: 1 0 3, 3: 2 1 0 (angles 0, 1, 3, 8).
    # Other: the first two changed places: 0: 1 2 3, 1: 0 2 3, 2: 0 1 3, 3: 2 0 1 (angles 1, 0, 3, 8).
    found = compare(on_a_circle([0, 1, 3, 8]), on_a_circle([1, 0, 3, 8]), neighbours=2)
    # Nearest two: 0: {1, 2} both; 1: {0, 2} both; 2: {1, 0} both; 3: {2, 1} and {2, 0}.
    assert found.overlap == pytest.approx((1 + 1 + 1 + 1 / 2) / 4)
    # Spearman of three: 1 - 6 Σ d² / 24. One swap of neighbours: Σ d² = 2, so 1/2.
    assert found.rank_correlation == pytest.approx((1 + 1 + 1 / 2 + 1 / 2) / 4)
    # How often each is among the nearest two: one: 0: 2, 1: 3, 2: 3, 3: 0. Mean 2, third moment (0 + 1 + 1 - 8) / 4,
    # variance (0 + 1 + 1 + 4) / 4. In the other the first two change places.
    skewness = (-6 / 4) / (6 / 4) ** 1.5
    assert found.hubness == pytest.approx((skewness, skewness))


def test_few_tracks_have_few_neighbours() -> None:
    found = compare(on_a_circle([0, 10, 40]), on_a_circle([0, 10, 40]))
    assert (found.neighbours, found.overlap, found.hubness) == (2, 1.0, (0.0, 0.0))
