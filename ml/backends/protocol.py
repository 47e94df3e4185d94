"""What every audio backend is and gives."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from domain.spaces import BackendFacts

Vector = NDArray[np.float32]

# What `Backend.device` says where there is no other.
CPU = "cpu"
Halves = NDArray[np.float16]


@dataclass(frozen=True)
class Means:
    """What a backend may compute with: so many cores; "cpu", "cuda" or "auto", which is a GPU where there is one; and
    the folder that holds the weights of all backends, in one folder each."""

    threads: int
    device: str
    weights: Path


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
    its largest absolute sample (1.0 is full scale). `patches` are the vectors of the patches themselves, one every
    `BackendFacts.hop_seconds`, as `halves` makes them; None where the backend does not hear in patches.
    """

    vector: Vector  # (dimension,)
    segments: tuple[SegmentEmbedding, ...]
    tag_scores: Vector | None  # (len(facts.tags),)
    heard_seconds: float
    peak: float
    patches: Halves | None = None  # (patches, dimension)


def halves(patches: Vector) -> Halves:
    """The vectors of a recording's patches (patches, dimension) in half precision.

    All are divided by one power of two, so that none overflows: what counts is their direction, and that of any mean
    of them.
    """
    largest = float(np.abs(patches).max(initial=0.0))
    exponent = np.frexp(largest)[1] if np.isfinite(largest) else 0
    return np.ldexp(patches, -exponent).astype(np.float16)


class Backend(Protocol):
    """A loaded audio model. Not safe for use by two threads at once; make one for each."""

    @property
    def facts(self) -> BackendFacts: ...

    @property
    def device(self) -> str:
        """What it computes on, for people: "cpu", or a GPU by name and the precision used there."""
        ...

    def embed(self, blocks: Iterable[Vector]) -> TrackEmbedding:
        """Hear one recording, given as consecutive blocks of mono samples at `facts.sample_rate`.

        Blocks may have any length; the result does not depend on how the recording was cut into blocks. Memory does
        not grow with the length of the recording. Raises EmptyAudio when there is no sample at all.
        """
        ...
