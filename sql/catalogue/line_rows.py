"""Catalogue files and their lines, as they were read: written by the batch, compared with what was there by the set."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

from sqlalchemy import Connection, text

from sql.catalogue import album_rows
from sql.catalogue.descriptions import Description, Json, description_from_json

BATCH = 1_000

CATALOGUE_AT = text("SELECT id, state, findings FROM catalogue_files WHERE path = :path")

INSERT_CATALOGUE = text("INSERT INTO catalogue_files (path, findings) VALUES (:path, '[]') RETURNING id")

UPDATE_CATALOGUE = text("""
    UPDATE catalogue_files SET state = :state, findings = CAST(:findings AS jsonb), read_at = now() WHERE id = :id
""")

COUNT_LINES = text("SELECT count(*), count(track_id) FROM catalogue_lines WHERE catalogue_id = :id")

# A track by its file that is there or, where none is, the one that was there first.
FORMER_LINES = text("""
    SELECT DISTINCT ON (l.track_id) btrim(l.original ->> :column) AS key, l.track_id, f.path, t.duration_seconds
    FROM catalogue_files c
    JOIN catalogue_lines l ON l.catalogue_id = c.id
    JOIN tracks t ON t.id = l.track_id
    JOIN track_files f ON f.track_id = t.id
    WHERE c.path = :path AND btrim(l.original ->> :column) = ANY (CAST(:keys AS text[]))
    ORDER BY l.track_id, f.missing_since IS NOT NULL, f.id
""")

LINE_OF_TRACK = text("SELECT said FROM catalogue_lines WHERE track_id = :track_id ORDER BY id DESC LIMIT 1")

# What is read now, until it is compared with what was read before.
MAKE_INCOMING = text("""
    CREATE TEMPORARY TABLE incoming_lines (
        line int NOT NULL, digest text PRIMARY KEY, original jsonb NOT NULL, said jsonb NOT NULL,
        external_id text, external_album_id text, track_id bigint
    ) ON COMMIT DROP
""")

INSERT_INCOMING = text("""
    INSERT INTO incoming_lines
    SELECT * FROM jsonb_to_recordset(CAST(:rows AS jsonb)) AS r (
        line int, digest text, original jsonb, said jsonb, external_id text, external_album_id text, track_id bigint)
""")

# Tracks that lost their line, got one, or got another.
MAKE_AFFECTED = text("""
    CREATE TEMPORARY TABLE affected_tracks ON COMMIT DROP AS
    SELECT l.track_id FROM catalogue_lines l
    LEFT JOIN incoming_lines i ON i.digest = l.digest
    WHERE l.catalogue_id = :catalogue_id AND l.track_id IS NOT NULL AND i.track_id IS DISTINCT FROM l.track_id
    UNION
    SELECT i.track_id FROM incoming_lines i
    LEFT JOIN catalogue_lines l ON l.catalogue_id = :catalogue_id AND l.digest = i.digest
    WHERE i.track_id IS NOT NULL AND i.track_id IS DISTINCT FROM l.track_id
""")

ANALYZE_AFFECTED = text("ANALYZE affected_tracks")

DELETE_FORMER = text("""
    DELETE FROM catalogue_lines l
    WHERE catalogue_id = :catalogue_id AND NOT EXISTS (SELECT FROM incoming_lines i WHERE i.digest = l.digest)
""")

UPDATE_KEPT = text("""
    UPDATE catalogue_lines l SET line = i.line, track_id = i.track_id
    FROM incoming_lines i
    WHERE l.catalogue_id = :catalogue_id AND l.digest = i.digest
      AND (l.line <> i.line OR l.track_id IS DISTINCT FROM i.track_id)
""")

INSERT_NEW = text("""
    INSERT INTO catalogue_lines (catalogue_id, line, digest, original, said, external_id, external_album_id, track_id)
    SELECT :catalogue_id, line, digest, original, said, external_id, external_album_id, track_id
    FROM incoming_lines i
    WHERE NOT EXISTS (SELECT FROM catalogue_lines l WHERE l.catalogue_id = :catalogue_id AND l.digest = i.digest)
    ORDER BY line
""")

# The catalogue read last is the one that counts.
SUPERSEDE_OTHERS = text("""
    UPDATE catalogue_lines l SET track_id = NULL
    FROM incoming_lines i WHERE l.catalogue_id <> :catalogue_id AND l.track_id = i.track_id
""")

# Albums all of whose tracks are now said to be on one of another title: they are called so from now on, unless a
# person named them.
RENAMED_ALBUMS = text("""
    SELECT a.id, a.folder, min(l.said ->> 'album') AS title
    FROM albums a
    JOIN tracks t ON t.album_id = a.id
    LEFT JOIN catalogue_lines l ON l.track_id = t.id
    WHERE a.id IN (SELECT x.album_id FROM affected_tracks JOIN tracks x ON x.id = track_id)
      AND NOT EXISTS (SELECT FROM edits e WHERE e.kind = 'album' AND e.item_id = a.id AND e.field = 'title')
    GROUP BY a.id, a.folder, a.title
    HAVING count(DISTINCT l.said ->> 'album') = 1 AND bool_and(l.said ->> 'album' IS NOT NULL)
       AND min(l.said ->> 'album') <> a.title
    ORDER BY a.id
""")

# A date that nothing says any more; whoever says another will be heard next.
FORGET_DATES = text("""
    UPDATE albums a SET date_text = NULL, date_from = NULL, date_to = NULL, date_precision = NULL
    WHERE a.id IN (SELECT x.album_id FROM affected_tracks JOIN tracks x ON x.id = track_id)
      AND a.date_text IS NOT NULL
      AND NOT EXISTS (
        SELECT FROM tracks t
        LEFT JOIN catalogue_lines l ON l.track_id = t.id
        LEFT JOIN track_files f ON f.track_id = t.id
        WHERE t.album_id = a.id
          AND (f.said IS NULL OR a.date_text IN (l.said ->> 'date_text', f.said -> 'album' ->> 'date_text')))
""")

# What the track's first file and its line say of it.
AFFECTED = text("""
    SELECT t.id, f.said AS file, l.said AS line
    FROM (SELECT track_id FROM affected_tracks WHERE track_id > :after ORDER BY track_id LIMIT :batch) a
    JOIN tracks t ON t.id = a.track_id
    JOIN LATERAL (
        SELECT said FROM track_files
        WHERE track_id = t.id AND said IS NOT NULL ORDER BY missing_since IS NOT NULL, id LIMIT 1
    ) f ON true
    LEFT JOIN LATERAL (SELECT said FROM catalogue_lines WHERE track_id = t.id ORDER BY id DESC LIMIT 1) l ON true
    ORDER BY t.id
""")


class KnownCatalogue(NamedTuple):
    """A catalogue that was read before: `state` as it was given to `close_catalogue`, and what was found."""

    id: int
    state: str | None
    findings: list[Any]  # Any: JSON


class FormerLine(NamedTuple):
    """A line that described a track when its catalogue was read last, by its `key`; `path` is of the track's file."""

    key: str
    track_id: int
    path: str
    seconds: float


class IncomingLine(NamedTuple):
    """A line to be kept; `digest` tells it from every other of its catalogue."""

    line: int
    digest: str
    original: Json
    said: Json
    external_id: str | None
    external_album_id: str | None
    track_id: int | None


def catalogue_at(connection: Connection, path: str) -> KnownCatalogue | None:
    row = connection.execute(CATALOGUE_AT, {"path": path}).one_or_none()
    return None if row is None else KnownCatalogue(*row)


def count_lines(connection: Connection, catalogue_id: int) -> tuple[int, int]:
    """The lines of a catalogue, and those that describe a track."""
    lines, used = connection.execute(COUNT_LINES, {"id": catalogue_id}).one()
    return lines, used


def former_lines(connection: Connection, path: str, column: str, keys: Sequence[str]) -> list[FormerLine]:
    """The lines of the catalogue at `path` with one of these keys in a column, that describe a track."""
    rows = connection.execute(FORMER_LINES, {"path": path, "column": column, "keys": list(keys)})
    return [FormerLine(*row) for row in rows]


def begin_lines(connection: Connection) -> None:
    """Make room for the lines of one catalogue, for this transaction."""
    connection.execute(MAKE_INCOMING)


def add_lines(connection: Connection, lines: Sequence[IncomingLine]) -> None:
    """Bring some lines, after `begin_lines`."""
    connection.execute(INSERT_INCOMING, {"rows": json.dumps([line._asdict() for line in lines])})


def settle_lines(connection: Connection, path: str) -> int:
    """Make the lines that were brought those of the catalogue at `path`, and return its id.

    Which tracks are to be described anew is kept for `affected_tracks`. Albums whose tracks are all said to be on one
    of another title take that title.
    """
    known = catalogue_at(connection, path)
    catalogue_id: int = known.id if known else connection.execute(INSERT_CATALOGUE, {"path": path}).scalar_one()
    key = {"catalogue_id": catalogue_id}
    connection.execute(text("ANALYZE incoming_lines"))
    for statement in (MAKE_AFFECTED, ANALYZE_AFFECTED, DELETE_FORMER, UPDATE_KEPT, INSERT_NEW, SUPERSEDE_OTHERS):
        connection.execute(statement, key if ":catalogue_id" in statement.text else {})
    connection.execute(FORGET_DATES)
    album_rows.rename_albums(connection, [tuple(row) for row in connection.execute(RENAMED_ALBUMS)])
    return catalogue_id


def affected_tracks(connection: Connection) -> Iterator[dict[int, Description]]:
    """The tracks whose line has changed, after `settle_lines`: what is said of each now, some hundreds at a time."""
    after = 0
    while rows := connection.execute(AFFECTED, {"after": after, "batch": BATCH}).all():
        yield {row.id: description_from_json(row.file).overlaid(row.line) for row in rows}
        after = rows[-1].id


def close_catalogue(connection: Connection, catalogue_id: int, state: str, findings: list[Any]) -> None:  # Any: JSON
    connection.execute(UPDATE_CATALOGUE, {"id": catalogue_id, "state": state, "findings": json.dumps(findings)})


def line_of_track(connection: Connection, track_id: int) -> Json | None:
    """What a catalogue says of a track, as `Description.overlaid` reads it."""
    said: Json | None = connection.scalar(LINE_OF_TRACK, {"track_id": track_id})
    return said
