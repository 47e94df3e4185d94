"""Pools what a network says of a recording's patches: into one vector, and one for each segment."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from domain.errors.recordings import EmptyAudio
from domain.spaces import BackendFacts
from ml.backends.extent import Extent
from ml.backends.protocol import SegmentEmbedding, TrackEmbedding, Vector, halves

Sums = NDArray[np.float64]


def unchanged(mean: Sums) -> Sums:
    return mean


class Tally:
    """Counts patches together, in the order in which they follow each other.

    The mean over patches is what `finish` makes a vector from, before that gets unit length.
    """

    def __init__(self, facts: BackendFacts, finish: Callable[[Sums], Sums] = unchanged) -> None:
        self._facts = facts
        self._finish = finish
        self._sums: list[Sums] = []  # of each segment
        self._weights: list[float] = []
        self._vectors: list[Vector] = []  # of each patch
        self._tags = np.zeros(len(facts.tags))
        self._patches = 0

    def add(self, vectors: NDArray[np.floating], weight: float = 1.0, tags: Vector | None = None) -> None:
        """Count further patches: `vectors` (patches, features), each as much as `weight`, with their tag scores
        (patches, tags) where the backend tags."""
        for vector in vectors:
            if self._patches % self._facts.segment_patches == 0:
                self._sums.append(np.zeros(len(vector)))
                self._weights.append(0.0)
            self._sums[-1] += weight * vector.astype(np.float64)
            self._weights[-1] += weight
            self._vectors.append(self._finish(vector.astype(np.float64)).astype(np.float32))
            self._patches += 1
        if tags is not None:
            self._tags += tags.sum(axis=0, dtype=np.float64)

    def embedding(self, extent: Extent) -> TrackEmbedding:
        """What was counted of the recording whose extent this is. Raises EmptyAudio when nothing was."""
        if not self._patches:
            raise EmptyAudio(path="the recording")
        vectors = [self._vector(total / weight) for total, weight in zip(self._sums, self._weights, strict=True)]
        scores = (self._tags / self._patches).astype(np.float32) if self._facts.tags else None
        whole = self._vector(np.sum(self._sums, axis=0) / sum(self._weights))
        heard = assembled(self._facts, extent, whole, vectors, scores)
        return replace(heard, patches=halves(np.stack(self._vectors)))

    def _vector(self, mean: Sums) -> Vector:
        return unit(self._finish(mean))


def assembled(
    facts: BackendFacts, extent: Extent, vector: Vector, segments: list[Vector], tag_scores: Vector | None
) -> TrackEmbedding:
    """An embedding with its segments one after the other, the last of which ends with the recording."""
    ends = [number * facts.segment_seconds for number in range(1, len(segments))] + [extent.seconds]
    return TrackEmbedding(
        vector=vector,
        segments=tuple(
            SegmentEmbedding(start, end, segment)
            for start, end, segment in zip([0.0, *ends], ends, segments, strict=False)
        ),
        tag_scores=tag_scores,
        heard_seconds=extent.seconds,
        peak=extent.peak,
    )


def unit(vector: Sums) -> Vector:
    """Scaled to unit length; not a number where there is no direction, which whoever decodes refuses."""
    with np.errstate(invalid="ignore"):
        return (vector / np.linalg.norm(vector)).astype(np.float32)
