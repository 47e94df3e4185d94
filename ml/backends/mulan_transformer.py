"""The transformer that MuQ-MuLan has above each of its two pretrained networks.

Normalized first and without biases; queries and keys have unit length, times a learned scale for each of their numbers.
Parameters are named as in its checkpoint.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

import torch
from torch import nn
from torch.nn import functional

# By which similarities of unit vectors are multiplied.
SCALE = 8.0


class Sizes(NamedTuple):
    """How large a transformer is: `inner` of its feed-forward networks."""

    width: int
    heads: int
    head_width: int
    inner: int
    layers: int

    @classmethod
    def of(cls, state: Mapping[str, torch.Tensor], prefix: str) -> Sizes:
        """The sizes that the tensors of a checkpoint below `prefix` have. Raises KeyError where there are none."""
        attended, width = state[f"{prefix}layers.0.0.to_q.weight"].shape
        head_width = len(state[f"{prefix}layers.0.0.q_scale"])
        inner = state[f"{prefix}layers.0.1.4.weight"].shape[1]
        layers = {name.removeprefix(f"{prefix}layers.").split(".")[0] for name in state if name.startswith(prefix)}
        return cls(width, attended // head_width, head_width, inner, len(layers))


class Normalization(nn.Module):
    def __init__(self, width: int) -> None:
        super().__init__()
        self.width = width
        self.learned_gamma = nn.Parameter(torch.ones(width))

    def forward(self, items: torch.Tensor) -> torch.Tensor:
        return functional.layer_norm(items, (self.width,), self.learned_gamma)


class Attention(nn.Module):
    def __init__(self, sizes: Sizes) -> None:
        super().__init__()
        self.heads = sizes.heads
        inside = sizes.heads * sizes.head_width
        self.norm = Normalization(sizes.width)
        self.to_q = nn.Linear(sizes.width, inside, bias=False)
        self.to_kv = nn.Linear(sizes.width, 2 * inside, bias=False)
        self.q_scale = nn.Parameter(torch.ones(sizes.head_width))
        self.k_scale = nn.Parameter(torch.ones(sizes.head_width))
        self.to_out = nn.Sequential(nn.Linear(inside, sizes.width, bias=False))

    def forward(self, items: torch.Tensor) -> torch.Tensor:
        """(batch, items, width) to the same."""
        items = self.norm(items)
        key, value = self.to_kv(items).chunk(2, dim=-1)
        queries = functional.normalize(self._of_heads(self.to_q(items)), dim=-1) * self.q_scale
        keys = functional.normalize(self._of_heads(key), dim=-1) * self.k_scale
        weights = (queries @ keys.transpose(-1, -2) * SCALE).softmax(dim=-1)  # (batch, heads, items, items)
        attended = weights @ self._of_heads(value)
        output: torch.Tensor = self.to_out(attended.transpose(1, 2).flatten(2))
        return output

    def _of_heads(self, items: torch.Tensor) -> torch.Tensor:
        """(batch, items, heads x head_width) to (batch, heads, items, head_width)."""
        batch, count, width = items.shape
        return items.reshape(batch, count, self.heads, width // self.heads).transpose(1, 2)


class Gated(nn.Module):
    """Half of the numbers, times what the other half lets through."""

    def forward(self, items: torch.Tensor) -> torch.Tensor:
        passed, gate = items.chunk(2, dim=-1)
        return functional.gelu(gate) * passed


class Transformer(nn.Module):
    def __init__(self, sizes: Sizes) -> None:
        super().__init__()
        self.layers = nn.ModuleList(
            nn.ModuleList(
                [
                    Attention(sizes),
                    nn.Sequential(
                        Normalization(sizes.width),
                        nn.Linear(sizes.width, 2 * sizes.inner, bias=False),
                        Gated(),
                        nn.Dropout(0.0),  # so that the next one is number 4
                        nn.Linear(sizes.inner, sizes.width, bias=False),
                    ),
                ]
            )
            for _ in range(sizes.layers)
        )

    def forward(self, items: torch.Tensor) -> torch.Tensor:
        """(batch, items, width) to the same."""
        for layer in self.layers:
            attention, feed_forward = layer.children()
            items = attention(items) + items
            items = feed_forward(items) + items
        return items


class Tower(nn.Module):
    """From what a pretrained network says to the joint space: one vector of unit length for each row of the batch.

    `transformer`, `proj` and `to_latents` are called so in a checkpoint, the latter with the tower's name before it.
    """

    def __init__(self, heard: int, sizes: Sizes, dimension: int) -> None:
        super().__init__()
        self.proj: nn.Module = nn.Linear(heard, sizes.width) if heard != sizes.width else nn.Identity()
        self.transformer = Transformer(sizes)
        self.to_latents = nn.Linear(sizes.width, dimension)

    def forward(self, items: torch.Tensor) -> torch.Tensor:
        """(batch, items, heard) to (batch, dimension)."""
        mean = self.transformer(self.proj(items)).mean(dim=1)
        return functional.normalize(self.to_latents(mean), dim=-1)


def tower_state(state: Mapping[str, torch.Tensor], name: str) -> dict[str, torch.Tensor]:
    """The tensors of the tower "audio" or "text", by the names that `Tower` gives them."""
    kept = {}
    for key, tensor in state.items():
        if key.startswith((f"{name}.proj.", f"{name}.transformer.")):
            kept[key.removeprefix(f"{name}.")] = tensor
        elif key.startswith(f"{name}_to_latents."):
            kept[f"to_latents.{key.removeprefix(f'{name}_to_latents.')}"] = tensor
    return kept
