"""Whitening, by its own definition."""

from __future__ import annotations

import numpy as np
import pytest

from ml.whitening import fit, rank, unit_rows


@pytest.fixture(scope="module")
def vectors() -> np.ndarray[tuple[int, ...], np.dtype[np.float32]]:
    """500 unit vectors that mostly share one direction, and vary along few."""
    rng = np.random.default_rng(4)
    spread = rng.standard_normal((500, 12)) * np.geomspace(1, 0.05, 12)
    return unit_rows((spread + 3 * np.eye(12)[5]).astype(np.float32))


def test_what_is_left_has_no_mean_and_the_same_variance_everywhere(vectors: np.ndarray) -> None:  # type: ignore[type-arg]
    whitened = fit(vectors, 6).unscaled(vectors).astype(np.float64)
    assert whitened.shape == (500, 6)
    np.testing.assert_allclose(whitened.mean(axis=0), 0, atol=1e-4)
    np.testing.assert_allclose(np.cov(whitened.T), np.eye(6), atol=1e-3)


def test_the_strongest_directions_are_kept(vectors: np.ndarray) -> None:  # type: ignore[type-arg]
    whitening = fit(vectors, 3)
    centred = (vectors - vectors.mean(axis=0)).astype(np.float64)
    _, singular, directions = np.linalg.svd(centred, full_matrices=False)
    # Each column is a principal direction, divided by its deviation.
    cosines = directions[:3] @ (whitening.projection / np.linalg.norm(whitening.projection, axis=0))
    np.testing.assert_allclose(np.abs(cosines), np.eye(3), atol=1e-3)
    np.testing.assert_allclose(1 / np.linalg.norm(whitening.projection, axis=0), singular[:3] / 499**0.5, rtol=1e-3)


def test_vectors_have_unit_length(vectors: np.ndarray) -> None:  # type: ignore[type-arg]
    whitening = fit(vectors, 6)
    np.testing.assert_allclose(np.linalg.norm(whitening(vectors), axis=1), 1, atol=1e-6)
    # The mean itself has no direction, and is no failure.
    np.testing.assert_array_equal(whitening(whitening.mean[None]), np.zeros((1, 6)))


def test_the_same_vectors_give_the_same_whitening(vectors: np.ndarray) -> None:  # type: ignore[type-arg]
    np.testing.assert_array_equal(fit(vectors, 4).projection, fit(vectors.copy(), 4).projection)


def test_rank(vectors: np.ndarray) -> None:  # type: ignore[type-arg]
    assert rank(vectors) == 12
    assert rank(vectors[:5]) == 4  # five points vary in four directions at most
    assert rank(vectors[:1]) == 0
    assert rank(np.repeat(vectors[:1], 9, axis=0)) == 0
    flat = vectors.copy()
    flat[:, 7:] = 0
    assert rank(flat) == 7
