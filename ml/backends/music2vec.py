"""Music2Vec (Li et al., "MAP-Music2Vec", ISMIR late-breaking 2022), on Data2VecAudio of `transformers`.

The configuration is our own: that which is published names a folder of its author's machine where a number belongs
(`vocab_size`), so only what makes the network is taken from it.
"""

from __future__ import annotations

from pathlib import Path

from transformers import Data2VecAudioConfig, Data2VecAudioModel

from domain.spaces import BackendFacts
from ml.backends.configuration import chosen, configured, read_configuration, require_size
from ml.backends.protocol import Means
from ml.backends.speech_network import MASK, WITHOUT_MASKS, SpeechNetwork, cut_at
from ml.backends.torch_backend import TorchBackend
from ml.backends.torch_device import choose_device
from ml.backends.torch_weights import fill, read_state
from ml.weights import require

ARCHITECTURE = (
    "hidden_size",
    "num_hidden_layers",
    "num_attention_heads",
    "intermediate_size",
    "hidden_act",
    "layer_norm_eps",
    "feat_extract_activation",
    "conv_dim",
    "conv_stride",
    "conv_kernel",
    "conv_bias",
    "conv_pos_kernel_size",
    "num_conv_pos_embeddings",
    "num_conv_pos_embedding_groups",
)
# What the model is called in a checkpoint that has a head beside it.
PREFIX = "data2vec_audio."


def load(facts: BackendFacts, means: Means) -> TorchBackend:
    """The backend that `facts` describes. Raises WeightsMissing, WeightsDamaged, DeviceMissing."""
    folder = require(means.weights, facts)
    device = choose_device(facts, means.device)
    # As the processor does that its page names (facebook/data2vec-audio-base-960h).
    network = SpeechNetwork(_model(folder, facts), normalize=True)
    return TorchBackend(facts, network.eval().to(device), device, means.threads)


def _model(folder: Path, facts: BackendFacts) -> Data2VecAudioModel:
    path, weights = folder / "config.json", folder / "pytorch_model.bin"
    settings = chosen(read_configuration(path), ARCHITECTURE)
    model = configured(lambda: Data2VecAudioModel(Data2VecAudioConfig(**settings, **WITHOUT_MASKS)), path)
    require_size(path, facts, dimension=model.config.hidden_size, layers=model.config.num_hidden_layers)
    state = {name.removeprefix(PREFIX): tensor for name, tensor in read_state(weights).items()}
    state.pop(MASK, None)
    fill(model, state, weights)
    cut_at(model, facts.layers if facts.layer is None else facts.layer)
    return model
