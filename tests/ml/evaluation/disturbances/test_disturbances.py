"""What each disturbance does to a sound that is known."""

from __future__ import annotations

from math import sqrt

import numpy as np
import pytest
from numpy.typing import NDArray

from ml.evaluation.disturbances.band import band
from ml.evaluation.disturbances.gain import gain
from ml.evaluation.disturbances.hall import hall
from ml.evaluation.disturbances.lossy import lossy
from ml.evaluation.disturbances.noise import hum, noise
from ml.evaluation.disturbances.registry import DISTURBANCES
from ml.evaluation.disturbances.signal import Samples, decibels, fitted, loudness
from ml.evaluation.disturbances.trim import trim
from ml.evaluation.disturbances.vocoder import pitch, tempo

RATE = 22_050
SECONDS = 4


def tone(*frequencies: float) -> Samples:
    times = np.arange(SECONDS * RATE) / RATE
    return np.sum([0.2 * np.sin(2 * np.pi * frequency * times) for frequency in frequencies], axis=0).astype(np.float32)


def level(samples: Samples, frequency: float) -> float:
    """The amplitude of a frequency in the middle half of a sound."""
    middle = samples[len(samples) // 4 : 3 * len(samples) // 4].astype(np.float64)
    turns = np.exp(-2j * np.pi * frequency * np.arange(len(middle)) / RATE)
    return float(2 * abs((middle * turns).mean()))


def strongest(samples: Samples) -> float:
    """Hz"""
    spectrum = np.abs(np.fft.rfft(samples * np.hanning(len(samples))))
    return float(spectrum.argmax() * RATE / len(samples))


def random() -> np.random.Generator:
    return np.random.default_rng(1)


@pytest.mark.parametrize("name", DISTURBANCES)
def test_every_disturbance_gives_sound_and_repeats_itself(name: str) -> None:
    sound = tone(220, 440)[:RATE]
    once = DISTURBANCES[name](sound.copy(), RATE, random())
    assert once.dtype == np.float32
    assert np.isfinite(once).all()
    assert (once == DISTURBANCES[name](sound.copy(), RATE, random())).all()
    stretched = {"tempo +10 %": 1 / 1.1, "tempo -10 %": 1 / 0.9, "trim 5 s": 1 / 3}.get(name, 1)
    assert len(once) == pytest.approx(stretched * RATE, abs=2)
    assert not np.array_equal(once, sound)


@pytest.mark.parametrize("name", DISTURBANCES)
def test_silence_is_no_trouble(name: str) -> None:
    quiet = DISTURBANCES[name](np.zeros(RATE, np.float32), RATE, random())
    assert np.abs(quiet).max() < 1e-3


def test_loudness_is_the_root_mean_square() -> None:
    assert loudness(np.array([3.0, -4.0])) == pytest.approx(sqrt(25 / 2))
    assert (decibels(20), decibels(-6)) == (10, pytest.approx(0.5012, abs=1e-4))
    assert fitted(np.arange(3.0), 5).tolist() == [0, 1, 2, 0, 0]
    assert fitted(np.arange(3.0), 2).tolist() == [0, 1]


def test_gain_clips_at_full_scale() -> None:
    assert gain(-20)(np.array([0.5, -1], np.float32), RATE, random()).tolist() == pytest.approx([0.05, -0.1])
    assert gain(20)(np.array([0.05, -0.5], np.float32), RATE, random()).tolist() == pytest.approx([0.5, -1])


@pytest.mark.parametrize("codec", ["mp3", "aac"])
def test_lossy_files_keep_what_is_heard_in_its_place(codec: str) -> None:
    sound = np.concatenate([np.zeros(RATE, np.float32), tone(440, 1000)[: 2 * RATE]])
    coded = lossy(codec, 32)(sound, RATE, random())  # type: ignore[arg-type]  # one of them
    for frequency in (440, 1000):
        assert level(coded[RATE:], frequency) == pytest.approx(0.2, rel=0.15)
    assert loudness(coded[: RATE - 2000]) < 0.01
    assert np.corrcoef(coded, sound)[0, 1] > 0.9  # nothing is late
    # At 32 kbit/s the top of noise is gone.
    hiss = (0.1 * random().standard_normal(2 * 44_100)).astype(np.float32)
    spectrum = np.abs(np.fft.rfft(lossy(codec, 32)(hiss, 44_100, random())))  # type: ignore[arg-type]
    top = round(18_000 / 44_100 * len(hiss))
    assert spectrum[top:].mean() < 0.05 * spectrum[1000:top].mean()


def test_a_band_lets_through_what_is_in_it() -> None:
    through = band(200, 4000)(tone(50, 1000, 8000), RATE, random())
    assert level(through, 1000) == pytest.approx(0.2, rel=0.01)
    assert level(through, 50) < 0.01 * 0.2
    assert level(through, 8000) < 0.01 * 0.2
    # Above half of the rate there is nothing to cut.
    assert level(band(200, 40_000)(tone(1000), RATE, random()), 1000) == pytest.approx(0.2, rel=0.01)


@pytest.mark.parametrize(("disturb", "ratio"), [(noise(20), 10), (noise(10), 10**0.5), (hum(20), 10)])
def test_noise_is_so_much_softer(disturb: object, ratio: float) -> None:
    sound = tone(440)
    added = disturb(sound, RATE, random()) - sound  # type: ignore[operator]
    assert loudness(sound) / loudness(added) == pytest.approx(ratio, rel=1e-3)


def test_mains_hum_at_their_harmonics() -> None:
    sound = tone(440)
    added = hum(0)(sound, RATE, random()) - sound
    first = level(added, 50)
    assert [level(added, 50 * number) / first for number in (2, 3, 4, 6)] == pytest.approx(
        [0.7, 0.3, 0.4, 0.2], abs=0.01
    )
    assert level(added, 250) < 0.01 * first


def test_a_hall_rings_on_as_loud_as_before() -> None:
    burst = np.zeros(3 * RATE, np.float32)
    burst[: RATE // 10] = 0.1 * np.random.default_rng(2).standard_normal(RATE // 10)
    wet = hall(1.0, 0.0)(burst, RATE, random())
    assert loudness(wet) == pytest.approx(loudness(burst), rel=1e-3)

    def between(start: float, end: float) -> float:
        return loudness(wet[round(start * RATE) : round(end * RATE)])

    # 60 dB in a second: 24 dB from the stretch around .3 s to that around .7 s; then nothing.
    assert 20 * np.log10(between(0.2, 0.4) / between(0.6, 0.8)) == pytest.approx(24, abs=3)
    assert between(1.2, 3) < 1e-6


@pytest.mark.parametrize(("semitones", "expected"), [(1, 440 * 2 ** (1 / 12)), (-1, 440 / 2 ** (1 / 12))])
def test_pitch_moves_and_time_stays(semitones: float, expected: float) -> None:
    moved = pitch(semitones)(tone(440), RATE, random())
    assert strongest(moved) == pytest.approx(expected, abs=2)
    assert len(moved) == SECONDS * RATE


def test_time_moves_and_pitch_stays() -> None:
    clicks = np.zeros(SECONDS * RATE, np.float32)
    sound = tone(440)
    for start in range(0, SECONDS * RATE, RATE):
        clicks[start : start + RATE // 4] = sound[start : start + RATE // 4]
    faster = tempo(1.25)(clicks, RATE, random())
    assert len(faster) == pytest.approx(SECONDS * RATE / 1.25, abs=1)
    assert strongest(faster) == pytest.approx(440, abs=2)
    beats = np.abs(np.fft.rfft(np.abs(faster)))
    pulse = 1 + beats[1:100].argmax()
    assert pulse * RATE / len(faster) == pytest.approx(1.25, abs=0.02)


def test_trimming_takes_both_ends() -> None:
    sound: NDArray[np.float32] = np.arange(10 * 100, dtype=np.float32)
    assert trim(2)(sound, 100, random()).tolist() == sound[200:800].tolist()
    assert trim(5)(sound, 100, random()).tolist() == sound[333:667].tolist()
