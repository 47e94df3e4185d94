"""Training examples of the models that see a history as a set: what was heard before, and what was heard next."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import torch

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from ml.training.data import History


def places_asked(items: NDArray[np.int64], *, again: bool) -> NDArray[np.int64]:
    """The places of a history, all but the first, whose item can be asked for: new ones, unless `again`."""
    places = np.arange(len(items)) if again else np.sort(np.unique(items, return_index=True)[1])
    return places[places > 0]


@dataclass(frozen=True, slots=True)
class Examples:
    """`items` (examples, length), oldest first, padded in front with item 0 of weight 0; `weights` (examples,
    length); `targets` (examples,), the items that were heard next, and `target_weights` (examples,)."""

    items: torch.Tensor
    weights: torch.Tensor
    targets: torch.Tensor
    target_weights: torch.Tensor

    def __len__(self) -> int:
        return len(self.targets)

    def to(self, device: torch.device) -> Examples:
        parts = (self.items, self.weights, self.targets, self.target_weights)
        return Examples(*(part.to(device) for part in parts))

    def batches(self, size: int, generator: torch.Generator) -> Iterator[Examples]:
        """All examples, in another order each time that `generator` is asked."""
        for chosen in torch.split(torch.randperm(len(self), generator=generator), size):
            yield Examples(self.items[chosen], self.weights[chosen], self.targets[chosen], self.target_weights[chosen])


def next_items(histories: Sequence[History], length: int, *, again: bool = False) -> Examples:
    """One example for every item of the histories but the first: at most `length` items before it.

    Heard tracks are left out of lists, so that an item that a user hears once more is an example only if `again`.
    """
    chosen = [places_asked(history.items, again=again) for history in histories]
    total = sum(len(places) for places in chosen)
    before = np.zeros((total, length), dtype=np.int64)
    weights = np.zeros((total, length), dtype=np.float32)
    targets = np.zeros(total, dtype=np.int64)
    target_weights = np.zeros(total, dtype=np.float32)
    row = 0
    for (items, weighed), places in zip(histories, chosen, strict=True):
        for place in places:
            start = max(0, place - length)
            before[row, length - (place - start) :] = items[start:place]
            weights[row, length - (place - start) :] = weighed[start:place]
            targets[row], target_weights[row] = items[place], weighed[place]
            row += 1
    return Examples(*(torch.from_numpy(part) for part in (before, weights, targets, target_weights)))


@dataclass(frozen=True, slots=True)
class Users:
    """What each user heard, as a set: `heard` (users, items) is how much, kept as each user's own items."""

    items: Sequence[torch.Tensor]
    weights: Sequence[torch.Tensor]
    of: int

    @classmethod
    def among(cls, histories: Sequence[History], of: int) -> Users:
        """Users who heard at least two of the `of` items: from one alone nothing else can be predicted."""
        kept = [history for history in histories if len(np.unique(history.items)) > 1]
        return cls(
            [torch.from_numpy(history.items) for history in kept],
            [torch.from_numpy(history.weights) for history in kept],
            of,
        )

    def __len__(self) -> int:
        return len(self.items)

    def batches(self, size: int, generator: torch.Generator) -> Iterator[torch.Tensor]:
        """`heard` (at most size, items) of all users, in another order each time that `generator` is asked."""
        for chosen in torch.split(torch.randperm(len(self), generator=generator), size):
            heard = torch.zeros(len(chosen), self.of)
            for row, user in enumerate(chosen.tolist()):
                heard[row].index_add_(0, self.items[user], self.weights[user])
            yield heard
