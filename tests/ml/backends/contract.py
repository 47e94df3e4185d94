"""What every audio backend must do.

A backend's test class inherits this, names the backend and says how it is made:

    class TestMine(BackendContract):
        name = "mine"

        @classmethod
        def make(cls, facts: BackendFacts) -> Backend:
            return Mine(facts)

A network with a small configuration and random weights gives its own `facts` too: those of the backend with another
dimension and layer; see `tests.ml.backends.small`.
"""

from __future__ import annotations

import ctypes
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import ClassVar

import numpy as np
import psutil
import pytest
from numpy.typing import NDArray

from domain.errors.recordings import EmptyAudio
from domain.parts import patch_parts
from domain.spaces import BACKENDS, BackendFacts
from ml.audio import decode
from ml.backends.protocol import Backend, TrackEmbedding
from tests.ml.recordings import write
from tests.soak import scale

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
    # Segments cover all that was heard, in order, each (but the last) of one length.
    starts = [segment.start_seconds for segment in heard.segments]
    ends = [segment.end_seconds for segment in heard.segments]
    assert starts == [0.0, *ends[:-1]]
    assert ends[-1] == heard.heard_seconds
    lengths = [end - start for start, end in zip(starts, ends, strict=True)]
    np.testing.assert_allclose(lengths[:-1], facts.segment_seconds)
    assert 0 < lengths[-1] < facts.segment_seconds + facts.patch_seconds
    # The patches, where it hears in them, lie behind the segments, and their mean is what all of it sounds like.
    if heard.patches is not None:
        assert (heard.patches.dtype, heard.patches.shape[1]) == (np.float16, facts.dimension)
        assert -(-len(heard.patches) // facts.segment_patches) == len(heard.segments)
        parts = patch_parts(facts.patch_seconds, facts.hop_seconds, 0, heard.patches)
        assert parts.mean(0, heard.heard_seconds) @ heard.vector > 0.99


class BackendContract:
    """Inherit, and give `name` and `make`."""

    name: ClassVar[str]
    # How far apart noise and music must be: random weights hear less of a difference.
    other_music_below: ClassVar[float] = 0.95
    # Whether a vector is the mean over patches.
    pools_by_mean: ClassVar[bool] = True
    # A long movement; a tenth of it outside soaks, for a network that takes more than a second to hear it.
    long_minutes: ClassVar[int] = scale(39)

    @classmethod
    def make(cls, facts: BackendFacts) -> Backend:
        raise NotImplementedError

    @classmethod
    def facts(cls) -> BackendFacts:
        return BACKENDS[cls.name]

    @pytest.fixture(scope="class")
    @classmethod
    def backend(cls) -> Backend:
        return cls.make(cls.facts())

    @pytest.fixture(scope="class")
    @classmethod
    def music(cls, backend: Backend) -> Samples:
        return chords(35.3, backend.facts.sample_rate)

    @pytest.fixture(scope="class")
    @classmethod
    def heard(cls, backend: Backend, music: Samples) -> TrackEmbedding:
        return backend.embed([music])

    def test_facts_are_the_published_ones(self, backend: Backend) -> None:
        published = BACKENDS[self.name]
        of_size = ("dimension", "layer", "layers", "weights", "needs_gpu")
        assert replace(backend.facts, **{name: getattr(published, name) for name in of_size}) == published

    def test_it_says_what_it_computes_on(self, backend: Backend) -> None:
        assert backend.device == "cpu"

    def test_what_is_heard(self, backend: Backend, music: Samples, heard: TrackEmbedding) -> None:
        assert_sound(backend, heard)
        assert heard.heard_seconds == len(music) / backend.facts.sample_rate
        assert heard.peak == pytest.approx(0.5, abs=1e-6)
        starts = patch_starts(35.3, backend.facts)
        assert len(heard.segments) == 1 + (len(starts) - 1) // backend.facts.segment_patches
        if heard.patches is not None:
            assert heard.patches.shape == (len(starts), backend.facts.dimension)

    def test_vectors_are_means_over_time(self, backend: Backend) -> None:
        if not self.pools_by_mean:
            return
        facts = backend.facts
        patches = 2 * facts.segment_patches
        whole = chords(patches * facts.hop_seconds + facts.overlap_seconds, facts.sample_rate)
        heard = backend.embed([whole])
        assert heard.patches is not None
        assert len(heard.patches) == patches
        # Patches have half precision: 11 bits.
        each = heard.patches.astype(np.float64)
        assert heard.vector @ unit(each.mean(axis=0)) > 1 - 1e-5
        for segment, of_segment in zip(heard.segments, np.split(each, 2), strict=True):
            assert segment.vector @ unit(of_segment.mean(axis=0)) > 1 - 1e-5

    def test_one_by_one_is_as_in_batches(self, backend: Backend, music: Samples, heard: TrackEmbedding) -> None:
        single = self.make(replace(backend.facts, batch_patches=1)).embed([music])
        several = self.make(replace(backend.facts, batch_patches=3)).embed([music])
        for one, other in ((single, heard), (several, heard)):
            np.testing.assert_allclose(one.vector, other.vector, atol=1e-5, rtol=0)
            for mine, yours in zip(one.segments, other.segments, strict=True):
                np.testing.assert_allclose(mine.vector, yours.vector, atol=1e-5, rtol=0)

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
        assert backend.embed([noise]).vector @ heard.vector < self.other_music_below

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

        def minutes(count: int) -> Iterator[Samples]:
            for _ in range(6 * count):
                resident.append(resident_bytes())
                yield block.copy()

        backend.embed(minutes(1))
        resident.clear()
        assert backend.embed(minutes(self.long_minutes)).heard_seconds == 60 * self.long_minutes
        # After one minute went before. Three minutes of samples at the lowest rate in use (16 kHz) are 11.5 MB. What
        # waits for a patch to be full is at most as long as that, and is there twice when it is.
        patch_bytes = 4 * round(backend.facts.patch_seconds * backend.facts.sample_rate)
        assert max(resident) - resident[0] < 8_000_000 + 2 * patch_bytes


def resident_bytes() -> int:
    """Memory in use: without what glibc keeps of a batch that went before, which is now more and now less."""
    if sys.platform == "linux":
        ctypes.CDLL("libc.so.6").malloc_trim(0)
    return psutil.Process().memory_info().rss


def patch_starts(seconds: float, facts: BackendFacts) -> list[float]:
    """Where the patches of a recording begin, in seconds."""
    starts, start = [], 0.0
    while seconds - start >= facts.patch_seconds - 1e-9:
        starts.append(start)
        start += facts.hop_seconds
    rest = seconds - start
    if facts.min_patch_seconds is not None and rest >= max(facts.min_patch_seconds, facts.overlap_seconds + 1e-9):
        starts.append(start)
    return starts or [0.0]


def unit(vector: NDArray[np.float64]) -> NDArray[np.float64]:
    return vector / float(np.linalg.norm(vector))


def assert_same(one: TrackEmbedding, other: TrackEmbedding) -> None:
    np.testing.assert_array_equal(one.vector, other.vector)
    assert [(s.start_seconds, s.end_seconds) for s in one.segments] == [
        (s.start_seconds, s.end_seconds) for s in other.segments
    ]
    for mine, yours in zip(one.segments, other.segments, strict=True):
        np.testing.assert_array_equal(mine.vector, yours.vector)
    np.testing.assert_array_equal(one.tag_scores, other.tag_scores)
    assert (one.heard_seconds, one.peak) == (other.heard_seconds, other.peak)
