"""The work that a confined process does to measure recordings."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from jobs.hearing.answers import Measured
from jobs.hearing.decoding import Work, watched
from ml.audio import decode
from ml.backends.protocol import Means
from ml.container import Watch
from ml.measures import FRAME_SAMPLES, SAMPLE_RATE, measure


def measuring(backend: str | None, means: Means) -> Work:
    """Measure; what librosa loads late would be loaded after this process has given up opening files."""
    noise = np.random.default_rng(0).standard_normal(8 * FRAME_SAMPLES).astype(np.float32)
    measure([noise])
    return take


def take(path: Path, watch: Watch) -> tuple[dict[str, object], bytes]:
    """Tempo and loudness of a recording. Raises as `ml.audio.decode` does."""
    measures = measure(watched(decode(path, SAMPLE_RATE), SAMPLE_RATE, watch))
    return Measured(tempo=measures.tempo, loudness=measures.loudness).model_dump(), b""
