"""Training examples of the models that read whole histories in order: stretches of like length together."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import torch
from torch import nn

from ml.training.data import History

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


@dataclass(frozen=True, slots=True)
class Rows:
    """`items` (rows, length), oldest first; `counted` (rows, length) is False where a row has ended."""

    items: torch.Tensor
    counted: torch.Tensor

    def to(self, device: torch.device) -> Rows:
        return Rows(self.items.to(device), self.counted.to(device))


@dataclass(frozen=True, slots=True)
class Stretches:
    """The histories in stretches of at most `length` items; longer ones are cut at places that each epoch draws."""

    histories: Sequence[History]
    length: int

    def batches(self, size: int, generator: torch.Generator) -> Iterator[Rows]:
        """All stretches, those of like length together, in another order each time that `generator` is asked."""
        pieces = [piece for history in self.histories for piece in _cut(history.items, self.length, generator)]
        lengths = torch.tensor([len(piece) for piece in pieces])
        groups = (lengths + torch.rand(len(pieces), generator=generator)).argsort().split(size)
        for number in torch.randperm(len(groups), generator=generator).tolist():
            rows = [torch.from_numpy(pieces[place]) for place in groups[number].tolist()]
            items = nn.utils.rnn.pad_sequence(rows, batch_first=True)
            yield Rows(items, torch.arange(items.shape[1])[None] < lengths[groups[number]][:, None])


def _cut(items: NDArray[np.int64], length: int, generator: torch.Generator) -> list[NDArray[np.int64]]:
    if len(items) <= length:
        return [items] if len(items) > 1 else []
    first = int(torch.randint(2, length + 1, (1,), generator=generator))
    # The newest stretch is a whole one, whatever was drawn.
    return [items[max(0, end - length) : end] for end in [*range(first, len(items), length), len(items)]]
