"""Measures a recording while it goes by."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import numpy as np

from ml.backends.protocol import Vector


class Extent:
    """Passes blocks of samples on and keeps how many there were, and how loud."""

    def __init__(self, blocks: Iterable[Vector], sample_rate: int) -> None:
        self._blocks = blocks
        self._sample_rate = sample_rate
        self.samples = 0
        self.peak = 0.0

    @property
    def seconds(self) -> float:
        return self.samples / self._sample_rate

    def __iter__(self) -> Iterator[Vector]:
        for block in self._blocks:
            if len(block):
                self.samples += len(block)
                self.peak = max(self.peak, float(np.abs(block).max()))
                yield block
