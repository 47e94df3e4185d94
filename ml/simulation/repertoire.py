"""What synthetic listeners can tell of an archive's tracks: nothing that an embedding under test says."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

UNKNOWN = -1
# A track further than this from the mean is as far as anyone hears.
MOST_DEVIATIONS = 2.5

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


@dataclass(frozen=True)
class Repertoire:
    """The tracks of an archive, one row each.

    `ids` are their keys, `durations` seconds. `composers`, `albums` and `works` are keys, UNKNOWN (−1) where there is
    none; `positions` count within an album. `tempo` (quarter notes a minute) and `loudness` (dB) are NaN where nobody
    measured them. `words` are what is said of each: instruments, genre, tags; in lower case.
    """

    ids: Ints
    durations: Floats
    composers: Ints
    albums: Ints
    works: Ints
    positions: Ints
    tempo: Floats
    loudness: Floats
    words: Sequence[frozenset[str]]

    def __len__(self) -> int:
        return len(self.ids)

    @cached_property
    def fast(self) -> Floats:
        """How fast each is, in deviations."""
        return deviations(self.tempo)

    @cached_property
    def loud(self) -> Floats:
        """How loud each is, in deviations."""
        return deviations(self.loudness)

    @cached_property
    def long(self) -> Floats:
        """How long each is, in deviations of the logarithm."""
        return deviations(np.log(self.durations))

    def said(self, weights: Mapping[str, float]) -> Floats:
        """For each track the sum of the weights of the words that are said of it."""
        total = np.zeros(len(self))
        for row, words in enumerate(self.words):
            total[row] = sum(weight for word, weight in weights.items() if word in words)
        return total


def deviations(values: Floats) -> Floats:
    """How many standard deviations each value is from the mean, at most `MOST_DEVIATIONS`; 0 where it is not known."""
    known = np.isfinite(values)
    if not known.any() or np.ptp(values[known]) == 0:
        return np.zeros(len(values))
    away = (values - values[known].mean()) / values[known].std()
    return np.where(known, np.clip(away, -MOST_DEVIATIONS, MOST_DEVIATIONS), 0.0)
