"""What an evaluation measured."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import strawberry

from api.context import Info
from api.cursors import Cursors
from api.types.connection import Connection, connection
from api.types.model import Setting
from domain import experiments, ids


@strawberry.type(description="One figure of an evaluation of this archive's spaces and strategies.")
class Experiment:
    id: strawberry.ID = strawberry.field(description="Its id.")
    run: strawberry.ID = strawberry.field(description="The evaluation that it is of: the id of its job.")
    part: str = strawberry.field(description="The part of the evaluation, such as `content`, `hot` or `cold`.")
    task: str = strawberry.field(description="What had to be done in it, such as `composer`.")
    space: str | None = strawberry.field(description="The name of the space; null where none plays a part.")
    strategy: str | None = strawberry.field(description="The strategy; null where spaces alone are compared.")
    metric: str = strawberry.field(description="What was measured, such as `ndcg`.")
    k: int | None = strawberry.field(description="The length of the lists, where the metric has one.")
    value: float | None = strawberry.field(description="What came out; null where there was nothing to measure.")
    low: float | None = strawberry.field(description="The lower end of the 95 % interval.")
    high: float | None = strawberry.field(description="The upper end of the 95 % interval.")
    cases: int = strawberry.field(description="From how many cases: queries, listeners, tracks.")
    seed: int = strawberry.field(description="What everything that was drawn was drawn with.")
    config: list[Setting] = strawberry.field(description="What else says what was measured.")
    versions: list[Setting] = strawberry.field(description="Versions of the programs behind it.")
    hashes: list[Setting] = strawberry.field(description="SHA-256 of the data behind it.")
    seconds: float = strawberry.field(description="How long its step took, with all figures of that step.")
    created_at: datetime = strawberry.field(description="When it was written.")

    @classmethod
    def of(cls, row: experiments.Experiment) -> Experiment:
        figure = row.figure
        return cls(
            id=strawberry.ID(ids.encode("Experiment", row.id)),
            run=strawberry.ID(ids.encode("Job", str(row.run_id))),
            part=figure.part,
            task=figure.task,
            space=figure.space,
            strategy=figure.strategy,
            metric=figure.metric,
            k=figure.k,
            value=figure.value,
            low=figure.low,
            high=figure.high,
            cases=figure.cases,
            seed=row.seed,
            config=_settings(figure.config),
            versions=_settings(row.versions),
            hashes=_settings(row.hashes),
            seconds=row.seconds,
            created_at=row.created_at,
        )


async def experiments_page(info: Info, first: int, after: str | None) -> Connection[Experiment]:
    """Raises InvalidPageSize, InvalidCursor."""
    read = info.context.services.experiments
    return await connection(read.page, Cursors("experiments", (int,)), Experiment.of, read.count, first, after)


def _settings(values: dict[str, Any]) -> list[Setting]:  # Any: JSON
    return [Setting(name=name, value=str(value)) for name, value in values.items()]
