"""Reads the configurations that lie beside weights, from untrusted files."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any, TypeVar

from domain.errors.machine import WeightsDamaged
from domain.spaces import BackendFacts

# Any: what JSON holds.
Configuration = Mapping[str, Any]

Network = TypeVar("Network")


def read_configuration(path: Path) -> Configuration:
    """The values of a JSON object by name. Raises WeightsDamaged when the file holds none."""
    try:
        found = json.loads(path.read_bytes())
    except (ValueError, RecursionError) as error:
        raise WeightsDamaged(path=path, reason=f"it is no JSON ({error})") from error
    if not isinstance(found, dict):
        raise WeightsDamaged(path=path, reason="it holds no settings by name")
    return found


def chosen(settings: Configuration, names: Iterable[str]) -> dict[str, Any]:
    """Those settings that matter, of which any may be missing."""
    return {name: settings[name] for name in names if name in settings}


def configured(make: Callable[[], Network], path: Path) -> Network:
    """The network that `make` builds as `path` configures it. Raises WeightsDamaged where that is no network."""
    try:
        return make()
    except MemoryError:
        raise
    except Exception as error:  # transformers and torch refuse a setting in every way there is
        reason = (str(error).splitlines() or [type(error).__name__])[0]
        raise WeightsDamaged(path=path, reason=f"it configures no network ({reason})") from error


def require_size(path: Path, facts: BackendFacts, *, dimension: int, layers: int) -> None:
    """Raises WeightsDamaged unless the network that `path` configures has the size that its facts tell."""
    if (dimension, layers) != (facts.dimension, facts.layers):
        reason = f"its network has {layers} layers of {dimension} instead of {facts.layers} of {facts.dimension}"
        raise WeightsDamaged(path=path, reason=reason)
