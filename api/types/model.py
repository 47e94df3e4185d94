"""A trained model."""

from __future__ import annotations

import strawberry

from api.types.enums import Strategy
from domain import ids, models


@strawberry.type(description="A strategy that was trained on this archive.")
class Model:
    id: strawberry.ID = strawberry.field(description="Opaque and stable.")
    name: str = strawberry.field(description="What it is called; `model` arguments take it.")
    strategy: Strategy = strawberry.field(description="What was trained.")

    @classmethod
    def of(cls, model: models.ServedModel) -> Model:
        return cls(id=strawberry.ID(ids.encode("Model", model.id)), name=model.name, strategy=model.strategy)
