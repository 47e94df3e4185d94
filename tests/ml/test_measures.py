"""Tempo and loudness of signals whose answers are known."""

from __future__ import annotations

import numpy as np
import pytest

from ml.measures import SAMPLE_RATE, SILENT_DB, Samples, measure


def clicks(beats_a_minute: float, seconds: float = 40.0) -> Samples:
    samples = np.zeros(round(seconds * SAMPLE_RATE), np.float32)
    times = np.arange(4_000) / SAMPLE_RATE
    tone = 0.5 * np.sin(2 * np.pi * 440 * times) * np.exp(-times * 30)
    for beat in range(int(seconds * beats_a_minute / 60) - 1):
        begin = round(beat * 60 / beats_a_minute * SAMPLE_RATE)
        samples[begin : begin + len(tone)] += tone
    return samples


def sine(amplitude: float, seconds: float = 10.0) -> Samples:
    times = np.arange(round(seconds * SAMPLE_RATE)) / SAMPLE_RATE
    return (amplitude * np.sin(2 * np.pi * 440 * times)).astype(np.float32)


@pytest.mark.parametrize("beats_a_minute", [60, 90, 120, 150])
def test_clicks_have_the_tempo_at_which_they_come(beats_a_minute: int) -> None:
    tempo = measure([clicks(beats_a_minute)]).tempo
    assert tempo is not None
    # A lag of whole frames of 23 ms: at 150 a minute there are 17 to a beat, so the next tempo is 6 % away.
    assert tempo == pytest.approx(beats_a_minute, rel=0.03)


def test_loudness_is_the_mean_power() -> None:
    # 10 · log10(0.1² / 2) = −23.01 dB
    assert measure([sine(0.1)]).loudness == pytest.approx(-23.0103, abs=1e-3)


def test_pauses_do_not_make_a_recording_softer() -> None:
    paused = np.concatenate([sine(0.1), np.zeros(20 * SAMPLE_RATE, np.float32), sine(0.1)])
    assert measure([paused]).loudness == pytest.approx(-23.0103, abs=0.05)


def test_a_steady_tone_and_silence_have_no_tempo() -> None:
    assert measure([sine(0.1)]).tempo is None
    silence = measure([np.zeros(5 * SAMPLE_RATE, np.float32)])
    assert (silence.tempo, silence.loudness) == (None, SILENT_DB)
    assert (measure([]).tempo, measure([]).loudness) == (None, SILENT_DB)


def test_how_the_samples_are_cut_changes_nothing() -> None:
    samples = clicks(100, seconds=50)
    whole = measure([samples])
    cut = measure(samples[begin : begin + 7_001] for begin in range(0, len(samples), 7_001))
    assert (cut.tempo, cut.loudness) == (whole.tempo, pytest.approx(whole.loudness, abs=1e-9))
