"""What all backends on torch share, with networks whose answers are known."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.torch import save_file

from domain.errors.machine import DeviceMissing, GpuNeeded, WeightsDamaged
from domain.spaces import BACKENDS, BackendFacts
from ml.backends.protocol import Backend
from ml.backends.torch_backend import TorchBackend
from ml.backends.torch_device import choose_device
from ml.backends.torch_network import pooled
from ml.backends.torch_precision import agreement, choose_precision, trial_music
from ml.backends.torch_weights import fill, read_state
from tests.ml.backends.contract import BackendContract

CPU = torch.device("cpu")
# The window and the segment of a network; the name lends its published facts to compare with.
FACTS = replace(
    BACKENDS["random"], dimension=12, patch_seconds=5.0, segment_patches=3, min_patch_seconds=1.0, batch_patches=4
)


class Convolution(torch.nn.Module):
    """A small network as those of speech are: convolutions over samples, then frames that look at each other."""

    def __init__(self) -> None:
        super().__init__()
        generator = torch.Generator().manual_seed(7)
        self.first = torch.nn.Conv1d(1, 12, 400, stride=320)
        self.attention = torch.nn.MultiheadAttention(12, 3, batch_first=True)
        for parameter in self.parameters():
            torch.nn.init.normal_(parameter, std=0.2, generator=generator)
        self.eval()

    def forward(self, samples: torch.Tensor) -> torch.Tensor:
        frames = torch.nn.functional.gelu(self.first(samples[:, None])).transpose(1, 2)  # (windows, frames, 12)
        attended, _ = self.attention(frames, frames, frames, need_weights=False)
        mixed: torch.Tensor = frames + attended
        return mixed


class TestTorchBackend(BackendContract):
    name = "random"
    long_minutes = 39

    @classmethod
    def make(cls, facts: BackendFacts) -> Backend:
        return TorchBackend(facts, Convolution(), CPU, threads=1)

    @classmethod
    def facts(cls) -> BackendFacts:
        return FACTS

    def test_facts_are_the_published_ones(self, backend: Backend) -> None:
        assert backend.facts == FACTS


def tenths(samples: torch.Tensor) -> torch.Tensor:
    """A frame each tenth of a second: the mean of its samples, and one."""
    means = samples.reshape(len(samples), -1, 1_600).mean(dim=2)
    return torch.stack([means, torch.ones_like(means)], dim=2)


def test_every_moment_counts_the_same() -> None:
    # 16 s: 10 s of 0, 5 s of 1, 1 s of 7. Pooled over time that is (5 × 1 + 1 × 7) / 16 = 0.75, beside the one.
    music = np.repeat(np.array([0.0, 1.0, 7.0], np.float32), [160_000, 80_000, 16_000])
    backend = TorchBackend(replace(FACTS, dimension=2, segment_patches=2), tenths, CPU, threads=1)
    heard = backend.embed([music])
    np.testing.assert_allclose(heard.vector, np.array([0.75, 1]) / np.hypot(0.75, 1), atol=1e-6)
    assert [(s.start_seconds, s.end_seconds) for s in heard.segments] == [(0.0, 10.0), (10.0, 16.0)]
    # The first segment hears silence; the second 5 s of 1 and 1 s of 7: 12 / 6 = 2.
    np.testing.assert_allclose(heard.segments[0].vector, [0, 1], atol=1e-6)
    np.testing.assert_allclose(heard.segments[1].vector, np.array([2, 1]) / np.hypot(2, 1), atol=1e-6)
    assert heard.patches is not None
    np.testing.assert_array_equal(heard.patches / heard.patches[:, 1:], [[0, 1], [0, 1], [1, 1], [7, 1]])


def test_the_mean_is_over_frames_and_not_over_channels() -> None:
    frames = torch.arange(24.0).reshape(2, 3, 4)  # 2 windows, 3 frames, 4 channels
    # Channel c of window 0 is c, 4 + c, 8 + c: 4 + c on average; of window 1 twelve more.
    vectors = pooled(lambda samples: frames, torch.zeros(2, 1), torch.float32)
    assert vectors.tolist() == [[4, 5, 6, 7], [16, 17, 18, 19]]


def test_a_gpu_that_is_asked_for_must_be_there(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    assert choose_device(FACTS, "auto") == choose_device(FACTS, "cpu") == CPU
    with pytest.raises(DeviceMissing, match="SEGUE_DEVICE is 'cuda', but"):
        choose_device(FACTS, "cuda")
    with pytest.raises(GpuNeeded, match="'random' cannot be run without a GPU"):
        choose_device(replace(FACTS, needs_gpu=True), "auto")
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    assert choose_device(FACTS, "auto") == choose_device(FACTS, "cuda") == torch.device("cuda")
    assert choose_device(FACTS, "cpu") == CPU
    with pytest.raises(GpuNeeded):
        choose_device(replace(FACTS, needs_gpu=True), "cpu")


def test_half_precision_is_measured_against_single() -> None:
    music = torch.from_numpy(trial_music(5.0, 16_000, 3))
    assert agreement(Convolution(), music, torch.float32) == pytest.approx(1.0, abs=1e-9)
    # bfloat16 keeps 8 bits: every product is off by up to 2**-8, and the direction of the sum by far less.
    assert 0.999 < agreement(Convolution(), music, torch.bfloat16) < 1 - 1e-7
    assert choose_precision(Convolution(), music) is torch.float32  # on a CPU nothing is gained

    def overflows(samples: torch.Tensor) -> torch.Tensor:
        product: torch.Tensor = torch.ones(1, 1) @ torch.full((1, 4), 3e4) * 3  # 9e4: more than float16 holds
        return product[None].expand(len(samples), 1, 4)

    assert agreement(overflows, music, torch.float16) == -1.0


class TestWeights:
    def test_only_tensors_are_taken_from_a_file(self, tmp_path: Path) -> None:
        class Mischief:
            def __reduce__(self) -> tuple[object, ...]:
                return (Path.touch, (tmp_path / "run",))

        torch.save({"first.weight": Mischief()}, tmp_path / "evil.pt")
        with pytest.raises(WeightsDamaged, match=r"evil\.pt' are damaged .* it is no checkpoint of tensors"):
            read_state(tmp_path / "evil.pt")
        assert not (tmp_path / "run").exists()

    @pytest.mark.parametrize("wrap", [lambda s: s, lambda s: {"state_dict": s, "epoch": 3}, lambda s: {"model": s}])
    def test_formats(self, tmp_path: Path, wrap: object) -> None:
        state = Convolution().state_dict()
        torch.save(wrap(state), tmp_path / "network.pt")  # type: ignore[operator]
        save_file(state, tmp_path / "network.safetensors")
        for name in ("network.pt", "network.safetensors"):
            read = read_state(tmp_path / name)
            assert read.keys() == state.keys()
            assert all(torch.equal(read[key], state[key]) for key in state)

    @pytest.mark.parametrize("name", ["half.pt", "half.safetensors", "text.pt"])
    def test_half_a_file(self, tmp_path: Path, name: str) -> None:
        path = tmp_path / name
        if name.endswith(".safetensors"):
            save_file(Convolution().state_dict(), path)
        else:
            torch.save(Convolution().state_dict(), path)
        path.write_bytes(b"a shopping list" if name == "text.pt" else path.read_bytes()[: path.stat().st_size // 2])
        with pytest.raises(WeightsDamaged):
            read_state(path)

    def test_every_tensor_finds_its_place_or_is_named(self) -> None:
        network, state = Convolution(), Convolution().state_dict()
        doubled = {name: 2 * tensor for name, tensor in state.items()}
        fill(network, doubled, Path("x.pt"))
        assert torch.equal(network.first.weight, 2 * state["first.weight"])
        renamed = {name.replace("first", "conv"): tensor for name, tensor in state.items()}
        with pytest.raises(
            WeightsDamaged,
            match=r"'first.bias' is missing; 'first.weight' is missing; nothing is called "
            r"'conv.bias' and 1 more",
        ):
            fill(network, renamed, Path("x.pt"))
        with pytest.raises(WeightsDamaged, match=r"'first.bias' has shape \(11,\) instead of \(12,\)"):
            fill(network, state | {"first.bias": torch.zeros(11)}, Path("x.pt"))
