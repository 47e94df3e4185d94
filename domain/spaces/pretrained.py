"""Facts of the backends whose weights are fetched from elsewhere."""

from __future__ import annotations

from domain.spaces.facts import BackendFacts
from domain.spaces.other_pretrained import OTHER_PRETRAINED
from domain.spaces.transformers_backends import TRANSFORMERS_BACKENDS

PRETRAINED: tuple[BackendFacts, ...] = (*TRANSFORMERS_BACKENDS, *OTHER_PRETRAINED)
