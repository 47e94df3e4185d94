"""COLLABORATIVE: ELSA, a linear autoencoder of low rank that knows tracks by who heard them, and by nothing else.

From a user's history x it predicts x·A·Aᵀ − x, where A has one row of unit length for every item (Vančura et al.,
"Scalable linear shallow autoencoder for collaborative filtering", RecSys 2022). A cold track has no vector. It is the
yardstick for what content can add when tracks are hot.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import torch
from torch.nn import functional

from ml.models.examples import Users
from ml.models.fitted import Fitted
from ml.models.fitting import Towers
from ml.models.fitting import fit as fit_towers
from ml.models.items import Items
from ml.models.pooling import WeightedMean
from ml.serving.artefact import ModelFacts

if TYPE_CHECKING:
    from ml.training.data import TrainingData
    from ml.training.watch import Watch


@dataclass(frozen=True, slots=True)
class CollaborativeConfig:
    """The published defaults, but for the number of factors, which suits archives of hundreds to thousands of
    tracks."""

    dimension: int = 256
    interests: int = 1
    max_history: int = 500
    batch: int = 256
    learning_rate: float = 0.01
    weight_decay: float = 0.0
    epochs: int = 100
    patience: int = 10


class Elsa(Towers[torch.Tensor]):
    """Predicts what users heard from what they heard."""

    def __init__(self, config: CollaborativeConfig, data: TrainingData, generator: torch.Generator) -> None:
        super().__init__()
        self.items = Items(data, config.dimension, generator, learned=True)
        self.encoder = WeightedMean(aging=False)

    def loss(self, batch: torch.Tensor, generator: torch.Generator) -> torch.Tensor:
        """`batch` (users, items): how much each user heard each item."""
        return reconstruction(self.items(), batch)


def reconstruction(vectors: torch.Tensor, heard: torch.Tensor) -> torch.Tensor:
    """The squared error between what users heard, `heard` (users, items), and what is predicted of it through
    `vectors` (items, dimension), both scaled to unit length (equation 8 of the paper), the mean of the users."""
    predicted = functional.relu(heard @ vectors @ vectors.T - heard)
    difference = functional.normalize(predicted, dim=1) - functional.normalize(heard, dim=1)
    return difference.square().sum(dim=1).mean()


def fit(data: TrainingData, config: CollaborativeConfig, watch: Watch) -> Fitted:
    """A fitted COLLABORATIVE model, which ignores content. Raises TrainingCancelled."""
    facts = ModelFacts("COLLABORATIVE", config.dimension, None, config.interests, config.max_history)
    bare = replace(data, catalogue=replace(data.catalogue, content=None))
    users = Users.among(data.histories, len(data.catalogue))
    return fit_towers(lambda generator: Elsa(config, bare, generator), users, bare, facts, config, watch)
