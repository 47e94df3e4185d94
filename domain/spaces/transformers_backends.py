"""Facts of the backends that hear as wav2vec 2.0 does: MERT, Music2Vec, MuQ and MuQ-MuLan."""

from __future__ import annotations

from domain.spaces.facts import BackendFacts

TRANSFORMERS_BACKENDS: tuple[BackendFacts, ...] = ()
