"""What evaluations measured."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Column, Float, Index
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.dialects.postgresql import UUID as PG_UUID
from sqlmodel import Field, SQLModel

from sql.tables import columns


class Experiment(SQLModel, table=True):
    """One figure of one evaluation, `run_id`, which is its job's id; rows stay when jobs are let go.

    `part`, `task`, `space`, `strategy`, `metric` and `k` say what was measured (`domain.experiments.Figure`), `value`
    what came out, `low` to `high` its 95 % interval, `cases` from how many cases. `config`, `versions` and `hashes`
    are what it rests on; `seconds` is how long its step took, all figures of that step together.
    """

    __tablename__ = "experiments"
    __table_args__ = (Index("experiments_of_run", "run_id", "id"),)

    id: int | None = Field(default=None, sa_column=columns.bigint_key())
    run_id: UUID = Field(sa_column=Column(PG_UUID(as_uuid=True), nullable=False))
    part: str = Field(sa_column=columns.text())
    task: str = Field(sa_column=columns.text())
    space: str | None = Field(default=None, sa_column=columns.text(nullable=True))
    strategy: str | None = Field(default=None, sa_column=columns.text(nullable=True))
    metric: str = Field(sa_column=columns.text())
    k: int | None = None
    value: float | None = Field(default=None, sa_column=Column(Float))
    low: float | None = Field(default=None, sa_column=Column(Float))
    high: float | None = Field(default=None, sa_column=Column(Float))
    cases: int
    seed: int
    config: dict[str, Any] = Field(default_factory=dict, sa_column=Column(JSONB, nullable=False))  # Any: JSON
    versions: dict[str, Any] = Field(default_factory=dict, sa_column=Column(JSONB, nullable=False))
    hashes: dict[str, Any] = Field(default_factory=dict, sa_column=Column(JSONB, nullable=False))
    seconds: float = Field(sa_column=Column(Float, nullable=False))
    created_at: datetime = Field(default=None, sa_column=columns.moment())
