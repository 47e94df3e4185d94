"""The words that search finds things by, written by the database's own triggers and by nobody else.

The four tables of words have the same shape. `words` holds every folded word once: weight A what the row is called
(of a track its title, work and composers), weight B what is around it (performers, album, arranger, other spellings of
the composers). They refer to the catalogue without foreign keys: the triggers remove what is gone.
"""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, Identity, Index, LargeBinary, Text
from sqlalchemy.dialects.postgresql import ARRAY, TSVECTOR
from sqlmodel import Field, SQLModel

from sql.tables.columns import reference, text


def _key() -> Column[int]:
    return Column(BigInteger, primary_key=True, autoincrement=False)


def _words() -> Column[str]:
    return Column(TSVECTOR, nullable=False)


def _gin(name: str, column: str) -> Index:
    return Index(name, column, postgresql_using="gin", postgresql_with={"fastupdate": "off"})


class TrackWords(SQLModel, table=True):
    """The words of a track; `sort_key` is the track's."""

    __tablename__ = "track_words"
    __table_args__ = (Index("track_words_in_order", "sort_key", "track_id"), _gin("track_words_words", "words"))

    track_id: int = Field(sa_column=_key())
    sort_key: str = Field(sa_column=text())
    words: str = Field(sa_column=_words())


class AlbumWords(SQLModel, table=True):
    """The words of an album: its title and artist, and around it the composers and performers of its tracks."""

    __tablename__ = "album_words"
    __table_args__ = (Index("album_words_in_order", "sort_key", "album_id"), _gin("album_words_words", "words"))

    album_id: int = Field(sa_column=_key())
    sort_key: str = Field(sa_column=text())
    words: str = Field(sa_column=_words())


class ComposerWords(SQLModel, table=True):
    """The words of a composer's name, and around it of its other spellings."""

    __tablename__ = "composer_words"
    __table_args__ = (
        Index("composer_words_in_order", "sort_key", "composer_id"),
        _gin("composer_words_words", "words"),
    )

    composer_id: int = Field(sa_column=_key())
    sort_key: str = Field(sa_column=text())
    words: str = Field(sa_column=_words())


class WorkWords(SQLModel, table=True):
    """The words of a work: its title, catalogue number and composer. `sort_key` is its folded title."""

    __tablename__ = "work_words"
    __table_args__ = (Index("work_words_in_order", "sort_key", "work_id"), _gin("work_words_words", "words"))

    work_id: int = Field(sa_column=_key())
    sort_key: str = Field(sa_column=text())
    words: str = Field(sa_column=_words())


class SearchWord(SQLModel, table=True):
    """A word that is anywhere in the tables of words. `remainders` is what typing errors are found by: its beginnings
    of 4, 5 and 7 letters with one letter taken away, of the longest with up to two, each behind the length it had."""

    __tablename__ = "search_words"
    __table_args__ = (_gin("search_words_remainders", "remainders"),)

    word: str = Field(sa_column=Column(Text(collation="C"), primary_key=True))
    remainders: list[str] = Field(sa_column=Column(ARRAY(Text(collation="C")), nullable=False))


class SearchChange(SQLModel, table=True):
    """Rows of a kind that a transaction changed. It is gone when that commits: their words are brought up to date."""

    __tablename__ = "search_changes"

    number: int | None = Field(default=None, sa_column=Column(BigInteger, Identity(always=True), primary_key=True))
    kind: str = Field(sa_column=text())
    keys: list[int] = Field(sa_column=Column(ARRAY(BigInteger), nullable=False))


class SearchLetter(SQLModel, table=True):
    """What a character beyond ASCII is folded to."""

    __tablename__ = "search_letters"

    letter: str = Field(sa_column=Column(Text(collation="C"), primary_key=True))
    folded: str = Field(sa_column=text())


class StoredFingerprint(SQLModel, table=True):
    """The fingerprint of a track's signal (`ml.fingerprint`), kept once it was made; `revision` says how."""

    __tablename__ = "fingerprints"

    track_id: int = Field(sa_column=reference("tracks.id", primary_key=True))
    revision: str = Field(sa_column=text())
    data: bytes = Field(sa_column=Column(LargeBinary, nullable=False))
