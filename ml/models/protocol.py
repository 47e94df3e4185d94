"""What every strategy that is trained offers: a `fit`, and a fitted model to evaluate and to serve.

    from ml.models.registry import trainer

    model = trainer("BERT4REC").fit(data, config, watch)

`fit(data, config, watch)` gives the same model for the same data, config and seed, on a CPU to the last bit.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Protocol, TypeVar

import numpy as np
from numpy.typing import NDArray

from ml.training.data import History, TrainingData
from ml.training.watch import Watch


class Recommender(Protocol):
    """A fitted model. Queries and items are compared by cosine, in the model's own space of `dimension` numbers."""

    @property
    def dimension(self) -> int: ...

    def item_vectors(self, content: NDArray[np.float32] | None, ids: NDArray[np.int64]) -> NDArray[np.float32]:
        """The item tower: vectors (items, dimension) of unit length of the items `ids` (items,), of any archive, from
        their `content` (items, content dimension), which a model that reads none ignores. Items that were not trained
        have their content alone; a model without content gives them zero."""

    def queries(self, histories: Sequence[History]) -> NDArray[np.float32]:
        """(histories, interests, dimension): unit length, the weightiest interest first, zero where a history has no
        further one. The histories' items are rows of the catalogue that the model was trained on."""

    def export(self, folder: Path) -> None:
        """Writes `query_encoder.onnx`, `item_tower.onnx`, `items.npz` and `model.json`, as `ml.serving` reads them.
        Raises Unserved when ONNX Runtime does not give what torch gives, to 1e-5."""


Config = TypeVar("Config", contravariant=True)


class Fit(Protocol[Config]):
    """Trains a model on `data`. Raises TrainingCancelled."""

    def __call__(self, data: TrainingData, config: Config, watch: Watch) -> Recommender: ...
