"""Workers: the processes that work on jobs, and the lanes in which they do."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import Column, ForeignKey, text
from sqlalchemy.dialects.postgresql import UUID as PG_UUID
from sqlmodel import Field, SQLModel

from sql.tables import columns


class Worker(SQLModel, table=True):
    """A process that works on `threads` items at once, and when it last said that it lives. One that has hours takes
    nothing new outside of them: it `rests_until` the next begin."""

    __tablename__ = "workers"

    process: str = Field(sa_column=columns.text(primary_key=True))
    threads: int
    rests_until: datetime | None = Field(default=None, sa_column=columns.moment(nullable=True))
    heartbeat_at: datetime = Field(default=None, sa_column=columns.moment())


class Lane(SQLModel, table=True):
    """One message of a job that is under way: it waits, or `process` has it in hand.

    A lane that goes on takes a new id, so a message that comes twice finds nothing the second time. What is not
    extended by `expires_at` is lost.
    """

    __tablename__ = "lanes"

    id: UUID = Field(
        default=None,
        sa_column=Column(PG_UUID(as_uuid=True), primary_key=True, server_default=text("gen_random_uuid()")),
    )
    job_id: UUID = Field(
        sa_column=Column(PG_UUID(as_uuid=True), ForeignKey("jobs.id", ondelete="CASCADE"), nullable=False, index=True)
    )
    process: str | None = Field(default=None, sa_column=columns.text(nullable=True))
    expires_at: datetime = Field(default=None, sa_column=columns.moment())
