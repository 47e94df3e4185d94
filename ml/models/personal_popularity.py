"""How often a listener heard each item, as a score: Abbattista et al., "Enhancing sequential music recommendation with
personalized popularity awareness", RecSys 2024. What is added in training is what serving adds."""

from __future__ import annotations

import torch


def scores(items: torch.Tensor, weights: torch.Tensor, catalogue: int) -> torch.Tensor:
    """log(1 + plays) / log(1 + most plays), (histories, catalogue), 0 for what was not heard, from the `items`
    (histories, length) and how much each counts, `weights` (histories, length), 0 where one does not."""
    plays = weights.new_zeros(len(items), catalogue).scatter_add_(1, items, weights).log1p()
    most = plays.max(dim=1, keepdim=True).values
    return plays / torch.where(most > 0, most, 1)
