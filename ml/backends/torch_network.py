"""What a backend on torch needs of its network."""

from __future__ import annotations

from typing import Protocol

import torch


class Network(Protocol):
    """A module in evaluation mode, on its device, that hears windows of samples."""

    def __call__(self, samples: torch.Tensor) -> torch.Tensor:
        """Mono samples (windows, samples) at the backend's sample rate, 1.0 being full scale, to the chosen layer's
        (windows, frames, dimension): one row for each moment, in order."""
        ...


def pooled(network: Network, samples: torch.Tensor, precision: torch.dtype) -> torch.Tensor:
    """The mean over time of what `network` says: (windows, samples) to (windows, dimension) float32.

    Weights stay in float32; in half precision only what torch holds safe is computed (autocast).
    """
    half = precision is not torch.float32
    with torch.inference_mode(), torch.autocast(samples.device.type, dtype=precision if half else None, enabled=half):
        frames = network(samples)  # (windows, frames, dimension)
    return frames.float().mean(dim=1)
