"""What signs tokens and links, made by the first migration and kept in the database alone; and API keys."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, Column, ForeignKey, Index, LargeBinary, text
from sqlalchemy.dialects.postgresql import UUID as PG_UUID
from sqlmodel import Field, SQLModel

from sql.tables import columns
from sql.tables.columns import bigint_key, moment


class SigningKey(SQLModel, table=True):
    """32 random bytes. The newest signs; the others still verify."""

    __tablename__ = "signing_keys"

    id: int | None = Field(default=None, sa_column=bigint_key())
    key: bytes = Field(sa_column=Column(LargeBinary, nullable=False))
    created_at: datetime = Field(default=None, sa_column=moment())


class ApiKey(SQLModel, table=True):
    """An API key: its SHA-256 and the `prefix` by which people tell it from others, never the key itself. `role` is
    CURATOR, or USER for who speaks for `user_id` and goes with them. `last_used_at` is exact to a minute."""

    __tablename__ = "api_keys"
    __table_args__ = (
        CheckConstraint(
            "role = 'CURATOR' AND user_id IS NULL OR role = 'USER' AND user_id IS NOT NULL", name="api_keys_of_whom"
        ),
        Index("api_keys_of_user", "user_id", postgresql_where=text("user_id IS NOT NULL")),
    )

    id: int | None = Field(default=None, sa_column=bigint_key())
    prefix: str = Field(sa_column=columns.text(unique=True))
    digest: bytes = Field(sa_column=Column(LargeBinary, nullable=False, unique=True))
    label: str = Field(sa_column=columns.text())
    role: str = Field(sa_column=columns.text())
    user_id: UUID | None = Field(
        default=None, sa_column=Column(PG_UUID(as_uuid=True), ForeignKey("users.id", ondelete="CASCADE"))
    )
    created_at: datetime = Field(default=None, sa_column=moment())
    expires_at: datetime | None = Field(default=None, sa_column=moment(nullable=True))
    last_used_at: datetime | None = Field(default=None, sa_column=moment(nullable=True))
    revoked_at: datetime | None = Field(default=None, sa_column=moment(nullable=True))
