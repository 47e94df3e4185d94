"""Who composed what, under which spelling."""

from __future__ import annotations

from sqlmodel import Field, SQLModel

from sql.tables.columns import bigint_key, reference, text


class ComposerAlias(SQLModel, table=True):
    """A spelling of a composer's name. `key` is what all spellings share that differ in nothing but case, diacritics,
    punctuation and in whether the surname comes first (`domain.people.Name.key`). `decided`: a person said whose it is,
    so that nothing else changes it."""

    __tablename__ = "composer_aliases"

    id: int | None = Field(default=None, sa_column=bigint_key())
    composer_id: int = Field(sa_column=reference("composers.id", index=True))
    alias: str = Field(sa_column=text())
    key: str = Field(sa_column=text(unique=True))
    decided: bool = False


class TrackComposer(SQLModel, table=True):
    """One of a track's composers, in the order of the credit, counted from 0; the first is `tracks.composer_id` too.
    `alias_id` is the spelling the source credits."""

    __tablename__ = "track_composers"

    track_id: int = Field(sa_column=reference("tracks.id", primary_key=True))
    composer_id: int = Field(sa_column=reference("composers.id", primary_key=True, index=True))
    alias_id: int | None = Field(default=None, sa_column=reference("composer_aliases.id", nullable=True, index=True))
    position: int
