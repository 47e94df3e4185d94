"""MULE: the contract with the package's own network, the published slices, and the package that is not there."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from domain.errors.machine import PackageMissing, WeightsDamaged
from domain.spaces import BACKENDS, BackendFacts
from ml.backends.mule import FULL_SCALE, MULE, load, read_model
from ml.backends.protocol import Backend, Means
from tests.golden.drawn import drawn_state
from tests.ml.backends.contract import BackendContract, chords
from tests.ml.backends.small import load_small, small_facts

FACTS = small_facts("mule", 36)
INSTALLED = importlib.util.find_spec("mule_torch") is not None
needs_package = pytest.mark.skipif(
    not INSTALLED, reason="the package mule-torch (GPL-3.0) is not installed: pip install --no-deps mule-torch==0.2.0"
)


def small_model() -> Any:  # Any: the package need not be there
    """The package's network with a 48th of the channels, more or less; weights drawn by their names."""
    from mule_torch import MuleConfig, MuleModel  # type: ignore[import-not-found,unused-ignore]

    config = MuleConfig(
        embedding_dim=36,
        slow_stem_channels=(2, 2, 4, 8),
        fast_stem_channels=(2, 2, 2, 4),
        slow_stage_in=(16, 32, 40, 48),
        slow_stage_out=(16, 24, 24, 24),
        fast_stage_in=(4, 4, 4, 12),
        fast_stage_out=(4, 4, 12, 12),
        slow_group_size=4,
        fast_group_size=2,
        fusion_input_channels=(4, 4, 4, 12),
        fusion_output_channels=(8, 16, 16, 24),
    )
    model = MuleModel(config)
    shapes = {name: tensor.shape for name, tensor in model.state_dict().items() if not name.startswith("frontend.")}
    drawn = {name: torch.as_tensor(values + name.endswith("gain")) for name, values in drawn_state(shapes).items()}
    model.load_state_dict(drawn, strict=False)
    return model


def write(folder: Path) -> None:
    """`model.safetensors` and `config.json`, as the package itself writes what it publishes."""
    small_model().save_pretrained(folder)


@needs_package
class TestMule(BackendContract):
    name = "mule"
    other_music_below = 0.999  # random weights

    @classmethod
    def make(cls, facts: BackendFacts) -> Backend:
        return load_small(facts, write)

    @classmethod
    def facts(cls) -> BackendFacts:
        return FACTS


@needs_package
def test_a_recording_is_the_mean_of_the_slices_that_the_package_hears() -> None:
    # 11 s: our slices begin every 2 s from 0 to 8; the package's own timeline begins with the frame 50.
    music = chords(11, 16_000)
    heard = TestMule.make(FACTS).embed([music])
    network = MULE(small_model().eval())
    with torch.inference_mode():
        windows = torch.stack([torch.from_numpy(music[32_000 * n : 32_000 * n + 48_000]) for n in range(5)])
        slices = network(windows)
        assert slices.shape == (5, 1, 36)
        timeline = network.model.embed_timeline(FULL_SCALE * torch.from_numpy(music)[None])[0].mean(dim=0)
    mean = slices[:, 0].mean(dim=0).numpy()
    np.testing.assert_allclose(heard.vector, mean / np.linalg.norm(mean), atol=1e-5)
    assert heard.vector @ (timeline / timeline.norm()).numpy() > 0.999


@needs_package
def test_the_package_makes_the_published_model() -> None:
    from mule_torch import MuleConfig, SfNfNetF0

    assert MuleConfig().embedding_dim == BACKENDS["mule"].dimension == 1728
    assert MuleConfig().sample_rate == BACKENDS["mule"].sample_rate
    assert MuleConfig().slice_hop / 100 == BACKENDS["mule"].hop_seconds  # 100 frames a second
    assert MuleConfig().slice_width / 100 == BACKENDS["mule"].patch_seconds
    with torch.device("meta"):
        counted = sum(parameter.numel() for parameter in SfNfNetF0().parameters())
    assert counted == 62_345_742  # about 62.4 million, as the paper says


@needs_package
def test_other_files_are_refused(tmp_path: Path) -> None:
    write(tmp_path)
    (tmp_path / "model.safetensors").write_bytes(b"a shopping list")
    with pytest.raises(WeightsDamaged, match="no weights of MULE"):
        read_model(tmp_path)


def test_without_the_package_it_says_what_to_install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "mule_torch", None)
    (tmp_path / "mule").mkdir()
    for file in FACTS.weights:
        (tmp_path / "mule" / file.name).touch()
    with pytest.raises(PackageMissing, match=r"its licence is GPL-3\.0\. Install it with:\s+pip install --no-deps"):
        load(FACTS, Means(1, "cpu", tmp_path))
