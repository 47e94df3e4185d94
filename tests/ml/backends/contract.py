"""What every audio backend must do.

A backend's test class inherits this and says how to get the backend:

    class TestMine(BackendContract):
        @pytest.fixture(scope="class")
        @classmethod
        def backend(cls) -> Backend:
            return load("mine")
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import psutil
import pytest
from numpy.typing import NDArray

from domain.errors.recordings import EmptyAudio
from domain.spaces import BACKENDS
from ml.audio import decode
from ml.backends.protocol import Backend, TrackEmbedding
from tests.ml.recordings import write

Samples = NDArray[np.float32]


def chords(seconds: float, sample_rate: int, amplitude: float = 0.5) -> Samples:
    """Music enough for a network: a new chord of plucked strings every half second, the same in every sample rate."""
    rng = np.random.default_rng(1685)
    times = np.arange(round(seconds * sample_rate)) / sample_rate
    beats = times % 0.5
    roots = 110 * 2 ** (rng.choice([0, 2, 3, 5, 7, 8, 10, 12], int(seconds * 2) + 1) / 12)
    root = roots[(times * 2).astype(int)]
    tones = sum(
        np.sin(2 * np.pi * root * interval * harmonic * beats) * np.exp(-beats * (3 + harmonic)) / harmonic
        for interval in (1, 1.25, 1.5)
        for harmonic in range(1, 8)
    )
    return (amplitude * tones / np.abs(tones).max()).astype(np.float32)


def assert_sound(backend: Backend, heard: TrackEmbedding) -> None:
    """The properties that every result has, whatever was heard."""
    facts = backend.facts
    vectors = np.stack([heard.vector, *(segment.vector for segment in heard.segments)])
    assert vectors.shape == (1 + len(heard.segments), facts.dimension)
    assert vectors.dtype == np.float32
    assert np.isfinite(vectors).all()
    np.testing.assert_allclose(np.linalg.norm(vectors, axis=1), 1, atol=1e-5)
    if facts.tags:
        assert heard.tag_scores is not None
        assert heard.tag_scores.shape == (len(facts.tags),)
        assert heard.tag_scores.dtype == np.float32
        assert (heard.tag_scores >= 0).all()
        assert (heard.tag_scores <= 1).all()
    else:
        assert heard.tag_scores is None
    # Segments cover all that was heard, in order, each (but the last) five patches long.
    starts = [segment.start_seconds for segment in heard.segments]
    ends = [segment.end_seconds for segment in heard.segments]
    assert starts == [0.0, *ends[:-1]]
    assert ends[-1] == heard.heard_seconds
    lengths = [end - start for start, end in zip(starts, ends, strict=True)]
    np.testing.assert_allclose(lengths[:-1], facts.segment_seconds)
    assert 0 < lengths[-1] < facts.segment_seconds + facts.patch_seconds


class BackendContract:
    """Inherit and give a `backend` fixture."""

    @pytest.fixture(scope="class")
    @classmethod
    def backend(cls) -> Backend:
        raise NotImplementedError

    @pytest.fixture(scope="class")
    @classmethod
    def music(cls, backend: Backend) -> Samples:
        return chords(35.3, backend.facts.sample_rate)

    @pytest.fixture(scope="class")
    @classmethod
    def heard(cls, backend: Backend, music: Samples) -> TrackEmbedding:
        return backend.embed([music])

    def test_facts_are_the_published_ones(self, backend: Backend) -> None:
        assert backend.facts == BACKENDS[backend.facts.name]

    def test_what_is_heard(self, backend: Backend, music: Samples, heard: TrackEmbedding) -> None:
        assert_sound(backend, heard)
        assert heard.heard_seconds == len(music) / backend.facts.sample_rate
        assert heard.peak == pytest.approx(0.5, abs=1e-6)
        # 35.3 s are two whole segments and the rest.
        assert len(heard.segments) == 1 + int(35.3 / backend.facts.segment_seconds)

    def test_hearing_again_is_the_same_to_the_bit(
        self, backend: Backend, music: Samples, heard: TrackEmbedding
    ) -> None:
        assert_same(backend.embed([music]), heard)

    @pytest.mark.parametrize("size", [997, 16_000, 100_003])
    def test_the_cut_into_blocks_makes_no_difference(
        self, backend: Backend, music: Samples, heard: TrackEmbedding, size: int
    ) -> None:
        blocks = [music[start : start + size] for start in range(0, len(music), size)]
        assert_same(backend.embed(iter([music[:0], *blocks, music[:0]])), heard)

    def test_blocks_are_left_as_they_were(self, backend: Backend, music: Samples) -> None:
        kept = music.copy()
        backend.embed([music])
        np.testing.assert_array_equal(music, kept)

    def test_other_music_is_another_vector(self, backend: Backend, heard: TrackEmbedding) -> None:
        rng = np.random.default_rng(5)
        noise = rng.uniform(-0.5, 0.5, 10 * backend.facts.sample_rate).astype(np.float32)
        assert backend.embed([noise]).vector @ heard.vector < 0.95

    def test_silence(self, backend: Backend) -> None:
        heard = backend.embed([np.zeros(20 * backend.facts.sample_rate, np.float32)])
        assert_sound(backend, heard)
        assert heard.peak == 0.0

    @pytest.mark.parametrize("seconds", [1.0, 0.1])
    def test_shorter_than_a_patch(self, backend: Backend, seconds: float) -> None:
        heard = backend.embed([chords(seconds, backend.facts.sample_rate)])
        assert_sound(backend, heard)
        assert heard.heard_seconds == seconds
        assert len(heard.segments) == 1

    def test_one_sample(self, backend: Backend) -> None:
        heard = backend.embed([np.array([0.25], np.float32)])
        assert_sound(backend, heard)
        assert heard.heard_seconds == 1 / backend.facts.sample_rate
        assert heard.peak == 0.25

    @pytest.mark.parametrize("blocks", [[], [np.empty(0, np.float32)]], ids=["no block", "an empty block"])
    def test_nothing_to_hear(self, backend: Backend, blocks: list[Samples]) -> None:
        with pytest.raises(EmptyAudio):
            backend.embed(blocks)

    @pytest.mark.parametrize("amplitude", [1.0, 100.0])
    def test_loud_music_stays_finite(self, backend: Backend, amplitude: float) -> None:
        rng = np.random.default_rng(6)
        noise = rng.uniform(-amplitude, amplitude, 10 * backend.facts.sample_rate).astype(np.float32)
        loud = chords(10, backend.facts.sample_rate, amplitude)
        square = np.sign(loud) * np.float32(amplitude)
        for samples in (noise, loud, square):
            heard = backend.embed([samples])
            assert_sound(backend, heard)
            assert heard.peak == pytest.approx(amplitude, rel=1e-3)

    def test_a_stereo_file_at_48_khz_sounds_like_the_samples(self, backend: Backend, tmp_path: Path) -> None:
        rate = backend.facts.sample_rate
        left = chords(12, 48_000)
        path = write(tmp_path / "chords.wav", np.stack([left, 0.5 * left]), codec="pcm_f32le")
        heard = backend.embed(decode(path, rate))
        assert_sound(backend, heard)
        assert heard.heard_seconds == pytest.approx(12, abs=1 / rate)
        # The mean of both channels has three quarters of the amplitude. Resampled, it has no harmonics between half
        # the lower and half the higher rate; that is all that differs.
        expected = backend.embed([0.75 * chords(12, rate)])
        assert heard.vector @ expected.vector > 0.995

    def test_memory_does_not_grow_with_length(self, backend: Backend) -> None:
        block = chords(10, backend.facts.sample_rate)
        resident: list[int] = []

        def ten_minutes() -> Iterator[Samples]:
            for _ in range(60):
                resident.append(psutil.Process().memory_info().rss)
                yield block.copy()

        assert backend.embed(ten_minutes()).heard_seconds == 600
        # From the second minute on. Nine minutes of samples at the lowest rate in use (16 kHz) are 35 MB.
        assert max(resident[6:]) - resident[6] < 10_000_000


def assert_same(one: TrackEmbedding, other: TrackEmbedding) -> None:
    np.testing.assert_array_equal(one.vector, other.vector)
    assert [(s.start_seconds, s.end_seconds) for s in one.segments] == [
        (s.start_seconds, s.end_seconds) for s in other.segments
    ]
    for mine, yours in zip(one.segments, other.segments, strict=True):
        np.testing.assert_array_equal(mine.vector, yours.vector)
    np.testing.assert_array_equal(one.tag_scores, other.tag_scores)
    assert (one.heard_seconds, one.peak) == (other.heard_seconds, other.peak)
