"""The random baseline: the contract, but for what only hearing can give."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from domain.spaces import BackendFacts
from ml.audio import decode
from ml.backends.protocol import Backend, Means
from ml.backends.random import load
from tests.ml.backends.contract import BackendContract, assert_same, assert_sound, chords
from tests.ml.recordings import write


class TestRandom(BackendContract):
    name = "random"
    pools_by_mean = False

    @classmethod
    def make(cls, facts: BackendFacts) -> Backend:
        return load(facts, Means(threads=1, device="cpu", weights=Path("none")))

    def test_a_stereo_file_at_48_khz_sounds_like_the_samples(self, backend: Backend, tmp_path: Path) -> None:
        """It is another recording; what holds is that the same file is always the same."""
        left = chords(12, 48_000)
        path = write(tmp_path / "chords.wav", np.stack([left, 0.5 * left]), codec="pcm_f32le")
        heard = backend.embed(decode(path, 16_000))
        assert_sound(backend, heard)
        assert_same(backend.embed(decode(path, 16_000)), heard)

    def test_directions_are_independent(self, backend: Backend) -> None:
        rng = np.random.default_rng(9)
        vectors = np.stack([backend.embed([rng.uniform(-1, 1, 16_000).astype(np.float32)]).vector for _ in range(100)])
        cosines = (vectors @ vectors.T)[np.triu_indices(100, 1)]
        # Of random directions in 128 dimensions the cosine has mean 0 and deviation 1 / sqrt(128) = 0.088.
        assert cosines.mean() == pytest.approx(0, abs=0.01)
        assert cosines.std() == pytest.approx(128**-0.5, rel=0.1)

    def test_silence_after_different_music_is_not_the_same(self, backend: Backend) -> None:
        silence = np.zeros(15 * 16_000, np.float32)
        one, other = (backend.embed([chords(15, 16_000, loud), silence]) for loud in (0.5, 0.25))
        assert abs(one.segments[1].vector @ other.segments[1].vector) < 0.5
