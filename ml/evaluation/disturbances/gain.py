"""Louder or softer."""

from __future__ import annotations

import numpy as np

from ml.evaluation.disturbances.signal import Disturbance, Samples, decibels


def gain(db: float) -> Disturbance:
    """By `db` decibels; what gets beyond full scale is clipped, as a converter would."""

    def disturb(samples: Samples, rate: int, random: np.random.Generator) -> Samples:
        return np.asarray(np.clip(samples * np.float32(decibels(db)), -1, 1), np.float32)

    return disturb
