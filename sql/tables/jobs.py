"""Background jobs: the rows that tell the truth about slow work."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Column, ForeignKey, Index, Integer, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.dialects.postgresql import UUID as PG_UUID
from sqlmodel import Field, SQLModel

from sql.tables import columns


class Job(SQLModel, table=True):
    """One piece of slow work. `arguments` are what it was asked to do (ids and names only).

    `status` is WAITING, RUNNING, SUCCEEDED, FAILED or CANCELLED. `total`, `done` and `failed` count items; `current`
    names the item in hand; `heartbeat_at` is when a worker last said that it lives.
    """

    __tablename__ = "jobs"
    __table_args__ = (
        Index("jobs_newest_first", text("created_at DESC"), text("id DESC")),
        Index("jobs_by_status", "status"),
        Index("jobs_by_kind", "kind", "created_at"),
        Index("jobs_unended", "kind", "created_at", "id", postgresql_where=text("status IN ('WAITING', 'RUNNING')")),
    )

    id: UUID = Field(
        default=None,
        sa_column=Column(PG_UUID(as_uuid=True), primary_key=True, server_default=text("gen_random_uuid()")),
    )
    kind: str = Field(sa_column=columns.text())
    status: str = Field(default="WAITING", sa_column=columns.text())
    arguments: dict[str, Any] = Field(default_factory=dict, sa_column=Column(JSONB, nullable=False))
    total: int = 0
    done: int = 0
    failed: int = 0
    current: str | None = Field(default=None, sa_column=columns.text(nullable=True))
    device: str | None = Field(default=None, sa_column=columns.text(nullable=True))
    error: str | None = Field(default=None, sa_column=columns.text(nullable=True))
    created_at: datetime = Field(default=None, sa_column=columns.moment())
    started_at: datetime | None = Field(default=None, sa_column=columns.moment(nullable=True))
    finished_at: datetime | None = Field(default=None, sa_column=columns.moment(nullable=True))
    heartbeat_at: datetime | None = Field(default=None, sa_column=columns.moment(nullable=True))


class JobItem(SQLModel, table=True):
    """One track of a job. `state` is WAITING, RUNNING, DONE or FAILED; a RUNNING item belongs to `worker` until
    `leased_until`, then anyone may take it. `attempts` counts how often it was taken, so that an item that kills its
    worker does not go round for ever.
    """

    __tablename__ = "job_items"
    __table_args__ = (
        Index("job_items_to_do", "job_id", "track_id", postgresql_where=text("state IN ('WAITING', 'RUNNING')")),
    )

    job_id: UUID = Field(
        sa_column=Column(PG_UUID(as_uuid=True), ForeignKey("jobs.id", ondelete="CASCADE"), primary_key=True)
    )
    track_id: int = Field(sa_column=columns.reference("tracks.id", primary_key=True, index=True))
    state: str = Field(default="WAITING", sa_column=columns.text())
    attempts: int = Field(default=0, sa_column=Column(Integer, nullable=False))
    worker: str | None = Field(default=None, sa_column=columns.text(nullable=True))
    leased_until: datetime | None = Field(default=None, sa_column=columns.moment(nullable=True))
    error: str | None = Field(default=None, sa_column=columns.text(nullable=True))
    seconds: float | None = None
