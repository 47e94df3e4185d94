"""The sequential query encoder: a small transformer over the items of a history."""

from __future__ import annotations

import torch
from torch import nn
from torch.nn import functional

# How much places differ, and how far attention is from even, before anything is learned.
FIRST_PLACES = 0.05
FIRST_ATTENTION = 0.1


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
        self.widened, self.narrowed = nn.Linear(dimension, hidden), nn.Linear(hidden, dimension)
        self.dropout = nn.Dropout(dropout)

    def begin(self, *, last: bool) -> None:
        """From drawn weights to attention that is nearly even, and adds what it sees as it is in the last block, and
        nothing in the others."""
        with torch.no_grad():
            self.asked.weight.mul_(FIRST_ATTENTION)
            self.output.weight.zero_()
            self.narrowed.weight.zero_()
            if last:
                nn.init.eye_(self.output.weight)
                nn.init.eye_(self.told.weight[len(self.output.weight) :])

    def forward(self, states: torch.Tensor, asking: torch.Tensor, sees: torch.Tensor | None) -> torch.Tensor:
        """`asking` (histories, asked, dimension) look at `states` (histories, length, dimension) where `sees`
        (histories, 1, asked or 1, length), the logarithm of how much each counts, is not −∞; None: each at itself and
        those before it alike."""
        queries = self._heads(self.asked(self.before_attention(asking)))
        keys, values = map(self._heads, self.told(self.before_attention(states)).chunk(2, dim=-1))
        mixed = functional.scaled_dot_product_attention(queries, keys, values, attn_mask=sees, is_causal=sees is None)
        asking = asking + self.dropout(self.output(mixed.transpose(1, 2).flatten(2)))
        widened = functional.gelu(self.widened(self.before_feed_forward(asking)))
        fed: torch.Tensor = asking + self.dropout(self.narrowed(widened))
        return fed

    def _heads(self, states: torch.Tensor) -> torch.Tensor:
        # (histories, heads, length, dimension / heads)
        return states.reshape(*states.shape[:2], self.heads, -1).transpose(1, 2)


class SequenceEncoder(nn.Module):
    """`items` (histories, length, dimension) of unit length, oldest first, and `weights` (histories, length), 0 where
    an item does not count, to queries (histories, dimension) of unit length. An item of weight 2 is seen as two are.

    With `masked`, what comes next is asked for by a mask after the newest item, which sees the whole history; otherwise
    it is read off the newest item, where each item sees those before it alone. A place is counted from the newest item
    back, or from the oldest on; places beyond `places` are the last one. With `recency`, between masks and items,
    attention falls by e⁻ʳ for each place of distance, in each further head by a quarter of that (Press et al., "Train
    short, test long: attention with linear biases", ICLR 2022).
    """

    falls: torch.Tensor

    def __init__(
        self,
        dimension: int,
        *,
        blocks: int,
        heads: int,
        hidden: int,
        dropout: float,
        places: int,
        masked: bool,
        recency: float = 0.0,
    ) -> None:
        super().__init__()
        self.recency = recency
        falls = recency * 0.25 ** torch.arange(heads)[:, None, None]  # (heads, 1, 1)
        self.register_buffer("falls", falls, persistent=False)
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
        """Draws all weights anew, so that the query is at first about the mean of the history's items, to which the
        newest is added where there is no mask: a history asks for what it is like before anything is learned."""
        with torch.no_grad():
            for name, parameter in self.named_parameters():
                if parameter.dim() > 1:
                    deviation = FIRST_PLACES if name == "places.weight" else (1 / parameter.shape[-1]) ** 0.5
                    parameter.copy_(torch.randn(parameter.shape, generator=generator) * deviation)
                elif name.endswith("bias"):
                    parameter.zero_()
            nn.init.eye_(self.output.weight)
            for number, block in enumerate(self._blocks(), 1):
                block.begin(last=number == len(self.blocks))

    def _blocks(self) -> list[Block]:
        return [block for block in self.blocks if isinstance(block, Block)]

    def forward(self, items: torch.Tensor, weights: torch.Tensor) -> torch.Tensor:
        states = items * self.scale
        if self.masked:
            states = torch.cat([states, self.mask.expand_as(states[:, :1])], dim=1)
            weights = torch.cat([weights, torch.ones_like(weights[:, :1])], dim=1)
        sees = self._around(weights) if self.masked else _seen_before(weights)
        states = self._placed(states, weights)
        for block in self._blocks()[:-1]:
            states = block(states, states, sees)
        newest = self._blocks()[-1](states, states[:, -1:], sees if sees.shape[2] == 1 else sees[:, :, -1:])
        return self._queries(newest)[:, 0]

    def at_masks(self, items: torch.Tensor, weights: torch.Tensor, masks: torch.Tensor) -> torch.Tensor:
        """Training with masks: queries (masks, dimension) for the items at `masks` (histories, length), True where an
        item is hidden; `weights` (histories, length) are 0 where a row has ended."""
        weights = torch.where(masks, torch.ones_like(weights), weights)
        states = torch.where(masks[:, :, None], self.mask, items * self.scale)
        states = self._placed(states, weights)
        sees = self._around(weights)
        for block in self._blocks()[:-1]:
            states = block(states, states, sees)
        # The hidden items of each row first, as many as the row with the most has.
        most = int(masks.sum(dim=1).max())
        first = masks.int().argsort(dim=1, descending=True, stable=True)[:, :most]
        asking = states.gather(1, first[:, :, None].expand(-1, -1, states.shape[2]))
        if sees.shape[2] > 1:
            sees = sees.gather(2, first[:, None, :, None].expand(-1, sees.shape[1], -1, sees.shape[3]))
        asked = self._blocks()[-1](states, asking, sees)
        return self._queries(asked[masks.gather(1, first)])

    def after_each(self, items: torch.Tensor, weights: torch.Tensor) -> torch.Tensor:
        """Causal training: queries (counted, dimension) after each of the `items` (histories, length, dimension), whose
        rows begin at the first place and end where `weights` (histories, length) are 0."""
        counted = weights > 0
        # Where all count the same, nothing but the order matters, which attention knows by itself.
        sees = None if bool((weights[counted] == 1).all()) else _seen_before(weights)
        states = self._placed(items * self.scale, weights)
        for block in self._blocks():
            states = block(states, states, sees)
        return self._queries(states[counted])

    def _around(self, weights: torch.Tensor) -> torch.Tensor:
        """(histories, 1 or heads, 1 or length, length)"""
        if not self.recency:
            return _seen(weights)
        number = (weights > 0).to(weights.dtype).cumsum(dim=1)
        distance = (number[:, :, None] - number[:, None]).abs()[:, None]  # (histories, 1, length, length)
        return _seen(weights) - self.falls * distance

    def _placed(self, states: torch.Tensor, weights: torch.Tensor) -> torch.Tensor:
        number = (weights > 0).long().cumsum(dim=1)  # from 1
        place = number[:, -1:] - number if self.masked else (number - 1).clamp(min=0)
        placed = states + self.places(place.clamp(max=self.places.num_embeddings - 1))
        normal: torch.Tensor = self.dropout(self.before(placed))
        return normal

    def _queries(self, states: torch.Tensor) -> torch.Tensor:
        return functional.normalize(self.output(self.after(states)), dim=-1)


def _seen(weights: torch.Tensor) -> torch.Tensor:
    """(histories, 1, 1, length)"""
    return weights.log()[:, None, None, :]


def _seen_before(weights: torch.Tensor) -> torch.Tensor:
    """(histories, 1, length, length): of each place, itself and those before it."""
    order = torch.arange(weights.shape[1], device=weights.device)
    later = order[:, None] < order[None]
    seen = _seen(weights).masked_fill(later, -torch.inf)
    # A place that does not count sees at least itself: attention to nothing is not a number.
    return torch.where((order[:, None] == order[None]) & (weights <= 0)[:, None, :, None], 0.0, seen)
