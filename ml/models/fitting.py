"""How the models of an item tower and a query encoder are fitted: all the same way, but for examples and loss."""

from __future__ import annotations

import copy
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Iterator
from typing import Generic, Protocol, TypeVar

import torch
from torch import nn

from ml.evaluation.metrics.ndcg import ndcg
from ml.evaluation.recommendation import evaluate
from ml.models.fitted import Fitted
from ml.models.items import Items
from ml.serving.artefact import ModelFacts
from ml.training.data import TrainingData
from ml.training.loop import Schedule, deterministic, run
from ml.training.watch import Watch

Batch = TypeVar("Batch", bound="Moved")
Given = TypeVar("Given", bound="Moved", covariant=True)


class Moved(Protocol):
    def to(self, device: torch.device) -> Moved: ...


class Examples(Protocol[Given]):
    def batches(self, size: int, generator: torch.Generator) -> Iterator[Given]: ...


class Settings(Protocol):
    """What every config says of training."""

    @property
    def batch(self) -> int: ...
    @property
    def learning_rate(self) -> float: ...
    @property
    def weight_decay(self) -> float: ...
    @property
    def epochs(self) -> int: ...
    @property
    def patience(self) -> int: ...


class Towers(nn.Module, ABC, Generic[Batch]):
    """A model in training: `items` is its item tower with what that reads, `encoder` its query encoder."""

    items: Items
    encoder: nn.Module

    @abstractmethod
    def loss(self, batch: Batch, generator: torch.Generator) -> torch.Tensor:
        """The mean loss of a batch, a scalar; all that is drawn is drawn from `generator`."""


def fit(
    make: Callable[[torch.Generator], Towers[Batch]],
    examples: Examples[Batch],
    data: TrainingData,
    facts: ModelFacts,
    settings: Settings,
    watch: Watch,
    schedule: Schedule | None = None,
) -> Fitted:
    """Trains what `make(generator)` makes until the validation cases get no better, by the `schedule` or, without one,
    as the settings say. Raises TrainingCancelled."""
    device = deterministic(watch.device)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(watch.seed)
        towers = make(torch.Generator().manual_seed(watch.seed)).to(device)

    def losses(generator: torch.Generator) -> Iterable[torch.Tensor]:
        for batch in examples.batches(settings.batch, generator):
            yield towers.loss(batch.to(device), generator)  # type: ignore[arg-type]  # a moved batch is a batch

    plain = Schedule(settings.epochs, settings.patience, settings.learning_rate, settings.weight_decay)
    metric = (lambda: _ndcg(_fitted(towers, data, facts), data)) if len(data.validation) else None
    run(towers, losses, metric, schedule or plain, watch)
    return _fitted(towers, data, facts)


def content_dimension(data: TrainingData) -> int | None:
    content = data.catalogue.content
    return None if content is None else content.shape[1]


def _fitted(towers: Towers[Batch], data: TrainingData, facts: ModelFacts) -> Fitted:
    """The model as it is at this moment."""
    still = copy.deepcopy(towers).eval().cpu()
    return Fitted(facts, still.items.tower, still.encoder, data.catalogue, still.items.known().detach().numpy())


def _ndcg(model: Fitted, data: TrainingData) -> float:
    """NDCG@10 on the validation cases."""
    vectors = model.item_vectors(data.catalogue.content, data.catalogue.ids)  # (items, dimension)
    ranks = evaluate(lambda histories: (model.queries(histories) @ vectors.T).max(axis=1), data.validation)
    return float(ndcg(ranks, 10).mean())
