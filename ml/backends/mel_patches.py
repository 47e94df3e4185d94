"""Cuts a stream of mel frames into the patches that MusiCNN's networks hear."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import numpy as np

from ml.backends.protocol import Vector
from ml.backends.pruning import PATCH_FRAMES
from ml.backends.windows import batches
from ml.mel import BANDS


def mel_batches(frames: Iterable[Vector], size: int) -> Iterator[Vector]:
    """Whole patches in batches (at most `size`, 187, 96); if there is none but there are frames, these and silence."""
    return batches(_patches(frames), size)


def _patches(frames: Iterable[Vector]) -> Iterator[Vector]:
    patch = np.zeros((PATCH_FRAMES, BANDS), np.float32)
    filled = count = 0
    for group in frames:
        while len(group):
            taken = min(len(group), PATCH_FRAMES - filled)
            patch[filled : filled + taken] = group[:taken]
            filled, group = filled + taken, group[taken:]
            if filled == PATCH_FRAMES:
                yield patch.copy()
                filled, count = 0, count + 1
    if filled and not count:
        yield patch
