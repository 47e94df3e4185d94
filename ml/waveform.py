"""A recording's outline for a player: how loud it gets, from its beginning to its end."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

# What is kept of a recording, and so the most a player can ask for: a 4K screen has 3,840 pixels across.
POINTS = 4_000

# While the length is not known, peaks are kept of stretches this many at most, twice as long each time they run out;
# so where a point begins is exact to an eighth of a point at worst.
STRETCHES = 65_536

FULL_SCALE = 65_535


class Outline:
    """Gathers peaks while a recording is decoded, in memory that does not grow with its length."""

    def __init__(self) -> None:
        self._peaks = np.zeros(STRETCHES, np.float32)
        self._stretch = 1  # samples, at the rate of the first block
        self._rate = 0
        self._samples = 0

    def add(self, block: NDArray[np.float32], rate: int) -> None:
        """The next samples, of shape (channels, samples), 1.0 being full scale, at `rate` Hz."""
        magnitudes = np.nan_to_num(np.abs(block).max(axis=0), copy=False, nan=0.0, posinf=1.0)  # (samples,)
        self._rate = self._rate or rate
        if rate != self._rate:
            # A recording may change its rate on the way; time goes on at that of its beginning.
            count = max(1, round(len(magnitudes) * self._rate / rate))
            magnitudes = np.maximum.reduceat(magnitudes, np.arange(count) * len(magnitudes) // count)
        end = self._samples + len(magnitudes)
        while end > STRETCHES * self._stretch:
            self._lengthen()
        first = self._samples // self._stretch
        starts = np.arange(first, -(-end // self._stretch)) * self._stretch - self._samples
        starts[:1] = 0
        found = np.maximum.reduceat(magnitudes, starts)
        kept = self._peaks[first : first + len(found)]
        np.maximum(kept, found, out=kept)
        self._samples = end

    def finish(self) -> NDArray[np.uint16]:
        """The recording in 4,000 points of equal length (4000,): the largest magnitude in each over all channels,
        65,535 being full scale and whatever is beyond. Zeros where there was no sample."""
        starts = np.arange(POINTS) * self._samples // POINTS // self._stretch
        peaks = np.maximum.reduceat(self._peaks[: max(1, -(-self._samples // self._stretch))], starts)
        points: NDArray[np.uint16] = np.rint(np.minimum(peaks, 1.0) * FULL_SCALE).astype(np.uint16)
        return points

    def _lengthen(self) -> None:
        half = STRETCHES // 2
        self._peaks[:half] = self._peaks.reshape(half, 2).max(axis=1)
        self._peaks[half:] = 0
        self._stretch *= 2
