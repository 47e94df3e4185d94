"""Training examples of the models that read whole histories in order: stretches of like length together."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import torch
from torch import nn

from ml.training.data import History


@dataclass(frozen=True, slots=True)
class Rows:
    """`items` (rows, length), oldest first, and how much each counts, `weights` (rows, length), 0 where a row has
    ended."""

    items: torch.Tensor
    weights: torch.Tensor

    def to(self, device: torch.device) -> Rows:
        return Rows(self.items.to(device), self.weights.to(device))


@dataclass(frozen=True, slots=True)
class Stretches:
    """The histories in stretches of at most `length` items; longer ones are cut at places that each epoch draws."""

    histories: Sequence[History]
    length: int

    def batches(self, size: int, generator: torch.Generator) -> Iterator[Rows]:
        """All stretches, those of like length together, in another order each time that `generator` is asked."""
        pieces = [piece for history in self.histories for piece in _cut(history, self.length, generator)]
        lengths = torch.tensor([float(len(piece.items)) for piece in pieces])
        order = (lengths + torch.rand(len(pieces), generator=generator)).argsort().tolist()
        for number in torch.randperm(-(-len(order) // size), generator=generator).tolist():
            rows = [pieces[place] for place in order[number * size : (number + 1) * size]]
            items = nn.utils.rnn.pad_sequence([torch.from_numpy(row.items) for row in rows], batch_first=True)
            weights = nn.utils.rnn.pad_sequence([torch.from_numpy(row.weights) for row in rows], batch_first=True)
            yield Rows(items, weights)


def _cut(history: History, length: int, generator: torch.Generator) -> list[History]:
    items = len(history.items)
    if items <= length:
        return [history] if items > 1 else []
    first = int(torch.randint(2, length + 1, (1,), generator=generator))
    # The newest stretch is a whole one, whatever was drawn.
    places = [slice(max(0, end - length), end) for end in [*range(first, items, length), items]]
    return [History(history.items[place], history.weights[place]) for place in places]
