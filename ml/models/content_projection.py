"""The projection of content vectors that the item towers share."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import torch
from torch import nn

from ml import whitening

if TYPE_CHECKING:
    from numpy.typing import NDArray

# A direction's variance v is scaled to v ** (1 − 2 · EXPONENT): 0 is PCA as it is, ½ whitening. Halfway, directions
# that vary little speak up, and noise does not drown the rest.
EXPONENT = 0.25


class ContentProjection(nn.Module):
    """content (items, content dimension) → (items, dimension), centred and about unit length before any training.

    A linear map that begins as PCA of the content at hand, so that an untrained tower already knows what sounds alike,
    plus, with `hidden` > 0, a two-layer perceptron that begins as nothing.
    """

    mean: torch.Tensor

    def __init__(
        self, content: NDArray[np.float32], dimension: int, generator: torch.Generator, *, hidden: int = 0
    ) -> None:
        """`content` (items, content dimension) is what the projection begins with; `generator` draws the rest."""
        super().__init__()
        inputs = content.shape[1]
        self.register_buffer("mean", torch.from_numpy(content.mean(axis=0, dtype=np.float64).astype(np.float32)))
        self.linear = nn.Linear(inputs, dimension, bias=False)
        with torch.no_grad():
            self.linear.weight.copy_(_principal(content, dimension))
        self.perceptron: nn.Sequential | None = None
        if hidden:
            first, second = nn.Linear(inputs, hidden), nn.Linear(hidden, dimension)
            scale = 1 / float(np.sqrt(np.square(content - content.mean(axis=0)).sum(axis=1).mean()) + 1e-12)
            with torch.no_grad():
                first.weight.copy_(torch.randn(hidden, inputs, generator=generator) * scale)
                nn.init.zeros_(first.bias)
                nn.init.zeros_(second.weight)
                nn.init.zeros_(second.bias)
            self.perceptron = nn.Sequential(first, nn.GELU(), second)

    def forward(self, content: torch.Tensor) -> torch.Tensor:
        centred = content - self.mean
        projected: torch.Tensor = self.linear(centred)
        if self.perceptron is not None:
            projected = projected + self.perceptron(centred)
        return projected


def _principal(content: NDArray[np.float32], dimension: int) -> torch.Tensor:
    """(dimension, content dimension): the strongest directions, so scaled that a projection has unit length on
    average; rows of zeros where content varies in fewer directions."""
    kept = min(dimension, whitening.rank(content))
    weight = np.zeros((dimension, content.shape[1]), dtype=np.float32)
    if kept:
        # A column of the whitening is a direction divided by its deviation.
        projection = whitening.fit(content, kept).projection
        deviations = 1 / np.linalg.norm(projection, axis=0)
        scaled = projection * deviations ** (1 - 2 * EXPONENT)
        projected = (content - content.mean(axis=0)) @ scaled
        weight[:kept] = (scaled / np.sqrt(np.square(projected).sum(axis=1).mean())).T
    return torch.from_numpy(weight)
