"""Networks that hear samples as those for speech do: convolutions, then a transformer over their frames."""

from __future__ import annotations

from typing import Any  # of settings, which are of every kind

import torch
from transformers import Data2VecAudioModel, HubertModel

# As the feature extractor of wav2vec 2.0 has it.
NORMALIZE_EPSILON = 1e-7

# What stands for a masked frame in training. Some checkpoints hold it; these networks do without.
MASK = "masked_spec_embed"
WITHOUT_MASKS: dict[str, Any] = {"apply_spec_augment": False, "mask_time_prob": 0.0, "mask_feature_prob": 0.0}


class SpeechNetwork(torch.nn.Module):
    """A model of `transformers`, up to the layer that is read; a `Network`.

    `normalize`: each window is given zero mean and unit variance first.
    """

    def __init__(self, model: HubertModel | Data2VecAudioModel, *, normalize: bool) -> None:
        super().__init__()
        self.model = model
        self.normalize = normalize

    def forward(self, samples: torch.Tensor) -> torch.Tensor:
        """(windows, samples) to (windows, frames, dimension)."""
        if self.normalize:
            variance, mean = torch.var_mean(samples, dim=1, correction=0, keepdim=True)
            samples = (samples - mean) / torch.sqrt(variance + NORMALIZE_EPSILON)
        frames: torch.Tensor = self.model(samples).last_hidden_state
        return frames


def cut_at(model: HubertModel | Data2VecAudioModel, layer: int) -> None:
    """Take off what comes after a layer, so that its output is the model's: 0 is what enters the first.

    A transformer that normalizes before each layer does so once more after the last, and after no other.
    """
    encoder = model.encoder
    if layer < len(encoder.layers):
        encoder.layers = encoder.layers[:layer]
        if getattr(model.config, "do_stable_layer_norm", False):
            encoder.add_module("layer_norm", torch.nn.Identity())
