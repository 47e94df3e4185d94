"""Jukebox's sparse transformer (Child et al., arXiv 1904.10509): every third layer looks within a block of codes, every
third at the same place of all blocks before, every third at the whole block before. Modules are named as in its
checkpoint.
"""

from __future__ import annotations

import torch
from torch import nn
from torch.nn import functional


class Projection(nn.Module):
    """A linear layer that keeps its weights the other way round, and in half precision if they came so."""

    def __init__(self, inputs: int, outputs: int) -> None:
        super().__init__()
        self.w = nn.Parameter(torch.zeros(inputs, outputs))
        self.b = nn.Parameter(torch.zeros(outputs))

    def forward(self, frames: torch.Tensor) -> torch.Tensor:
        return functional.linear(frames, self.w.to(frames.dtype).T, self.b.to(frames.dtype))


class SparseAttention(nn.Module):
    """Attention of the layer `number`, over blocks of `block` codes."""

    def __init__(self, width: int, inner: int, heads: int, block: int, number: int) -> None:
        super().__init__()
        self.heads, self.block = heads, block
        self.sees = (self._own_block, self._same_place, self._block_before)[number % 3]
        self.c_attn = Projection(width, 3 * inner)
        self.c_proj = Projection(inner, width)

    def forward(self, frames: torch.Tensor) -> torch.Tensor:
        """(windows, codes, width) to the same; codes fill whole blocks."""
        split = (frames.shape[0], -1, self.block, self.heads)
        parts = (part.reshape(*split, part.shape[2] // self.heads) for part in self.c_attn(frames).chunk(3, dim=2))
        attended = self.sees(*parts)  # (windows, blocks, block, heads, inner / heads)
        output: torch.Tensor = self.c_proj(attended.flatten(3).flatten(1, 2))
        return output

    @staticmethod
    def _own_block(query: torch.Tensor, key: torch.Tensor, value: torch.Tensor) -> torch.Tensor:
        return attended(query, key, value, causal=True)

    @staticmethod
    def _same_place(query: torch.Tensor, key: torch.Tensor, value: torch.Tensor) -> torch.Tensor:
        query, key, value = (part.transpose(1, 2) for part in (query, key, value))
        return attended(query, key, value, causal=True).transpose(1, 2)

    @staticmethod
    def _block_before(query: torch.Tensor, key: torch.Tensor, value: torch.Tensor) -> torch.Tensor:
        # Before the first block lie zeros.
        key, value = (functional.pad(part[:, :-1], (0, 0, 0, 0, 0, 0, 1, 0)) for part in (key, value))
        return attended(query, key, value, causal=False)


def attended(query: torch.Tensor, key: torch.Tensor, value: torch.Tensor, *, causal: bool) -> torch.Tensor:
    """Attention among the codes of each group, all (windows, groups, codes, heads, numbers); with `causal` to none that
    comes later."""
    # Of four dimensions, as fast implementations want them: (windows × groups, heads, codes, numbers).
    queries, keys, values = (part.flatten(0, 1).transpose(1, 2) for part in (query, key, value))
    output = functional.scaled_dot_product_attention(queries, keys, values, is_causal=causal)
    return output.transpose(1, 2).reshape(query.shape)


class FeedForward(nn.Module):
    def __init__(self, width: int, inner: int) -> None:
        super().__init__()
        self.c_fc = Projection(width, inner)
        self.c_proj = Projection(inner, width)

    def forward(self, frames: torch.Tensor) -> torch.Tensor:
        hidden = self.c_fc(frames)
        output: torch.Tensor = self.c_proj(hidden * torch.sigmoid(1.702 * hidden))
        return output


class Layer(nn.Module):
    def __init__(self, width: int, of_attention: int, inner: int, heads: int, block: int, number: int) -> None:
        super().__init__()
        self.attn = SparseAttention(width, of_attention, heads, block, number)
        self.ln_0 = nn.LayerNorm(width)
        self.mlp = FeedForward(width, inner)
        self.ln_1 = nn.LayerNorm(width)

    def forward(self, frames: torch.Tensor) -> torch.Tensor:
        frames = frames + self.attn(self.ln_0(frames))
        output: torch.Tensor = frames + self.mlp(self.ln_1(frames))
        return output


class SparseTransformer(nn.Module):
    """Layers one after the other; no code sees a later one."""

    def __init__(self, width: int, of_attention: int, inner: int, heads: int, block: int, layers: int) -> None:
        super().__init__()
        self.block = block
        self._attn_mods = nn.ModuleList(
            Layer(width, of_attention, inner, heads, block, number) for number in range(layers)
        )

    def forward(self, frames: torch.Tensor) -> torch.Tensor:
        """(windows, codes, width) to the same."""
        codes = frames.shape[1]
        frames = functional.pad(frames, (0, 0, 0, -codes % self.block))  # later ones, which none sees
        for layer in self._attn_mods:
            frames = layer(frames)
        return frames[:, :codes]
