"""As through old equipment."""

from __future__ import annotations

import numpy as np
from scipy.signal import butter, sosfiltfilt  # type: ignore[import-untyped]  # ships no types

from ml.evaluation.disturbances.signal import Disturbance, Samples

ORDER = 4


def band(low: float, high: float) -> Disturbance:
    """Only from `low` to `high` Hz: a Butterworth filter, forwards and backwards, so that nothing is late."""

    def disturb(samples: Samples, rate: int, random: np.random.Generator) -> Samples:
        upper = min(high, 0.49 * rate)
        filtered = sosfiltfilt(butter(ORDER, (low, upper), "bandpass", fs=rate, output="sos"), samples)
        return np.asarray(filtered, np.float32)

    return disturb
