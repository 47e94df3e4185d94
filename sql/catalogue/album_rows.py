"""Albums, found or made by folder and title."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Row, text

from domain.date_ranges import DateRange
from domain.names import title_sort_key

# What is told of an album besides its name, as JSON writes it.
Columns = dict[str, str | None]

# An entry of a btree holds 2,704 bytes, and a character takes up to four.
SORT_KEY_LENGTH = 500

ALBUM_EXISTS = text("SELECT EXISTS (SELECT FROM albums WHERE folder = :folder AND title = :title)")

FIND_ALBUMS = text("""
    SELECT a.folder, a.title, a.id, a.artist, a.date_text, a.date_from, a.date_to, a.date_precision
    FROM jsonb_to_recordset(CAST(:asked AS jsonb)) AS asked (folder text, title text)
    JOIN albums a ON a.folder = asked.folder AND a.title = asked.title
""")

INSERT_ALBUMS = text("""
    INSERT INTO albums (folder, title, sort_key, artist, date_text, date_from, date_to, date_precision)
    SELECT folder, title, sort_key, artist, date_text, date_from, date_to, date_precision
    FROM jsonb_to_recordset(CAST(:albums AS jsonb)) AS made (
        place int, folder text, title text, sort_key text, artist text, date_text text, date_from date, date_to date,
        date_precision text)
    ORDER BY place
    RETURNING folder, title, id
""")

UPDATE_ALBUMS = text("""
    UPDATE albums a
    SET artist = s.artist, date_text = s.date_text, date_from = s.date_from, date_to = s.date_to,
        date_precision = s.date_precision
    FROM jsonb_to_recordset(CAST(:albums AS jsonb)) AS s (
        id bigint, artist text, date_text text, date_from date, date_to date, date_precision text)
    WHERE a.id = s.id
""")

FOLDER_OF_ALBUM = text("SELECT folder FROM albums WHERE id = :id AND title = :title")

MOVE_ALBUM = text("UPDATE albums SET folder = :folder WHERE id = :id")

# Titles that no album of the folder has, and only one is to have.
RENAME_ALBUMS = text("""
    UPDATE albums a SET title = r.title, sort_key = r.sort_key
    FROM (
        SELECT DISTINCT ON (folder, title) *
        FROM jsonb_to_recordset(CAST(:albums AS jsonb)) AS s (id bigint, folder text, title text, sort_key text)
        ORDER BY folder, title, id
    ) r
    WHERE a.id = r.id AND NOT EXISTS (SELECT FROM albums o WHERE o.folder = r.folder AND o.title = r.title)
""")

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


def find_or_make_albums(
    connection: Connection, said: Iterable[AlbumDescription], *, anew: bool
) -> dict[AlbumDescription, int]:
    """The albums' ids. What another recording said of an album before stands, unless this one was changed (`anew`)."""
    told = list(dict.fromkeys(said))
    asked = dict.fromkeys((album.folder, album.title) for album in told)
    keys = json.dumps([{"folder": folder, "title": title} for folder, title in asked])
    found = {(row.folder, row.title): row for row in connection.execute(FIND_ALBUMS, {"asked": keys})}
    ids = {key: row.id for key, row in found.items()}
    former = {key: _columns_of_row(row) for key, row in found.items()}
    now = dict(former)
    for album in told:
        key = album.folder, album.title
        now[key] = _merged(now[key], _columns(album), anew=anew) if key in now else _columns(album)
    made = [
        {"place": place, "folder": folder, "title": title, "sort_key": _sort_key(title), **now[folder, title]}
        for place, (folder, title) in enumerate(asked)
        if (folder, title) not in ids
    ]
    if made:
        rows = connection.execute(INSERT_ALBUMS, {"albums": json.dumps(made)})
        ids |= {(row.folder, row.title): row.id for row in rows}
    changed = [{"id": ids[key], **now[key]} for key in former if now[key] != former[key]]
    if changed:
        connection.execute(UPDATE_ALBUMS, {"albums": json.dumps(changed)})
    return {album: ids[album.folder, album.title] for album in told}


def folder_of_album(connection: Connection, album_id: int, title: str) -> str | None:
    """The folder of an album, None when its title is another."""
    folder: str | None = connection.scalar(FOLDER_OF_ALBUM, {"id": album_id, "title": title})
    return folder


def album_exists(connection: Connection, folder: str, title: str) -> bool:
    return bool(connection.scalar(ALBUM_EXISTS, {"folder": folder, "title": title}))


def move_album(connection: Connection, album_id: int, folder: str) -> None:
    connection.execute(MOVE_ALBUM, {"id": album_id, "folder": folder})


def rename_albums(connection: Connection, titles: Iterable[tuple[int, str, str]]) -> None:
    """Give albums (id, folder) other titles; one that another of its folder has is left alone."""
    albums = [
        {"id": id_, "folder": folder, "title": title, "sort_key": _sort_key(title)} for id_, folder, title in titles
    ]
    if albums:
        connection.execute(RENAME_ALBUMS, {"albums": json.dumps(albums)})


def drop_album_if_empty(connection: Connection, album_id: int) -> None:
    connection.execute(DROP_ALBUM_IF_EMPTY, {"id": album_id})


def _merged(before: Columns, said: Columns, *, anew: bool) -> Columns:
    first, second = (said, before) if anew else (before, said)
    dated = first if first["date_text"] else second
    return {**dated, "artist": first["artist"] or second["artist"]}


def _columns(said: AlbumDescription) -> Columns:
    dates = said.dates
    return {
        "artist": said.artist,
        "date_text": said.date_text,
        "date_from": dates.first.isoformat() if dates else None,
        "date_to": dates.last.isoformat() if dates else None,
        "date_precision": dates.precision.value if dates else None,
    }


def _columns_of_row(row: Row[Any]) -> Columns:  # Any: the columns of FIND_ALBUMS
    return {
        "artist": row.artist,
        "date_text": row.date_text,
        "date_from": row.date_from.isoformat() if row.date_from else None,
        "date_to": row.date_to.isoformat() if row.date_to else None,
        "date_precision": row.date_precision,
    }


def _sort_key(title: str) -> str:
    return title_sort_key(title)[:SORT_KEY_LENGTH]
