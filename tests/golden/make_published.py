"""Writes musicfm.npz and encodecmae.npz: what the published code of both makes of known weights.

Run in the repository's folder with checkouts of minzwon/musicfm and habla-liaa/encodecmae, and in an environment of its
own with encodec 0.1.1 and einops beside torch:

    python -m tests.golden.make_published path/to/musicfm path/to/encodecmae
"""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import torch

from tests.golden.drawn import drawn, drawn_music, drawn_state

VERSIONS = [f"torch {torch.__version__}"]


def module(path: Path) -> ModuleType:
    spec = importlib.util.spec_from_file_location(path.parent.name, path)
    assert spec is not None
    assert spec.loader is not None
    loaded = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(loaded)
    return loaded


def draw(network: torch.nn.Module, prefix: str) -> list[str]:
    """Give a network drawn weights by the names they have in a checkpoint; returns those, and the shapes."""
    shapes = {f"{prefix}{name}": tuple(tensor.shape) for name, tensor in network.state_dict().items()}
    state = drawn_state({name: shape for name, shape in shapes.items() if not name.endswith("num_batches_tracked")})
    network.load_state_dict(
        {name.removeprefix(prefix): torch.as_tensor(values) for name, values in state.items()}, strict=False
    )
    network.eval()
    return sorted(f"{name} {list(shape)}" for name, shape in shapes.items())


def musicfm(checkout: Path) -> dict[str, Any]:
    subsampling = module(checkout / "modules" / "conv.py").Conv2dSubsampling(1, 8, 32, n_bands=128)
    names = draw(subsampling, "model.conv.")
    mel = torch.from_numpy(drawn("mel", (2, 128, 203)))
    with torch.inference_mode():
        return {"names": names, "frames": subsampling(mel).numpy(), "versions": VERSIONS}


def encodecmae(checkout: Path) -> dict[str, Any]:
    from encodec.modules import SEANetEncoder

    parts = module(checkout / "encodecmae" / "tasks" / "models" / "transformers" / "__init__.py")
    codec = SEANetEncoder(dimension=16, n_filters=4, causal=True, norm="weight_norm")
    projector, positions = torch.nn.Linear(16, 24), parts.SinusoidalPositionalEmbeddings(24)
    encoder = parts.TransformerEncoder(24, 3, lambda: parts.MultiHeadAttention(24, 12), ff_dim=40, compile=False)
    names = [
        *draw(codec, "wav_encoder.model."),
        *draw(projector, "feat_projector."),
        *draw(positions, "positional_encoder."),
        *draw(encoder, "visible_encoder."),
    ]
    # All layers share one feed-forward network, which has the values of the last name it is called by.
    with torch.inference_mode():
        features = codec(torch.from_numpy(drawn_music(1.0, 24_000))[:, None]).transpose(1, 2)
        entering = positions(projector(features))
        inner = encoder.get_activations(entering, padding_mask=None)
        layers = torch.stack([entering, *inner[:-1], encoder(entering, padding_mask=None)])
    return {"names": names, "layers": layers.numpy(), "versions": [*VERSIONS, "encodec 0.1.1"]}


if __name__ == "__main__":
    folder = Path(__file__).parent
    np.savez_compressed(folder / "musicfm.npz", **musicfm(Path(sys.argv[1])))
    np.savez_compressed(folder / "encodecmae.npz", **encodecmae(Path(sys.argv[2])))
