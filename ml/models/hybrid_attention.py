"""HYBRID, variant "attention": what a listener always likes, fused with where the session is going.

A causal self-attention reads the session and gives its state; the weighted mean of the history's items is the static
side; a gate, one value for each dimension, decides between them. It has no table of positions: attention falls with the
distance between two items (Press et al., "Train short, test long: attention with linear biases", ICLR 2022), so that a
history of any length can be read.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch
from torch import nn
from torch.nn import functional

from ml.models.fitting import Towers
from ml.models.items import Items
from ml.models.windows import Windows

if TYPE_CHECKING:
    from ml.models.hybrid import HybridConfig
    from ml.training.data import TrainingData

# Instead of −∞, which leaves nothing where a row has no item that counts.
FAR = -1e9


class Block(nn.Module):
    """Self-attention and a feed-forward layer, normalized before each."""

    slopes: torch.Tensor

    def __init__(self, dimension: int, heads: int, dropout: float) -> None:
        super().__init__()
        self.heads = heads
        self.before_attention = nn.LayerNorm(dimension)
        self.projections = nn.Linear(dimension, 3 * dimension)
        self.output = nn.Linear(dimension, dimension)
        self.before_feed_forward = nn.LayerNorm(dimension)
        self.feed_forward = nn.Sequential(
            nn.Linear(dimension, 2 * dimension), nn.GELU(), nn.Linear(2 * dimension, dimension)
        )
        self.dropout = nn.Dropout(dropout)
        slopes = 2.0 ** (-8 * torch.arange(1, heads + 1) / heads)
        self.register_buffer("slopes", slopes[:, None, None], persistent=False)  # (heads, 1, 1)

    def forward(self, states: torch.Tensor, bias: torch.Tensor, distance: torch.Tensor) -> torch.Tensor:
        """`states` (histories, length, dimension); `bias` (histories, 1, length, length), `FAR` where one place does
        not see another; `distance` (length, length) in places."""
        histories, length, dimension = states.shape
        each = self.projections(self.before_attention(states))
        each = each.reshape(histories, length, 3, self.heads, dimension // self.heads).permute(2, 0, 3, 1, 4)
        asked, offered, told = each[0], each[1], each[2]  # (histories, heads, length, dimension / heads)
        scores = asked @ offered.transpose(2, 3) / (dimension // self.heads) ** 0.5
        shares = functional.softmax(scores - self.slopes * distance + bias, dim=-1)
        mixed = (shares @ told).permute(0, 2, 1, 3).reshape(histories, length, dimension)
        states = states + self.dropout(self.output(mixed))
        fed: torch.Tensor = states + self.dropout(self.feed_forward(self.before_feed_forward(states)))
        return fed


class SessionEncoder(nn.Module):
    """`items` (histories, length, dimension), oldest first, and `weights` (histories, length) to a query after every
    item (histories, length, dimension), or, called as a module, after the newest one (histories, dimension); of unit
    length."""

    def __init__(self, dimension: int, blocks: int, heads: int, dropout: float) -> None:
        super().__init__()
        # Items are of unit length; layers expect about 1 in each dimension.
        self.scale = dimension**0.5
        self.blocks = nn.ModuleList(Block(dimension, heads, dropout) for _ in range(blocks))
        self.after = nn.LayerNorm(dimension)
        self.state = nn.Linear(dimension, dimension)
        self.gate = nn.Linear(2 * dimension, dimension)
        # A session begins as static as it can be: half of each, and a state that adds nothing.
        for linear in (self.state, self.gate):
            nn.init.zeros_(linear.weight)
            nn.init.zeros_(linear.bias)

    def forward(self, items: torch.Tensor, weights: torch.Tensor) -> torch.Tensor:
        return self.everywhere(items, weights)[:, -1]

    def everywhere(self, items: torch.Tensor, weights: torch.Tensor) -> torch.Tensor:
        places = torch.arange(items.shape[1], device=items.device)
        distance = (places[:, None] - places[None]).to(items.dtype)  # (length, length), how much later a row is
        unseen = (distance < 0)[None] | (weights <= 0)[:, None, :]  # (histories, length, length)
        bias = (unseen.to(items.dtype) * FAR)[:, None]
        states = items * self.scale
        for block in self.blocks:
            states = block(states, bias, distance.abs())
        state = self.state(self.after(states))
        static = functional.normalize((items * weights[:, :, None]).cumsum(dim=1), dim=-1)
        gate = torch.sigmoid(self.gate(torch.cat([static * self.scale, states], dim=-1)))
        return functional.normalize((1 - gate) * static + gate * state, dim=-1)


class AttentionHybrid(Towers[Windows]):
    """Item tower and session encoder in training."""

    encoder: SessionEncoder

    def __init__(self, config: HybridConfig, data: TrainingData, generator: torch.Generator) -> None:
        super().__init__()
        self.config = config
        self.items = Items(data, config.dimension, generator, learned=True, hidden=config.hidden)
        self.encoder = SessionEncoder(config.dimension, config.blocks, config.heads, config.dropout)

    def loss(self, batch: Windows, generator: torch.Generator) -> torch.Tensor:
        """Cross-entropy of the next item after each, against all items that were not heard before it."""
        vectors = self.items.as_if_cold(self.config.cold, generator)
        queries = self.encoder.everywhere(functional.embedding(batch.items[:, :-1], vectors), batch.weights[:, :-1])
        asked = batch.asked  # (windows, length)
        logits = queries[asked] @ vectors.T / self.config.temperature
        # That nobody heard a cold item says nothing against it.
        logits = logits.masked_fill(batch.heard(len(vectors)) | ~self.items.hot, -torch.inf)
        losses = functional.cross_entropy(logits, batch.items[:, 1:][asked], reduction="none")
        weights = batch.weights[:, 1:][asked]
        return (losses * weights).sum() / weights.sum()
