"""Histories as one vector: the weighted mean of their items, newer ones counting more where training finds so."""

from __future__ import annotations

import torch
from torch import nn
from torch.nn import functional

# Where the decay begins: an item counts half after 35 newer ones.
DECAY = 0.02


class WeightedMean(nn.Module):
    """`items` (histories, length, dimension), oldest first, and `weights` (histories, length), to (histories,
    dimension) of unit length. An item `a` places before the end counts weight · exp(−decay · a), with decay learned
    if `aging`; a history without any weight is zero."""

    def __init__(self, *, aging: bool) -> None:
        super().__init__()
        self.decay = nn.Parameter(torch.tensor(DECAY), requires_grad=aging)
        self.aging = aging

    def forward(self, items: torch.Tensor, weights: torch.Tensor) -> torch.Tensor:
        if self.aging:
            places = torch.arange(items.shape[1], device=items.device)
            age = (items.shape[1] - 1 - places).to(items.dtype)  # (length,)
            weights = weights * torch.exp(-self.decay.abs() * age)
        return functional.normalize((items * weights[:, :, None]).sum(dim=1), dim=-1)
