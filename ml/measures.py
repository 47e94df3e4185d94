"""Tempo and loudness of a recording, measured from its signal: nothing that a network has learned."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import librosa
import numpy as np
from numpy.typing import NDArray

Samples = NDArray[np.float32]

SAMPLE_RATE = 22_050
HOP_SAMPLES = 512
FRAME_SAMPLES = 2_048
# Names how they are measured: those of another revision cannot be compared with them.
REVISION = "librosa-0.11-onset-tempogram-rms"

# Loudness leaves out pauses: blocks of 0.4 s under −70 dB, then those 10 dB under the mean, as ITU-R BS.1770-4 gates.
BLOCK_SECONDS = 0.4
GATE_DB = -70.0
RELATIVE_GATE_DB = -10.0
SILENT_DB = -120.0
# Band power under which nothing is heard, and growth (dB) under which nothing begins: what is left is rounding.
LEAST_POWER = 1e-5
LEAST_ONSET = 0.1


@dataclass(frozen=True)
class Measures:
    """`tempo` in beats a minute, None where there is no beat to be found; `loudness` in dB below full scale, the mean
    power of what is not a pause (unweighted)."""

    tempo: float | None
    loudness: float


def measure(blocks: Iterable[Samples]) -> Measures:
    """Measure mono samples at SAMPLE_RATE, given as consecutive blocks of any length, in memory that grows by 200 bytes
    a second."""
    waiting = np.zeros(0, np.float32)
    strengths: list[NDArray[np.float32]] = []
    powers: list[NDArray[np.float64]] = []
    before: NDArray[np.float32] | None = None
    step = HOP_SAMPLES * 862  # some 20 s
    for block in blocks:
        waiting = np.concatenate([waiting, block])
        while len(waiting) >= step + FRAME_SAMPLES:
            strength, before = _onsets(waiting[: step + FRAME_SAMPLES - HOP_SAMPLES], before)
            strengths.append(strength)
            powers.append(_powers(waiting[:step]))
            waiting = waiting[step:]
    if len(waiting) >= FRAME_SAMPLES:
        strengths.append(_onsets(waiting, before)[0])
    powers.append(_powers(waiting))
    return Measures(_tempo(np.concatenate(strengths)) if strengths else None, _loudness(np.concatenate(powers)))


def _onsets(samples: Samples, before: NDArray[np.float32] | None) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """How much each frame begins something: the mean growth over mel bands in dB (librosa's onset strength)."""
    mel = librosa.feature.melspectrogram(
        y=samples, sr=SAMPLE_RATE, n_fft=FRAME_SAMPLES, hop_length=HOP_SAMPLES, center=False
    )
    level = librosa.power_to_db(mel, ref=1.0, amin=LEAST_POWER, top_db=None)  # (bands, frames)
    growth = np.diff(level, axis=1, prepend=level[:, :1] if before is None else before)
    strength: NDArray[np.float32] = np.maximum(growth, 0).mean(axis=0).astype(np.float32)
    return strength, level[:, -1:]


def _powers(samples: Samples) -> NDArray[np.float64]:
    """Mean power of consecutive blocks; a rest shorter than one counts as one."""
    size = round(BLOCK_SECONDS * SAMPLE_RATE)
    starts = np.arange(0, len(samples), size)
    if not len(starts):
        return np.zeros(0)
    sums = np.add.reduceat(samples.astype(np.float64) ** 2, starts)
    return np.asarray(sums / np.diff(np.append(starts, len(samples))))


def _tempo(strength: NDArray[np.float32]) -> float | None:
    if strength.max(initial=0.0) < LEAST_ONSET:
        return None
    return float(librosa.feature.tempo(onset_envelope=strength, sr=SAMPLE_RATE, hop_length=HOP_SAMPLES)[0])


def _loudness(powers: NDArray[np.float64]) -> float:
    heard = powers[powers > _power(GATE_DB)]
    if not len(heard):
        return SILENT_DB
    heard = heard[heard > heard.mean() * _power(RELATIVE_GATE_DB)]
    return float(10 * np.log10(heard.mean()))


def _power(decibels: float) -> float:
    return float(10 ** (decibels / 10))
