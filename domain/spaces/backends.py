"""The table of audio backends."""

from __future__ import annotations

import re
from dataclasses import replace

from domain.errors.machine import BackendNotFound, LayerNotFound
from domain.ids import shortened
from domain.spaces.facts import BackendFacts
from domain.spaces.installed import INSTALLED
from domain.spaces.pretrained import PRETRAINED

BACKENDS: dict[str, BackendFacts] = {facts.name: facts for facts in (*INSTALLED, *PRETRAINED)}

DEFAULT_SPACE = "musicnn-mtt"

# A backend that is read at another layer than the published one makes another space.
OF_LAYER = re.compile(r"(.+)-layer([0-9]{1,3})")


def backend_facts(name: str) -> BackendFacts:
    """The facts of one backend, by its name, or by its name and a layer: "mert-95m", "mert-95m-layer4".

    Raises BackendNotFound with the names there are, LayerNotFound with the layers.
    """
    of_layer = OF_LAYER.fullmatch(name)
    if of_layer is not None and of_layer[1] in BACKENDS:
        return at_layer(BACKENDS[of_layer[1]], int(of_layer[2]))
    try:
        return BACKENDS[name]
    except KeyError:
        raise BackendNotFound(name=shortened(name), known=", ".join(BACKENDS)) from None


def find_facts(name: str) -> BackendFacts | None:
    """As `backend_facts`, None where there are none: an older version's space, for instance."""
    try:
        return backend_facts(name)
    except (BackendNotFound, LayerNotFound):
        return None


def at_layer(facts: BackendFacts, layer: int) -> BackendFacts:
    """The facts of a backend that reads another layer; those of the published one are `facts` themselves.

    Raises LayerNotFound.
    """
    if facts.layer is None or not 0 <= layer <= facts.layers:
        there = f"layers 0 to {facts.layers}" if facts.layer is not None else "no layers to choose from"
        raise LayerNotFound(name=facts.name, layer=layer, there=there)
    if layer == facts.layer:
        return facts
    return replace(facts, name=f"{facts.name}-layer{layer}", layer=layer, revision=f"{facts.revision}-layer{layer}")


def base_name(name: str) -> str:
    """The name of the backend without a layer."""
    of_layer = OF_LAYER.fullmatch(name)
    return of_layer[1] if of_layer is not None else name
