"""HYBRID, variant "linear": content in the item factors of a linear autoencoder.

ELSA's factors A (`ml/models/collaborative.py`), of which each row is a projection of the item's content plus a part
learned from who heard it. A cold track has the projection alone, in the same space.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch

from ml.models.collaborative import reconstruction
from ml.models.fitting import Towers
from ml.models.items import Items
from ml.models.pooling import WeightedMean

if TYPE_CHECKING:
    from ml.models.hybrid import HybridConfig
    from ml.training.data import TrainingData


class LinearHybrid(Towers[torch.Tensor]):
    """Predicts what users heard from what they heard."""

    def __init__(self, config: HybridConfig, data: TrainingData, generator: torch.Generator) -> None:
        super().__init__()
        self.config = config
        self.items = Items(data, config.dimension, generator, learned=True, hidden=config.hidden)
        self.encoder = WeightedMean(aging=False)

    def loss(self, batch: torch.Tensor, generator: torch.Generator) -> torch.Tensor:
        """`batch` (users, items): how much each user heard each item."""
        vectors = self.items.as_if_cold(self.config.cold, generator)
        # That nobody heard a cold item says nothing against it.
        return reconstruction(vectors[self.items.hot], batch[:, self.items.hot])
