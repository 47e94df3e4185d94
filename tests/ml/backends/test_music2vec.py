"""Music2Vec: the contract, and Data2VecAudio's own values at every layer."""

from __future__ import annotations

import json
import tempfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from numpy.typing import NDArray

from domain.errors.machine import WeightsDamaged
from domain.spaces import BACKENDS, BackendFacts
from ml.backends import registry
from ml.backends.protocol import Backend
from ml.backends.speech_network import SpeechNetwork
from tests.golden.drawn import drawn_music, drawn_state
from tests.golden.make_data2vec import SMALL
from tests.ml.backends.contract import BackendContract
from tests.ml.backends.small import load_small, small_facts

NAME = "music2vec"
LAYERS, WIDTH = SMALL["num_hidden_layers"], SMALL["hidden_size"]
FACTS = small_facts(NAME, WIDTH, LAYERS)
Arrays = dict[str, NDArray[Any]]


@pytest.fixture(scope="module")
def golden() -> Arrays:
    return read_golden()


def read_golden() -> Arrays:
    with np.load(Path(__file__).parents[2] / "golden" / "data2vec.npz") as file:
        return dict(file)


def write(folder: Path, changes: dict[str, Any] | None = None, prefix: str = "") -> None:
    """A checkpoint in the form of the published one, whose configuration has a folder where a number belongs."""
    named = (line.split(" ", 1) for line in read_golden()["names"])
    state = drawn_state({name: json.loads(shape) for name, shape in named})
    torch.save(
        {f"{prefix}{key}": torch.from_numpy(value) for key, value in state.items()}, folder / "pytorch_model.bin"
    )
    published = {"architectures": ["Data2VecAudioModel"], "model_type": "data2vec-audio", "vocab_size": "/home/me/data"}
    (folder / "config.json").write_text(json.dumps(SMALL | published | (changes or {})))


class TestMusic2Vec(BackendContract):
    name = NAME
    other_music_below = 0.999  # random weights

    @classmethod
    def make(cls, facts: BackendFacts) -> Backend:
        return load_small(facts, write)

    @classmethod
    def facts(cls) -> BackendFacts:
        return FACTS


@pytest.mark.parametrize("layer", range(LAYERS + 1))
def test_each_layer_is_that_of_data2vec(golden: Arrays, layer: int) -> None:
    with tempfile.TemporaryDirectory() as root, pytest.MonkeyPatch.context() as patch:
        patch.setitem(BACKENDS, NAME, FACTS)
        (Path(root) / NAME).mkdir()
        write(Path(root) / NAME)
        wanted = NAME if layer == LAYERS else f"{NAME}-layer{layer}"
        network = vars(registry.load(wanted, device="cpu", weights=Path(root)))["_network"]
    assert isinstance(network, SpeechNetwork)
    with torch.inference_mode():
        frames = network.model(torch.from_numpy(drawn_music(1.0, 16_000))).last_hidden_state
    assert frames.shape == (2, 49, WIDTH)  # 50 frames a second
    np.testing.assert_allclose(frames[:, ::8].numpy(), golden["layers"][layer], atol=2e-5, rtol=1e-4)


def test_windows_are_normalized_first() -> None:
    backend = TestMusic2Vec.make(FACTS)
    music = drawn_music(3.0, 16_000)[0]
    # Loudness and offset are taken away: (x - mean) / sqrt(variance + 1e-7).
    np.testing.assert_allclose(backend.embed([0.3 * music + 0.1]).vector, backend.embed([music]).vector, atol=1e-3)
    network = vars(backend)["_network"]
    scaled = (music - music.mean()) / np.sqrt(music.var() + 1e-7)
    with torch.inference_mode():
        frames = network.model(torch.from_numpy(scaled)[None]).last_hidden_state[0].numpy()  # (frames, 24)
    mean = frames.mean(axis=0)
    np.testing.assert_allclose(backend.embed([music]).vector, mean / np.linalg.norm(mean), atol=1e-5)


def test_a_checkpoint_with_the_models_name_before_each_tensor() -> None:
    plain = TestMusic2Vec.make(FACTS)
    named = load_small(FACTS, lambda folder: write(folder, prefix="data2vec_audio."))
    music = drawn_music(2.0, 16_000)[0]
    np.testing.assert_array_equal(named.embed([music]).vector, plain.embed([music]).vector)


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"num_hidden_layers": 2}, "its network has 2 layers of 24 instead of 3 of 24"),
        ({"hidden_size": "/home/me"}, "it configures no network"),
        ({"conv_dim": [8]}, "it configures no network"),
    ],
)
def test_another_network_is_refused(changes: dict[str, Any], said: str) -> None:
    with pytest.raises(WeightsDamaged, match=said):
        load_small(FACTS, lambda folder: write(folder, changes))


def test_the_golden_file_names_its_makers(golden: Arrays) -> None:
    assert "transformers 4.57.6" in golden["versions"]
