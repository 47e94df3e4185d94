"""The weights that the wheel `musicnn` brings, read without importing it: that would import TensorFlow."""

from __future__ import annotations

import hashlib
import importlib.util
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from domain.errors.machine import WeightsDamaged, WeightsMissing
from ml.backends.checkpoint import read_checkpoint

Array = NDArray[np.float32]

# TensorFlow's default for `layers.batch_normalization`.
EPSILON = 1e-3

REMEDY = "Install them with: pip install --no-deps musicnn==0.1.0"

# SHA-256 of the `.data` and `.index` files of musicnn 0.1.0: other weights would be another space.
DIGESTS = {
    "MTT_musicnn": (
        "041f3935e981a65cea739842d30c188d3a7d2adf4410955c8668eb3de4a5acab",
        "da2d7bb670b2b31e9bc441bb1bd75eca31b5b061f963cc1f9630c1aff3238f57",
    ),
    "MSD_musicnn": (
        "8579734ee6388f799ed0def4bbd0d1fdcbeaf213ef2a9dc860917bd76a303de6",
        "87f3e0f3550c8d3bafc840374003e5c8af5eeb5ecf6add61af09a7822d3282c8",
    ),
    "MTT_vgg": (
        "458f5c8bcecc086a3bba3dce83809df6da6e0a3560a59ddd84711bf3d5fd8303",
        "4b0d3d2d02bbe0919c063c1fb74bfa9018ac3517e362d681b07444d4207a5f5f",
    ),
    "MSD_vgg": (
        "9683d756b8311146534f333502ebf4a2a78a3e320c54ab0411dff6186d8375fc",
        "50e499238457558bba9f34f8b84d4afb8279afd43520cdf0a4fdf805a49c9ca3",
    ),
}


def load_tensors(model: str, backend: str) -> dict[str, Array]:
    """The tensors of `model` ("MTT_musicnn", "MSD_vgg" …) by TensorFlow's names.

    Raises WeightsMissing, naming `backend`, when the package is not installed, WeightsDamaged when its files are not
    those of version 0.1.0.
    """
    folder = wheel_folder(backend) / model
    data, index = folder / ".data-00000-of-00001", folder / ".index"
    for path, expected in zip((data, index), DIGESTS[model], strict=True):
        if not path.is_file():
            raise WeightsMissing(backend=backend, looked=f"'{path}' does not exist", remedy=REMEDY)
        if hashlib.sha256(path.read_bytes()).hexdigest() != expected:
            raise WeightsDamaged(path=path, reason="it is not the file of musicnn 0.1.0")
    return read_checkpoint(index, data)


def wheel_folder(backend: str) -> Path:
    """The folder of the installed package. Raises WeightsMissing, naming `backend`."""
    spec = importlib.util.find_spec("musicnn")
    if spec is None or not spec.submodule_search_locations:
        raise WeightsMissing(backend=backend, looked="the package 'musicnn' is not installed", remedy=REMEDY)
    return Path(spec.submodule_search_locations[0])
