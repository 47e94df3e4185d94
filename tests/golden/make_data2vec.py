"""Writes data2vec.npz: what Data2VecAudio of an older transformers makes of known weights.

Run in an environment of its own with transformers 4.57.6 and torch 2.13.0, in the repository's folder:
python -m tests.golden.make_data2vec
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import torch
import transformers
from transformers import Data2VecAudioConfig, Data2VecAudioModel

from tests.golden.drawn import drawn_music, drawn_state

SMALL: dict[str, Any] = {
    "hidden_size": 24,
    "num_hidden_layers": 3,
    "num_attention_heads": 2,
    "intermediate_size": 40,
    "conv_dim": [8] * 7,
    "conv_pos_kernel_size": 19,
    "num_conv_pos_embeddings": 3,
    "num_conv_pos_embedding_groups": 4,
}


def main() -> None:
    model = Data2VecAudioModel(Data2VecAudioConfig(**SMALL)).eval()
    shapes = {name: tuple(tensor.shape) for name, tensor in model.state_dict().items()}
    model.load_state_dict({name: torch.from_numpy(values) for name, values in drawn_state(shapes).items()})
    with torch.inference_mode():
        layers = model(torch.from_numpy(drawn_music(1.0, 16_000)), output_hidden_states=True).hidden_states
    np.savez_compressed(
        Path(__file__).with_name("data2vec.npz"),
        versions=[f"transformers {transformers.__version__}", f"torch {torch.__version__}"],
        layers=torch.stack(layers).numpy()[:, :, ::8],  # every eighth frame
        names=sorted(f"{name} {list(shape)}" for name, shape in shapes.items()),
    )


if __name__ == "__main__":
    main()
