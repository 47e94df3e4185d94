"""The sequential query encoder: a small transformer over the items of a history."""

from __future__ import annotations

import torch
from torch import nn
from torch.nn import functional


class Block(nn.Module):
    """Attention and a feed-forward layer, normalized before each. Only those places are computed that something is
    asked of."""

    def __init__(self, dimension: int, heads: int, hidden: int, dropout: float) -> None:
        super().__init__()
        self.heads = heads
        self.before_attention = nn.LayerNorm(dimension)
        self.asked = nn.Linear(dimension, dimension)
        self.told = nn.Linear(dimension, 2 * dimension)
        self.output = nn.Linear(dimension, dimension)
        self.before_feed_forward = nn.LayerNorm(dimension)
        self.feed_forward = nn.Sequential(nn.Linear(dimension, hidden), nn.GELU(), nn.Linear(hidden, dimension))
        self.dropout = nn.Dropout(dropout)

    def forward(self, states: torch.Tensor, asking: torch.Tensor, sees: torch.Tensor | None) -> torch.Tensor:
        """`asking` (histories, asked, dimension) look at `states` (histories, length, dimension) where `sees`
        (histories, 1, asked or 1, length) is True; None: each at itself and those before it."""
        queries = self._heads(self.asked(self.before_attention(asking)))
        keys, values = map(self._heads, self.told(self.before_attention(states)).chunk(2, dim=-1))
        mixed = functional.scaled_dot_product_attention(queries, keys, values, attn_mask=sees, is_causal=sees is None)
        asking = asking + self.dropout(self.output(mixed.transpose(1, 2).flatten(2)))
        fed: torch.Tensor = asking + self.dropout(self.feed_forward(self.before_feed_forward(asking)))
        return fed

    def _heads(self, states: torch.Tensor) -> torch.Tensor:
        # (histories, heads, length, dimension / heads)
        return states.unflatten(-1, (self.heads, -1)).transpose(1, 2)


class SequenceEncoder(nn.Module):
    """`items` (histories, length, dimension) of unit length, oldest first, and `weights` (histories, length), 0 where
    an item does not count, to queries (histories, dimension) of unit length.

    With `masked`, what comes next is asked for by a mask after the newest item, which sees the whole history; otherwise
    it is read off the newest item, where each item sees those before it alone. A place is counted from the newest item
    back, or from the oldest on; places beyond `places` are the last one.
    """

    def __init__(
        self, dimension: int, *, blocks: int, heads: int, hidden: int, dropout: float, places: int, masked: bool
    ) -> None:
        super().__init__()
        self.masked = masked
        self.scale = dimension**0.5  # items are of unit length; layers expect about 1 in each dimension
        self.mask = nn.Parameter(torch.zeros(dimension))
        self.places = nn.Embedding(places, dimension)
        self.before = nn.LayerNorm(dimension)
        self.dropout = nn.Dropout(dropout)
        self.blocks = nn.ModuleList(Block(dimension, heads, hidden, dropout) for _ in range(blocks))
        self.after = nn.LayerNorm(dimension)
        self.output = nn.Linear(dimension, dimension)

    def begin(self, generator: torch.Generator) -> None:
        """Draws all weights anew."""
        with torch.no_grad():
            for name, parameter in self.named_parameters():
                if parameter.dim() > 1 or name == "mask":
                    deviation = 0.1 if name == "places.weight" else (1 / parameter.shape[-1]) ** 0.5
                    parameter.copy_(torch.randn(parameter.shape, generator=generator) * deviation)
                elif name.endswith("bias"):
                    parameter.zero_()

    def forward(self, items: torch.Tensor, weights: torch.Tensor) -> torch.Tensor:
        counted = weights > 0
        states = items * self.scale
        if self.masked:
            states = torch.cat([states, self.mask.expand(len(items), 1, -1)], dim=1)
            counted = torch.cat([counted, torch.ones_like(counted[:, :1])], dim=1)
        sees = counted[:, None, None, :]  # (histories, 1, 1, length)
        if not self.masked:
            order = torch.arange(items.shape[1], device=items.device)
            earlier = order[:, None] >= order[None]
            # A place that does not count sees at least itself: attention to nothing is not a number.
            sees = (sees & earlier) | (order[:, None] == order[None])
        states = self._placed(states, counted)
        for block in self.blocks[:-1]:
            states = block(states, states, sees)
        newest = self.blocks[-1](states, states[:, -1:], sees if self.masked else sees[:, :, -1:])
        return self._queries(newest)[:, 0]

    def at_masks(self, items: torch.Tensor, counted: torch.Tensor, masks: torch.Tensor) -> torch.Tensor:
        """Training with masks: queries (masks, dimension) for the items at `masks` (histories, length), True where an
        item is hidden; `counted` (histories, length) is False where a row has ended."""
        states = torch.where(masks[:, :, None], self.mask, items * self.scale)
        states = self._placed(states, counted)
        sees = counted[:, None, None, :]
        for block in self.blocks[:-1]:
            states = block(states, states, sees)
        # The hidden items of each row first, as many as the row with the most has.
        most = int(masks.sum(dim=1).max())
        first = masks.int().argsort(dim=1, descending=True, stable=True)[:, :most]
        asking = states.gather(1, first[:, :, None].expand(-1, -1, states.shape[2]))
        asked = self.blocks[-1](states, asking, sees)
        return self._queries(asked[masks.gather(1, first)])

    def after_each(self, items: torch.Tensor, counted: torch.Tensor) -> torch.Tensor:
        """Causal training: queries (counted, dimension) after each of the `items` (histories, length, dimension), whose
        rows begin at the first place."""
        states = self._placed(items * self.scale, counted)
        for block in self.blocks:
            states = block(states, states, None)
        return self._queries(states[counted])

    def _placed(self, states: torch.Tensor, counted: torch.Tensor) -> torch.Tensor:
        number = counted.long().cumsum(dim=1)  # from 1
        place = number[:, -1:] - number if self.masked else (number - 1).clamp(min=0)
        placed = states + self.places(place.clamp(max=self.places.num_embeddings - 1))
        normal: torch.Tensor = self.dropout(self.before(placed))
        return normal

    def _queries(self, states: torch.Tensor) -> torch.Tensor:
        return functional.normalize(self.output(self.after(states)), dim=-1)
