"""Directions drawn at random, the floor under all floors: what a recommender finds that hears nothing.

The same recording always has the same vectors: they are drawn by its samples' SHA-256.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable

import numpy as np

from domain.errors.recordings import EmptyAudio
from domain.spaces import BackendFacts
from ml.backends.extent import Extent
from ml.backends.protocol import CPU, Means, TrackEmbedding, Vector
from ml.backends.tally import assembled, unit
from ml.backends.windows import windows


class Random:
    """`random`; a `Backend`."""

    def __init__(self, facts: BackendFacts) -> None:
        self._facts = facts

    @property
    def facts(self) -> BackendFacts:
        return self._facts

    @property
    def device(self) -> str:
        return CPU

    def embed(self, blocks: Iterable[Vector]) -> TrackEmbedding:
        """Hear one recording; see `Backend.embed`. A segment's vector is drawn by all that went before it too, so that
        silence in two recordings is not the same, and the track's by the whole: it is no mean."""
        extent = Extent(blocks, self._facts.sample_rate)
        heard = hashlib.sha256()
        segments = []
        for window in windows(extent, self._facts):
            heard.update(window.astype("<f4").tobytes())
            segments.append(self._drawn(heard.digest() + b"segment"))
        if not segments:
            raise EmptyAudio(path="the recording")
        # What is too short to be heard as a patch still tells recordings apart.
        whole = heard.digest() + str(extent.samples).encode()
        return assembled(self._facts, extent, self._drawn(whole), segments, None)

    def _drawn(self, seed: bytes) -> Vector:
        rng = np.random.default_rng(np.frombuffer(hashlib.sha256(seed).digest(), np.uint32))
        return unit(rng.standard_normal(self._facts.dimension))


def load(facts: BackendFacts, means: Means) -> Random:
    """The backend that `facts` describes."""
    return Random(facts)
