"""EncodecMAE's transformer: normalized after each part, beside a sum of all parts that is not (ResiDual, Xie et al.,
arXiv 2304.14802). Modules are named as in its checkpoints.
"""

from __future__ import annotations

import math

import torch
from torch import nn
from torch.nn import functional

Branches = tuple[torch.Tensor, torch.Tensor]


class Attention(nn.Module):
    """Every frame looks at all frames. Heads lie across the projections: number `i` of head `h` is `i * heads + h`."""

    def __init__(self, width: int, heads: int) -> None:
        super().__init__()
        self.heads = heads
        self.wq = nn.Linear(width, width, bias=False)
        self.wk = nn.Linear(width, width, bias=False)
        self.wv = nn.Linear(width, width, bias=False)
        self.wo = nn.Linear(width, width, bias=False)

    def forward(self, frames: torch.Tensor) -> torch.Tensor:
        query, key, value = (
            # (windows, heads, frames, numbers)
            projection(frames).reshape(*frames.shape[:2], -1, self.heads).permute(0, 3, 1, 2)
            for projection in (self.wq, self.wk, self.wv)
        )
        attended = functional.scaled_dot_product_attention(query, key, value)
        output: torch.Tensor = self.wo(attended.permute(0, 2, 3, 1).flatten(2))
        return output


class Layer(nn.Module):
    """Attention, then the feed-forward network, which all layers share."""

    def __init__(self, width: int, heads: int, shared: nn.Module) -> None:
        super().__init__()
        self.att_layer = Attention(width, heads)
        self.ff_layer = shared
        self.norm1 = nn.LayerNorm(width)
        self.norm2 = nn.LayerNorm(width)

    def forward(self, branches: Branches) -> Branches:
        normalized, summed = branches
        for part, norm in ((self.att_layer, self.norm1), (self.ff_layer, self.norm2)):
            heard = part(normalized)
            normalized, summed = norm(normalized + heard), summed + heard
        return normalized, summed


class ResidualTransformer(nn.Module):
    """Layers one after the other.

    With `joined`, both branches make the output, as they do after the last layer; else it is the normalized one.
    """

    def __init__(self, width: int, inner: int, heads: int, layers: int, joined: bool) -> None:
        super().__init__()
        shared = nn.Sequential(nn.Linear(width, inner), nn.ReLU(), nn.Linear(inner, width))
        self.encoder_layers = nn.ModuleList(Layer(width, heads, shared) for _ in range(layers))
        self.final_norm = nn.LayerNorm(width) if joined else None

    def forward(self, frames: torch.Tensor) -> torch.Tensor:
        """(windows, frames, width) to the same."""
        branches = (frames, frames)
        for layer in self.encoder_layers:
            branches = layer(branches)
        normalized, summed = branches
        return normalized if self.final_norm is None else normalized + self.final_norm(summed)


class Positions(nn.Module):
    """Adds sines and cosines of the frame's number, as loud as was learned."""

    def __init__(self) -> None:
        super().__init__()
        self.scale = nn.Parameter(torch.tensor(1.0))

    def forward(self, frames: torch.Tensor) -> torch.Tensor:
        """(windows, frames, width) to the same."""
        _, count, width = frames.shape
        number = torch.arange(count, device=frames.device, dtype=torch.float32)[:, None]
        even = torch.arange(0, width, 2, device=frames.device, dtype=torch.float32)
        angles = number * torch.exp(-even * (math.log(10_000) / width))
        waves = torch.stack([angles.sin(), angles.cos()], dim=2).flatten(1)  # (frames, width), one after the other
        return frames + self.scale * waves
