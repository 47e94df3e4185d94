"""Another cut of the same recording."""

from __future__ import annotations

import numpy as np

from ml.evaluation.disturbances.signal import Disturbance, Samples


def trim(seconds: float) -> Disturbance:
    """Without so many `seconds` at the beginning and at the end, at most a third of it at each."""

    def disturb(samples: Samples, rate: int, random: np.random.Generator) -> Samples:
        cut = min(round(seconds * rate), len(samples) // 3)
        return samples[cut : len(samples) - cut]

    return disturb
