"""MULE, a convolutional network that learned which moments are of one piece (McCallum et al., "Supervised and
unsupervised learning of audio representations for music understanding", ISMIR 2022): SF-NFNet-F0 on Musicset.

The network is that of the package `mule-torch`, which stands under the GPL, version 3, and is no part of Segue:
whoever wants this space installs it. It hears slices of 3 s, one every 2 s; a vector is their mean over time.
"""

from __future__ import annotations

from importlib import import_module
from pathlib import Path
from typing import Any

import torch

from domain.errors.machine import PackageMissing, WeightsDamaged
from domain.spaces import BackendFacts
from ml.backends.protocol import Means
from ml.backends.torch_backend import TorchBackend
from ml.backends.torch_device import choose_device
from ml.weights import require

PACKAGE, VERSION = "mule-torch", "0.2.0"

# The published program divides 16-bit samples by 65,536: what it calls full scale is twice ours.
FULL_SCALE = 0.5


class MULE(torch.nn.Module):
    """The package's model, hearing a slice at a time; a `Network`."""

    def __init__(self, model: Any) -> None:  # Any: the package need not be there when types are checked
        super().__init__()
        self.model = model

    def forward(self, samples: torch.Tensor) -> torch.Tensor:
        """(windows, samples) at 16 kHz, at most 3 s, to (windows, 1, 1728); see `Network`."""
        return torch.stack(self.model.embed_timeline(FULL_SCALE * samples))


def load(facts: BackendFacts, means: Means) -> TorchBackend:
    """The backend that `facts` describes. Raises as `ml.backends.registry.load` does, and PackageMissing."""
    device = choose_device(facts, means.device)
    folder = require(means.weights, facts)
    network = MULE(read_model(folder)).eval().to(device)
    return TorchBackend(facts, network, device, means.threads)


def read_model(folder: Path) -> Any:  # Any: see `MULE`
    """The package's model with the weights in `folder`. Raises PackageMissing, WeightsDamaged."""
    try:
        package = import_module("mule_torch")
    except ModuleNotFoundError as error:
        if error.name != "mule_torch":
            raise
        raise PackageMissing(backend="mule", package=PACKAGE, version=VERSION, licence="GPL-3.0") from None
    try:
        return package.MuleModel.from_pretrained(model_dir=folder)
    except MemoryError:
        raise
    except Exception as error:  # whatever the package stumbles over in a file that is not as it should be
        reason = (str(error).splitlines() or [type(error).__name__])[0]
        raise WeightsDamaged(path=folder, reason=f"they are no weights of MULE ({reason})") from error
