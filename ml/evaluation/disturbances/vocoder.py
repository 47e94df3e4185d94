"""Higher or lower, faster or slower, the one without the other."""

from __future__ import annotations

import librosa
import numpy as np

from ml.evaluation.disturbances.signal import Disturbance, Samples, fitted


def pitch(semitones: float) -> Disturbance:
    """Higher by so many `semitones`, lower where negative, as long as before, by a phase vocoder (Flanagan & Golden,
    "Phase vocoder", Bell System Technical Journal 1966)."""

    def disturb(samples: Samples, rate: int, random: np.random.Generator) -> Samples:
        return fitted(librosa.effects.pitch_shift(samples, sr=rate, n_steps=semitones), len(samples))

    return disturb


def tempo(factor: float) -> Disturbance:
    """`factor` times as fast, at the same pitch: the length changes."""

    def disturb(samples: Samples, rate: int, random: np.random.Generator) -> Samples:
        return np.asarray(librosa.effects.time_stretch(samples, rate=factor), np.float32)

    return disturb
