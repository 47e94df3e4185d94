"""Noise, and the hum of mains."""

from __future__ import annotations

import numpy as np

from ml.evaluation.disturbances.signal import Disturbance, Samples, decibels, loudness

MAINS = 50.0  # Hz
# Harmonics of mains by their share of amplitude: rectifiers hum at the even ones.
HARMONICS = {1: 1.0, 2: 0.7, 3: 0.3, 4: 0.4, 6: 0.2}


def noise(ratio_db: float) -> Disturbance:
    """White noise, the signal being `ratio_db` louder than it."""

    def disturb(samples: Samples, rate: int, random: np.random.Generator) -> Samples:
        return _added(samples, random.standard_normal(len(samples)), ratio_db)

    return disturb


def hum(ratio_db: float) -> Disturbance:
    """Mains and its harmonics, each with a phase of its own, the signal being `ratio_db` louder than all of them."""

    def disturb(samples: Samples, rate: int, random: np.random.Generator) -> Samples:
        turns = np.arange(len(samples)) * (MAINS / rate)
        waves = [share * np.sin(2 * np.pi * (number * turns + random.random())) for number, share in HARMONICS.items()]
        return _added(samples, np.sum(waves, axis=0), ratio_db)

    return disturb


def _added(samples: Samples, other: np.ndarray[tuple[int], np.dtype[np.float64]], ratio_db: float) -> Samples:
    loud = loudness(other)
    scale = loudness(samples) / loud / decibels(ratio_db) if loud else 0.0
    return np.asarray(samples + scale * other, np.float32)
