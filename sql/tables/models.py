"""Trained models: what each was trained on, how it did, and whether it answers."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Column, ForeignKey, Index, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.dialects.postgresql import UUID as PG_UUID
from sqlmodel import Field, SQLModel

from sql.tables import columns


class Model(SQLModel, table=True):
    """One training of a strategy. `status` is TRAINING, CANDIDATE, ACTIVE, RETIRED or FAILED; of a strategy and a space
    one model is ACTIVE at most.

    `space_id` is the audio space it was trained in, and `revision` that space's weights then; both are null where
    content plays no part. `own_space_id` is the space that its item tower makes. `snapshot` says what it was trained
    on, `metrics` how it and its rivals did on the same test, `gate` what follows from that. `artefact` is the SHA-256
    of its file in the object storage. `simulated`: no person's listening was among what it was trained on.
    """

    __tablename__ = "models"
    __table_args__ = (
        Index(
            "models_active",
            "strategy",
            text("coalesce(space_id, 0)"),
            unique=True,
            postgresql_where=text("status = 'ACTIVE'"),
        ),
    )

    id: int | None = Field(default=None, sa_column=columns.bigint_key())
    name: str = Field(sa_column=columns.text(unique=True))
    strategy: str = Field(sa_column=columns.text())
    status: str = Field(default="TRAINING", sa_column=columns.text())
    space_id: int | None = Field(default=None, sa_column=columns.reference("spaces.id", nullable=True, index=True))
    revision: str | None = Field(default=None, sa_column=columns.text(nullable=True))
    own_space_id: int | None = Field(default=None, sa_column=columns.reference("spaces.id", nullable=True, index=True))
    config: dict[str, Any] = Field(default_factory=dict, sa_column=Column(JSONB, nullable=False))
    snapshot: dict[str, Any] = Field(default_factory=dict, sa_column=Column(JSONB, nullable=False))
    metrics: dict[str, Any] = Field(default_factory=dict, sa_column=Column(JSONB, nullable=False))
    gate: dict[str, Any] = Field(default_factory=dict, sa_column=Column(JSONB, nullable=False))
    artefact: str | None = Field(default=None, sa_column=columns.text(nullable=True))
    simulated: bool = False
    seed: int = 0
    job_id: UUID | None = Field(
        default=None,
        sa_column=Column(PG_UUID(as_uuid=True), ForeignKey("jobs.id", ondelete="SET NULL"), nullable=True),
    )
    created_at: datetime = Field(default=None, sa_column=columns.moment())
    trained_at: datetime | None = Field(default=None, sa_column=columns.moment(nullable=True))
    promoted_at: datetime | None = Field(default=None, sa_column=columns.moment(nullable=True))
