"""MusiCNN's front end: a log-mel spectrogram, as a stream.

The same as `librosa.feature.melspectrogram` (0.11: centred frames padded with zeros, periodic Hann window, power,
Slaney's mel scale and normalization) followed by log10(10,000 x + 1) (Pons & Serra, "musicnn", 2019), in float32
throughout. The original casts to float16 first, which overflows on loud music and moves quiet bands.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import numpy as np
from numpy.lib.stride_tricks import as_strided
from numpy.typing import NDArray

Samples = NDArray[np.float32]

SAMPLE_RATE = 16_000
FFT_SAMPLES = 512
HOP_SAMPLES = 256
BANDS = 96

# Frames worked on at once: they stay in the core's cache (twice as fast as 187 at a time), and the product with the mel
# filters stays too small for BLAS to call in threads, which cost a factor of ten when several workers share the cores.
BATCH_FRAMES = 32


def log_mel(blocks: Iterable[Samples]) -> Iterator[NDArray[np.float32]]:
    """The log-mel frames of 16 kHz mono samples given as consecutive blocks of any length.

    Yields consecutive arrays of shape (frames, 96), values from 0 up (full-scale music reaches about 8). There are
    1 + samples // 256 frames in all, none without any sample. They do not depend on how the blocks were cut, to the
    last bit, and memory is bounded by the longest block.
    """
    batch_samples = (BATCH_FRAMES - 1) * HOP_SAMPLES + FFT_SAMPLES
    waiting = [np.zeros(FFT_SAMPLES // 2, np.float32)]
    waiting_samples = FFT_SAMPLES // 2
    heard_samples = frames_done = 0
    for block in blocks:
        heard_samples += len(block)
        waiting.append(block)
        waiting_samples += len(block)
        if waiting_samples >= batch_samples:
            joined = np.concatenate(waiting)
            batches = 1 + (waiting_samples - batch_samples) // (BATCH_FRAMES * HOP_SAMPLES)
            for batch in range(batches):
                start = batch * BATCH_FRAMES * HOP_SAMPLES
                yield _frames(joined[start : start + batch_samples], BATCH_FRAMES)
            frames_done += batches * BATCH_FRAMES
            waiting = [joined[batches * BATCH_FRAMES * HOP_SAMPLES :]]
            waiting_samples = len(waiting[0])
    if heard_samples:
        joined = np.concatenate([*waiting, np.zeros(FFT_SAMPLES // 2, np.float32)])
        for start in range(0, 1 + heard_samples // HOP_SAMPLES - frames_done, BATCH_FRAMES):
            frames = min(BATCH_FRAMES, 1 + heard_samples // HOP_SAMPLES - frames_done - start)
            yield _frames(joined[start * HOP_SAMPLES :], frames)


def _frames(samples: Samples, count: int) -> NDArray[np.float32]:
    """The first `count` frames of `samples` as (count, 96)."""
    samples = np.ascontiguousarray(samples, np.float32)
    overlapping = as_strided(samples, (count, FFT_SAMPLES), (samples.itemsize * HOP_SAMPLES, samples.itemsize))
    spectrum = np.fft.rfft(overlapping * WINDOW, axis=1).view(np.float32)  # (count, 2 × 257)
    np.multiply(spectrum, spectrum, out=spectrum)
    mel = (spectrum[:, ::2] + spectrum[:, 1::2]) @ MEL_FILTERS
    mel *= 10_000
    mel += 1
    return np.log10(mel, out=mel)


def _hertz(mels: NDArray[np.float64]) -> NDArray[np.float64]:
    """Slaney's mel scale: linear to 1000 Hz (15 mel), then logarithmic with 27 mel to a factor of 6.4."""
    return np.where(mels < 15, mels * 200 / 3, 1000 * 6.4 ** ((mels - 15) / 27))


def _mel_filters() -> NDArray[np.float32]:
    """Triangles of equal area, as (257, 96)."""
    top = 15 + 27 * np.log(SAMPLE_RATE / 2 / 1000) / np.log(6.4)
    corners = _hertz(np.linspace(0, top, BANDS + 2))
    bins = np.linspace(0, SAMPLE_RATE / 2, FFT_SAMPLES // 2 + 1)[:, None]
    rising = (bins - corners[:-2]) / (corners[1:-1] - corners[:-2])
    falling = (corners[2:] - bins) / (corners[2:] - corners[1:-1])
    triangles = np.maximum(0, np.minimum(rising, falling))
    return (triangles * 2 / (corners[2:] - corners[:-2])).astype(np.float32)


MEL_FILTERS = _mel_filters()
WINDOW = (0.5 - 0.5 * np.cos(2 * np.pi * np.arange(FFT_SAMPLES) / FFT_SAMPLES)).astype(np.float32)
