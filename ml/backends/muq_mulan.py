"""MuQ-MuLan (Zhu et al., "MuQ", 2025): music and texts in one space, after MuLan (Huang et al., ISMIR 2022).

Its audio tower is a MuQ, a transformer above it, and a projection; a vector has unit length. Of a longer recording the
vectors of ten seconds each are averaged. At the end its own code fills ten seconds up with the recording's beginning;
here they are heard as short as they are.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import torch

from domain.errors.machine import WeightsDamaged
from domain.spaces import BackendFacts
from ml.backends.configuration import Configuration, configured, read_configuration
from ml.backends.mulan_transformer import Sizes, Tower, tower_state
from ml.backends.muq import build, statistics
from ml.backends.musicfm import MusicFM
from ml.backends.protocol import Means
from ml.backends.torch_backend import TorchBackend
from ml.backends.torch_device import choose_device
from ml.backends.torch_weights import fill, read_state
from ml.weights import require

CONFIGURATION, WEIGHTS = "config.json", "pytorch_model.bin"
MUQ_CONFIGURATION = "muq.json"
PREFIX = "mulan."
MUQ_PREFIX = "audio.model.model."


class AudioTower(torch.nn.Module):
    """A `Network` with a single frame for each window: its vector."""

    def __init__(self, hearing: MusicFM, tower: Tower) -> None:
        super().__init__()
        self.hearing = hearing
        self.tower = tower

    def forward(self, samples: torch.Tensor) -> torch.Tensor:
        """(windows, samples) to (windows, 1, dimension)."""
        vectors: torch.Tensor = self.tower(self.hearing(samples))
        return vectors[:, None]


def load(facts: BackendFacts, means: Means) -> TorchBackend:
    """The backend that `facts` describes. Raises WeightsMissing, WeightsDamaged, DeviceMissing."""
    folder = require(means.weights, facts)
    device = choose_device(facts, means.device)
    return TorchBackend(facts, audio_tower(folder, facts).to(device), device, means.threads)


def audio_tower(folder: Path, facts: BackendFacts) -> AudioTower:
    """What hears, from the files in a folder. Raises WeightsDamaged."""
    state = read_joint(folder)
    settings = read_configuration(folder / MUQ_CONFIGURATION)
    layers = settings.get("encoder_depth")
    if not isinstance(layers, int):
        raise WeightsDamaged(path=folder / MUQ_CONFIGURATION, reason="it does not tell how many layers there are")
    hearing = build(
        {name.removeprefix(MUQ_PREFIX): tensor for name, tensor in state.items() if name.startswith(MUQ_PREFIX)},
        statistics(settings, folder / MUQ_CONFIGURATION),
        _layer(read_configuration(folder / CONFIGURATION), layers, folder / CONFIGURATION),
        layers,
        folder / WEIGHTS,
    )
    return AudioTower(hearing, build_tower(state, "audio", facts, folder / WEIGHTS)).eval()


def read_joint(folder: Path) -> dict[str, torch.Tensor]:
    """The tensors of both towers, by their names without prefix. Raises WeightsDamaged."""
    return {name.removeprefix(PREFIX): tensor for name, tensor in read_state(folder / WEIGHTS).items()}


def build_tower(state: Mapping[str, torch.Tensor], name: str, facts: BackendFacts, path: Path) -> Tower:
    """What lies above the pretrained network of "audio" or "text". Raises WeightsDamaged, naming `path`."""
    kept = tower_state(state, name)
    tower = configured(
        lambda: Tower(_entering(kept), Sizes.of(kept, "transformer."), len(kept["to_latents.bias"])), path
    )
    dimension = tower.to_latents.out_features
    if dimension != facts.dimension:
        raise WeightsDamaged(path=path, reason=f"its vectors have {dimension} numbers instead of {facts.dimension}")
    fill(tower, kept, path)
    return tower.eval()


def _entering(kept: Mapping[str, torch.Tensor]) -> int:
    """How many numbers a frame or a piece of text has."""
    entrance = kept.get("proj.weight", kept["transformer.layers.0.0.to_q.weight"])
    return entrance.shape[1]


def _layer(settings: Configuration, layers: int, path: Path) -> int:
    """Which of a MuQ's layers the tower reads: it counts from what enters the first, or backwards."""
    audio = settings.get("audio_model")
    index = audio.get("use_layer_idx", -1) if isinstance(audio, dict) else -1
    if not isinstance(index, int) or not -layers - 1 <= index <= layers:
        raise WeightsDamaged(path=path, reason=f"there is no layer {index} of {layers}")
    return index % (layers + 1)
