"""Writes hubert.npz: what HuBERT of an older transformers makes of known weights, which MERT's published code runs on.

Run in an environment of its own with transformers 4.57.6 and torch 2.13.0, in the repository's
folder: python -m tests.golden.make_hubert
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import torch
import transformers
from transformers import HubertConfig, HubertModel

from tests.golden.drawn import drawn_music, drawn_state

# In size small, in shape the two models that were released: 95M normalizes after each layer, 330M before.
SMALL: dict[str, Any] = {
    "hidden_size": 24,
    "num_hidden_layers": 3,
    "num_attention_heads": 2,
    "intermediate_size": 40,
    "conv_dim": [8] * 7,
    "num_conv_pos_embeddings": 16,
    "num_conv_pos_embedding_groups": 4,
}
MODELS: dict[str, dict[str, Any]] = {
    "mert-95m": SMALL | {"feat_extract_norm": "group", "do_stable_layer_norm": False},
    "mert-330m": SMALL | {"feat_extract_norm": "layer", "do_stable_layer_norm": True},
}
# As weight normalization was called when the weights were published.
PUBLISHED = {"parametrizations.weight.original0": "weight_g", "parametrizations.weight.original1": "weight_v"}


def published_name(name: str) -> str:
    for new, old in PUBLISHED.items():
        name = name.replace(new, old)
    return name


def main() -> None:
    results: dict[str, Any] = {"versions": [f"transformers {transformers.__version__}", f"torch {torch.__version__}"]}
    for name, small in MODELS.items():
        model = HubertModel(HubertConfig(**small)).eval()
        shapes = {published_name(key): tuple(tensor.shape) for key, tensor in model.state_dict().items()}
        state = {key: torch.from_numpy(values) for key, values in drawn_state(shapes).items()}
        model.load_state_dict(state, strict=True)
        with torch.inference_mode():
            layers = model(torch.from_numpy(drawn_music(1.0, 24_000)), output_hidden_states=True).hidden_states
        results[f"{name}/layers"] = torch.stack(layers).numpy()[:, :, ::8]  # every eighth frame
        results[f"{name}/names"] = sorted(f"{key} {list(shape)}" for key, shape in shapes.items())
    np.savez_compressed(Path(__file__).with_name("hubert.npz"), **results)


if __name__ == "__main__":
    main()
