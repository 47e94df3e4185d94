"""Drops models that nobody needs any more."""

from __future__ import annotations

from sqlalchemy import Engine

from domain.errors.training import ModelInUse
from domain.training import ModelStatus
from jobs.storage.keys import artefact_key
from jobs.storage.protocol import Storage
from sql.models.model_rows import all_models, forget_model, model_named
from sql.spaces.derived_rows import drop_space


def drop_model(engine: Engine, storage: Storage, name: str) -> None:
    """Drop a model with its space and its file. Raises ModelNotFound, and ModelInUse for one that answers."""
    with engine.begin() as connection:
        model = model_named(connection, name)
        if model.status is ModelStatus.ACTIVE:
            raise ModelInUse(name=name)
        forget_model(connection, model.id)
        if model.own_space is not None:
            drop_space(connection, model.own_space)
        others = {other.artefact for other in all_models(connection)}
    if model.artefact is not None and model.artefact not in others:
        storage.delete(artefact_key(model.artefact))
