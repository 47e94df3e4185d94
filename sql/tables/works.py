"""What is played, and what a person corrected of it all."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import BigInteger, Column, UniqueConstraint
from sqlmodel import Field, SQLModel

from sql.tables.columns import bigint_key, moment, reference, text


class Work(SQLModel, table=True):
    """A composition. `key` tells it from the composer's others (`domain.works.Title.work_key`)."""

    __tablename__ = "works"
    __table_args__ = (UniqueConstraint("composer_id", "key"),)

    id: int | None = Field(default=None, sa_column=bigint_key())
    composer_id: int = Field(sa_column=reference("composers.id"))
    key: str = Field(sa_column=text())
    title: str = Field(sa_column=text())
    catalogue_number: str | None = Field(default=None, sa_column=text(nullable=True))


class Edit(SQLModel, table=True):
    """A correction by a person: `value` stands in place of `source`, which is what the source says; null is nothing.

    `kind` is the table's subject ("track", "album", "composer", "work"), `item_id` the key of its row.
    """

    __tablename__ = "edits"

    kind: str = Field(sa_column=text(primary_key=True))
    item_id: int = Field(sa_column=Column(BigInteger, primary_key=True))
    field: str = Field(sa_column=text(primary_key=True))
    value: str | None = Field(default=None, sa_column=text(nullable=True))
    source: str | None = Field(default=None, sa_column=text(nullable=True))
    edited_at: datetime = Field(default=None, sa_column=moment())
