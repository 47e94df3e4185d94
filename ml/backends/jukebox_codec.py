"""The part of Jukebox that turns music into codes: the encoder of its coarsest level, and the nearest entry of that
level's codebook, one for 128 samples. Modules are named as in its checkpoint.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

import torch
from torch import nn
from torch.nn import functional

CODE_SAMPLES = 128
DILATION = 3
ENCODER, CODEBOOK = "encoders.2.", "bottleneck.level_blocks.2.k"
PART = re.compile(r"encoders\.2\.level_blocks\.(\d+)\.model\.(\d+)\.")
DEPTH = re.compile(r"encoders\.2\.level_blocks\.0\.model\.0\.1\.model\.(\d+)\.")


class Dilated(nn.Module):
    """A convolution with gaps, beside what goes in."""

    def __init__(self, width: int, inner: int, dilation: int) -> None:
        super().__init__()
        self.model = nn.Sequential(
            nn.ReLU(),
            nn.Conv1d(width, inner, 3, padding=dilation, dilation=dilation),
            nn.ReLU(),
            nn.Conv1d(inner, width, 1),
        )

    def forward(self, channels: torch.Tensor) -> torch.Tensor:
        output: torch.Tensor = channels + self.model(channels)
        return output


class Stack(nn.Module):
    """Dilated convolutions, each hearing three times as far as the one before."""

    def __init__(self, width: int, inner: int, depth: int) -> None:
        super().__init__()
        self.model = nn.Sequential(*(Dilated(width, inner, DILATION**number) for number in range(depth)))

    def forward(self, channels: torch.Tensor) -> torch.Tensor:
        output: torch.Tensor = self.model(channels)
        return output


class Level(nn.Module):
    """Halves the rate `halvings` times."""

    def __init__(self, channels: int, width: int, inner: int, output: int, depth: int, halvings: int) -> None:
        super().__init__()
        steps: list[nn.Module] = [
            nn.Sequential(
                nn.Conv1d(width if number else channels, width, 4, stride=2, padding=1), Stack(width, inner, depth)
            )
            for number in range(halvings)
        ]
        self.model = nn.Sequential(*steps, nn.Conv1d(width, output, 3, padding=1))

    def forward(self, channels: torch.Tensor) -> torch.Tensor:
        output: torch.Tensor = self.model(channels)
        return output


class Codec(nn.Module):
    """Music to codes, at the size of a checkpoint's tensors."""

    codebook: torch.Tensor

    def __init__(self, state: Mapping[str, torch.Tensor]) -> None:
        """Parameters have the shapes, not yet the values, of those in `state`; see `needed_for_codes`."""
        super().__init__()
        bins, output = state["codebook"].shape
        width = len(state["level_blocks.0.model.0.0.bias"])
        inner = len(state["level_blocks.0.model.0.1.model.0.model.1.bias"])
        parts = [PART.match(ENCODER + name) for name in state]
        depth = 1 + max(int(found[1]) for name in state if (found := DEPTH.match(ENCODER + name)))
        levels = 1 + max(int(part[1]) for part in parts if part)
        halvings = [max(int(part[2]) for part in parts if part and int(part[1]) == level) for level in range(levels)]
        self.level_blocks = nn.Sequential(
            *(
                Level(output if number else 1, width, inner, output, depth, count)
                for number, count in enumerate(halvings)
            )
        )
        self.register_buffer("codebook", torch.zeros(bins, output))

    def forward(self, samples: torch.Tensor) -> torch.Tensor:
        """(windows, samples) at 44.1 kHz to codes (windows, samples / 128), in single precision whatever else is not:
        a code is the nearest of many."""
        with torch.autocast(samples.device.type, enabled=False):
            features = self.level_blocks(samples[:, None].float()).transpose(1, 2)  # (windows, codes, 64)
            distances = self.codebook.square().sum(dim=1) - 2 * functional.linear(features, self.codebook)
            return distances.argmin(dim=2)


def needed_for_codes(state: Mapping[str, torch.Tensor]) -> dict[str, torch.Tensor]:
    """Of a checkpoint's tensors those of the coarsest level's encoder, by the codec's own names."""
    plain = {name.removeprefix("module."): tensor for name, tensor in state.items()}
    kept = {name.removeprefix(ENCODER): tensor for name, tensor in plain.items() if name.startswith(ENCODER)}
    if CODEBOOK in plain:
        kept["codebook"] = plain[CODEBOOK]
    return kept
