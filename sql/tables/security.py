"""The key that signs tokens and links, made by the first migration and kept in the database alone."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Column, LargeBinary
from sqlmodel import Field, SQLModel

from sql.tables.columns import bigint_key, moment


class SigningKey(SQLModel, table=True):
    """32 random bytes. The newest signs; the others still verify."""

    __tablename__ = "signing_keys"

    id: int | None = Field(default=None, sa_column=bigint_key())
    key: bytes = Field(sa_column=Column(LargeBinary, nullable=False))
    created_at: datetime = Field(default=None, sa_column=moment())
