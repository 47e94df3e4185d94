"""Small networks with random weights in the files of the real ones, loaded as the real ones are."""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from unittest import mock

import torch

from domain.spaces import BACKENDS, BackendFacts
from ml.backends.protocol import Backend
from ml.backends.registry import load


def small_facts(name: str, dimension: int, layers: int = 0) -> BackendFacts:
    """The facts of a backend whose network is smaller; the files are those of the real one, but nobody knows what is
    in them. A CPU will do. Of several layers the last is read."""
    published = BACKENDS[name]
    weights = tuple(replace(file, sha256=None, size=None) for file in published.weights)
    layer = layers if published.layer is not None else None
    return replace(
        published, dimension=dimension, layer=layer, layers=layers if layer else 0, weights=weights, needs_gpu=False
    )


def load_small(facts: BackendFacts, write: Callable[[Path], None]) -> Backend:
    """The backend that `facts` describe, with the files that `write` puts into its folder, through the registry."""
    with tempfile.TemporaryDirectory() as root, mock.patch.dict(BACKENDS, {facts.name: facts}):
        folder = Path(root) / facts.name
        folder.mkdir()
        write(folder)
        return load(facts.name, threads=1, device="cpu", weights=Path(root))


def randomize(network: torch.nn.Module, seed: int, spread: float = 0.3) -> None:
    """Give a network weights of one draw, and normalizations statistics that are not those of a new one."""
    generator = torch.Generator().manual_seed(seed)
    for name, tensor in network.state_dict().items():
        if not tensor.is_floating_point():
            continue
        if name.endswith("running_var"):
            tensor.uniform_(0.5, 2.0, generator=generator)
        elif tensor.dim() < 2:
            offset = 1.0 if name.endswith("weight") else 0.0
            tensor.normal_(offset, spread, generator=generator)
        else:
            tensor.normal_(0, spread / tensor[0].numel() ** 0.5 * 3, generator=generator)
