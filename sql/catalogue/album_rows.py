"""Albums, found or made by folder and title."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import Connection, text

from domain.names import title_sort_key

# An entry of a btree holds 2,704 bytes, and a character takes up to four.
SORT_KEY_LENGTH = 500

FIND_ALBUM = text("""
    SELECT id, artist, date_text, date_from, date_to FROM albums WHERE folder = :folder AND title = :title
""")

INSERT_ALBUM = text("""
    INSERT INTO albums (folder, title, sort_key, artist, date_text, date_from, date_to)
    VALUES (:folder, :title, :sort_key, :artist, :date_text, :date_from, :date_to)
    RETURNING id
""")

UPDATE_ALBUM = text("""
    UPDATE albums SET artist = :artist, date_text = :date_text, date_from = :date_from, date_to = :date_to
    WHERE id = :id
""")

FOLDER_OF_ALBUM = text("SELECT folder FROM albums WHERE id = :id AND title = :title")

MOVE_ALBUM = text("UPDATE albums SET folder = :folder WHERE id = :id")

DROP_ALBUM_IF_EMPTY = text("DELETE FROM albums WHERE id = :id AND NOT EXISTS (SELECT FROM tracks WHERE album_id = :id)")


@dataclass(frozen=True, slots=True)
class AlbumDescription:
    """What one recording says of its album: `folder` and `title` identify it."""

    folder: str
    title: str
    artist: str | None = None
    date_text: str | None = None
    date_from: date | None = None
    date_to: date | None = None


def find_or_make_album(connection: Connection, said: AlbumDescription, *, anew: bool) -> int:
    """The album's id. What another recording said of it before stands, unless this one was changed (`anew`)."""
    found = connection.execute(FIND_ALBUM, {"folder": said.folder, "title": said.title}).one_or_none()
    if found is None:
        made: int = connection.execute(
            INSERT_ALBUM,
            {
                "folder": said.folder,
                "title": said.title,
                "sort_key": title_sort_key(said.title)[:SORT_KEY_LENGTH],
                "artist": said.artist,
                **_dates(said),
            },
        ).scalar_one()
        return made
    album_id: int = found.id
    artist = (said.artist or found.artist) if anew else (found.artist or said.artist)
    dates = _dates(said) if said.date_text and (anew or not found.date_text) else _dates(found)
    if (artist, dates) != (found.artist, _dates(found)):
        connection.execute(UPDATE_ALBUM, {"id": album_id, "artist": artist, **dates})
    return album_id


def folder_of_album(connection: Connection, album_id: int, title: str) -> str | None:
    """The folder of an album, None when its title is another."""
    folder: str | None = connection.scalar(FOLDER_OF_ALBUM, {"id": album_id, "title": title})
    return folder


def album_exists(connection: Connection, folder: str, title: str) -> bool:
    return connection.execute(FIND_ALBUM, {"folder": folder, "title": title}).one_or_none() is not None


def move_album(connection: Connection, album_id: int, folder: str) -> None:
    connection.execute(MOVE_ALBUM, {"id": album_id, "folder": folder})


def drop_album_if_empty(connection: Connection, album_id: int) -> None:
    connection.execute(DROP_ALBUM_IF_EMPTY, {"id": album_id})


def _dates(of: Any) -> dict[str, Any]:  # Any: a description or a row
    return {"date_text": of.date_text, "date_from": of.date_from, "date_to": of.date_to}
