"""The item tower of a trained model: content becomes vectors in the model's own space."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from ml.serving.artefact import Artefact
from ml.serving.session import open_session

BATCH = 1024


class OnnxItemTower:
    """Runs `item_tower.onnx`: from `content` (items, content dimension), where the model reads any, and `learned`
    (items, dimension), zero for items without a learned part, to `vectors` (items, dimension). Raises ArtefactDamaged.
    """

    def __init__(self, artefact: Artefact) -> None:
        self.facts = artefact.facts
        self._items = artefact.items
        self._learned = artefact.learned
        self._session = open_session(artefact.tower, artefact.sha256)

    @property
    def items(self) -> NDArray[np.int64]:
        """The ids (known,) of the items with a learned part."""
        return self._items

    def vectors(self, content: NDArray[np.float32] | None, items: NDArray[np.int64]) -> NDArray[np.float32]:
        """Vectors (items, dimension) of unit length, for the ids `items` (items,) with `content` (items, content
        dimension), which a model that reads none ignores. Zero is the vector of an item that the model cannot know."""
        parts = [
            self._batch(None if content is None else content[start : start + BATCH], items[start : start + BATCH])
            for start in range(0, len(items), BATCH)
        ]
        return np.concatenate([np.empty((0, self.facts.dimension), dtype=np.float32), *parts])

    def _batch(self, content: NDArray[np.float32] | None, items: NDArray[np.int64]) -> NDArray[np.float32]:
        places = np.searchsorted(self._items, items)
        known = np.append(self._items, -1)[places] == items
        learned = np.zeros((len(items), self.facts.dimension), dtype=np.float32)
        learned[known] = self._learned[places[known]]
        given = {"learned": learned}
        if self.facts.content_dimension is not None:
            if content is None:
                raise ValueError("this model needs content")
            given["content"] = content.astype(np.float32)
        found: NDArray[np.float32] = self._session.run(["vectors"], given)[0]
        return found
