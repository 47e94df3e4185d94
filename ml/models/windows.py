"""Training examples of the models that read a history in order: stretches of it, each item asked for after those
before it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import torch

from ml.models.examples import places_asked
from ml.training.data import History

if TYPE_CHECKING:
    from numpy.typing import NDArray


@dataclass(frozen=True, slots=True)
class Windows:
    """`items` (windows, length + 1), oldest first, padded in front with item 0 of weight 0, and `weights` like them.
    `asked` (windows, length) is True where the item that follows is to be told from the others."""

    items: torch.Tensor
    weights: torch.Tensor
    asked: torch.Tensor

    def __len__(self) -> int:
        return len(self.items)

    def to(self, device: torch.device) -> Windows:
        return Windows(self.items.to(device), self.weights.to(device), self.asked.to(device))

    def batches(self, size: int, generator: torch.Generator) -> Iterator[Windows]:
        """All windows, in another order each time that `generator` is asked."""
        for chosen in torch.split(torch.randperm(len(self), generator=generator), size):
            yield Windows(self.items[chosen], self.weights[chosen], self.asked[chosen])

    def heard(self, items: int) -> torch.Tensor:
        """(asked, items): True for what the window holds before each item that is asked for, that item excepted."""
        before = torch.zeros(len(self), self.items.shape[1] - 1, items, dtype=torch.bool, device=self.items.device)
        rows, places = (self.weights[:, :-1] > 0).nonzero(as_tuple=True)
        before[rows, places, self.items[rows, places]] = True
        so_far = before.cummax(dim=1).values[self.asked]
        return so_far.scatter(1, self.items[:, 1:][self.asked][:, None], False)


def windows(histories: Sequence[History], length: int, *, again: bool = False) -> Windows:
    """The histories cut, from their ends, so that every item but the first of a history is asked for once, after at
    most `length` others; an item that a user hears once more only if `again`."""
    pieces: list[tuple[History, NDArray[np.bool_]]] = []
    for history in histories:
        wanted = np.zeros(len(history.items), dtype=bool)
        wanted[places_asked(history.items, again=again)] = True
        for end in range(len(history.items), 1, -length):
            piece = slice(max(0, end - length - 1), end)
            pieces.append((History(history.items[piece], history.weights[piece]), wanted[piece]))
    items = np.zeros((len(pieces), length + 1), dtype=np.int64)
    weights = np.zeros((len(pieces), length + 1), dtype=np.float32)
    asked = np.zeros((len(pieces), length), dtype=bool)
    for row, (piece_history, wanted) in enumerate(pieces):
        start = length + 1 - len(wanted)
        items[row, start:], weights[row, start:] = piece_history
        asked[row, start:] = wanted[1:]
    return Windows(torch.from_numpy(items), torch.from_numpy(weights), torch.from_numpy(asked))
