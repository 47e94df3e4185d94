"""SHALLOW: an item tower and a user tower that meet in one space, by cosine.

The item tower projects content; the user tower maps the weighted mean of a history's items, or of each of its
interests, to a query (van den Oord et al. 2013; Zhang et al. 2022: comprehensive and multicategory users). Every track
with content can be recommended, heard or not.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import torch
from torch import nn
from torch.nn import functional

from domain.interests import ROUNDS
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
class ShallowConfig:
    """`loss`: "softmax" over all items, "sampled" over `negatives` of each batch, or "margin", a hinge of width
    `margin` against them. `interests`: the most that a history is divided into."""

    dimension: int = 64
    learned: bool = False  # hot items have a learned part beside their content
    cold: float = 0.5  # the share of items that each batch sees without it
    hidden: int = 0  # units of the item tower's perceptron; 0: a linear tower
    interests: int = 1
    loss: Literal["softmax", "sampled", "margin"] = "softmax"
    temperature: float = 0.1
    margin: float = 0.3
    negatives: int = 500
    max_history: int = 50
    batch: int = 256
    learning_rate: float = 1e-3
    weight_decay: float = 1e-2
    epochs: int = 50
    patience: int = 5


class UserTower(nn.Module):
    """`items` (histories, length, dimension) and `weights` (histories, length) to queries (histories, dimension) of
    unit length: the weighted mean, mapped by a matrix that begins as the identity."""

    def __init__(self, dimension: int) -> None:
        super().__init__()
        self.mean = WeightedMean(aging=True)
        self.linear = nn.Linear(dimension, dimension, bias=False)
        nn.init.eye_(self.linear.weight)

    def forward(self, items: torch.Tensor, weights: torch.Tensor) -> torch.Tensor:
        return functional.normalize(self.linear(self.mean(items, weights)), dim=-1)


class Shallow(Towers[Examples]):
    """Both towers in training."""

    def __init__(self, config: ShallowConfig, data: TrainingData, generator: torch.Generator) -> None:
        super().__init__()
        self.config = config
        self.items = Items(data, config.dimension, generator, learned=config.learned, hidden=config.hidden)
        self.encoder = UserTower(config.dimension)

    def loss(self, batch: Examples, generator: torch.Generator) -> torch.Tensor:
        config, vectors = self.config, self.items.as_if_cold(self.config.cold, generator)
        scores, hot = self.queries(vectors, batch) @ vectors.T, self.items.hot
        if config.loss == "margin":
            return losses.margin(scores, batch, hot, config.margin, config.negatives, generator)
        if config.loss == "sampled":
            return losses.sampled_softmax(scores, batch, hot, config.temperature, config.negatives, generator)
        return losses.softmax(scores, batch, hot, config.temperature)

    def queries(self, vectors: torch.Tensor, batch: Examples) -> torch.Tensor:
        """(examples, dimension): of several interests, the one that is nearest to the target (Cen et al., "Controllable
        multi-interest framework for recommendation", KDD 2020)."""
        items = functional.embedding(batch.items, vectors)  # (examples, length, dimension)
        if self.config.interests == 1:
            queries: torch.Tensor = self.encoder(items, batch.weights)
            return queries
        shares = _shares(items, batch.weights, self.config.interests)  # (examples, interests, length)
        each = torch.stack([self.encoder(items, share) for share in shares.unbind(dim=1)], dim=1)
        nearest = (each @ vectors[batch.targets][:, :, None])[:, :, 0]  # (examples, interests)
        # An interest without items has the query zero, which must not win by being less far away.
        nearest = nearest.masked_fill(~shares.any(dim=2), -torch.inf)
        return each[torch.arange(len(each), device=each.device), nearest.argmax(dim=1)]


def _shares(items: torch.Tensor, weights: torch.Tensor, at_most: int) -> torch.Tensor:
    """(histories, interests, length): the weights of each interest's own items, by `domain.interests`, all histories at
    once; interests are in no order, and without items where there are fewer."""
    items, rows = items.detach(), torch.arange(len(items), device=items.device)
    left_out = weights <= 0
    mean = (items * weights[:, :, None]).sum(dim=1)
    first = (items @ mean[:, :, None])[:, :, 0].masked_fill(left_out, -torch.inf).argmax(dim=1)
    centres = items[rows, first][:, None]  # (histories, interests, dimension)
    while centres.shape[1] < at_most:
        nearest = (items @ centres.transpose(1, 2)).max(dim=2).values.masked_fill(left_out, torch.inf)
        centres = torch.cat([centres, items[rows, nearest.argmin(dim=1)][:, None]], dim=1)
    for _ in range(ROUNDS):
        labels = (items @ centres.transpose(1, 2)).argmax(dim=2)  # (histories, length)
        shares = functional.one_hot(labels, at_most).transpose(1, 2) * weights[:, None]
        moved = functional.normalize(shares @ items, dim=-1)
        centres = torch.where(shares.any(dim=2)[:, :, None], moved, centres)
    return shares


def fit(data: TrainingData, config: ShallowConfig, watch: Watch) -> Fitted:
    """A fitted SHALLOW model. Raises TrainingCancelled."""
    facts = ModelFacts("SHALLOW", config.dimension, content_dimension(data), config.interests, config.max_history)
    examples = next_items(data.histories, config.max_history)
    return fit_towers(lambda generator: Shallow(config, data, generator), examples, data, facts, config, watch)
