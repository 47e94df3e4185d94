"""Facts of the backends whose weights are fetched from elsewhere."""

from __future__ import annotations

from domain.spaces.facts import BackendFacts

PRETRAINED: tuple[BackendFacts, ...] = ()
