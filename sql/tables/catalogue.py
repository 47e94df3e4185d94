"""What the archive holds: albums, tracks, their files, composers and performers."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from sqlalchemy import BigInteger, Column, Index, Text, UniqueConstraint, false, true
from sqlalchemy import text as literal
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlmodel import Field, SQLModel

from sql.tables.columns import bigint_key, moment, reference, text


class Album(SQLModel, table=True):
    """An album is a folder and a name. `sort_key` orders it as a reader expects (case and diacritics ignored).

    `date_text` is as the source says it, `date_from` to `date_to` what it means, `date_precision` of `domain.dates`.
    """

    __tablename__ = "albums"
    __table_args__ = (UniqueConstraint("folder", "title"), Index("albums_in_order", "sort_key", "id"))

    id: int | None = Field(default=None, sa_column=bigint_key())
    folder: str = Field(sa_column=text())
    title: str = Field(sa_column=text())
    sort_key: str = Field(sa_column=text())
    artist: str | None = Field(default=None, sa_column=text(nullable=True))
    date_text: str | None = Field(default=None, sa_column=text(nullable=True))
    date_from: date | None = None
    date_to: date | None = None
    date_precision: str | None = Field(default=None, sa_column=text(nullable=True))
    created_at: datetime = Field(default=None, sa_column=moment())


class Composer(SQLModel, table=True):
    """A composer under one name; `sort_key` is "last, first", folded. `known` names one of `domain.people_list`;
    `person` is false for "Traditional" and "Anonymous", who are not one and the same from piece to piece."""

    __tablename__ = "composers"
    __table_args__ = (Index("composers_in_order", "sort_key", "id"),)

    id: int | None = Field(default=None, sa_column=bigint_key())
    name: str = Field(sa_column=text(unique=True))
    sort_key: str = Field(sa_column=text())
    known: str | None = Field(default=None, sa_column=text(nullable=True, unique=True))
    person: bool = Field(default=True, sa_column_kwargs={"server_default": true()})


class Performer(SQLModel, table=True):
    """A person or an ensemble that plays."""

    __tablename__ = "performers"

    id: int | None = Field(default=None, sa_column=bigint_key())
    name: str = Field(sa_column=text(unique=True))


class Track(SQLModel, table=True):
    """One recording. Its identity is `content_hash`, the SHA-256 (hex) of its audio packets.

    `truncated`: the audio ends more than a second before its container says. `silent`: its peak lies under −60 dBFS,
    so it is never embedded. `missing`: none of its files is there any more, as a person confirmed; it keeps its
    vectors, and is not recommended until a file comes back. `catalogue_id` is the key that a catalogue gives it.
    `composer_id` is the first of its composers. `movement_key` tells its movement from others of its work
    (`domain.works`).
    """

    __tablename__ = "tracks"
    __table_args__ = (
        Index("tracks_of_album", "album_id", "disc", "position", "id"),
        Index("tracks_of_composer", "composer_id", "sort_key", "id"),
        Index("tracks_by_title", "sort_key", "id"),
        Index("tracks_by_duration", "duration_seconds", "id"),
        Index("tracks_of_work", "work_id", "movement_number", "id"),
        Index("tracks_missing", "id", postgresql_where=literal("missing")),
    )

    id: int | None = Field(default=None, sa_column=bigint_key())
    content_hash: str = Field(sa_column=text(unique=True))
    album_id: int | None = Field(default=None, sa_column=reference("albums.id", nullable=True))
    composer_id: int | None = Field(default=None, sa_column=reference("composers.id", nullable=True))
    title: str = Field(sa_column=text())
    sort_key: str = Field(sa_column=text())
    disc: int | None = None
    position: int | None = None
    arranger: str | None = Field(default=None, sa_column=text(nullable=True))
    duration_seconds: float
    codec: str = Field(sa_column=text())
    sample_rate: int
    channels: int
    truncated: bool = False
    silent: bool = False
    genre: str | None = Field(default=None, sa_column=text(nullable=True))
    labels: list[str] = Field(default=[], sa_column=Column(ARRAY(Text), nullable=False, server_default="{}"))
    catalogue_id: str | None = Field(default=None, sa_column=text(nullable=True))
    missing: bool = Field(default=False, sa_column_kwargs={"server_default": false()})
    work_id: int | None = Field(default=None, sa_column=reference("works.id", nullable=True))
    movement_number: int | None = None
    movement: str | None = Field(default=None, sa_column=text(nullable=True))
    movement_key: str | None = Field(default=None, sa_column=text(nullable=True))
    created_at: datetime = Field(default=None, sa_column=moment())


class TrackFile(SQLModel, table=True):
    """Where a track's audio lies. Several files may hold the same recording; audio stays where it is.

    `modified_ns` is the file's modification time in nanoseconds since 1970: with `size` it tells an unchanged file
    without reading it. `file_hash` is the SHA-256 (hex) of the whole file, tags included. `said` is what its tags and
    name say, whatever a catalogue says over it; `missing_since` when it was confirmed to be gone.
    """

    __tablename__ = "track_files"

    id: int | None = Field(default=None, sa_column=bigint_key())
    track_id: int = Field(sa_column=reference("tracks.id", index=True))
    path: str = Field(sa_column=text(unique=True))
    size: int = Field(sa_column=Column(BigInteger, nullable=False))
    modified_ns: int = Field(sa_column=Column(BigInteger, nullable=False))
    file_hash: str = Field(sa_column=text())
    seen_at: datetime = Field(default=None, sa_column=moment())
    said: dict[str, Any] | None = Field(default=None, sa_column=Column(JSONB))  # Any: JSON
    missing_since: datetime | None = Field(default=None, sa_column=moment(nullable=True))


class TrackPerformer(SQLModel, table=True):
    """Who plays on a track, in the order the tags name them; `role` is empty where nothing says it."""

    __tablename__ = "track_performers"

    track_id: int = Field(sa_column=reference("tracks.id", primary_key=True))
    performer_id: int = Field(sa_column=reference("performers.id", primary_key=True, index=True))
    role: str = Field(default="", sa_column=text(primary_key=True))
    instrument: str | None = Field(default=None, sa_column=text(nullable=True))
    position: int = 0
