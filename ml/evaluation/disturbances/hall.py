"""As in a hall."""

from __future__ import annotations

import numpy as np
from scipy.signal import fftconvolve  # type: ignore[import-untyped]  # ships no types

from ml.evaluation.disturbances.signal import Disturbance, Samples, decibels, loudness

# Seconds until the first sound comes back from a wall.
EARLIEST = 0.02


def hall(seconds: float, direct_db: float) -> Disturbance:
    """A synthetic impulse response: the sound itself, `direct_db` louder than all that comes back, which is noise that
    falls by 60 dB in `seconds` (Moorer, "About this reverberation business", 1979). The loudness stays."""

    def disturb(samples: Samples, rate: int, random: np.random.Generator) -> Samples:
        times = np.arange(round(seconds * rate)) / rate
        tail = random.standard_normal(len(times)) * 10 ** (-3 * times / seconds)
        tail[: round(EARLIEST * rate)] = 0
        response = tail / np.sqrt((tail**2).sum()) / decibels(direct_db)
        response[0] = 1.0
        wet = fftconvolve(samples, response)[: len(samples)]
        loud = loudness(wet)
        return np.asarray(wet * (loudness(samples) / loud if loud else 1.0), np.float32)

    return disturb
