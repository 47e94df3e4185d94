"""Covers: pictures in the storage, and where they come from."""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, ForeignKey, Text
from sqlmodel import Field, SQLModel

from sql.tables.columns import reference, text


def _picture() -> Column[str]:
    return Column(Text, ForeignKey("pictures.sha256"), nullable=True)


class Picture(SQLModel, table=True):
    """A picture, known by the SHA-256 (hex) of its bytes, under which the storage holds them.

    `content_type` follows from its signature; `width` and `height` in pixels, `size` in bytes. `thumbnail` is the
    SHA-256 of a smaller copy, a JPEG; null where the picture is small itself.
    """

    __tablename__ = "pictures"

    sha256: str = Field(sa_column=text(primary_key=True))
    content_type: str = Field(sa_column=text())
    width: int
    height: int
    size: int
    thumbnail: str | None = Field(default=None, sa_column=text(nullable=True))


class TrackCover(SQLModel, table=True):
    """The picture in a recording's tags; null when there is none, or none that is fit to be shown.

    `file_hash` is that of the file it was looked for in: while the track has this file, nobody needs to look again.
    """

    __tablename__ = "track_covers"

    track_id: int = Field(sa_column=reference("tracks.id", primary_key=True))
    file_hash: str = Field(sa_column=text())
    picture: str | None = Field(default=None, sa_column=_picture())


class FolderImage(SQLModel, table=True):
    """An image beside recordings that is named like a cover; `rank` orders those of a folder, the best first.

    `folder` is that of the album, as `albums.folder` is. `size` and `modified_ns` (nanoseconds since 1970) tell an
    unchanged file. `picture` is null when the image is not fit to be shown.
    """

    __tablename__ = "folder_images"

    path: str = Field(sa_column=text(primary_key=True))
    folder: str = Field(sa_column=text(index=True))
    rank: int
    size: int = Field(sa_column=Column(BigInteger, nullable=False))
    modified_ns: int = Field(sa_column=Column(BigInteger, nullable=False))
    picture: str | None = Field(default=None, sa_column=_picture())
