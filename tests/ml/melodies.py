"""Made-up music: notes with overtones, whose fingerprint is as varied as a recording's."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray


def melody(seconds: float, sample_rate: int, seed: int, tempo: float = 1.0) -> NDArray[np.float32]:
    """Three voices of random notes (samples,). The same `seed` plays the same notes, at any rate and tempo."""
    random = np.random.default_rng(seed)
    times = np.arange(round(seconds * sample_rate)) / sample_rate
    mixed = np.zeros(len(times))
    for _ in range(3):
        beginning = 0.0
        while beginning < seconds:
            length, pitch = random.uniform(0.15, 0.6) / tempo, 220 * 2 ** (random.integers(0, 36) / 12)
            note = slice(*np.searchsorted(times, [beginning, beginning + length]))
            since = times[note] - beginning
            for overtone in range(1, 5):
                mixed[note] += np.exp(-4 * since) * np.sin(2 * np.pi * overtone * pitch * since) / overtone**2
            beginning += length
    return (mixed / np.abs(mixed).max() * 0.7).astype(np.float32)
