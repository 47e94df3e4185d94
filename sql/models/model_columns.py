"""The columns of a model, as both sides of `sql` read them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from domain.training import ModelStatus, TrainedModel

MODEL = """
    m.id, m.name, m.strategy, m.status, s.name, o.name, m.artefact, m.simulated, m.seed, m.config, m.snapshot,
    m.metrics, m.gate, m.created_at, m.trained_at, m.promoted_at
"""
MODELS = "models m LEFT JOIN spaces s ON s.id = m.space_id LEFT JOIN spaces o ON o.id = m.own_space_id"


def model_of(row: Sequence[Any]) -> TrainedModel:  # Any: a row
    """A model of the columns `MODEL`."""
    key, name, strategy, status, *rest = row
    return TrainedModel(key, name, strategy, ModelStatus(status), *rest)
