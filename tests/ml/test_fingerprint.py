from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from ml.audio import decode
from ml.fingerprint import FRAME_SAMPLES, HOP_SAMPLES, SAMPLE_RATE, Fingerprint, fingerprint, from_bytes, to_bytes
from tests.ml.melodies import melody
from tests.ml.recordings import write

MELODY = melody(20, SAMPLE_RATE, seed=1)


def differing(one: Fingerprint, other: Fingerprint) -> float:
    """The share of bits that differ, frame by frame."""
    frames = min(len(one.words), len(other.words))
    return float(np.bitwise_count(one.words[:frames] ^ other.words[:frames]).mean()) / 32


def test_one_word_for_every_frame() -> None:
    made = fingerprint([MELODY])
    assert len(made.words) == len(made.heard) == 1 + (20 * SAMPLE_RATE - FRAME_SAMPLES) // HOP_SAMPLES == 610
    assert made.seconds == 610 * 256 / 8_000
    assert made.heard.all()


def test_it_does_not_depend_on_how_blocks_are_cut() -> None:
    whole = fingerprint([MELODY])
    for size in (100, 4_096, 50_000):
        cut = fingerprint(MELODY[start : start + size] for start in range(0, len(MELODY), size))
        assert np.array_equal(cut.words, whole.words)


def test_loudness_changes_nothing() -> None:
    assert differing(fingerprint([MELODY * np.float32(0.125)]), fingerprint([MELODY])) == 0


@pytest.mark.parametrize(
    ("suffix", "rate"), [(".mp3", 44_100), (".m4a", 22_050), (".opus", 48_000), (".ogg", 32_000), (".flac", 11_025)]
)
def test_encoding_changes_little(tmp_path: Path, suffix: str, rate: int) -> None:
    recording = melody(20, rate, seed=1)
    file = write(tmp_path / f"melody{suffix}", np.stack([recording, recording]) * np.float32(0.5), rate)
    assert differing(fingerprint(decode(file, SAMPLE_RATE)), fingerprint([MELODY])) < 0.15


def test_another_performance_is_another_signal() -> None:
    """Chance makes a half of all bits differ."""
    faster = fingerprint([melody(20, SAMPLE_RATE, seed=1, tempo=1.07)])
    others = fingerprint([melody(20, SAMPLE_RATE, seed=2)])
    assert abs(differing(faster, fingerprint([MELODY])) - 0.5) < 0.05
    assert abs(differing(others, fingerprint([MELODY])) - 0.5) < 0.05


def test_silence_is_not_heard() -> None:
    pause = np.zeros(10 * SAMPLE_RATE, np.float32)
    made = fingerprint([pause, MELODY])
    # Up to the first frame that reaches into the music far enough.
    assert not made.heard[: 10 * SAMPLE_RATE // HOP_SAMPLES - 16].any()
    assert made.heard[10 * SAMPLE_RATE // HOP_SAMPLES :].all()


@pytest.mark.parametrize("samples", [0, 1, FRAME_SAMPLES - 1])
def test_what_is_too_short_has_none(samples: int) -> None:
    assert len(fingerprint([MELODY[:samples]]).words) == 0


@pytest.mark.parametrize("frames", [0, 1, 7, 8, 9, 610])
def test_bytes_and_back(frames: int) -> None:
    random = np.random.default_rng(frames)
    made = Fingerprint(random.integers(0, 2**32, frames, np.uint32), random.random(frames) < 0.5)
    data = to_bytes(made)
    assert len(data) == 4 * frames + (frames + 7) // 8
    again = from_bytes(data)
    assert np.array_equal(again.words, made.words)
    assert np.array_equal(again.heard, made.heard)


@pytest.mark.parametrize("length", [1, 4, 6, 11, 32, 34])
def test_bytes_of_no_fingerprint_are_refused(length: int) -> None:
    with pytest.raises(ValueError):  # noqa: PT011 -- it says nothing more
        from_bytes(bytes(length))
