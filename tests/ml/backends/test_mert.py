"""MERT: the contract at both shapes that were released, and HuBERT's own values at every layer."""

from __future__ import annotations

import json
import tempfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from transformers import HubertConfig, HubertModel

from domain.errors.machine import WeightsDamaged
from domain.spaces import BACKENDS, BackendFacts
from ml.backends import registry
from ml.backends.protocol import Backend
from ml.backends.speech_network import SpeechNetwork
from tests.golden.drawn import drawn_music, drawn_state
from tests.golden.make_hubert import MODELS, SMALL
from tests.ml.backends.contract import BackendContract, chords
from tests.ml.backends.small import load_small, small_facts

LAYERS = SMALL["num_hidden_layers"]
WIDTH = SMALL["hidden_size"]
# Beside what makes the network, as published: of training, and what MERT's own code could do and does not.
OF_MERT = {
    "architectures": ["MERTModel"],
    "attention_relax": 32.0,
    "auto_map": {"AutoModel": "modeling_MERT.MERTModel"},
    "deepnorm": False,
    "feature_extractor_cqt": False,
    "feature_extractor_cqt_bins": 84,
    "mask_time_prob": 0.8,
    "model_type": "mert_model",
    "sample_rate": 24_000,
}
Arrays = dict[str, NDArray[Any]]


@pytest.fixture(scope="module")
def golden() -> Arrays:
    with np.load(Path(__file__).parents[2] / "golden" / "hubert.npz") as file:
        return dict(file)


def shapes(names: NDArray[Any]) -> dict[str, list[int]]:
    return {name: json.loads(shape) for name, shape in (line.split(" ", 1) for line in names)}


def write(folder: Path, name: str, changes: dict[str, Any] | None = None) -> None:
    """A checkpoint in the form and with the names of the published ones."""
    with np.load(Path(__file__).parents[2] / "golden" / "hubert.npz") as file:
        state = drawn_state(shapes(file[f"{name}/names"]))
    torch.save({key: torch.from_numpy(values) for key, values in state.items()}, folder / "pytorch_model.bin")
    (folder / "config.json").write_text(json.dumps(MODELS[name] | OF_MERT | (changes or {})))
    preprocessing = {"do_normalize": True, "feature_size": 1, "return_attention_mask": True, "sampling_rate": 24_000}
    (folder / "preprocessor_config.json").write_text(json.dumps(preprocessing))


class Test95M(BackendContract):
    name = "mert-95m"
    other_music_below = 0.999  # random weights

    @classmethod
    def make(cls, facts: BackendFacts) -> Backend:
        return load_small(facts, lambda folder: write(folder, cls.name))

    @classmethod
    def facts(cls) -> BackendFacts:
        return small_facts(cls.name, WIDTH, LAYERS)


class Test330M(Test95M):
    name = "mert-330m"
    long_minutes = 1  # the same program


def network(backend: Backend) -> SpeechNetwork:
    found = vars(backend)["_network"]
    assert isinstance(found, SpeechNetwork)
    return found


@pytest.mark.parametrize("name", MODELS)
@pytest.mark.parametrize("layer", range(LAYERS + 1))
def test_each_layer_is_that_of_hubert(golden: Arrays, name: str, layer: int) -> None:
    facts = small_facts(name, WIDTH, LAYERS)
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(BACKENDS, name, facts)
        wanted = name if layer == LAYERS else f"{name}-layer{layer}"
        backend = load_at(wanted, name)
    samples = torch.from_numpy(drawn_music(1.0, 24_000))
    with torch.inference_mode():
        frames = network(backend).model(samples).last_hidden_state
    assert frames.shape == (2, 74, WIDTH)  # 24,000 samples through strides of 5 and six times 2: 75 a second
    np.testing.assert_allclose(frames[:, ::8].numpy(), golden[f"{name}/layers"][layer], atol=2e-5, rtol=1e-4)


def load_at(wanted: str, name: str) -> Backend:
    with tempfile.TemporaryDirectory() as root:
        (Path(root) / name).mkdir()
        write(Path(root) / name, name)
        return registry.load(wanted, device="cpu", weights=Path(root))


def test_the_golden_file_names_its_makers(golden: Arrays) -> None:
    assert "transformers 4.57.6" in golden["versions"]


def test_a_recording_is_the_mean_of_its_frames_window_by_window() -> None:
    # 12.6 s are windows of 5, 5 and 2.6 s; each is normalized by itself, and counts by its length.
    music = chords(12.6, 24_000)
    heard = Test95M.make(Test95M.facts()).embed([music])
    config = HubertConfig(**MODELS["mert-95m"])
    reference = HubertModel(config).eval()
    with np.load(Path(__file__).parents[2] / "golden" / "hubert.npz") as file:
        state = drawn_state(shapes(file["mert-95m/names"]))
    reference.load_state_dict({key: torch.from_numpy(values) for key, values in state.items()})
    total = np.zeros(WIDTH)
    for window in np.split(music, [120_000, 240_000]):
        scaled = (window - window.mean()) / np.sqrt(window.var() + 1e-7)
        with torch.inference_mode():
            frames = reference(torch.from_numpy(scaled)[None]).last_hidden_state[0]  # (frames, 24)
        total += len(window) * frames.numpy().mean(axis=0)
    np.testing.assert_allclose(heard.vector, total / np.linalg.norm(total), atol=1e-5)
    # Segments are three windows; the last one here is the whole.
    assert [(s.start_seconds, s.end_seconds) for s in heard.segments] == [(0.0, 12.6)]


def test_what_relaxes_attention_changes_nothing() -> None:
    # As published: scores / r, less their maximum, times r.
    scores = torch.randn(2, 5, 7, generator=torch.Generator().manual_seed(1)) * 10
    relaxed = scores / 32
    relaxed = (relaxed - relaxed.max(dim=-1).values[..., None]) * 32
    torch.testing.assert_close(relaxed.softmax(-1), scores.softmax(-1), atol=1e-5, rtol=1e-5)


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"deepnorm": True}, "'deepnorm' is set, and HuBERT has no such thing"),
        ({"feature_extractor_cqt": True}, "'feature_extractor_cqt' is set"),
        ({"hidden_size": 48}, "its network has 3 layers of 48 instead of 3 of 24"),
        ({"hidden_size": "/home/me"}, "hidden_size"),
        ({"num_attention_heads": 5}, "num_heads"),
        ({"intermediate_size": 41}, r"shape \(40,\) instead of \(41,\)"),
    ],
)
def test_another_network_is_refused(changes: dict[str, Any], said: str) -> None:
    with pytest.raises(WeightsDamaged, match=said):
        load_small(Test95M.facts(), lambda folder: write(folder, "mert-95m", changes))


def test_another_sample_rate_is_refused() -> None:
    def spoilt(folder: Path) -> None:
        write(folder, "mert-95m")
        (folder / "preprocessor_config.json").write_text('{"sampling_rate": 16000}')

    with pytest.raises(WeightsDamaged, match="it is for 16000 Hz instead of 24000"):
        load_small(Test95M.facts(), spoilt)
