"""Jukebox: the contract on a CPU in size small, another implementation's codes and layers, the published sizes."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from numpy.typing import NDArray

from domain.errors.machine import GpuNeeded, WeightsDamaged
from domain.spaces import BACKENDS, BackendFacts
from ml.backends import registry
from ml.backends.jukebox import Jukebox, load, needed_for_layer
from ml.backends.jukebox_codec import needed_for_codes
from ml.backends.protocol import Backend, Means
from tests.golden.drawn import drawn_music, drawn_state
from tests.golden.shapes import shapes
from tests.ml.backends.contract import BackendContract, chords
from tests.ml.backends.small import load_small, small_facts
from tests.soak import scale

LAYERS, WIDTH, CONTEXT = 6, 32, 8_192
FACTS = small_facts("jukebox", WIDTH, 3)  # one of each kind of attention
Arrays = dict[str, NDArray[Any]]
State = dict[str, torch.Tensor]


def golden_file() -> Arrays:
    with np.load(Path(__file__).parents[2] / "golden" / "jukebox.npz") as file:
        return dict(file)


@pytest.fixture(scope="module")
def golden() -> Arrays:
    return golden_file()


def checkpoints() -> tuple[State, State]:
    """Weights of codec and prior by the names of the published checkpoints, matrices of the prior in half precision."""
    names = golden_file()
    codec, prior = (
        {name: torch.as_tensor(values) for name, values in drawn_state(shapes(names[of])).items()}
        for of in ("codec", "prior")
    )
    return codec, {name: tensor.half() if name.endswith(".w") else tensor for name, tensor in prior.items()}


def write(folder: Path) -> None:
    """In the form of those days: no archive, and with what training was at."""
    for name, state in zip(("vqvae.pth.tar", "prior_level_2.pth.tar"), checkpoints(), strict=True):
        checkpoint = {"hps": {"sr": 44_100, "name": "small"}, "model": state, "step": 3, "opt": None}
        torch.save(checkpoint, folder / name, _use_new_zipfile_serialization=False)


class TestJukebox(BackendContract):
    name = "jukebox"
    other_music_below = 0.999  # random weights
    long_minutes = scale(20)

    @classmethod
    def make(cls, facts: BackendFacts) -> Backend:
        return load_small(facts, write)

    @classmethod
    def facts(cls) -> BackendFacts:
        return FACTS


def network(layer: int = 3) -> Jukebox:
    codec, prior = checkpoints()
    codec, prior = needed_for_codes(codec), needed_for_layer(prior, layer)
    made = Jukebox(codec, prior, layer)
    made.load_state_dict(prior | {f"codec.{name}": tensor for name, tensor in codec.items()}, assign=True)
    return made.eval()


def test_codes_are_those_of_another_implementation(golden: Arrays) -> None:
    music = torch.from_numpy(drawn_music(1.5, 44_100))[:1]
    with torch.inference_mode():
        codes = network().codec(music / music.abs().max())
    assert len(set(golden["codes"].tolist())) > 3
    assert codes.tolist() == [golden["codes"].tolist()]  # 66,150 samples: 516 whole codes


@pytest.mark.parametrize("layer", range(LAYERS + 1))
def test_layers_are_those_of_another_implementation(golden: Arrays, layer: int) -> None:
    music = torch.from_numpy(drawn_music(1.5, 44_100))[:1]  # as loud as it is: the network makes it louder
    with torch.inference_mode():
        frames = network(layer)(music)
    assert frames.shape == (1, 516, WIDTH)
    np.testing.assert_allclose(frames[0, ::4].numpy(), golden["layers"][layer], atol=1e-4, rtol=1e-4)


def test_no_code_hears_a_later_one() -> None:
    codes = torch.randint(0, 32, (1, 300), generator=torch.Generator().manual_seed(3))
    other = codes.clone()
    other[:, 200:] = 31 - other[:, 200:]
    made = network()
    with torch.inference_mode():
        one, two = (made.prior(some, made.y_emb.start(), made.y_emb.times(300, CONTEXT)) for some in (codes, other))
    torch.testing.assert_close(one[:, :201], two[:, :201], atol=0, rtol=0)  # the 200th hears those before it
    assert not torch.equal(one[:, 201:], two[:, 201:])


def test_a_vector_is_the_mean_over_time_however_loud_the_music() -> None:
    music = chords(6, 44_100)
    with torch.inference_mode():
        mean = network()(torch.from_numpy(music)[None])[0].mean(dim=0).numpy()
    backend = TestJukebox.make(FACTS)
    for loudness in (1.0, 0.25):
        vector = backend.embed([loudness * music]).vector
        np.testing.assert_allclose(vector, mean / np.linalg.norm(mean), atol=1e-5)


def test_it_needs_a_gpu(tmp_path: Path) -> None:
    with pytest.raises(GpuNeeded, match="'jukebox' cannot be run without a GPU"):
        registry.load("jukebox", device="cpu", weights=tmp_path)


def test_the_published_sizes_make_the_published_model() -> None:
    """4,800 numbers, attention in a quarter of them (Dhariwal et al., table 6)."""
    layer = "prior.transformer._attn_mods.0."
    sizes = {
        "prior.x_emb.weight": (2048, 4800),
        "prior.pos_emb.pos_emb": (CONTEXT, 4800),
        f"{layer}attn.c_proj.w": (1200, 4800),
        f"{layer}mlp.c_fc.w": (4800, 4800),
        "y_emb.bow_genre_emb.emb.weight": (120, 4800),
        "y_emb.artist_emb.emb.weight": (4111, 4800),
        "y_emb.absolute_pos_emb.emb.weight": (128, 4800),
    }
    with torch.device("meta"):
        prior = {name: torch.empty(shape) for name, shape in sizes.items()}
        made = Jukebox(needed_for_codes(checkpoints()[0]), prior, 36)
    blocks = sum(parameter.numel() for parameter in made.prior.transformer.parameters())
    matrices = 4800 * 3600 + 1200 * 4800 + 2 * 4800 * 4800
    assert blocks == 36 * (matrices + 3600 + 3 * 4800 + 4 * 4800)  # 2.5 billion
    assert made.prior.transformer.block == 64
    facts = BACKENDS["jukebox"]
    assert (facts.dimension, facts.layer, facts.layers) == (4800, 36, 72)
    assert facts.patch_seconds * facts.sample_rate == CONTEXT * 128


def test_other_files_are_refused(tmp_path: Path) -> None:
    (tmp_path / "jukebox").mkdir()
    for name in ("vqvae.pth.tar", "prior_level_2.pth.tar"):
        torch.save({"model": {"first": torch.ones(2)}}, tmp_path / "jukebox" / name)
    with pytest.raises(WeightsDamaged, match="not those of Jukebox"):
        load(FACTS, Means(1, "cpu", tmp_path))
