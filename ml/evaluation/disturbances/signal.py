"""What all disturbances are, and how loud a signal is."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

Samples: TypeAlias = NDArray[np.float32]
Disturbance: TypeAlias = Callable[[Samples, int, np.random.Generator], Samples]


def loudness(samples: NDArray[np.floating]) -> float:
    """The root mean square, 0–1 for what does not exceed full scale."""
    return float(np.sqrt(np.mean(np.square(samples, dtype=np.float64)))) if len(samples) else 0.0


def decibels(db: float) -> float:
    """As a factor of amplitude."""
    return float(10 ** (db / 20))


def fitted(samples: NDArray[np.floating], length: int) -> Samples:
    """Cut off, or filled with silence, at the end."""
    return np.pad(samples[:length], (0, max(0, length - len(samples)))).astype(np.float32)
