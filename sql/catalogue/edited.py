"""Puts what people corrected over what an import says, and keeps what the import says for the day they change their
mind."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Mapping
from typing import Any

from sqlalchemy import Connection

from domain.people_playing import read_playing
from sql.catalogue.descriptions import Description
from sql.catalogue.edit_rows import write_album
from sql.catalogue.people_rows import rows_of
from sql.catalogue.performer_rows import Performance

TRACK_EDITS = """
SELECT item_id, field, value, source FROM edits
WHERE kind = 'track' AND item_id = ANY(%(ids)s) AND field <> ALL('{work,movement,movement_number}')
"""

# Albums that people gave another title, by the one that the source has.
RENAMED_ALBUMS = """
SELECT a.folder, e.source, a.title FROM edits e JOIN albums a ON a.id = e.item_id
WHERE e.kind = 'album' AND e.field = 'title'
"""

ALBUM_EDITS = """
SELECT e.item_id, e.field, e.value, CASE e.field WHEN 'artist' THEN a.artist ELSE a.date_text END
FROM edits e JOIN albums a ON a.id = e.item_id
WHERE e.kind = 'album' AND e.field <> 'title' AND e.item_id = ANY(%(ids)s)
"""

SET_SOURCE = """
UPDATE edits SET source = %(source)s WHERE kind = %(kind)s AND item_id = %(id)s AND field = %(field)s
"""


def edited(connection: Connection, described: Mapping[int, Description]) -> dict[int, Description]:
    """What is said of tracks (by id), with what people said in its place."""
    rows = rows_of(connection)
    albums = {(folder, source): title for folder, source, title in rows.execute(RENAMED_ALBUMS)}
    changed: dict[int, Description] = {}
    for track_id, said in described.items():
        title = albums.get((said.album.folder, said.album.title))
        changed[track_id] = (
            dataclasses.replace(said, album=dataclasses.replace(said.album, title=title)) if title else said
        )
    for track_id, name, value, source in rows.execute(TRACK_EDITS, {"ids": list(described)}).fetchall():
        original = _source(described[track_id], name)
        if original != source:
            rows.execute(SET_SOURCE, {"kind": "track", "id": track_id, "field": name, "source": original})
        changed[track_id] = dataclasses.replace(changed[track_id], **_value(name, value))
    return changed


def edit_albums(connection: Connection, album_ids: Iterable[int]) -> None:
    """Write what people corrected of albums again, after an import wrote them."""
    rows = rows_of(connection)
    for album_id, name, value, present in rows.execute(ALBUM_EDITS, {"ids": list(album_ids)}).fetchall():
        if present != value:
            rows.execute(SET_SOURCE, {"kind": "album", "id": album_id, "field": name, "source": present})
            write_album(rows, album_id, name, value)


def _source(said: Description, name: str) -> str | None:
    if name == "performers":
        return "; ".join(_performance(who) for who in said.performances) or None
    value = getattr(said, name)
    return None if value is None else str(value)


def _performance(who: Performance) -> str:
    told = ", ".join(filter(None, (who.role if who.role != "ensemble" else "", who.instrument)))
    return f"{who.name} ({told})" if told else who.name


def _value(name: str, value: str | None) -> dict[str, Any]:  # Any: a field of a description
    if name == "performers":
        said = [" ".join(part.split()) for part in (value or "").split(";") if part.strip()]
        return {"performances": tuple(Performance.of(read_playing(part)) for part in said)}
    if name in ("disc", "position"):
        return {name: int(value) if value else None}
    return {name: value}
