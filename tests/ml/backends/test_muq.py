"""MuQ: the contract, and the values of its own package at every layer."""

from __future__ import annotations

import json
import tempfile
from pathlib import Path
from typing import Any

import librosa
import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from safetensors.torch import save_file

from domain.errors.machine import WeightsDamaged
from domain.spaces import BACKENDS, BackendFacts
from ml.backends import registry
from ml.backends.htk_mel import htk_filters
from ml.backends.musicfm import MusicFM
from ml.backends.protocol import Backend
from tests.golden.drawn import drawn_music, drawn_state
from tests.golden.shapes import shapes
from tests.golden.small_muq import MUQ
from tests.ml.backends.contract import BackendContract
from tests.ml.backends.small import load_small, small_facts

LAYERS, WIDTH = MUQ["encoder_depth"], MUQ["encoder_dim"]
FACTS = small_facts("muq", WIDTH, LAYERS)
Arrays = dict[str, NDArray[Any]]


@pytest.fixture(scope="module")
def golden() -> Arrays:
    return read_golden()


def read_golden() -> Arrays:
    with np.load(Path(__file__).parents[2] / "golden" / "muq.npz") as file:
        return dict(file)


def checkpoint(names: NDArray[Any]) -> dict[str, torch.Tensor]:
    """The tensors of a checkpoint that has these names, as the package saves them."""
    state = {name: torch.as_tensor(values) for name, values in drawn_state(shapes(names)).items()}
    for name, tensor in state.items():
        if name.endswith("inv_freq"):  # 8 of them turn 16 numbers of a head
            state[name] = 10_000.0 ** (-torch.arange(0, 16, 2) / 16)
        elif name.endswith(("num_batches_tracked", "position_ids", "token_type_ids")):
            state[name] = torch.zeros(tensor.shape, dtype=torch.int64)
    return state


def write(folder: Path, changes: dict[str, Any] | None = None) -> None:
    save_file(checkpoint(read_golden()["muq/names"]), folder / "model.safetensors")
    (folder / "config.json").write_text(json.dumps(MUQ | (changes or {})))


class TestMuQ(BackendContract):
    name = "muq"
    other_music_below = 0.999  # random weights

    @classmethod
    def make(cls, facts: BackendFacts) -> Backend:
        return load_small(facts, write)

    @classmethod
    def facts(cls) -> BackendFacts:
        return FACTS


def network(wanted: str = "muq") -> MusicFM:
    with tempfile.TemporaryDirectory() as root, pytest.MonkeyPatch.context() as patch:
        patch.setitem(BACKENDS, "muq", FACTS)
        (Path(root) / "muq").mkdir()
        write(Path(root) / "muq")
        found = vars(registry.load(wanted, device="cpu", weights=Path(root)))["_network"]
    assert isinstance(found, MusicFM)
    return found


def test_the_mel_spectrogram_is_that_of_its_package(golden: Arrays) -> None:
    mel = network().mel(torch.from_numpy(drawn_music(2.0, 24_000)))
    assert mel.shape == (2, 128, 200)
    np.testing.assert_allclose(mel[:, :, ::16].numpy(), golden["muq/mel"], atol=1e-4)


def test_filters_are_those_of_htk() -> None:
    theirs = librosa.filters.mel(sr=24_000, n_fft=2048, n_mels=128, htk=True, norm=None)
    np.testing.assert_allclose(htk_filters(128, 2048, 24_000).numpy(), theirs.T, atol=1e-4)


@pytest.mark.parametrize("layer", range(LAYERS + 1))
def test_each_layer_is_that_of_its_package(golden: Arrays, layer: int) -> None:
    hears = network("muq" if layer == LAYERS else f"muq-layer{layer}")
    with torch.inference_mode():
        frames = hears(torch.from_numpy(drawn_music(2.0, 24_000)))
    assert frames.shape == (2, 50, WIDTH)  # 25 frames a second
    np.testing.assert_allclose(frames[:, ::4].numpy(), golden["muq/layers"][layer], atol=1e-4)


def test_every_tensor_of_a_checkpoint_is_heard_with_or_was_for_training(golden: Arrays) -> None:
    names = {name.removeprefix("model.") for name in shapes(golden["muq/names"])}
    heard = set(network().state_dict()) - {"window", "filters"}
    assert heard <= names
    assert {name.split(".")[0] for name in names - heard} == {"rvq", "linear", "cls_token", "conformer"}
    assert {name for name in names - heard if name.startswith("conformer.")} == {
        f"conformer.pos_conv_embed.conv.{name}"
        for name in ("bias", "parametrizations.weight.original0", "parametrizations.weight.original1")
    }


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"encoder_depth": 2}, "its network has 2 layers of 32 instead of 3 of 32"),
        ({"label_rate": 50}, "'label_rate' is '50' instead of '25'"),
        ({"w2v2_config": {"position_embeddings_type": "relative"}}, "'position_embeddings_type' is 'relative'"),
        ({"w2v2_config": None}, "'position_embeddings_type' is 'None'"),
        ({"stat": {}}, "mean and deviation of the decibels"),
    ],
)
def test_another_network_is_refused(changes: dict[str, Any], said: str) -> None:
    with pytest.raises(WeightsDamaged, match=said):
        load_small(FACTS, lambda folder: write(folder, changes))


def test_the_golden_file_names_its_makers(golden: Arrays) -> None:
    assert list(golden["versions"][:2]) == ["muq 0.1.0", "transformers 4.57.6"]
