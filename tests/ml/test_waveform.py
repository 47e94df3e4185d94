"""Outlines of signals whose peaks are known."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from ml.audio import decode
from ml.waveform import POINTS, Outline
from tests.ml.recordings import write

RATE = 8_000


def outlined(*blocks: NDArray[np.float32], rate: int = RATE) -> NDArray[np.uint16]:
    outline = Outline()
    for block in blocks:
        outline.add(block, rate)
    return outline.finish()


def steps(*levels: float, each: int) -> NDArray[np.float32]:
    """Samples that stay at each level for so long, their signs alternating: (samples,)."""
    signs = np.where(np.arange(each * len(levels)) % 2, -1, 1)
    return (np.repeat(levels, each) * signs).astype(np.float32)


def test_each_step_has_its_own_height() -> None:
    # 5 s at 8 kHz are 40,000 samples, ten for each of 4,000 points; so each level takes 1,000 points.
    levels = (0.2, 1.0, 0.0, 0.6)
    points = outlined(steps(*levels, each=10_000)[np.newaxis])
    assert [set(points[start : start + 1_000]) for start in range(0, POINTS, 1_000)] == [
        {13_107},  # 0.2 × 65,535
        {65_535},
        {0},
        {39_321},  # 0.6 × 65,535
    ]


def test_it_does_not_matter_how_a_recording_is_cut_into_blocks() -> None:
    signal = np.random.default_rng(3).uniform(-1, 1, (2, 300_000)).astype(np.float32)
    whole = outlined(signal)
    cuts = [signal[:, start : start + 7_777] for start in range(0, 300_000, 7_777)]
    np.testing.assert_array_equal(outlined(*cuts), whole)


def test_the_louder_channel_counts_and_no_sample_gets_lost() -> None:
    # An hour at 8 kHz: 28.8 million samples, in stretches of 512. A click of one sample at exactly half of it.
    minute = np.zeros((2, 60 * RATE), np.float32)
    click = minute.copy()
    click[1, 0] = -0.5
    points = outlined(*[minute] * 30, click, *[minute] * 29)
    assert [(int(place), int(points[place])) for place in np.flatnonzero(points)] == [(2_000, 32_768)]


def test_a_long_recording_is_cut_to_an_eighth_of_a_point() -> None:
    # 100,000,000 samples in stretches of 2,048; a point is 25,000. From the middle of point 1,000 on it is loud.
    silence, tone = np.zeros((1, 12_500), np.float32), np.full((1, 12_500), 0.5, np.float32)
    blocks = [silence if number < 2_001 else tone for number in range(8_000)]
    points = outlined(*blocks)
    assert (set(points[:1_000]), set(points[1_000:])) == ({0}, {32_768})


def test_what_lies_beyond_full_scale_or_is_no_number_is_kept_within_bounds() -> None:
    block = np.array([[4.0, np.nan, -np.inf, 0.25]], np.float32)
    points = outlined(np.repeat(block, 1_000, axis=1))
    assert [set(points[start : start + 1_000]) for start in range(0, POINTS, 1_000)] == [
        {65_535},
        {0},
        {65_535},
        {16_384},  # 0.25 × 65,535 = 16,383.75
    ]


def test_fewer_samples_than_points_are_repeated() -> None:
    points = outlined(np.array([[0.0, 1.0]], np.float32))
    assert (set(points[:2_000]), set(points[2_000:])) == ({0}, {65_535})
    assert set(outlined()) == {0}


@pytest.mark.parametrize("other", [RATE // 2, RATE * 2])
def test_time_goes_on_when_the_rate_changes(other: int) -> None:
    outline = Outline()
    outline.add(np.full((1, 4 * RATE), 0.2, np.float32), RATE)
    outline.add(np.full((1, 4 * other), 1.0, np.float32), other)
    points = outline.finish()
    assert (set(points[:2_000]), set(points[2_000:])) == ({13_107}, {65_535})


def test_it_is_taken_from_the_channels_as_they_are_while_decoding(tmp_path: Path) -> None:
    # Opposite channels cancel each other for the backend, and 44.1 kHz is resampled for it: the outline knows neither.
    left = steps(0.25, 0.75, each=44_100)
    path = write(tmp_path / "steps.wav", np.stack([left, -left]), 44_100)
    outline = Outline()
    mono = np.concatenate(list(decode(path, 16_000, outline.add)))
    points = outline.finish() / 65_535
    assert float(np.abs(mono).max()) == 0.0
    np.testing.assert_allclose(points[:2_000], 0.25, atol=1 / 32_768)
    np.testing.assert_allclose(points[2_000:], 0.75, atol=1 / 32_768)
