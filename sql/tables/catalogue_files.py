"""What was read beside the recordings: catalogue files with their lines, and files that are no recordings."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, Column, UniqueConstraint
from sqlalchemy.dialects.postgresql import JSONB
from sqlmodel import Field, SQLModel

from sql.tables.columns import bigint_key, moment, reference, text


class CatalogueFile(SQLModel, table=True):
    """A catalogue that was read. `state` tells whether reading it again can change anything; `findings` is what an
    archivist should know of it, by kind."""

    __tablename__ = "catalogue_files"

    id: int | None = Field(default=None, sa_column=bigint_key())
    path: str = Field(sa_column=text(unique=True))
    state: str | None = Field(default=None, sa_column=text(nullable=True))
    findings: list[Any] = Field(default=[], sa_column=Column(JSONB, nullable=False))  # Any: JSON
    read_at: datetime = Field(default=None, sa_column=moment())


class CatalogueLine(SQLModel, table=True):
    """One line of a catalogue: `original` as it came, `said` what it means, and the track that it describes.

    `digest` (SHA-256, hex) is of `original` and `said`, and of how often the same line came before. `external_id` and
    `external_album_id` are the catalogue's own keys.
    """

    __tablename__ = "catalogue_lines"
    __table_args__ = (UniqueConstraint("catalogue_id", "digest"),)

    id: int | None = Field(default=None, sa_column=bigint_key())
    catalogue_id: int = Field(sa_column=reference("catalogue_files.id"))
    line: int
    digest: str = Field(sa_column=text())
    original: dict[str, Any] = Field(sa_column=Column(JSONB, nullable=False))  # Any: JSON
    said: dict[str, Any] = Field(sa_column=Column(JSONB, nullable=False))  # Any: JSON
    external_id: str | None = Field(default=None, sa_column=text(nullable=True, index=True))
    external_album_id: str | None = Field(default=None, sa_column=text(nullable=True))
    track_id: int | None = Field(default=None, sa_column=reference("tracks.id", nullable=True, index=True))


class RefusedFile(SQLModel, table=True):
    """A file that cannot be imported, and why: it is not read again until it, or this program, has changed."""

    __tablename__ = "refused_files"

    path: str = Field(sa_column=text(primary_key=True))
    size: int = Field(sa_column=Column(BigInteger, nullable=False))
    modified_ns: int = Field(sa_column=Column(BigInteger, nullable=False))
    reason: str = Field(sa_column=text())
    program: str = Field(sa_column=text())
    refused_at: datetime = Field(default=None, sa_column=moment())
