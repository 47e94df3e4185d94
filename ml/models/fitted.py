"""A fitted model of an item tower and a query encoder: what all trained strategies give back."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import torch

from domain.interests import interests
from ml.models.onnx_export import export_encoder, export_tower
from ml.serving.artefact import ModelFacts, write_parts

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from torch import nn

    from ml.training.data import Catalogue, History

BATCH = 256


@dataclass(frozen=True)
class Fitted:
    """`tower(content, learned) → vectors`, or `tower(learned)` without content, and `encoder(items, weights) →
    queries`, both of unit length, as `ml.models.onnx_export` describes them; `learned` (items, dimension) is what was
    learned of the catalogue's items, zero for cold ones. Everything lies on the CPU."""

    facts: ModelFacts
    tower: nn.Module
    encoder: nn.Module
    catalogue: Catalogue
    learned: NDArray[np.float32]

    @property
    def dimension(self) -> int:
        return self.facts.dimension

    def item_vectors(self, content: NDArray[np.float32] | None, ids: NDArray[np.int64]) -> NDArray[np.float32]:
        order = np.argsort(self.catalogue.ids, kind="stable")
        places = np.searchsorted(self.catalogue.ids, ids, sorter=order)
        rows = order[np.minimum(places, len(order) - 1)]
        known = self.catalogue.ids[rows] == ids
        learned = np.where(known[:, None], self.learned[rows], np.float32(0))
        return self._towered(content, learned)

    def queries(self, histories: Sequence[History]) -> NDArray[np.float32]:
        vectors = self._towered(self.catalogue.content, self.learned)
        found = np.zeros((len(histories), self.facts.interests, self.dimension), dtype=np.float32)
        newest = [history.newest(self.facts.max_history) for history in histories]
        # Of like length together: less is padded.
        order = np.argsort([len(history.items) for history in newest], kind="stable")
        order = order[np.searchsorted([len(newest[place].items) for place in order], 1) :]  # the empty have no query
        for start in range(0, len(order), BATCH):
            rows = order[start : start + BATCH]
            found[rows] = self._batch(vectors, [newest[row] for row in rows])
        return found

    def export(self, folder: Path) -> None:
        encoder = export_encoder(self.encoder, self.dimension)
        tower = export_tower(self.tower, self.facts.content_dimension, self.dimension)
        known = self.learned.any(axis=1)
        write_parts(folder, self.facts, encoder, tower, self.catalogue.ids[known], self.learned[known])

    def _towered(self, content: NDArray[np.float32] | None, learned: NDArray[np.float32]) -> NDArray[np.float32]:
        given = [torch.from_numpy(learned)]
        if self.facts.content_dimension is not None:
            if content is None:
                raise ValueError("this model needs content")
            given.insert(0, torch.from_numpy(content.astype(np.float32)))
        with torch.no_grad():
            found: NDArray[np.float32] = self.tower.eval()(*given).numpy()
        return found

    def _batch(self, vectors: NDArray[np.float32], histories: Sequence[History]) -> NDArray[np.float32]:
        length = max(len(history.items) for history in histories)
        items = np.zeros((len(histories), length, self.dimension), dtype=np.float32)
        weights = np.zeros((len(histories), self.facts.interests, length), dtype=np.float32)
        for row, history in enumerate(histories):
            start = length - len(history.items)
            items[row, start:] = vectors[history.items]
            labels = interests(vectors[history.items], history.weights, self.facts.interests)
            weights[row, labels, np.arange(start, length)] = history.weights
        shape = (-1, length)
        repeated = items.repeat(self.facts.interests, axis=0)  # (histories · interests, length, dimension)
        with torch.no_grad():
            queries = self.encoder.eval()(torch.from_numpy(repeated), torch.from_numpy(weights.reshape(shape)))
        given = np.asarray(weights.any(axis=2))  # (histories, interests)
        found = queries.numpy().reshape(len(histories), self.facts.interests, self.dimension)
        return np.where(given[:, :, None], found, np.float32(0))
