"""All strategies that are trained: they differ in how their query encoder was made, not in how it is asked."""

from __future__ import annotations

import numpy as np

from domain.history import Weighted
from domain.ports import QueryEncoder
from domain.recommendations import RecommendationOptions
from domain.strategies.protocol import Queries


class Trained:
    """The queries are what a model's encoder makes of a history, in the model's own space. What was skipped or disliked
    is no part of it, as it was none in training, and age is the encoder's own matter."""

    half_life = False

    def __init__(self, encoder: QueryEncoder) -> None:
        self._encoder = encoder

    def queries(self, liked: Weighted, disliked: Weighted, options: RecommendationOptions) -> Queries:
        del disliked, options
        vectors = self._encoder.encode(liked.vectors, liked.weights)  # (interests, dimension)
        vectors = vectors[np.isfinite(vectors).all(axis=1) & vectors.any(axis=1)]
        # The weightiest interest comes first; each further one has half the share of the one before.
        return Queries(vectors, np.exp2(-np.arange(len(vectors), dtype=np.float32)))
