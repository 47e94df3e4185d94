"""Finds an audio backend by name and loads it."""

from __future__ import annotations

from importlib import import_module
from typing import cast

from domain.spaces import backend_facts
from ml.backends.protocol import Backend

# The module of `ml.backends` with the function `load(facts, threads)`; imported only when the backend is asked for.
MODULES = {"musicnn-mtt": "musicnn", "musicnn-msd": "musicnn"}


def load(name: str, threads: int = 1) -> Backend:
    """Load the backend `name`, to run on `threads` cores.

    Raises BackendNotFound with the names there are, WeightsMissing when its weights are not installed.
    """
    facts = backend_facts(name)
    module = import_module(f"ml.backends.{MODULES[name]}")
    return cast(Backend, module.load(facts, threads))
