"""The mel front end against librosa's, and the same to the bit however the samples arrive."""

from __future__ import annotations

import librosa
import numpy as np
import pytest
from numpy.typing import NDArray

from ml.mel import BANDS, MEL_FILTERS, WINDOW, log_mel


def frames(*blocks: NDArray[np.float32]) -> NDArray[np.float32]:
    return np.concatenate(list(log_mel(blocks)))


def music(seconds: float, amplitude: float) -> NDArray[np.float32]:
    """Harmonics with vibrato over noise: bands from silent to loud."""
    rng = np.random.default_rng(11)
    times = np.arange(round(seconds * 16_000)) / 16_000
    tone = sum(np.sin(2 * np.pi * 196 * k * (times + 1e-4 * np.sin(30 * times))) / k for k in range(1, 30))
    return (amplitude * (tone / 3 + 0.001 * rng.standard_normal(len(times)))).astype(np.float32)


def reference(samples: NDArray[np.float32]) -> NDArray[np.float32]:
    power = librosa.feature.melspectrogram(y=samples, sr=16_000, n_fft=512, hop_length=256, n_mels=96)
    return np.log10(10_000 * power + 1).T


def test_filters_and_window_are_librosas() -> None:
    np.testing.assert_allclose(MEL_FILTERS.T, librosa.filters.mel(sr=16_000, n_fft=512, n_mels=96), atol=1e-9)
    np.testing.assert_allclose(WINDOW, librosa.filters.get_window("hann", 512), atol=1e-7)


@pytest.mark.parametrize("amplitude", [1e-4, 0.1, 1.0, 30.0])
def test_agrees_with_librosa(amplitude: float) -> None:
    samples = music(4, amplitude)
    np.testing.assert_allclose(frames(samples), reference(samples), atol=2e-5)


@pytest.mark.filterwarnings("ignore:n_fft=512 is too large")
@pytest.mark.parametrize("length", [1, 255, 256, 257, 511, 512, 513, 8191, 8192, 8193, 8447, 8448, 16_000])
def test_every_length_has_librosas_frames(length: int) -> None:
    samples = music(1, 0.5)[:length]
    assert frames(samples).shape == (1 + length // 256, BANDS)
    np.testing.assert_allclose(frames(samples), reference(samples), atol=2e-5)


@pytest.mark.parametrize("size", [1, 7, 256, 8447, 8448, 8449, 40_000])
def test_the_cut_makes_no_difference(size: int) -> None:
    samples = music(3, 0.5)
    blocks = [samples[start : start + size] for start in range(0, len(samples), size)]
    np.testing.assert_array_equal(frames(*blocks), frames(samples))
    np.testing.assert_array_equal(frames(samples[:0], *blocks, samples[:0]), frames(samples))


def test_no_sample_no_frame() -> None:
    assert list(log_mel([])) == []
    assert list(log_mel([np.empty(0, np.float32)])) == []


def test_silence_is_zero() -> None:
    np.testing.assert_array_equal(frames(np.zeros(16_000, np.float32)), np.zeros((63, 96), np.float32))


def test_beyond_float16_stays_exact() -> None:
    # A full-scale sine has mel power above 6.55, where ten thousand times it no longer fits in float16 (65,504).
    times = np.arange(16_000) / 16_000
    samples = np.sin(2 * np.pi * 1000 * times).astype(np.float32)
    heard = frames(samples)
    assert heard.max() > np.log10(65_504)
    np.testing.assert_allclose(heard, reference(samples), atol=2e-5)
