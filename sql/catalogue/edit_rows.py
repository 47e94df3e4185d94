"""Corrections by people: written over what the source says, remembered, and taken back."""

from __future__ import annotations

from typing import Any

import psycopg

from domain.dates import read_date
from domain.edits import Changes, EditKind, checked
from domain.errors.asking import AlbumNotFound, ComposerNotFound, TrackNotFound, WorkNotFound
from domain.errors.base import SegueError
from domain.errors.curators import NameTaken
from domain.names import person_sort_key, title_sort_key
from domain.people import read_name
from domain.people_playing import read_playing
from sql.catalogue.composer_rows import Rows, add_alias, drop_unused
from sql.catalogue.credit_rows import credit_tracks
from sql.catalogue.performer_rows import Performance, performances_text, set_performances
from sql.catalogue.work_rows import assign_works

# The same lock that imports write under.
LOCK = "SELECT pg_advisory_xact_lock(hashtext('segue-import'))"

SORT_KEY_LENGTH = 500

NOT_FOUND: dict[EditKind, type[SegueError]] = {
    EditKind.TRACK: TrackNotFound,
    EditKind.ALBUM: AlbumNotFound,
    EditKind.COMPOSER: ComposerNotFound,
    EditKind.WORK: WorkNotFound,
}

# What stands in a row now, by field.
PRESENT = {
    EditKind.TRACK: """
        SELECT t.title, t.arranger, t.disc::text, t.position::text, t.movement, t.movement_number::text,
               (SELECT concat_ws(', ', w.title, w.catalogue_number) FROM works w WHERE w.id = t.work_id) AS work,
               coalesce((SELECT string_agg(a.alias, '; ' ORDER BY tc.position)
                         FROM track_composers tc JOIN composer_aliases a ON a.id = tc.alias_id
                         WHERE tc.track_id = t.id),
                        (SELECT c.name FROM composers c WHERE c.id = t.composer_id)) AS composer
        FROM tracks t WHERE t.id = %(id)s""",
    EditKind.ALBUM: "SELECT title, artist, date_text FROM albums WHERE id = %(id)s",
    EditKind.COMPOSER: "SELECT name FROM composers WHERE id = %(id)s",
    EditKind.WORK: "SELECT title, catalogue_number FROM works WHERE id = %(id)s",
}

REMEMBER = """
INSERT INTO edits (kind, item_id, field, value, source) VALUES (%(kind)s, %(id)s, %(field)s, %(value)s, %(source)s)
ON CONFLICT (kind, item_id, field) DO UPDATE SET value = excluded.value, edited_at = now()
"""

FORGET = "DELETE FROM edits WHERE kind = %(kind)s AND item_id = %(id)s AND field = %(field)s RETURNING source"

EDITED = "SELECT field, value, source FROM edits WHERE kind = %(kind)s AND item_id = %(id)s ORDER BY field"

WRITE_TRACK = {
    "title": "UPDATE tracks SET title = %(value)s, sort_key = %(sort_key)s WHERE id = %(id)s",
    "arranger": "UPDATE tracks SET arranger = %(value)s WHERE id = %(id)s",
    "disc": "UPDATE tracks SET disc = %(value)s::int WHERE id = %(id)s",
    "position": "UPDATE tracks SET position = %(value)s::int WHERE id = %(id)s",
}

WRITE_ALBUM = {
    "title": "UPDATE albums SET title = %(value)s, sort_key = %(sort_key)s WHERE id = %(id)s",
    "artist": "UPDATE albums SET artist = %(value)s WHERE id = %(id)s",
    "date_text": """UPDATE albums SET date_text = %(value)s, date_from = %(first)s, date_to = %(last)s,
                    date_precision = %(precision)s WHERE id = %(id)s""",
}

WRITE_COMPOSER = "UPDATE composers SET name = %(value)s, sort_key = %(sort_key)s WHERE id = %(id)s"

WRITE_WORK = {
    "title": "UPDATE works SET title = %(value)s WHERE id = %(id)s",
    "catalogue_number": "UPDATE works SET catalogue_number = %(value)s WHERE id = %(id)s",
}


def edit(connection: Rows, kind: EditKind, item_id: int, changes: Changes) -> None:
    """Write the new values of fields over what the source says. None takes a correction back.

    Call it in a transaction. Raises UnknownField, InvalidEdit, NameTaken and the kind's NotFound.
    """
    values = checked(kind, changes)
    connection.execute(LOCK)
    present = _present(connection, kind, item_id)
    try:
        with connection.transaction():
            _remember(connection, kind, item_id, values, present)
            values |= _forget(connection, kind, item_id, [name for name, new in changes.items() if new is None])
            _write(connection, kind, item_id, values)
    except psycopg.errors.UniqueViolation:
        name = str(values.get("title") or values.get("name"))
        raise NameTaken(kind=kind, name=name, remedy=_remedy(kind, name, present)) from None


def _remember(
    connection: Rows, kind: EditKind, item_id: int, values: dict[str, str | None], present: dict[str, str | None]
) -> None:
    for name, value in values.items():
        parameters = {"kind": kind, "id": item_id, "field": name, "value": value, "source": present.get(name)}
        connection.execute(REMEMBER, parameters)


def _forget(connection: Rows, kind: EditKind, item_id: int, names: list[str]) -> dict[str, str | None]:
    """What the source says of fields that were corrected."""
    sources: dict[str, str | None] = {}
    for name in names:
        forgotten = connection.execute(FORGET, {"kind": kind, "id": item_id, "field": name}).fetchone()
        if forgotten:
            sources[name] = forgotten[0]
    return sources


def edits_of(connection: Rows, kind: EditKind, item_id: int) -> list[tuple[str, str | None, str | None]]:
    """Field, value and the source's own value of everything that was corrected. Raises the kind's NotFound."""
    _present(connection, kind, item_id)
    rows = connection.execute(EDITED, {"kind": kind, "id": item_id})
    return [(name, value, source) for name, value, source in rows]


def present_values(connection: Rows, kind: EditKind, item_id: int) -> dict[str, str | None]:
    """What each field that may be corrected holds now. Raises the kind's NotFound."""
    return _present(connection, kind, item_id)


def _present(connection: Rows, kind: EditKind, item_id: int) -> dict[str, str | None]:
    cursor = connection.execute(PRESENT[kind], {"id": item_id})
    row, columns = cursor.fetchone(), cursor.description or []
    if row is None:
        raise NOT_FOUND[kind](id=item_id)
    found = {column.name: value for column, value in zip(columns, row, strict=True)}
    if kind is EditKind.TRACK:
        found["performers"] = performances_text(connection, item_id)
    return found


def _write(connection: Rows, kind: EditKind, item_id: int, values: dict[str, str | None]) -> None:
    if kind is EditKind.TRACK:
        _write_track(connection, item_id, values)
    elif kind is EditKind.ALBUM:
        for name, value in values.items():
            write_album(connection, item_id, name, value)
    elif kind is EditKind.COMPOSER:
        for value in values.values():
            _rename_composer(connection, item_id, value or "")
    else:
        for name, value in values.items():
            connection.execute(WRITE_WORK[name], {"id": item_id, "value": value})


def _write_track(connection: Rows, track_id: int, values: dict[str, str | None]) -> None:
    unused: list[int] = []
    for name, statement in WRITE_TRACK.items():
        if name in values:
            sort_key = title_sort_key(values[name] or "")[:SORT_KEY_LENGTH]
            connection.execute(statement, {"id": track_id, "value": values[name], "sort_key": sort_key})
    if "composer" in values:
        credited = credit_tracks(connection, {track_id: values["composer"]})
        former = connection.execute("SELECT composer_id FROM tracks WHERE id = %(id)s", {"id": track_id}).fetchone()
        parameters = {"id": track_id, "composer": credited.principals[track_id]}
        connection.execute("UPDATE tracks SET composer_id = %(composer)s WHERE id = %(id)s", parameters)
        unused = [*credited.former, *(key for key in former or () if key is not None)]
    if "performers" in values:
        said = [part for part in (values["performers"] or "").split(";") if part.strip()]
        playing = [Performance.of(read_playing(" ".join(part.split()))) for part in said]
        set_performances(connection, track_id, playing)
    assign_works(connection, [track_id])
    drop_unused(connection, unused)


def write_album(connection: Rows, album_id: int, name: str, value: str | None) -> None:
    """Write one field of an album."""
    parameters: dict[str, Any] = {"id": album_id, "value": value}
    if name == "title":
        parameters["sort_key"] = title_sort_key(value or "")[:SORT_KEY_LENGTH]
    if name == "date_text":
        dates = read_date(value)
        parameters |= {
            "first": dates.first if dates else None,
            "last": dates.last if dates else None,
            "precision": dates.precision.value if dates else None,
        }
    connection.execute(WRITE_ALBUM[name], parameters)


def _rename_composer(connection: Rows, composer_id: int, name: str) -> None:
    """Names a composer anew; both names mean them from then on."""
    former = _present(connection, EditKind.COMPOSER, composer_id)["name"] or ""
    connection.execute(WRITE_COMPOSER, {"id": composer_id, "value": name, "sort_key": person_sort_key(name)})
    for spelling in (former, name):
        key = read_name(spelling).key
        if not connection.execute("SELECT 1 FROM composer_aliases WHERE key = %(key)s", {"key": key}).fetchone():
            add_alias(connection, composer_id, spelling, key, decided=True)


def _remedy(kind: EditKind, name: str, present: dict[str, str | None]) -> str:
    if kind is EditKind.COMPOSER:
        return f"""If they are one, say so: segue composers merge "{name}" "{present["name"]}\""""
    return "Choose another name."
