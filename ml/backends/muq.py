"""MuQ (Zhu et al., "MuQ: Self-Supervised Music Representation Learning with Mel Residual Vector Quantization", 2025).

What hears is MusicFM's network: decibels of 128 mel bands, two residual convolutions, a conformer with rotary
positions. MuQ differs in what it learned from, and in what its checkpoint leaves out: window and filters of the mel
spectrogram. Its quantizers and heads were for training.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import torch

from domain.errors.machine import WeightsDamaged
from domain.spaces import BackendFacts
from ml.backends.configuration import Configuration, configured, read_configuration, require_size
from ml.backends.htk_mel import htk_filters
from ml.backends.musicfm import FFT_SAMPLES, HOP_SAMPLES, MusicFM, Statistics, needed
from ml.backends.protocol import Means
from ml.backends.torch_backend import TorchBackend
from ml.backends.torch_device import choose_device
from ml.backends.torch_weights import fill, read_state
from ml.weights import require

WEIGHTS = "model.safetensors"
SAMPLE_RATE = 24_000
BANDS = 128
# What the network is built for, of that which the configuration could say otherwise: 25 frames a second are a quarter
# of those that come in.
AS_BUILT = {"label_rate": 25, "hop_length": HOP_SAMPLES, "n_mels": BANDS}
CONFORMER_AS_BUILT = {"position_embeddings_type": "rotary", "hidden_act": "swish"}
# Beside what MusicFM leaves to training.
OF_TRAINING = ("rvq.", "recon_proj.", "hubert_")


def load(facts: BackendFacts, means: Means) -> TorchBackend:
    """The backend that `facts` describes. Raises WeightsMissing, WeightsDamaged, DeviceMissing."""
    folder = require(means.weights, facts)
    device = choose_device(facts, means.device)
    path = folder / "config.json"
    settings = read_configuration(path)
    require_size(path, facts, dimension=settings.get("encoder_dim", 0), layers=settings.get("encoder_depth", 0))
    state = {name.removeprefix("model."): tensor for name, tensor in read_state(folder / WEIGHTS).items()}
    layer = facts.layers if facts.layer is None else facts.layer
    network = build(state, statistics(settings, path), layer, facts.layers, folder / WEIGHTS)
    return TorchBackend(facts, network.to(device), device, means.threads)


def statistics(settings: Configuration, path: Path) -> Statistics:
    """Mean and deviation of the decibels that a MuQ was trained on, from its configuration at `path`.

    Raises WeightsDamaged where it tells of another network than that which is built here, or not enough.
    """
    conformer = settings.get("w2v2_config")
    for group, built in ((settings, AS_BUILT), (conformer or {}, CONFORMER_AS_BUILT)):
        for name, value in built.items():
            if group.get(name) != value:
                reason = f"'{name}' is '{group.get(name)}' instead of '{value}'"
                raise WeightsDamaged(path=path, reason=reason)
    try:
        stat = settings["stat"]
        return Statistics(float(stat["melspec_2048_mean"]), float(stat["melspec_2048_std"]))
    except (KeyError, TypeError, ValueError) as error:
        raise WeightsDamaged(path=path, reason="it does not give mean and deviation of the decibels") from error


def build(state: Mapping[str, torch.Tensor], of_decibels: Statistics, layer: int, layers: int, path: Path) -> MusicFM:
    """The network up to `layer` of `layers`, from MuQ's tensors by the names they have without prefix.

    Raises WeightsDamaged, naming `path`, where they are not those of such a network.
    """
    heard = {name: tensor for name, tensor in state.items() if not name.startswith(OF_TRAINING)}
    kept = needed(heard, layer, layers) | {
        "window": torch.hann_window(FFT_SAMPLES),
        "filters": htk_filters(BANDS, FFT_SAMPLES, SAMPLE_RATE),
    }
    network = configured(lambda: MusicFM(kept, of_decibels, layer, layers), path)
    fill(network, kept, path)
    return network.eval()
