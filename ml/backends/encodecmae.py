"""EncodecMAE, a masked autoencoder over a neural codec's features (Pepino, Riera and Ferrer, "EnCodecMAE: leveraging
neural codecs for universal audio representation learning", arXiv 2309.07391), its base model.

EnCodec's encoder, from transformers, makes 75 frames a second of music at 24 kHz; ten transformer layers follow. It
hears 4 s at once, as in the published extraction. A vector is the last layer's mean over time.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

import torch
from torch import nn
from transformers import EncodecConfig
from transformers.models.encodec.modeling_encodec import EncodecEncoder

from domain.errors.machine import WeightsDamaged
from domain.spaces import BackendFacts
from ml.backends.encodecmae_transformer import Positions, ResidualTransformer
from ml.backends.protocol import Means
from ml.backends.torch_backend import TorchBackend
from ml.backends.torch_device import choose_device
from ml.backends.torch_weights import fill, read_state
from ml.weights import require

CHECKPOINT = "model.pt"
FRAME_SAMPLES = 320
HEADS = 12

CODEC = "wav_encoder.model.model."
HEARD_WITH = ("feat_projector.", "positional_encoder.", "visible_encoder.")
LAYER = re.compile(r"visible_encoder\.encoder_layers\.(\d+)\.")
# A module within a module of EnCodec's own is one of transformers', which call weight normalization otherwise, too.
RENAMED = (
    (".conv.conv.", ".conv."),
    (".weight_g", ".parametrizations.weight.original0"),
    (".weight_v", ".parametrizations.weight.original1"),
)


class EncodecMAE(nn.Module):
    """The network up to one of its layers, at the size of a checkpoint's tensors; a `Network`."""

    def __init__(self, state: Mapping[str, torch.Tensor], layer: int, layers: int) -> None:
        """Parameters have the shapes, not yet the values, of those in `state`; `layer` of `layers` is the last."""
        super().__init__()
        width, features = state["feat_projector.weight"].shape
        inner = len(state["visible_encoder.encoder_layers.0.ff_layer.0.bias"]) if layer else 1
        filters = len(state["codec.layers.0.conv.bias"])
        self.codec = EncodecEncoder(EncodecConfig(num_filters=filters, hidden_size=features))
        self.feat_projector = nn.Linear(features, width)
        self.positional_encoder = Positions()
        self.visible_encoder = ResidualTransformer(width, inner, HEADS, layer, joined=layer == layers)

    def forward(self, samples: torch.Tensor) -> torch.Tensor:
        """(windows, samples) at 24 kHz to (windows, frames, width), 75 frames a second; see `Network`.

        A frame is whole: what is left at the end of a window is not heard.
        """
        whole = samples[:, : samples.shape[1] // FRAME_SAMPLES * FRAME_SAMPLES]
        features = self.codec(whole[:, None]).transpose(1, 2)  # (windows, frames, 128)
        frames: torch.Tensor = self.visible_encoder(self.positional_encoder(self.feat_projector(features)))
        return frames


def load(facts: BackendFacts, means: Means) -> TorchBackend:
    """The backend that `facts` describes. Raises as `ml.backends.registry.load` does."""
    device = choose_device(facts, means.device)
    path = require(means.weights, facts) / CHECKPOINT
    layer = facts.layers if facts.layer is None else facts.layer
    state = needed(read_state(path), layer, facts.layers)
    try:
        network = EncodecMAE(state, layer, facts.layers)
    except KeyError as error:
        raise WeightsDamaged(path=path, reason=f"it is no checkpoint of EncodecMAE (without {error})") from error
    fill(network, state, path)
    return TorchBackend(facts, network.eval().to(device), device, means.threads)


def needed(state: Mapping[str, torch.Tensor], layer: int, layers: int) -> dict[str, torch.Tensor]:
    """The tensors that are heard with, up to `layer` of `layers`, by the network's own names: not what predicts the
    codec's tokens from them."""
    kept = {}
    for name, tensor in state.items():
        of_layer = LAYER.match(name)
        if of_layer is not None and int(of_layer[1]) >= layer:
            continue
        if name.startswith(CODEC):
            codec = "codec.layers." + name.removeprefix(CODEC)
            for theirs, ours in RENAMED:
                codec = codec.replace(theirs, ours)
            kept[codec] = tensor
        elif name.startswith(HEARD_WITH) and (layer == layers or not name.startswith("visible_encoder.final_norm.")):
            kept[name] = tensor
    return kept
