"""What every audio backend is and gives."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from domain.spaces import BackendFacts

Vector = NDArray[np.float32]


@dataclass(frozen=True)
class SegmentEmbedding:
    """The vector of one of our own segments: `start_seconds` to `end_seconds` of the track, unit length."""

    start_seconds: float
    end_seconds: float
    vector: Vector  # (dimension,)


@dataclass(frozen=True)
class TrackEmbedding:
    """All that a backend hears in one recording.

    `vector` is the mean over its patches, scaled to unit length. `segments` cover the recording from 0 to
    `heard_seconds` in order, each as long as `BackendFacts.segment_seconds` but the last, which takes what remains
    (less than a segment and a patch). `tag_scores` lie in 0–1, in the order of `BackendFacts.tags`, averaged over the
    patches; None where the backend does not tag. `heard_seconds` is the length of audio that was decoded and `peak`
    its largest absolute sample (1.0 is full scale).
    """

    vector: Vector  # (dimension,)
    segments: tuple[SegmentEmbedding, ...]
    tag_scores: Vector | None  # (len(facts.tags),)
    heard_seconds: float
    peak: float


class Backend(Protocol):
    """A loaded audio model. Not safe for use by two threads at once; make one for each."""

    @property
    def facts(self) -> BackendFacts: ...

    def embed(self, blocks: Iterable[Vector]) -> TrackEmbedding:
        """Hear one recording, given as consecutive blocks of mono samples at `facts.sample_rate`.

        Blocks may have any length; the result does not depend on how the recording was cut into blocks. Memory does
        not grow with the length of the recording. Raises EmptyAudio when there is no sample at all.
        """
        ...
