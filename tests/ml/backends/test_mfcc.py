"""The cepstral baseline: the contract, and librosa's own values."""

from __future__ import annotations

import librosa
import numpy as np

from domain.spaces import BACKENDS, BackendFacts
from ml.backends.mfcc import MFCC, mean_and_deviation, moments
from ml.backends.protocol import Backend
from tests.ml.backends.contract import BackendContract, chords
from tests.soak import scale

FACTS = BACKENDS["mfcc"]


class TestMFCC(BackendContract):
    name = "mfcc"
    pools_by_mean = False  # the deviation over a recording is not the mean of its patches' deviations
    other_music_below = 0.97  # loudness, in the first coefficient, outweighs all others
    long_minutes = scale(39)

    @classmethod
    def make(cls, facts: BackendFacts) -> Backend:
        return MFCC(facts)


def test_one_patch_is_what_librosa_says() -> None:
    music = chords(15, 22_050)
    mel = librosa.power_to_db(librosa.feature.melspectrogram(y=music, sr=22_050), top_db=None)
    coefficients = librosa.feature.mfcc(S=mel, n_mfcc=20)
    deltas = librosa.feature.delta(coefficients)
    expected = np.concatenate([f(x, axis=1) for f in (np.mean, np.std) for x in (coefficients, deltas)])
    np.testing.assert_allclose(mean_and_deviation(moments(music, 22_050)), expected, rtol=1e-3, atol=1e-3)
    heard = MFCC(FACTS).embed([music])
    np.testing.assert_allclose(heard.vector, expected / np.linalg.norm(expected), atol=1e-5)


def test_the_deviation_is_that_of_all_frames_together() -> None:
    # Values 1 and 3 in one patch, 5 and 7 in another: mean 4, deviation sqrt((9 + 1 + 1 + 9) / 4) = sqrt(5).
    first = np.array([(1 + 3) / 2, (1 + 9) / 2])
    second = np.array([(5 + 7) / 2, (25 + 49) / 2])
    np.testing.assert_allclose(mean_and_deviation((first + second) / 2), [4, np.sqrt(5)])
