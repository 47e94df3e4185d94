"""MERT (Li et al., "MERT: Acoustic Music Understanding Model", ICLR 2024), on HuBERT of `transformers`.

The code published with its weights is HuBERT's own, with three additions that none of the two released models uses at
inference: a constant-Q transform beside the samples and scaled residuals (`feature_extractor_cqt`, `deepnorm`: both
false), and `attention_relax`, which subtracts the maximum from what enters a softmax and thereby changes nothing. So no
code comes with the weights.
"""

from __future__ import annotations

from pathlib import Path

from transformers import HubertConfig, HubertModel

from domain.errors.machine import WeightsDamaged
from domain.spaces import BackendFacts
from ml.backends.configuration import chosen, configured, read_configuration, require_size
from ml.backends.protocol import Means
from ml.backends.speech_network import MASK, WITHOUT_MASKS, SpeechNetwork, cut_at
from ml.backends.torch_backend import TorchBackend
from ml.backends.torch_device import choose_device
from ml.backends.torch_weights import fill, read_state
from ml.weights import require

# What makes the network; everything else in its configuration is about training.
ARCHITECTURE = (
    "hidden_size",
    "num_hidden_layers",
    "num_attention_heads",
    "intermediate_size",
    "hidden_act",
    "layer_norm_eps",
    "feat_proj_layer_norm",
    "feat_extract_norm",
    "feat_extract_activation",
    "conv_dim",
    "conv_stride",
    "conv_kernel",
    "conv_bias",
    "num_conv_pos_embeddings",
    "num_conv_pos_embedding_groups",
    "do_stable_layer_norm",
)
NOT_OURS = ("feature_extractor_cqt", "deepnorm", "conv_pos_batch_norm")
# Weight normalization, as torch called its parts when the weights were saved, and as it does now.
RENAMED = {
    "encoder.pos_conv_embed.conv.weight_g": "encoder.pos_conv_embed.conv.parametrizations.weight.original0",
    "encoder.pos_conv_embed.conv.weight_v": "encoder.pos_conv_embed.conv.parametrizations.weight.original1",
}


def load(facts: BackendFacts, means: Means) -> TorchBackend:
    """The backend that `facts` describes. Raises WeightsMissing, WeightsDamaged, DeviceMissing."""
    folder = require(means.weights, facts)
    device = choose_device(facts, means.device)
    network = SpeechNetwork(_model(folder, facts), normalize=_normalizes(folder / "preprocessor_config.json", facts))
    return TorchBackend(facts, network.eval().to(device), device, means.threads)


def _model(folder: Path, facts: BackendFacts) -> HubertModel:
    path, weights = folder / "config.json", folder / "pytorch_model.bin"
    settings = read_configuration(path)
    for name in NOT_OURS:
        if settings.get(name):
            raise WeightsDamaged(path=path, reason=f"'{name}' is set, and HuBERT has no such thing")
    model = configured(lambda: HubertModel(HubertConfig(**chosen(settings, ARCHITECTURE), **WITHOUT_MASKS)), path)
    require_size(path, facts, dimension=model.config.hidden_size, layers=model.config.num_hidden_layers)
    state = {RENAMED.get(name, name): tensor for name, tensor in read_state(weights).items() if name != MASK}
    fill(model, state, weights)
    cut_at(model, facts.layers if facts.layer is None else facts.layer)
    return model


def _normalizes(path: Path, facts: BackendFacts) -> bool:
    configuration = read_configuration(path)
    if configuration.get("sampling_rate") != facts.sample_rate:
        reason = f"it is for {configuration.get('sampling_rate')} Hz instead of {facts.sample_rate}"
        raise WeightsDamaged(path=path, reason=reason)
    return bool(configuration.get("do_normalize", False))
