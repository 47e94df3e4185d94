"""A space in two dimensions, for a map that people look at."""

from __future__ import annotations

from importlib import import_module
from importlib.util import find_spec

import numpy as np
from numpy.typing import NDArray

Vectors = NDArray[np.float32]

PCA = "PCA"
UMAP = "UMAP"
# With fewer tracks there are no neighbourhoods to keep together.
UMAP_NEIGHBOURS = 15
# Places are whole numbers from 0 to this, both ways.
EDGE = 65_535
# Of all tracks, how many may lie so far off at each side that the border holds them.
SHARE_OUTSIDE = 0.005


def best_method(tracks: int) -> str:
    """UMAP where its package is installed and there are enough tracks, else PCA."""
    return UMAP if tracks > UMAP_NEIGHBOURS and find_spec("umap") is not None else PCA


def on_a_plane(vectors: Vectors, method: str) -> NDArray[np.int32]:
    """Places (n, 2) from 0 to EDGE of unit vectors (n, dimension); the same vectors have the same places.

    Distances both ways are to one scale, and what the layout leaves empty is at the sides.
    """
    if len(vectors) < 2:
        return np.full((len(vectors), 2), EDGE // 2, np.int32)
    return _on_grid(_umap(vectors) if method == UMAP else principal_plane(vectors))


def principal_plane(vectors: Vectors) -> NDArray[np.float64]:
    """The two directions (n, 2) in which vectors differ most, by subspace iteration: of a space with thousands of
    dimensions no matrix of dimension × dimension is made.

    Halko, Martinsson and Tropp (2011), algorithm 4.4. Directions point to where their largest part is above 0.
    """
    centred = vectors.astype(np.float64) - vectors.mean(axis=0, dtype=np.float64)
    width = min(*centred.shape, 12)
    basis, _ = np.linalg.qr(centred @ np.random.default_rng(0).standard_normal((centred.shape[1], width)))
    for _ in range(8):
        across, _ = np.linalg.qr(centred.T @ basis)
        basis, _ = np.linalg.qr(centred @ across)
    _, _, directions = np.linalg.svd(basis.T @ centred, full_matrices=False)
    two = np.zeros((2, centred.shape[1]))
    two[: len(directions)] = directions[:2]
    largest = np.take_along_axis(two, np.abs(two).argmax(axis=1)[:, np.newaxis], axis=1)
    return np.asarray(centred @ (two * np.where(largest < 0, -1.0, 1.0)).T)


def _umap(vectors: Vectors) -> NDArray[np.float64]:
    # McInnes, Healy and Melville (2018). One thread, so that the same archive looks the same twice.
    layout = import_module("umap").UMAP(
        n_neighbors=UMAP_NEIGHBOURS, min_dist=0.15, metric="cosine", random_state=0, n_jobs=1
    )
    return np.asarray(layout.fit_transform(vectors), np.float64)


def _on_grid(places: NDArray[np.float64]) -> NDArray[np.int32]:
    """Into a square with one scale. Single places far off are drawn in to its border, so that they do not press all
    others together."""
    low, high = np.quantile(places, [SHARE_OUTSIDE, 1 - SHARE_OUTSIDE], axis=0)
    side = max(float((high - low).max()), 1e-9) * 1.125
    inside = np.clip((places - (low + high) / 2) / side + 0.5, 0.0, 1.0)
    return np.asarray(np.rint(inside * EDGE), np.int32)
