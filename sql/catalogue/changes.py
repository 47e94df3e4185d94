"""What a transaction changes in the catalogue, field by field: compared before it is rolled back."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

from sqlalchemy import Connection, text

# The fields in the order in which they are told; JSON objects keep none.
FIELDS = (
    *("title", "artist", "composer", "arranger", "performers", "album", "disc", "number", "date", "from", "to"),
    *("genre", "labels", "catalogue id", "missing", "folder", "file"),
)

# What an archivist sees of a track and of an album, by the names of the fields.
TRACK = """
    SELECT t.id, t.album_id,
           jsonb_build_object(
               'file', (SELECT string_agg(f.path, ', ' ORDER BY f.id) FROM track_files f WHERE f.track_id = t.id),
               'title', t.title, 'album', a.title, 'disc', t.disc, 'number', t.position,
               'composer', c.name, 'arranger', t.arranger, 'genre', t.genre,
               'labels', nullif(array_to_string(t.labels, ', '), ''), 'catalogue id', t.catalogue_id,
               'performers', (
                   SELECT string_agg(p.name || CASE tp.role WHEN '' THEN '' ELSE ' (' || tp.role || ')' END, ', '
                                     ORDER BY tp.position, p.name)
                   FROM track_performers tp JOIN performers p ON p.id = tp.performer_id WHERE tp.track_id = t.id),
               'missing', CASE WHEN t.missing THEN 'yes' ELSE 'no' END) AS shown
    FROM tracks t
    LEFT JOIN albums a ON a.id = t.album_id
    LEFT JOIN composers c ON c.id = t.composer_id
"""

ALBUM = """
    SELECT id, jsonb_build_object('title', title, 'folder', folder, 'artist', artist, 'date', date_text,
                                  'from', date_from, 'to', date_to) AS shown
    FROM albums
"""

REMEMBER = (
    text(f"CREATE TEMPORARY TABLE tracks_before ON COMMIT DROP AS {TRACK}"),
    text(f"CREATE TEMPORARY TABLE albums_before ON COMMIT DROP AS {ALBUM}"),
    text("ANALYZE tracks_before"),
    text("ANALYZE albums_before"),
)

# The album of a track that stays on it is told once, with the album.
CHANGED_TRACKS = text(f"""
    WITH after AS MATERIALIZED ({TRACK})
    SELECT a.shown, CASE WHEN a.album_id IS NOT DISTINCT FROM b.album_id
                    THEN b.shown || jsonb_build_object('album', a.shown -> 'album') ELSE b.shown END AS before
    FROM after a LEFT JOIN tracks_before b ON b.id = a.id
    WHERE b.id IS NULL OR a.shown <> b.shown
    ORDER BY a.id
""")  # noqa: S608 -- constants of this program

CHANGED_ALBUMS = text(f"""
    WITH after AS MATERIALIZED ({ALBUM})
    SELECT a.shown, b.shown AS before FROM after a JOIN albums_before b ON b.id = a.id WHERE a.shown <> b.shown
    ORDER BY a.id
""")  # noqa: S608 -- see above


class FieldChange(NamedTuple):
    """A field's value before and after; None where there is none."""

    field: str
    before: str | None
    after: str | None


class Change(NamedTuple):
    """A track or an album that is new or becomes another; `fields` of a new one have no values before."""

    subject: str
    name: str
    new: bool
    fields: list[FieldChange]


def remember(connection: Connection) -> None:
    """Keep what is there now, for `changes` in the same transaction."""
    for statement in REMEMBER:
        connection.execute(statement)


def changes(connection: Connection) -> Iterator[Change]:
    """What has become of it since `remember`: albums, then tracks in the order of import."""
    for subject, statement in (("album", CHANGED_ALBUMS), ("track", CHANGED_TRACKS)):
        for after, before in connection.execute(statement):
            former = before or {"title": after["title"], "missing": "no"}
            fields = [
                FieldChange(field, _text(former.get(field)), _text(after[field]))
                for field in FIELDS
                if field in after and after[field] != former.get(field)
            ]
            if fields:
                yield Change(subject, former["title"], before is None, fields)


def _text(value: Any) -> str | None:  # Any: JSON
    return None if value is None else str(value)
