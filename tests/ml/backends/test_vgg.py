"""The VGGs: the contract, and the original's own values."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import onnxruntime
import pytest
from numpy.typing import NDArray

from domain.spaces import BACKENDS, BackendFacts
from ml.backends.musicnn_wheel import load_tensors
from ml.backends.protocol import Backend
from ml.backends.vgg import MODELS, VGG, build
from tests.ml.backends.contract import BackendContract
from tests.soak import scale

Arrays = dict[str, NDArray[np.float32]]


class TestMtt(BackendContract):
    name = "vgg-mtt"
    long_minutes = scale(30)

    @classmethod
    def make(cls, facts: BackendFacts) -> Backend:
        return VGG(facts, threads=2)


class TestMsd(TestMtt):
    name = "vgg-msd"
    long_minutes = 1  # the same network with other weights


@pytest.fixture(scope="module")
def golden() -> Arrays:
    folder = Path(__file__).parents[2] / "golden"
    with np.load(folder / "vgg.npz") as file, np.load(folder / "musicnn.npz") as inputs:
        return dict(file) | {"mel": inputs["mel"].astype(np.float32)}


@pytest.mark.parametrize("name", MODELS)
class TestAgainstTheOriginal:
    def test_tags_and_pool5_on_the_same_mel(self, golden: Arrays, name: str) -> None:
        model = MODELS[name]
        session = onnxruntime.InferenceSession(
            build(load_tensors(model, name), pools=True), providers=["CPUExecutionProvider"]
        )
        tags, pool5, vector = session.run(["tags", "pool5", "vector"], {"mel": golden["mel"]})
        theirs = golden[f"{model}/pool5"]
        assert theirs.shape == (len(golden["mel"]), 2, 1, 128)
        np.testing.assert_allclose(tags, golden[f"{model}/tags"], atol=1e-5, rtol=0)
        np.testing.assert_allclose(pool5, theirs.reshape(-1, 256), atol=1e-4, rtol=1e-5)
        # The mean over time, that is of the first 128 values and the last, not over channels.
        np.testing.assert_allclose(vector, theirs.mean(axis=(1, 2)), atol=1e-4, rtol=1e-5)

    def test_the_vocabulary_is_the_originals(self, golden: Arrays, name: str) -> None:
        assert BACKENDS[name].tags == tuple(golden[f"{MODELS[name]}/labels"])


def test_the_golden_file_names_its_makers(golden: Arrays) -> None:
    assert "musicnn 0.1.0" in golden["versions"]
    assert any(str(version).startswith("tensorflow-cpu 2.") for version in golden["versions"])
