"""Cepstral coefficients, the floor that a learned space must beat: what the ear hears of timbre, and how it moves.

20 coefficients and their deltas as librosa (0.11) computes them with its own defaults; a vector is the mean of the 40
over time, then their deviation.
"""

from __future__ import annotations

from collections.abc import Iterable

import librosa
import numpy as np
from numpy.typing import NDArray

from domain.spaces import BackendFacts
from ml.backends.extent import Extent
from ml.backends.protocol import CPU, Means, TrackEmbedding, Vector
from ml.backends.tally import Sums, Tally
from ml.backends.windows import windows

COEFFICIENTS = 20


class MFCC:
    """`mfcc`; a `Backend`."""

    def __init__(self, facts: BackendFacts) -> None:
        self._facts = facts
        # What librosa loads late would be loaded after this process has given up opening files.
        moments(np.zeros(facts.sample_rate, np.float32), facts.sample_rate)

    @property
    def facts(self) -> BackendFacts:
        return self._facts

    @property
    def device(self) -> str:
        return CPU

    def embed(self, blocks: Iterable[Vector]) -> TrackEmbedding:
        """Hear one recording; see `Backend.embed`. Mean and deviation are those over all frames of what they describe,
        the whole recording or a segment, each patch counting by its length."""
        extent = Extent(blocks, self._facts.sample_rate)
        tally = Tally(self._facts, finish=mean_and_deviation)
        for window in windows(extent, self._facts):
            tally.add(moments(window, self._facts.sample_rate)[None], weight=len(window))
        return tally.embedding(extent)


def load(facts: BackendFacts, means: Means) -> MFCC:
    """The backend that `facts` describes."""
    return MFCC(facts)


def moments(samples: Vector, sample_rate: int) -> NDArray[np.float64]:
    """First and second moments over time of coefficients and deltas: (80,)."""
    # Decibels relative to full scale: librosa's own cut, 80 below the loudest, would depend on where patches begin.
    mel = librosa.feature.melspectrogram(y=samples, sr=sample_rate)
    coefficients = librosa.feature.mfcc(S=librosa.power_to_db(mel, top_db=None), n_mfcc=COEFFICIENTS)
    features = np.concatenate([coefficients, librosa.feature.delta(coefficients)]).astype(np.float64)  # (40, frames)
    return np.concatenate([features.mean(axis=1), (features**2).mean(axis=1)])


def mean_and_deviation(mean: Sums) -> Sums:
    """First and second moments (80,) as 40 means and 40 standard deviations."""
    first, second = np.split(mean, 2)
    return np.concatenate([first, np.sqrt(np.maximum(second - first**2, 0))])
