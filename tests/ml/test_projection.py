"""Spaces on a plane."""

from __future__ import annotations

import numpy as np
import pytest

from ml.projection import EDGE, PCA, UMAP, best_method, on_a_plane, principal_plane


def vectors(tracks: int, dimension: int, seed: int = 0) -> np.ndarray:
    """They differ most in their first two numbers, and there by 8 and 4."""
    drawn = np.random.default_rng(seed).standard_normal((tracks, dimension)).astype(np.float32)
    drawn[:, 0] *= 8
    drawn[:, 1] *= 4
    return drawn


@pytest.mark.parametrize(("tracks", "dimension"), [(300, 40), (40, 300), (5, 3), (2, 8)])
def test_the_plane_is_that_of_a_full_decomposition(tracks: int, dimension: int) -> None:
    found = vectors(tracks, dimension)
    centred = found.astype(np.float64) - found.mean(axis=0, dtype=np.float64)
    _, _, directions = np.linalg.svd(centred, full_matrices=False)
    expected = centred @ directions[:2].T
    plane = principal_plane(found)
    # A direction and its opposite are as good; those of two tracks are one, and nothing is left for the second.
    np.testing.assert_allclose(np.abs(plane), np.abs(expected), atol=1e-3 * np.abs(expected).max())


def test_places_are_within_the_square_to_one_scale() -> None:
    # A cross, twice as wide as it is high: 200 of 201 points lie at its ends, so that none is far off.
    ends = np.array([(4.0, 0.0), (-4.0, 0.0), (0.0, 2.0), (0.0, -2.0)], np.float32)
    cross = np.concatenate([np.repeat(ends, 50, axis=0), np.zeros((1, 2), np.float32)])
    places = on_a_plane(cross, PCA)
    # The longer side, 8, takes 8 of 9 parts; the middle is the middle.
    right, left, top, bottom, middle = places[0], places[50], places[100], places[150], places[200]
    assert abs(int(right[0]) - int(left[0])) == pytest.approx(EDGE * 8 / 9, abs=2)
    assert abs(int(top[1]) - int(bottom[1])) == pytest.approx(EDGE * 4 / 9, abs=2)
    assert middle.tolist() == pytest.approx([EDGE / 2, EDGE / 2], abs=2)


def test_what_lies_far_off_does_not_press_the_others_together() -> None:
    found = vectors(1000, 8)
    found[0] = 1e4
    places = on_a_plane(found, PCA)
    assert places.min() >= 0
    assert places.max() == EDGE
    # Of the 999 others the border holds at most what is cut at each of the four sides, and half of them are spread out.
    assert np.ptp(np.quantile(places[1:, 1], [0.25, 0.75])) > EDGE / 20


@pytest.mark.parametrize("tracks", [0, 1])
def test_nothing_and_a_single_track_have_places(tracks: int) -> None:
    assert on_a_plane(vectors(tracks, 4), PCA).tolist() == [[EDGE // 2, EDGE // 2]] * tracks


def test_equal_vectors_lie_in_the_middle() -> None:
    assert on_a_plane(np.ones((3, 4), np.float32), PCA).tolist() == [[32_768, 32_768]] * 3


def test_few_tracks_need_no_neighbourhoods() -> None:
    assert best_method(15) == PCA


@pytest.mark.slow  # UMAP is compiled when it is first used
def test_neighbourhoods_stay_together_by_umap() -> None:
    pytest.importorskip("umap", reason="UMAP is not installed: pip install '.[map]'")
    assert best_method(16) == UMAP
    random = np.random.default_rng(3)
    kinds = np.repeat(np.arange(3), 20)
    found = (10 * np.eye(3, 8)[kinds] + random.standard_normal((60, 8))).astype(np.float32)
    places = on_a_plane(found, UMAP).astype(np.float64)
    far = np.linalg.norm(places[:, np.newaxis] - places, axis=2)
    np.fill_diagonal(far, np.inf)
    # Everybody's nearest is of its own kind.
    assert kinds[far.argmin(axis=1)].tolist() == kinds.tolist()
