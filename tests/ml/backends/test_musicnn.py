"""MusiCNN: the contract, and the original's own values."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import onnxruntime
import pytest
from numpy.typing import NDArray

from domain.spaces import BACKENDS, BackendFacts
from ml.backends.musicnn import MODELS, MusiCNN
from ml.backends.musicnn_graph import build
from ml.backends.musicnn_weights import load_network
from ml.backends.protocol import Backend
from ml.backends.pruning import PrunedNetwork, prune
from ml.backends.registry import load
from ml.mel import log_mel
from tests.ml.backends.contract import BackendContract, chords

Arrays = dict[str, NDArray[np.float32]]

# Where the original and exact arithmetic can be told apart at all: pools reach 230, and TensorFlow's float32 rounding
# alone moves its own maxima by up to 3e-4 from the same network in float64.
CLOSE = {"atol": 1e-4, "rtol": 1e-5}


@pytest.fixture(scope="module")
def golden() -> Arrays:
    with np.load(Path(__file__).parents[2] / "golden" / "musicnn.npz") as file:
        return dict(file)


def run(pruned: PrunedNetwork, mel: NDArray[np.float32], *outputs: str) -> Arrays:
    session = onnxruntime.InferenceSession(
        build(pruned, pools="max_pool" in outputs), providers=["CPUExecutionProvider"]
    )
    return dict(zip(outputs, session.run(list(outputs), {"mel": mel}), strict=True))


class TestMtt(BackendContract):
    name = "musicnn-mtt"

    @classmethod
    def make(cls, facts: BackendFacts) -> Backend:
        return MusiCNN(facts, threads=1)


class TestMsd(TestMtt):
    name = "musicnn-msd"


@pytest.mark.parametrize("name", MODELS)
class TestAgainstTheOriginal:
    def test_tags_and_penultimate_on_the_same_mel(self, golden: Arrays, name: str) -> None:
        model = MODELS[name]
        ours = run(prune(load_network(model, name)), golden["mel"].astype(np.float32), "tags", "penultimate")
        for output in ("tags", "penultimate"):
            np.testing.assert_allclose(ours[output], golden[f"{model}/{output}"], atol=1e-4, rtol=0)

    def test_pools_of_the_whole_network_on_the_same_mel(self, golden: Arrays, name: str) -> None:
        model = MODELS[name]
        whole = prune(load_network(model, name), threshold=-1)
        np.testing.assert_array_equal(whole.channels, np.arange(753))
        ours = run(whole, golden["mel"].astype(np.float32), "max_pool", "mean_pool", "tags", "penultimate")
        for output, values in ours.items():
            np.testing.assert_allclose(values, golden[f"{model}/{output}"], **CLOSE)

    def test_pools_of_the_pruned_network_are_those_of_its_live_channels(self, golden: Arrays, name: str) -> None:
        model = MODELS[name]
        pruned = prune(load_network(model, name))
        ours = run(pruned, golden["mel"].astype(np.float32), "max_pool", "mean_pool")
        dead = np.setdiff1d(np.arange(753), pruned.channels)
        for output, values in ours.items():
            theirs = golden[f"{model}/{output}"]
            # What reaches a live channel from nearly dead ones is a little more than rounding.
            np.testing.assert_allclose(values, theirs[:, pruned.channels], atol=5e-4, rtol=1e-5)
            np.testing.assert_allclose(np.tile(pruned.constants[dead], (len(theirs), 1)), theirs[:, dead], atol=2e-3)

    def test_from_audio_to_the_end(self, golden: Arrays, name: str) -> None:
        model = MODELS[name]
        audio = golden["audio"].astype(np.float32) / 32768
        heard = load(name).embed([audio])
        tags, penultimate = golden[f"{model}/audio_tags"], golden[f"{model}/audio_penultimate"]
        assert len(tags) == 4  # 200,000 samples are 782 frames, four patches of 187
        assert heard.tag_scores is not None
        np.testing.assert_allclose(heard.tag_scores, tags.mean(axis=0), atol=1e-3)
        vector = penultimate.mean(axis=0)
        assert heard.vector @ (vector / np.linalg.norm(vector)) > 0.9999
        assert len(heard.segments) == 1
        np.testing.assert_array_equal(heard.segments[0].vector, heard.vector)

    def test_every_patch_from_audio_to_the_end(self, golden: Arrays, name: str) -> None:
        model = MODELS[name]
        frames = np.concatenate(list(log_mel([golden["audio"].astype(np.float32) / 32768])))
        ours = run(prune(load_network(model, name)), frames[: 4 * 187].reshape(4, 187, 96), "tags", "penultimate")
        # Only the original's float16 cast of the mel power differs.
        np.testing.assert_allclose(ours["tags"], golden[f"{model}/extractor_tags"], atol=1e-3)
        theirs = golden[f"{model}/audio_penultimate"]
        cosines = (ours["penultimate"] * theirs).sum(axis=1) / (
            np.linalg.norm(ours["penultimate"], axis=1) * np.linalg.norm(theirs, axis=1)
        )
        assert cosines.min() > 0.9999

    def test_the_vocabulary_is_the_originals(self, golden: Arrays, name: str) -> None:
        assert BACKENDS[name].tags == tuple(golden[f"{MODELS[name]}/labels"])

    def test_the_originals_extractor_repeats_the_first_penultimate(self, golden: Arrays, name: str) -> None:
        """Why `penultimate` is compared with the network and not with the extractor."""
        model = MODELS[name]
        theirs = golden[f"{model}/extractor_penultimate"]
        np.testing.assert_array_equal(theirs, np.tile(theirs[0], (4, 1)))
        np.testing.assert_allclose(theirs[0], golden[f"{model}/audio_penultimate"][0], atol=1e-5)
        assert np.abs(theirs[3] - golden[f"{model}/audio_penultimate"][3]).max() > 1


def test_the_golden_audio_is_loud_enough_to_overflow_float16(golden: Arrays) -> None:
    assert golden["librosa_mel"].max() > 6.55


def test_the_mel_is_librosas_in_the_environment_of_the_original(golden: Arrays) -> None:
    frames = np.concatenate(list(log_mel([golden["audio"].astype(np.float32) / 32768])))
    theirs = np.log10(10_000 * golden["librosa_mel"] + 1)
    np.testing.assert_allclose(frames[: len(theirs)], theirs, atol=2e-5)


def test_the_golden_file_names_its_makers(golden: Arrays) -> None:
    assert "musicnn 0.1.0" in golden["versions"]
    assert "tensorflow-cpu 2.15.1" in golden["versions"]


def test_segments_are_five_patches() -> None:
    backend = load("musicnn-msd")
    patch = 187 * 256
    music = chords(36, 16_000)
    track = backend.embed([music])
    # 36 s are 2251 frames, 12 whole patches: segments of 5, 5 and 2 patches.
    assert [(s.start_seconds, s.end_seconds) for s in track.segments] == [(0.0, 14.96), (14.96, 29.92), (29.92, 36.0)]
    # The first segment hears what a recording of its own length would, but for the frames at its end, which reach
    # half a window further here.
    alone = backend.embed([music[: 5 * patch]])
    assert track.segments[0].vector @ alone.vector > 0.9999


def test_frames_after_the_last_whole_patch_are_not_heard() -> None:
    backend = load("musicnn-msd")
    music = chords(8.9, 16_000)
    two_patches = backend.embed([music[: 2 * 187 * 256]])
    # 8.9 s are 557 frames: two patches, and 183 frames that the original drops too.
    rest = backend.embed([music])
    assert rest.vector @ two_patches.vector > 0.9999
    assert (rest.heard_seconds, rest.segments[-1].end_seconds) == (8.9, 8.9)


def test_a_short_recording_is_heard_with_silence_after_it() -> None:
    backend = load("musicnn-msd")
    music = chords(1.008, 16_000)  # 63 hops: the first frame after the last of these hears nothing of it
    short = backend.embed([music])
    padded = backend.embed([np.concatenate([music, np.zeros((187 - 63) * 256, np.float32)])])
    np.testing.assert_array_equal(short.vector, padded.vector)
    assert (short.heard_seconds, padded.heard_seconds) == (1.008, 2.992)


def test_threads_change_nothing_but_speed() -> None:
    music = chords(9, 16_000)
    one, two = load("musicnn-msd", threads=1).embed([music]), load("musicnn-msd", threads=2).embed([music])
    np.testing.assert_allclose(one.vector, two.vector, atol=1e-6)
