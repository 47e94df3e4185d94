"""KNN: the nearest neighbours of what was heard."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from domain.history import Weighted
from domain.interests import interests
from domain.recommendations import RecommendationOptions
from domain.strategies.protocol import Queries

if TYPE_CHECKING:
    from numpy.typing import NDArray

# A query moves away from what was skipped or disliked: this part of the mean of that is subtracted (Rocchio, 1971).
AWAY = 0.25


class Knn:
    """Each query is the weighted mean of an interest: of the whole history, or of a group of tracks that are alike."""

    half_life = True

    def queries(self, liked: Weighted, disliked: Weighted, options: RecommendationOptions) -> Queries:
        return mean_queries(liked, disliked, options.interests, AWAY)


def mean_queries(liked: Weighted, disliked: Weighted, at_most: int, away: float) -> Queries:
    """One query of unit length for each of `at_most` interests; one that cancels out is left out."""
    labels = interests(liked.vectors, liked.weights, at_most)
    against = away * disliked.mean() if len(disliked) else np.zeros(liked.vectors.shape[1], dtype=np.float32)
    found = []
    for label in range(int(labels.max()) + 1):
        members = labels == label
        share = liked.weights[members].sum()
        vector = unit(liked.weights[members] @ liked.vectors[members] / share - against)
        if vector.any():
            found.append((vector, share))
    if not found:
        return Queries(np.empty((0, liked.vectors.shape[1]), dtype=np.float32), np.empty(0, dtype=np.float32))
    vectors, shares = zip(*found, strict=True)
    return Queries(np.stack(vectors), np.array(shares, dtype=np.float32))


def unit(vector: NDArray[np.float32]) -> NDArray[np.float32]:
    """Of length 1; zero stays zero, and what is zero but for rounding becomes it."""
    norm = float(np.linalg.norm(vector))
    scaled: NDArray[np.float32] = (vector / norm if norm > 1e-6 else np.zeros_like(vector)).astype(np.float32)
    return scaled
