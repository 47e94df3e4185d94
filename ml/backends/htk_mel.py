"""Mel filters on the scale of HTK, as torchaudio has them: triangles of equal height."""

from __future__ import annotations

import torch


def htk_filters(bands: int, fft_samples: int, sample_rate: int) -> torch.Tensor:
    """Filters (fft_samples / 2 + 1, bands) from 0 Hz to half the sample rate."""
    frequencies = torch.linspace(0, sample_rate // 2, fft_samples // 2 + 1)
    highest = 2595.0 * torch.log10(torch.tensor(1.0 + sample_rate / 2 / 700.0))
    edges = 700.0 * (10.0 ** (torch.linspace(0, float(highest), bands + 2) / 2595.0) - 1.0)  # Hz
    widths = edges.diff()
    distances = edges[None, :] - frequencies[:, None]  # (frequencies, bands + 2)
    rising, falling = -distances[:, :-2] / widths[:-1], distances[:, 2:] / widths[1:]
    return torch.minimum(rising, falling).clamp(min=0)
