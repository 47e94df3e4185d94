"""The catalogue as rows, one for each track, for whoever works on it elsewhere."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

import psycopg

BATCH_ROWS = 1_000

# Names in the order of their credits, performers as "Ana Lima (violin)"; ensembles are known by their names. The place
# is that of the first file that is there; the keys are those of the archive's own catalogue where it has some, else
# ours.
TRACKS = """
    SELECT coalesce(l.external_album_id, t.album_id::text), a.title, t.position, t.disc,
           coalesce(t.catalogue_id, t.id::text), t.title,
           ARRAY(SELECT c.name FROM track_composers tc JOIN composers c ON c.id = tc.composer_id
                 WHERE tc.track_id = t.id ORDER BY tc.position),
           t.arranger,
           ARRAY(SELECT p.name || coalesce(' (' || nullif(concat_ws(', ',
                        nullif(nullif(tp.role, ''), 'ensemble'), tp.instrument), '') || ')', '')
                 FROM track_performers tp JOIN performers p ON p.id = tp.performer_id
                 WHERE tp.track_id = t.id ORDER BY tp.position, p.name),
           t.labels, t.genre, a.date_text, f.path, t.duration_seconds, t.id, t.content_hash, t.missing
    FROM tracks t
    LEFT JOIN albums a ON a.id = t.album_id
    LEFT JOIN LATERAL (
        SELECT external_album_id FROM catalogue_lines WHERE track_id = t.id ORDER BY id DESC LIMIT 1
    ) l ON true
    LEFT JOIN LATERAL (
        SELECT path FROM track_files WHERE track_id = t.id ORDER BY missing_since IS NOT NULL, id LIMIT 1
    ) f ON true
    ORDER BY a.sort_key, a.id, t.disc NULLS FIRST, t.position, t.id
"""

COUNT = "SELECT count(*) FROM tracks"


class ExportedTrack(NamedTuple):
    """What the catalogue says of a track; its length in seconds."""

    album_id: str | None
    album_name: str | None
    track_no: int | None
    disc_no: int | None
    track_id: str
    title: str
    composers: list[str]
    arranger: str | None
    performers: list[str]
    labels: list[str]
    genre: str | None
    release_date: str | None
    place: str | None
    duration_seconds: float
    segue_track_id: int
    content_hash: str
    missing: bool


def count_tracks(connection: psycopg.Connection[tuple[Any, ...]]) -> int:  # Any: columns
    [(count,)] = connection.execute(COUNT).fetchall()
    return int(count)


def stream_tracks(connection: psycopg.Connection[tuple[Any, ...]]) -> Iterator[list[ExportedTrack]]:  # Any: as above
    """All tracks, album by album, some at a time, as one moment left them."""
    with connection.cursor(name="catalogue", binary=True) as cursor:
        cursor.execute(TRACKS)
        while rows := cursor.fetchmany(BATCH_ROWS):
            yield [ExportedTrack(*row) for row in rows]
