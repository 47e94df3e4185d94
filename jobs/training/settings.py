"""A strategy's settings, as people write them."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from typing import Any

from pydantic import TypeAdapter, ValidationError

from domain.errors.training import InvalidModelSetting, StrategyNotTrained
from ml.models.registry import TRAINED, Trainer, trainer


def trainer_of(strategy: str) -> Trainer:
    """Raises StrategyNotTrained."""
    if strategy not in TRAINED:
        raise StrategyNotTrained(name=strategy, known=", ".join(TRAINED))
    return trainer(strategy)


def configured(strategy: str, settings: Mapping[str, str]) -> Any:  # Any: every strategy has a config of its own
    """The config of a strategy, with settings given as text. Raises StrategyNotTrained, InvalidModelSetting."""
    config = trainer_of(strategy).config()
    known = {field.name: getattr(config, field.name) for field in dataclasses.fields(config)}
    try:
        # In pydantic's lax mode "3" is a number and "no" is False; types are those of the config's own fields.
        return TypeAdapter(type(config)).validate_python(known | dict(settings))
    except ValidationError as error:
        first = error.errors()[0]
        # A config's own check is about all of it, and names no setting.
        name = str(first["loc"][0]) if first["loc"] else ", ".join(settings)
        raise InvalidModelSetting(
            strategy=strategy,
            name=name,
            value=settings.get(name, first["msg"]),
            known=", ".join(f"{key}={value}" for key, value in known.items()),
        ) from None
