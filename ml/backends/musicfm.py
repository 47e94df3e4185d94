"""MusicFM, a conformer that learned to guess masked music (Won, Hung and Le, "A foundation model for music
informatics", ICASSP 2024).

It hears decibels of 128 mel bands, 100 times a second at 24 kHz; two residual convolutions leave a quarter of the
frames and of the bands, twelve conformer layers follow. A vector is a layer's mean over time, 25 frames a second.
Comparisons have been published in which it is the mean over the 1,024 channels, which leaves a number for each moment.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

import torch
from torch import nn
from torch.nn import functional

from domain.errors.machine import WeightsDamaged
from domain.spaces import BackendFacts
from ml.backends.musicfm_conformer import Conformer
from ml.backends.protocol import Means
from ml.backends.torch_backend import TorchBackend
from ml.backends.torch_device import choose_device
from ml.backends.torch_weights import fill, read_state
from ml.weights import require

CHECKPOINT = "pretrained_msd.pt"
STATISTICS = "msd_stats.json"

FFT_SAMPLES = 2048
HOP_SAMPLES = 240

# What training alone needs: targets, their prediction, a token for classes, and positions that rotary ones replace.
OF_TRAINING = ("quantizer_", "linear.", "cls_token", "conformer.pos_conv_embed.")
MEL = "preprocessor_melspec_2048.melspec"
LAYER = re.compile(r"conformer\.layers\.(\d+)\.")


class Statistics(NamedTuple):
    """Mean and deviation of the decibels in what it was trained on."""

    mean: float
    deviation: float


class Residual(nn.Module):
    """Two convolutions beside a third that also halves bands and frames."""

    def __init__(self, channels: int, kernels: int) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(channels, kernels, 3, stride=2, padding=1)
        self.bn1 = nn.BatchNorm2d(kernels)
        self.conv2 = nn.Conv2d(kernels, kernels, 3, padding=1)
        self.bn2 = nn.BatchNorm2d(kernels)
        self.conv3 = nn.Conv2d(channels, kernels, 3, stride=2, padding=1)
        self.bn3 = nn.BatchNorm2d(kernels)

    def forward(self, image: torch.Tensor) -> torch.Tensor:
        main = self.bn2(self.conv2(functional.relu(self.bn1(self.conv1(image)))))
        return functional.relu(main + self.bn3(self.conv3(image)))


class Subsampling(nn.Module):
    """Mel bands (windows, bands, frames) to (windows, frames / 4, width)."""

    def __init__(self, kernels: int, bands: int, width: int) -> None:
        super().__init__()
        self.conv = nn.Sequential(Residual(1, kernels), Residual(kernels, kernels))
        self.linear = nn.Linear(kernels * (bands // 4), width)

    def forward(self, mel: torch.Tensor) -> torch.Tensor:
        image = self.conv(mel[:, None])  # (windows, kernels, bands / 4, frames / 4)
        output: torch.Tensor = self.linear(image.permute(0, 3, 1, 2).flatten(2))
        return output


class MusicFM(nn.Module):
    """The network up to one of its layers, at the size of a checkpoint's tensors; a `Network`."""

    window: torch.Tensor
    filters: torch.Tensor

    def __init__(self, state: Mapping[str, torch.Tensor], statistics: Statistics, layer: int, layers: int) -> None:
        """Parameters have the shapes, not yet the values, of those in `state`; `layer` of `layers` is the last."""
        super().__init__()
        width = len(state["conv.linear.bias"])
        first = "conformer.layers.0."  # not there where the convolutions' own output is read
        inner = len(state[f"{first}ffn1.intermediate_dense.bias"]) if layer else 0
        kernel = state[f"{first}conv_module.depthwise_conv.weight"].shape[2] if layer else 1
        heads = width // (2 * len(state["conformer.embed_positions.inv_freq"]))
        bands = state["filters"].shape[1]
        self.register_buffer("window", torch.zeros(FFT_SAMPLES))
        self.register_buffer("filters", torch.zeros(FFT_SAMPLES // 2 + 1, bands))
        self.conv = Subsampling(len(state["conv.conv.0.conv1.bias"]), bands, width)
        self.conformer = Conformer(width, inner, heads, kernel, layer, last_norm=layer == layers)
        self.statistics = statistics

    def forward(self, samples: torch.Tensor) -> torch.Tensor:
        """(windows, samples) at 24 kHz to (windows, frames, width), 25 frames a second; see `Network`."""
        frames: torch.Tensor = self.conformer(self.conv(self.mel(samples)))
        return frames

    def mel(self, samples: torch.Tensor) -> torch.Tensor:
        """(windows, samples) to normalized decibels (windows, bands, frames), in single precision whatever else is
        not: quiet bands would be lost."""
        with torch.autocast(samples.device.type, enabled=False):
            spectrum = torch.stft(
                samples, FFT_SAMPLES, HOP_SAMPLES, window=self.window, pad_mode="reflect", return_complex=True
            )
            power = spectrum.abs().square().transpose(1, 2) @ self.filters  # (windows, frames, bands)
            decibels = 10 * power.clamp(min=1e-10).log10().transpose(1, 2)[..., :-1]
            return (decibels - self.statistics.mean) / self.statistics.deviation


def load(facts: BackendFacts, means: Means) -> TorchBackend:
    """The backend that `facts` describes. Raises as `ml.backends.registry.load` does."""
    device = choose_device(facts, means.device)
    folder = require(means.weights, facts)
    path = folder / CHECKPOINT
    layer = facts.layers if facts.layer is None else facts.layer
    state = needed(read_state(path), layer, facts.layers)
    statistics = read_statistics(folder / STATISTICS)
    try:
        network = MusicFM(state, statistics, layer, facts.layers)
    except (KeyError, IndexError) as error:
        raise WeightsDamaged(path=path, reason=f"it is no checkpoint of MusicFM (without {error})") from error
    fill(network, state, path)
    return TorchBackend(facts, network.eval().to(device), device, means.threads)


def needed(state: Mapping[str, torch.Tensor], layer: int, layers: int) -> dict[str, torch.Tensor]:
    """The tensors that are heard with, up to `layer` of `layers`, by the network's own names."""
    kept = {}
    for key, tensor in state.items():
        name = key.removeprefix("model.")
        of_layer = LAYER.match(name)
        if name.startswith(OF_TRAINING) or (of_layer is not None and int(of_layer[1]) >= layer):
            continue
        if name.startswith("conformer.layer_norm.") and layer < layers:
            continue
        name = {f"{MEL}.spectrogram.window": "window", f"{MEL}.mel_scale.fb": "filters"}.get(name, name)
        kept[name] = tensor
    return kept


def read_statistics(path: Path) -> Statistics:
    """Raises WeightsDamaged."""
    try:
        found = json.loads(path.read_text())
        return Statistics(float(found["melspec_2048_mean"]), float(found["melspec_2048_std"]))
    except (ValueError, KeyError, TypeError) as error:
        raise WeightsDamaged(path=path, reason="it does not give mean and deviation of the decibels") from error
