"""A trained model."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import strawberry

from api.context import Info
from api.types import space as space_type
from api.types.enums import ModelStatus, Strategy
from api.types.node import Node
from api.types.resolved import resolved
from domain import ids, models, training
from domain.errors.models import ModelNotFound
from domain.identity import Role
from domain.ids import shortened

# What a model was tested on, and what of it is known.
PARTS = {
    "hot": "tracks that were heard in training, among all tracks",
    "cold": "tracks that nobody had heard, among all tracks",
    "cold_among_cold": "tracks that nobody had heard, among such tracks",
}


@strawberry.type(description="An estimate with its 95 % interval, by resampling listeners.")
class Estimate:
    estimate: float = strawberry.field(description="The mean over all cases.")
    low: float = strawberry.field(description="The lower end of the interval.")
    high: float = strawberry.field(description="The upper end of the interval.")


@strawberry.type(description="How a model, or what needs no training, did on a part of the test.")
class Measured:
    way: str = strawberry.field(description="The model's strategy, or `KNN`, `POPULAR` or `RANDOM`, on the same cases.")
    part: str = strawberry.field(description="What had to be found: `hot`, `cold` or `cold_among_cold`.")
    meaning: str = strawberry.field(description="The same in words.")
    hit_rate: Estimate = strawberry.field(description="HR@10: how often the right track was among the first ten.")
    ndcg: Estimate = strawberry.field(description="NDCG@10: likewise, the earlier the better.")
    coverage: float | None = strawberry.field(
        description="The share of all tracks that was in any of the lists of ten, where it was measured."
    )


@strawberry.type(description="A setting that a model was trained with.")
class Setting:
    name: str = strawberry.field(description="What it is called.")
    value: str = strawberry.field(description="As text.")


@strawberry.type(description="A strategy that was trained on this archive.")
class Model(Node):
    name: str = strawberry.field(description="What it is called; `model` arguments take it.")
    strategy: Strategy = strawberry.field(description="What was trained.")
    key: strawberry.Private[int]

    @classmethod
    def of(cls, model: models.ServedModel | training.TrainedModel) -> Model:
        return cls(
            id=strawberry.ID(ids.encode("Model", model.id)),
            name=model.name,
            strategy=Strategy(model.strategy),
            key=model.id,
        )

    @resolved("Where it stands.", by=Role.CURATOR)
    async def status(self, info: Info) -> ModelStatus:
        return (await self._row(info)).status

    @resolved("The audio space that it reads. Null where what it sounds like plays no part.", by=Role.CURATOR)
    async def space(self, info: Info) -> space_type.Space | None:
        name = (await self._row(info)).space
        return await space_type.space_by_name(info, name) if name else None

    @resolved("The space that it makes of all tracks. Null until it is trained.", by=Role.CURATOR)
    async def own_space(self, info: Info) -> space_type.Space | None:
        name = (await self._row(info)).own_space
        return await space_type.space_by_name(info, name) if name else None

    @resolved(
        "Whether nobody's listening was among what it was trained on. Such a model answers only if promoted.",
        by=Role.CURATOR,
    )
    async def simulated(self, info: Info) -> bool:
        return (await self._row(info)).simulated

    @resolved("The settings that it was trained with.", by=Role.CURATOR)
    async def settings(self, info: Info) -> list[Setting]:
        config = (await self._row(info)).config
        return [Setting(name=name, value=str(value)) for name, value in config.items()]

    @resolved("How it did on listening that it had not seen, beside what needs no training.", by=Role.CURATOR)
    async def metrics(self, info: Info) -> list[Measured]:
        metrics = (await self._row(info)).metrics
        return [_measured(way, part, found) for way, parts in metrics.items() for part, found in parts.items()]

    @resolved("Whether it may answer by itself, in words. Null until it is trained.", by=Role.CURATOR)
    async def verdict(self, info: Info) -> str | None:
        return (await self._row(info)).gate.get("verdict")

    @resolved("When it had been trained.", by=Role.CURATOR)
    async def trained_at(self, info: Info) -> datetime | None:
        return (await self._row(info)).trained_at

    @resolved("When it last began to answer.", by=Role.CURATOR)
    async def promoted_at(self, info: Info) -> datetime | None:
        return (await self._row(info)).promoted_at

    async def _row(self, info: Info) -> training.TrainedModel:
        row = await info.context.loaders.models.load(self.key)
        if row is None:
            raise ModelNotFound(name=self.name, known="others")
        return row


async def model_by_id(info: Info, model_id: str) -> Model:
    """Raises InvalidId and ModelNotFound."""
    row = await info.context.loaders.models.load(ids.decode_key("Model", model_id))
    if row is None:
        raise ModelNotFound(name=shortened(model_id), known="others")
    return Model.of(row)


def _measured(way: str, part: str, found: dict[str, Any]) -> Measured:  # Any: JSON
    return Measured(
        way=way,
        part=part,
        meaning=PARTS.get(part, part),
        hit_rate=Estimate(**found["hr@10"]),
        ndcg=Estimate(**found["ndcg@10"]),
        coverage=found.get("coverage@10"),
    )
