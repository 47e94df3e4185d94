"""Interests: a history divided into groups of items that are alike, so that a mean does not blur different tastes."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

ROUNDS = 10
# Two items whose cosine is this near to 1 are the same to rounding: they do not make two interests.
SAME = 1 - 1e-6


def interests(vectors: NDArray[np.float32], weights: NDArray[np.float32], at_most: int) -> NDArray[np.int64]:
    """The interest, 0, 1, …, that each item of a history belongs to, (items,), the weightiest interest first.

    Spherical k-means (Dhillon & Modha, 2001) on unit `vectors` (items, dimension) with positive `weights` (items,).
    Nothing is drawn: the first centre is the item nearest to the weighted mean, each further one the item furthest
    from all centres (Gonzalez, 1985); ties go to the earlier item. There are `at_most` interests, fewer when the
    history holds fewer different vectors; an empty history has none.
    """
    if at_most <= 1 or len(vectors) <= 1:
        return np.zeros(len(vectors), dtype=np.int64)
    centres = _first_centres(vectors, weights, at_most)  # (interests, dimension)
    labels = (vectors @ centres.T).argmax(axis=1)
    for _ in range(ROUNDS):
        for label in range(len(centres)):
            members = labels == label
            if members.any():
                centres[label] = _unit(weights[members] @ vectors[members])
        nearest = (vectors @ centres.T).argmax(axis=1)
        if (nearest == labels).all():
            break
        labels = nearest
    return _weightiest_first(labels, weights)


def _first_centres(vectors: NDArray[np.float32], weights: NDArray[np.float32], at_most: int) -> NDArray[np.float32]:
    chosen = [int((vectors @ (weights @ vectors)).argmax())]
    nearest = vectors @ vectors[chosen[0]]  # (items,) cosine with the nearest centre
    while len(chosen) < at_most and nearest.min() < SAME:
        chosen.append(int(nearest.argmin()))
        nearest = np.maximum(nearest, vectors @ vectors[chosen[-1]])
    return vectors[chosen]


def _weightiest_first(labels: NDArray[np.int64], weights: NDArray[np.float32]) -> NDArray[np.int64]:
    total = np.bincount(labels, weights=weights)
    present = np.flatnonzero(np.bincount(labels))
    order = present[np.argsort(-total[present], kind="stable")]
    places = np.zeros(len(total), dtype=np.int64)
    places[order] = np.arange(len(order))
    return places[labels]


def _unit(vector: NDArray[np.float32]) -> NDArray[np.float32]:
    norm = np.linalg.norm(vector)
    return vector / norm if norm > 0 else vector
