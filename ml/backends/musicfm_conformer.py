"""Conformer blocks with rotary positions (Gulati et al., Interspeech 2020), as MusicFM has them.

The same as the blocks of wav2vec 2.0's conformer with its rotary positions, and named as those are in checkpoints: the
rotation is applied to what enters the projections of queries and keys, not to what leaves them.
"""

from __future__ import annotations

import torch
from torch import nn
from torch.nn import functional


class FeedForward(nn.Module):
    """Two layers with a SiLU between them."""

    def __init__(self, width: int, inner: int) -> None:
        super().__init__()
        self.intermediate_dense = nn.Linear(width, inner)
        self.output_dense = nn.Linear(inner, width)

    def forward(self, frames: torch.Tensor) -> torch.Tensor:
        output: torch.Tensor = self.output_dense(functional.silu(self.intermediate_dense(frames)))
        return output


class RotaryAttention(nn.Module):
    """Every frame looks at all frames."""

    def __init__(self, width: int, heads: int) -> None:
        super().__init__()
        self.heads = heads
        self.linear_q = nn.Linear(width, width)
        self.linear_k = nn.Linear(width, width)
        self.linear_v = nn.Linear(width, width)
        self.linear_out = nn.Linear(width, width)

    def forward(self, frames: torch.Tensor, angles: torch.Tensor) -> torch.Tensor:
        """`frames` (windows, frames, width), `angles` (frames, width / heads)."""
        turned = self._turned(frames, angles)
        query, key, value = (
            self._split(projected).transpose(1, 2)  # (windows, heads, frames, width / heads)
            for projected in (self.linear_q(turned), self.linear_k(turned), self.linear_v(frames))
        )
        attended = functional.scaled_dot_product_attention(query, key, value)
        output: torch.Tensor = self.linear_out(attended.transpose(1, 2).flatten(2))
        return output

    def _split(self, frames: torch.Tensor) -> torch.Tensor:
        """(windows, frames, width) to (windows, frames, heads, width / heads)."""
        return frames.reshape(*frames.shape[:2], self.heads, -1)

    def _turned(self, frames: torch.Tensor, angles: torch.Tensor) -> torch.Tensor:
        split = self._split(frames)
        first, second = split.chunk(2, dim=3)
        crossed = torch.cat([-second, first], dim=3)
        return (split * angles.cos()[:, None] + crossed * angles.sin()[:, None]).flatten(2)


class Convolution(nn.Module):
    """What a frame takes from those near it."""

    def __init__(self, width: int, kernel: int) -> None:
        super().__init__()
        self.layer_norm = nn.LayerNorm(width)
        self.pointwise_conv1 = nn.Conv1d(width, 2 * width, 1, bias=False)
        self.depthwise_conv = nn.Conv1d(width, width, kernel, padding=kernel // 2, groups=width, bias=False)
        self.batch_norm = nn.BatchNorm1d(width)
        self.pointwise_conv2 = nn.Conv1d(width, width, 1, bias=False)

    def forward(self, frames: torch.Tensor) -> torch.Tensor:
        channels = self.layer_norm(frames).transpose(1, 2)  # (windows, width, frames)
        channels = functional.glu(self.pointwise_conv1(channels), dim=1)
        channels = functional.silu(self.batch_norm(self.depthwise_conv(channels)))
        output: torch.Tensor = self.pointwise_conv2(channels).transpose(1, 2)
        return output


class ConformerLayer(nn.Module):
    """Half a feed-forward network, attention, convolution, the other half."""

    def __init__(self, width: int, inner: int, heads: int, kernel: int) -> None:
        super().__init__()
        self.ffn1_layer_norm = nn.LayerNorm(width)
        self.ffn1 = FeedForward(width, inner)
        self.self_attn_layer_norm = nn.LayerNorm(width)
        self.self_attn = RotaryAttention(width, heads)
        self.conv_module = Convolution(width, kernel)
        self.ffn2_layer_norm = nn.LayerNorm(width)
        self.ffn2 = FeedForward(width, inner)
        self.final_layer_norm = nn.LayerNorm(width)

    def forward(self, frames: torch.Tensor, angles: torch.Tensor) -> torch.Tensor:
        frames = frames + 0.5 * self.ffn1(self.ffn1_layer_norm(frames))
        frames = frames + self.self_attn(self.self_attn_layer_norm(frames), angles)
        frames = frames + self.conv_module(frames)
        frames = frames + 0.5 * self.ffn2(self.ffn2_layer_norm(frames))
        output: torch.Tensor = self.final_layer_norm(frames)
        return output


class Conformer(nn.Module):
    """Blocks one after the other.

    `last_norm` is what follows the last block of all; without it the blocks end at an inner layer.
    """

    def __init__(self, width: int, inner: int, heads: int, kernel: int, layers: int, last_norm: bool) -> None:
        super().__init__()
        self.embed_positions = RotaryPositions(width // heads)
        self.layers = nn.ModuleList(ConformerLayer(width, inner, heads, kernel) for _ in range(layers))
        self.layer_norm = nn.LayerNorm(width) if last_norm else nn.Identity()

    def forward(self, frames: torch.Tensor) -> torch.Tensor:
        """(windows, frames, width) to the same."""
        angles = self.embed_positions(frames.shape[1])
        for layer in self.layers:
            frames = layer(frames, angles)
        output: torch.Tensor = self.layer_norm(frames)
        return output


class RotaryPositions(nn.Module):
    """By how much each pair of numbers is turned at each frame."""

    inv_freq: torch.Tensor

    def __init__(self, head_width: int) -> None:
        super().__init__()
        self.register_buffer("inv_freq", 10_000.0 ** (-torch.arange(0, head_width, 2).float() / head_width))

    def forward(self, frames: int) -> torch.Tensor:
        """Angles (frames, head_width)."""
        turns = torch.arange(frames, device=self.inv_freq.device, dtype=torch.float32)[:, None] * self.inv_freq
        return torch.cat([turns, turns], dim=1)
