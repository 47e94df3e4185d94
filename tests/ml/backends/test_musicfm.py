"""MusicFM: the contract, the published checkpoint's names and shapes, and other implementations of its parts."""

from __future__ import annotations

import json
from pathlib import Path

import librosa
import numpy as np
import pytest
import torch
from transformers import Wav2Vec2ConformerConfig
from transformers.models.wav2vec2_conformer.modeling_wav2vec2_conformer import Wav2Vec2ConformerEncoder

from domain.errors.machine import WeightsDamaged
from domain.spaces import BACKENDS, BackendFacts, backend_facts
from ml.backends.musicfm import MusicFM, Statistics, Subsampling, load, needed
from ml.backends.protocol import Backend, Means
from ml.backends.torch_backend import TorchBackend
from tests.golden.drawn import drawn, drawn_state
from tests.golden.shapes import shapes
from tests.ml.backends.contract import BackendContract, chords
from tests.ml.backends.small import load_small, randomize, small_facts

MSD = Statistics(6.768444971712967, 18.417922652295623)
WIDTH, KERNELS, BANDS, LAYERS = 32, 8, 128, 3
FACTS = small_facts("musicfm", WIDTH, LAYERS)


class Published(torch.nn.Module):
    """The modules of the published implementation with their names (minzwon/musicfm, model/musicfm_25hz.py)."""

    def __init__(self, width: int, inner: int, layers: int, kernels: int) -> None:
        super().__init__()
        config = Wav2Vec2ConformerConfig(
            hidden_size=width,
            intermediate_size=inner,
            num_hidden_layers=layers,
            num_attention_heads=16,
            position_embeddings_type="rotary",
            hidden_act="swish",
            attn_implementation="eager",
        )
        self.conv = Subsampling(kernels, BANDS, width)
        self.conformer = Wav2Vec2ConformerEncoder(config)
        self.linear = torch.nn.Linear(width, 4096)
        self.cls_token = torch.nn.Parameter(torch.randn(width))
        filters = librosa.filters.mel(sr=24_000, n_fft=2048, n_mels=BANDS, htk=True, norm=None).T
        self.buffers_of_others = {
            "preprocessor_melspec_2048.melspec.spectrogram.window": torch.hann_window(2048),
            "preprocessor_melspec_2048.melspec.mel_scale.fb": torch.from_numpy(filters.copy()),
            "quantizer_melspec_2048_0.random_projection": torch.randn(4 * BANDS, 16),
            "quantizer_melspec_2048_0.codebook": torch.randn(4096, 16),
        }

    def checkpoint(self) -> dict[str, torch.Tensor]:
        return {f"model.{name}": tensor for name, tensor in (self.state_dict() | self.buffers_of_others).items()}


@pytest.fixture(scope="module")
def published() -> Published:
    return make_published()


def make_published() -> Published:
    network = Published(WIDTH, 48, LAYERS, KERNELS).eval()
    inverse = network.conformer.embed_positions.inv_freq.clone()
    randomize(network, seed=7)
    network.conformer.embed_positions.inv_freq.copy_(inverse)
    return network


def write(folder: Path) -> None:
    torch.save({"state_dict": make_published().checkpoint(), "epoch": 3}, folder / "pretrained_msd.pt")
    statistics = {"melspec_2048_cnt": 14282760192, "melspec_2048_mean": MSD.mean, "melspec_2048_std": MSD.deviation}
    (folder / "msd_stats.json").write_text(json.dumps(statistics))


class TestMusicFM(BackendContract):
    name = "musicfm"
    other_music_below = 0.999  # random weights

    @classmethod
    def make(cls, facts: BackendFacts) -> Backend:
        return load_small(facts, write)

    @classmethod
    def facts(cls) -> BackendFacts:
        return FACTS


def network_of(published: Published, layer: int = LAYERS) -> MusicFM:
    state = needed(published.checkpoint(), layer, LAYERS)
    network = MusicFM(state, MSD, layer, LAYERS)
    network.load_state_dict(state)
    return network.eval()


@pytest.mark.parametrize("layer", [0, 1, 2, LAYERS])
def test_layers_are_those_of_another_implementation(published: Published, layer: int) -> None:
    generator = torch.Generator().manual_seed(2)
    mel = torch.randn(2, BANDS, 203, generator=generator)  # 203 frames of 10 ms: 51 of 40 ms, the last one cut
    with torch.inference_mode():
        frames = published.conv(mel)
        seen = [frames]
        hooks = [
            block.register_forward_hook(lambda _, __, output: seen.append(output))
            for block in published.conformer.layers
        ]
        seen[LAYERS:] = [published.conformer(frames).last_hidden_state]  # what normalizes the last is its part
        for hook in hooks:
            hook.remove()
        network = network_of(published, layer)
        ours = network.conformer(network.conv(mel))
    assert ours.shape == (2, 51, WIDTH)
    torch.testing.assert_close(ours, seen[layer], atol=2e-5, rtol=1e-5)


def test_the_convolutions_are_those_of_the_published_code() -> None:
    with np.load(Path(__file__).parents[2] / "golden" / "musicfm.npz") as file:
        golden = dict(file)
    subsampling = Subsampling(8, BANDS, 32)
    of_checkpoint = drawn_state(shapes(golden["names"]))
    assert {f"model.conv.{name}" for name in subsampling.state_dict()} == set(of_checkpoint)
    subsampling.load_state_dict({name[11:]: torch.as_tensor(values) for name, values in of_checkpoint.items()})
    with torch.inference_mode():
        frames = subsampling.eval()(torch.from_numpy(drawn("mel", (2, BANDS, 203))))
    np.testing.assert_allclose(frames.numpy(), golden["frames"], atol=1e-4, rtol=1e-4)


def test_the_mel_spectrogram_is_librosas(published: Published) -> None:
    music = chords(2.005, 24_000)  # 48,120 samples: 200 hops and a half
    music += 1e-3 * np.random.default_rng(4).standard_normal(len(music)).astype(np.float32)  # no band is rounding alone
    ours = network_of(published).mel(torch.from_numpy(music)[None])[0].numpy()
    power = librosa.feature.melspectrogram(
        y=music, sr=24_000, n_fft=2048, hop_length=240, n_mels=BANDS, htk=True, norm=None, pad_mode="reflect"
    )
    theirs = librosa.power_to_db(power, amin=1e-10, top_db=None)[:, :-1]
    assert ours.shape == theirs.shape == (BANDS, 200)
    np.testing.assert_allclose(ours, (theirs - MSD.mean) / MSD.deviation, atol=1e-4)


def test_the_published_checkpoint_fills_the_network_and_nothing_else() -> None:
    with torch.device("meta"):
        checkpoint = Published(1024, 4096, 12, 512).checkpoint()
        state = needed(checkpoint, 12, 12)
        own = MusicFM(state, MSD, 12, 12).state_dict()
    assert {name: tensor.shape for name, tensor in state.items()} == {
        name: tensor.shape for name, tensor in own.items()
    }
    # 330 million parameters, as its authors count them with what training needs.
    counted = sum(tensor.numel() for name, tensor in own.items() if name not in ("window", "filters"))
    assert 310e6 < counted < 335e6
    assert own["conv.linear.weight"].shape == (1024, 512 * 32)
    assert own["conformer.layers.11.conv_module.depthwise_conv.weight"].shape == (1024, 1, 31)


def test_a_vector_is_the_mean_over_time_of_the_layer_that_is_asked_for(published: Published) -> None:
    music = chords(4, 24_000)
    backend = TestMusicFM.make(FACTS)
    with torch.inference_mode():
        frames = network_of(published)(torch.from_numpy(music)[None])[0]  # (100, 32): 25 frames a second
    assert frames.shape == (100, WIDTH)
    mean = frames.mean(dim=0).numpy()
    np.testing.assert_allclose(backend.embed([music]).vector, mean / np.linalg.norm(mean), atol=1e-5)


def test_another_layer_is_another_space() -> None:
    facts = backend_facts("musicfm-layer7")
    assert (facts.layer, facts.layers, BACKENDS["musicfm"].layer) == (7, 12, 12)


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("msd_stats.json", b"{}", "mean and deviation of the decibels"),
        ("msd_stats.json", b"no", "mean and deviation of the decibels"),
        ("pretrained_msd.pt", None, "no checkpoint of MusicFM"),
    ],
)
def test_other_files_are_refused(tmp_path: Path, name: str, content: bytes | None, said: str) -> None:
    (tmp_path / "musicfm").mkdir()
    write(tmp_path / "musicfm")
    if content is None:
        torch.save({"state_dict": {"model.first": torch.ones(2)}}, tmp_path / "musicfm" / name)
    else:
        (tmp_path / "musicfm" / name).write_bytes(content)
    with pytest.raises(WeightsDamaged, match=said):
        load(FACTS, Means(1, "cpu", tmp_path))


def test_it_runs_on_torch() -> None:
    assert isinstance(TestMusicFM.make(FACTS), TorchBackend)
