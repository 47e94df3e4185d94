"""Finds an audio backend by name and loads it."""

from __future__ import annotations

from importlib import import_module
from pathlib import Path
from typing import cast

from domain.errors.machine import ExtraMissing
from domain.settings import Settings
from domain.spaces import backend_facts, base_name
from ml.backends.protocol import Backend, Means

# The module of `ml.backends` with the function `load(facts, means)`; imported only when the backend is asked for.
MODULES = {
    "musicnn-mtt": "musicnn",
    "musicnn-msd": "musicnn",
    "vgg-mtt": "vgg",
    "vgg-msd": "vgg",
    "mfcc": "mfcc",
    "random": "random",
    "mert-95m": "mert",
    "mert-330m": "mert",
    "music2vec": "music2vec",
    "muq": "muq",
    "muq-mulan": "muq_mulan",
    "musicfm": "musicfm",
    "encodecmae": "encodecmae",
    "mule": "mule",
    "jukebox": "jukebox",
}

ROOMS = ("domain", "ml")


def load(name: str, threads: int = 1, *, device: str = "auto", weights: Path | None = None) -> Backend:
    """Load the backend `name`, to run on `threads` cores and on `device`; see `ml.backends.protocol.Means`.

    `weights` is the folder of all weights; unset, the settings name it. Raises BackendNotFound with the names there
    are, LayerNotFound, ExtraMissing, PackageMissing, WeightsMissing and WeightsDamaged, DeviceMissing, GpuNeeded.
    """
    facts = backend_facts(name)
    try:
        module = import_module(f"ml.backends.{MODULES[base_name(name)]}")
        loaded = module.load(facts, Means(threads, device, weights or Settings().weights_folder))
    except ModuleNotFoundError as error:
        if facts.extra is None or (error.name or "").split(".")[0] in ROOMS:
            raise
        raise ExtraMissing(feature=f"The backend '{facts.name}'", extra=facts.extra) from error
    return cast(Backend, loaded)
