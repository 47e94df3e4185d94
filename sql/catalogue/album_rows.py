"""Albums, found or made by folder and title."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Row, text

from domain.dates import DateRange
from domain.names import title_sort_key

# An entry of a btree holds 2,704 bytes, and a character takes up to four.
SORT_KEY_LENGTH = 500

FIND_ALBUM = text("""
    SELECT id, artist, date_text, date_from, date_to, date_precision
    FROM albums WHERE folder = :folder AND title = :title
""")

INSERT_ALBUM = text("""
    INSERT INTO albums (folder, title, sort_key, artist, date_text, date_from, date_to, date_precision)
    VALUES (:folder, :title, :sort_key, :artist, :date_text, :date_from, :date_to, :date_precision)
    RETURNING id
""")

UPDATE_ALBUM = text("""
    UPDATE albums
    SET artist = :artist, date_text = :date_text, date_from = :date_from, date_to = :date_to,
        date_precision = :date_precision
    WHERE id = :id
""")

FOLDER_OF_ALBUM = text("SELECT folder FROM albums WHERE id = :id AND title = :title")

MOVE_ALBUM = text("UPDATE albums SET folder = :folder WHERE id = :id")

RENAME_ALBUM = text("UPDATE albums SET title = :title, sort_key = :sort_key WHERE id = :id")

DROP_ALBUM_IF_EMPTY = text("DELETE FROM albums WHERE id = :id AND NOT EXISTS (SELECT FROM tracks WHERE album_id = :id)")


@dataclass(frozen=True, slots=True)
class AlbumDescription:
    """What one recording says of its album: `folder` and `title` identify it. `dates` is what `date_text` means, where
    it can be read."""

    folder: str
    title: str
    artist: str | None = None
    date_text: str | None = None
    dates: DateRange | None = None


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
    dates = _dates(said) if said.date_text and (anew or not found.date_text) else _dates_of_row(found)
    if (artist, dates) != (found.artist, _dates_of_row(found)):
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


def rename_album(connection: Connection, album_id: int, title: str) -> None:
    """Give an album another title; no other of its folder may have it."""
    sort_key = title_sort_key(title)[:SORT_KEY_LENGTH]
    connection.execute(RENAME_ALBUM, {"id": album_id, "title": title, "sort_key": sort_key})


def drop_album_if_empty(connection: Connection, album_id: int) -> None:
    connection.execute(DROP_ALBUM_IF_EMPTY, {"id": album_id})


def _dates(said: AlbumDescription) -> dict[str, Any]:  # Any: values of columns
    dates = said.dates
    return {
        "date_text": said.date_text,
        "date_from": dates.first if dates else None,
        "date_to": dates.last if dates else None,
        "date_precision": dates.precision.value if dates else None,
    }


def _dates_of_row(row: Row[Any]) -> dict[str, Any]:
    return {name: getattr(row, name) for name in ("date_text", "date_from", "date_to", "date_precision")}
