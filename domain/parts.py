"""The parts in which a track was heard: what any range of it sounds like."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray


@dataclass(frozen=True, slots=True)
class Parts:
    """Consecutive parts of a track: patches, or our own segments.

    `starts` and `ends` (parts,) are seconds from the track's beginning. `vectors` (parts, dimension) are as long as
    they were heard, all times one factor: their mean is what a longer part sounds like. The last part also stands for
    what was too short to be heard behind it.
    """

    starts: NDArray[np.float64]
    ends: NDArray[np.float64]
    vectors: NDArray[np.floating]

    def mean(self, start_seconds: float, end_seconds: float) -> NDArray[np.float32]:
        """The vector of a range, of unit length (dimension,): each part counts by the seconds it shares with it.

        So a range within one part is that part, one of whole parts is their plain mean, and a range that is moved a
        little changes little. One behind the last part is the last part.
        """
        shared = np.minimum(self.ends, end_seconds) - np.maximum(self.starts, start_seconds)
        weights = np.maximum(shared, 0.0)
        if not weights.any():
            weights[-1] = 1.0
        mean = weights @ self.vectors.astype(np.float64)
        length = np.linalg.norm(mean)
        unit: NDArray[np.float32] = (mean / length if length else mean).astype(np.float32)
        return unit


def patch_parts(patch_seconds: float, hop_seconds: float, first: int, vectors: NDArray[np.floating]) -> Parts:
    """Patches of one length, one every `hop_seconds`; the first of them is the `first` of its track, counted from 0."""
    starts = np.arange(first, first + len(vectors), dtype=np.float64) * hop_seconds
    return Parts(starts, starts + patch_seconds, vectors)
