"""Item towers: what is known of items, from their content and from who heard them, as vectors of unit length."""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch
from torch import nn
from torch.nn import functional

from ml.models.content_projection import ContentProjection

if TYPE_CHECKING:
    from ml.training.data import TrainingData

# How long a learned part is at first, beside content of length 1: an item speaks by its content until more is known.
FIRST_LENGTH = 0.1


class ItemTower(nn.Module):
    """`content` (items, content dimension) and what was `learned` of the items (items, dimension), zero for cold ones,
    to vectors (items, dimension) of unit length: the sum of both."""

    def __init__(self, projection: nn.Module) -> None:
        super().__init__()
        self.projection = projection

    def forward(self, content: torch.Tensor, learned: torch.Tensor) -> torch.Tensor:
        return functional.normalize(self.projection(content) + learned, dim=-1)


class LearnedItems(nn.Module):
    """The item tower of a model that reads no content: what was `learned` (items, dimension), unit length; zero, no
    vector at all, for the others."""

    def forward(self, learned: torch.Tensor) -> torch.Tensor:
        return functional.normalize(learned, dim=-1)


class Items(nn.Module):
    """The items of a catalogue while a model learns about them: an item tower with what it reads.

    `content` (items, content dimension) is projected; with `learned`, and always where there is no content, hot items
    have a learned part of their own.
    """

    content: torch.Tensor | None
    hot: torch.Tensor

    def __init__(
        self, data: TrainingData, dimension: int, generator: torch.Generator, *, learned: bool, hidden: int = 0
    ) -> None:
        super().__init__()
        self.dimension = dimension
        self.register_buffer("hot", torch.from_numpy(data.hot), persistent=False)  # (items,)
        content = data.catalogue.content
        self.register_buffer("content", None if content is None else torch.from_numpy(content), persistent=False)
        self.tower = (
            LearnedItems()
            if content is None
            else ItemTower(ContentProjection(content, dimension, generator, hidden=hidden))
        )
        self.learned: nn.Parameter | None = None
        if learned or content is None:
            length = 1.0 if content is None else FIRST_LENGTH
            drawn = torch.randn(len(data.catalogue), dimension, generator=generator)
            self.learned = nn.Parameter(length * drawn / dimension**0.5)

    def known(self) -> torch.Tensor:
        """(items, dimension): the learned parts, zero for cold items."""
        if self.learned is None:
            return torch.zeros(len(self.hot), self.dimension, device=self.hot.device)
        known: torch.Tensor = self.learned * self.hot[:, None]
        return known

    def forward(self) -> torch.Tensor:
        """(items, dimension), unit length, as they are served."""
        return self._vectors(self.known())

    def projected(self, items: torch.Tensor) -> torch.Tensor:
        """(items, dimension): the projections of the content of some `items`, by their rows."""
        if not isinstance(self.tower, ItemTower) or self.content is None:
            raise ValueError("these items have no content")
        projected: torch.Tensor = self.tower.projection(self.content[items])
        return projected

    def as_if_cold(self, share: float, generator: torch.Generator) -> torch.Tensor:
        """The same, but a `share` of the items does without its learned part, as if nobody had heard them: the
        projection must not leave its work to the learned parts. Without content all items keep theirs."""
        if self.content is None or self.learned is None:
            return self._vectors(self.known())
        seen = torch.rand(len(self.hot), 1, generator=generator) >= share
        return self._vectors(self.known() * seen.to(self.hot.device))

    def _vectors(self, learned: torch.Tensor) -> torch.Tensor:
        given = (learned,) if self.content is None else (self.content, learned)
        vectors: torch.Tensor = self.tower(*given)
        return vectors
