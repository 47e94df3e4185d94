"""CONTRASTIVE: a content tower that is aligned with a collaborative one.

Two vectors of a track, one learned from who heard it and one from its content, are pulled together and told from those
of other tracks (InfoNCE), while the users' next tracks are told from others by both. A cold track has the content's
alone (Wei et al., "Contrastive learning for cold-start recommendation", ACM MM 2021).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import torch
from torch.nn import functional

from ml.models import losses
from ml.models.examples import Examples, next_items
from ml.models.fitted import Fitted
from ml.models.fitting import Towers, content_dimension
from ml.models.fitting import fit as fit_towers
from ml.models.items import Items
from ml.models.pooling import WeightedMean
from ml.serving.artefact import ModelFacts

if TYPE_CHECKING:
    from ml.training.data import TrainingData
    from ml.training.watch import Watch


@dataclass(frozen=True, slots=True)
class ContrastiveConfig:
    """`alignment` weighs the InfoNCE of content and collaborative vectors against the users' next tracks; `cold` is the
    share of tracks that each batch sees without their collaborative vector, as if nobody had heard them."""

    dimension: int = 64
    hidden: int = 0
    alignment: float = 0.1
    cold: float = 0.5
    temperature: float = 0.1
    max_history: int = 50
    interests: int = 1
    batch: int = 256
    learning_rate: float = 3e-3
    weight_decay: float = 1e-2
    epochs: int = 50
    patience: int = 5


class Contrastive(Towers[Examples]):
    """Both towers in training; the learned parts of the items are their collaborative vectors."""

    def __init__(self, config: ContrastiveConfig, data: TrainingData, generator: torch.Generator) -> None:
        super().__init__()
        self.config = config
        self.items = Items(data, config.dimension, generator, learned=True, hidden=config.hidden)
        self.encoder = WeightedMean(aging=True)

    def loss(self, batch: Examples, generator: torch.Generator) -> torch.Tensor:
        config = self.config
        vectors = self.items.as_if_cold(config.cold, generator)
        queries = self.encoder(functional.embedding(batch.items, vectors), batch.weights)
        of_users = losses.softmax(queries @ vectors.T, batch, self.items.hot, config.temperature)
        if self.items.content is None:
            return of_users
        # The items that someone heard next in this batch: popular ones are aligned more often.
        heard = torch.unique(batch.targets)
        content = functional.normalize(self.items.projected(heard), dim=-1)
        collaborative = functional.normalize(self.items.known()[heard], dim=-1)
        return of_users + config.alignment * losses.info_nce(content, collaborative, config.temperature)


def fit(data: TrainingData, config: ContrastiveConfig, watch: Watch) -> Fitted:
    """A fitted CONTRASTIVE model. Raises TrainingCancelled."""
    facts = ModelFacts("CONTRASTIVE", config.dimension, content_dimension(data), config.interests, config.max_history)
    examples = next_items(data.histories, config.max_history)
    return fit_towers(lambda generator: Contrastive(config, data, generator), examples, data, facts, config, watch)
