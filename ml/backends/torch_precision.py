"""How far a network's half precision agrees with its single precision."""

from __future__ import annotations

import numpy as np
import torch

from ml.backends.torch_network import Network, pooled

# A vector this close to the exact one changes places with its neighbours only where they are as good as equal.
ENOUGH = 0.999


def agreement(network: Network, samples: torch.Tensor, precision: torch.dtype) -> float:
    """The smallest cosine between what `network` says in `precision` and in float32 of windows (windows, samples)."""
    exact, rough = pooled(network, samples, torch.float32), pooled(network, samples, precision)
    cosines = torch.nn.functional.cosine_similarity(exact.double(), rough.double(), dim=1)
    smallest = cosines.nan_to_num(nan=-1.0).min()
    return float(smallest)


def choose_precision(network: Network, samples: torch.Tensor) -> torch.dtype:
    """What a network computes in: float32 on a CPU; on a GPU bfloat16, or float16, if it agrees well enough there with
    float32 on `samples` (windows, samples)."""
    if samples.device.type == "cpu":
        return torch.float32
    for precision in (torch.bfloat16, torch.float16):
        if agreement(network, samples, precision) >= ENOUGH:
            return precision
    return torch.float32


def trial_music(seconds: float, sample_rate: int, count: int) -> np.ndarray[tuple[int, ...], np.dtype[np.float32]]:
    """Windows (count, samples) to try a network on: chords that fade, and noise, never the same."""
    rng = np.random.default_rng(1685)
    times = np.arange(round(seconds * sample_rate)) / sample_rate
    rows = []
    for _ in range(count):
        pitches = 110 * 2 ** (rng.integers(0, 36, 4) / 12)
        tones = sum(np.sin(2 * np.pi * pitch * times) for pitch in pitches)
        rows.append(0.1 * tones * np.exp(-(times % 1.0)) + 0.01 * rng.standard_normal(len(times)))
    return np.stack(rows).astype(np.float32)
