"""EncodecMAE: the contract, the published code's values at every layer, and the published checkpoint's size."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from numpy.typing import NDArray

from domain.errors.machine import WeightsDamaged
from domain.spaces import BACKENDS, BackendFacts
from ml.backends.encodecmae import EncodecMAE, load, needed
from ml.backends.protocol import Backend, Means
from tests.golden.drawn import drawn_music, drawn_state
from tests.golden.shapes import shapes
from tests.ml.backends.contract import BackendContract, chords
from tests.ml.backends.small import load_small, small_facts

LAYERS, WIDTH = 3, 24
FACTS = small_facts("encodecmae", WIDTH, LAYERS)
Arrays = dict[str, NDArray[Any]]
# What is in a checkpoint beside what is heard with, in size small.
OF_TRAINING = {
    "target_encoder.model.vq.layers.0._codebook.embed": (4, 16),
    "decoder_projector.weight": (WIDTH, WIDTH),
    "decoder.encoder_layers.0.att_layer.wq.weight": (WIDTH, WIDTH),
    "head.layer.weight": (8, WIDTH),
}


def golden_file() -> Arrays:
    with np.load(Path(__file__).parents[2] / "golden" / "encodecmae.npz") as file:
        return dict(file)


@pytest.fixture(scope="module")
def golden() -> Arrays:
    return golden_file()


def checkpoint() -> dict[str, torch.Tensor]:
    """Weights by the names of the published checkpoint: the layers share a feed-forward network, which is there once
    for each of them."""
    drawn = drawn_state(shapes(golden_file()["names"]) | OF_TRAINING)
    for name in drawn:
        if ".ff_layer." in name:
            _, _, part = name.partition(".ff_layer.")
            drawn[name] = drawn[f"visible_encoder.encoder_layers.{LAYERS - 1}.ff_layer.{part}"]
    return {name: torch.as_tensor(values) for name, values in drawn.items()}


def write(folder: Path) -> None:
    torch.save({"state_dict": checkpoint(), "epoch": 1}, folder / "model.pt")


class TestEncodecMAE(BackendContract):
    name = "encodecmae"
    other_music_below = 0.9999  # a codec of random weights hears loudness, and little else

    @classmethod
    def make(cls, facts: BackendFacts) -> Backend:
        return load_small(facts, write)

    @classmethod
    def facts(cls) -> BackendFacts:
        return FACTS


def network(layer: int = LAYERS) -> EncodecMAE:
    state = needed(checkpoint(), layer, LAYERS)
    made = EncodecMAE(state, layer, LAYERS)
    made.load_state_dict(state)
    return made.eval()


@pytest.mark.parametrize("layer", range(LAYERS + 1))
def test_each_layer_is_that_of_the_published_code(golden: Arrays, layer: int) -> None:
    music = torch.from_numpy(drawn_music(1.0, 24_000))
    with torch.inference_mode():
        frames = network(layer)(music)
    assert frames.shape == (2, 75, WIDTH)
    np.testing.assert_allclose(frames.numpy(), golden["layers"][layer], atol=1e-4, rtol=1e-4)


def test_a_part_of_a_frame_is_not_heard() -> None:
    music = torch.from_numpy(drawn_music(1.0, 24_000))
    with torch.inference_mode():
        whole = network()(music[:, : 320 * 50])
        longer = network()(music[:, : 320 * 50 + 319])
    torch.testing.assert_close(longer, whole)


def test_a_vector_is_the_mean_over_time() -> None:
    music = chords(4, 24_000)
    with torch.inference_mode():
        mean = network()(torch.from_numpy(music)[None])[0].mean(dim=0).numpy()  # of 300 frames
    np.testing.assert_allclose(TestEncodecMAE.make(FACTS).embed([music]).vector, mean / np.linalg.norm(mean), atol=1e-5)


def test_the_published_sizes_make_the_published_model() -> None:
    """As the published configuration (configs/models/encodecmae.gin) says: 768 numbers, ten layers; inner ones of the
    feed-forward network 4,096, in the code. EnCodec at 24 kHz: 32 filters, 128 features."""
    sizes = {
        "feat_projector.weight": torch.empty(768, 128, device="meta"),
        "codec.layers.0.conv.bias": torch.empty(32, device="meta"),
        "visible_encoder.encoder_layers.0.ff_layer.0.bias": torch.empty(4096, device="meta"),
    }
    with torch.device("meta"):
        made = EncodecMAE(sizes, 10, 10)
    codec = sum(tensor.numel() for tensor in made.codec.state_dict().values())
    own = sum(parameter.numel() for parameter in made.parameters()) - codec
    # Ten attentions of 4 × 768², their 2 × 2 × 768, one feed-forward network, the projector, the norm, one scale.
    shared = 768 * 4096 * 2 + 4096 + 768
    assert own == 10 * (4 * 768**2 + 4 * 768) + shared + 768 * 128 + 768 + 2 * 768 + 1
    assert made.codec.layers[-1].conv.weight.shape == (128, 512, 7)
    assert BACKENDS["encodecmae"].dimension == 768


def test_another_checkpoint_is_refused(tmp_path: Path) -> None:
    (tmp_path / "encodecmae").mkdir()
    torch.save({"state_dict": {"first": torch.ones(2)}}, tmp_path / "encodecmae" / "model.pt")
    with pytest.raises(WeightsDamaged, match="no checkpoint of EncodecMAE"):
        load(FACTS, Means(1, "cpu", tmp_path))
