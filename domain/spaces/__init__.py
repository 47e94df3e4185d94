"""Spaces, and the facts of the audio backends that make them: readable without loading any model."""

from __future__ import annotations

from domain.spaces.backends import BACKENDS, DEFAULT_SPACE, at_layer, backend_facts, base_name, find_facts
from domain.spaces.facts import BackendFacts, HubFile, WebFile, WeightFile
from domain.spaces.space import Space, SpaceState
from domain.spaces.terms import Terms, terms_of

__all__ = [
    "BACKENDS",
    "DEFAULT_SPACE",
    "BackendFacts",
    "HubFile",
    "Space",
    "SpaceState",
    "Terms",
    "WebFile",
    "WeightFile",
    "at_layer",
    "backend_facts",
    "base_name",
    "find_facts",
    "terms_of",
]
