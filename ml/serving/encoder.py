"""The query encoder of a trained model: a live history becomes query vectors in the model's own space."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from domain.interests import interests
from ml.serving.artefact import Artefact
from ml.serving.session import open_session

if TYPE_CHECKING:
    from numpy.typing import NDArray


class OnnxQueryEncoder:
    """Runs `query_encoder.onnx`: from `items` (histories, length, dimension), oldest first, and `weights` (histories,
    length), where 0 means that an item does not count, to `queries` (histories, dimension). Raises ArtefactDamaged.

    A history that is divided into interests goes in once for each, with the weights of the others' items at 0.
    """

    def __init__(self, artefact: Artefact) -> None:
        self.facts = artefact.facts
        self._session = open_session(artefact.encoder, artefact.sha256)

    def encode(self, vectors: NDArray[np.float32], weights: NDArray[np.float32]) -> NDArray[np.float32]:
        """Query vectors (interests, dimension) of unit length, the weightiest interest first.

        `vectors` (length, dimension) are the items of the history in the model's own space, oldest first, `weights`
        (length,) how much each counts. Items of weight 0 or less are left out. An empty history has no query:
        (0, dimension).
        """
        counted = np.flatnonzero(weights > 0)[-self.facts.max_history :]
        if not len(counted):
            return np.empty((0, self.facts.dimension), dtype=np.float32)
        items, weights = vectors[counted].astype(np.float32), weights[counted].astype(np.float32)
        labels = interests(items, weights, self.facts.interests)  # (length,)
        shares = [np.where(labels == label, weights, np.float32(0)) for label in range(labels.max() + 1)]
        queries: NDArray[np.float32] = self._session.run(
            ["queries"], {"items": np.repeat(items[None], len(shares), axis=0), "weights": np.stack(shares)}
        )[0]
        return queries
