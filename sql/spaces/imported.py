"""Spaces whose vectors were computed elsewhere."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, NamedTuple

import numpy as np
import psycopg
from numpy.typing import NDArray
from pgvector.psycopg import register_vector
from sqlalchemy import Connection, text

from sql.spaces.partitions import make_partitions
from sql.spaces.revisions import lock_space
from sql.spaces.successors import LOCK_TIMEOUT, activate

# What `spaces.backend` says of them: nothing here can add to them.
IMPORTED = "imported"

Row = tuple[int, float | None, float | None, NDArray[np.float32]]

TRACK_KEYS = {
    "content_hash": text("SELECT content_hash, id FROM tracks"),
    "track_id": text("SELECT id, id FROM tracks"),
    "catalogue_id": text(
        "SELECT catalogue_id, min(id) FROM tracks WHERE catalogue_id IS NOT NULL"
        " GROUP BY catalogue_id HAVING count(*) = 1"
    ),
}

FIND_SPACE = text("SELECT id, backend, dimension, active_revision_id FROM spaces WHERE name = :name")
INSERT_SPACE = text("""
    INSERT INTO spaces (name, backend, dimension, metric) VALUES (:name, 'imported', :dimension, 'cosine') RETURNING id
""")
INSERT_REVISION = text("""
    INSERT INTO space_revisions (space_id, revision, state, indexed, activated_at)
    VALUES (:space_id, :revision, 'READY', false, now()) RETURNING id
""")
ACTIVATE_FIRST = text("UPDATE spaces SET active_revision_id = :revision_id WHERE id = :space_id")

ARRIVED = """
    CREATE TEMPORARY TABLE arrived (track_id bigint, start_seconds float8, end_seconds float8, embedding vector)
    ON COMMIT DROP
"""
COPY_ARRIVED = "COPY arrived (track_id, start_seconds, end_seconds, embedding) FROM STDIN (FORMAT binary)"

INSERT_TRACKS = text("""
    INSERT INTO track_embeddings (revision_id, track_id, embedding)
    SELECT :revision_id, track_id, embedding FROM arrived WHERE start_seconds IS NULL ORDER BY track_id
""")
# Of a track that is not there itself nothing is found.
DROP_LONE_SEGMENTS = text("""
    DELETE FROM arrived s
    WHERE s.start_seconds IS NOT NULL
      AND NOT EXISTS (SELECT FROM arrived t WHERE t.track_id = s.track_id AND t.start_seconds IS NULL)
""")
INSERT_SEGMENTS = text("""
    INSERT INTO segments (track_id, source, start_seconds, end_seconds)
    SELECT a.track_id, :source, a.start_seconds, a.end_seconds FROM arrived a
    WHERE a.start_seconds IS NOT NULL AND NOT EXISTS (
        SELECT FROM segments s WHERE s.track_id = a.track_id
          AND s.start_seconds = a.start_seconds AND s.end_seconds = a.end_seconds
    )
    ORDER BY a.track_id, a.start_seconds
""")
INSERT_SEGMENT_VECTORS = text("""
    INSERT INTO segment_embeddings (revision_id, segment_id, track_id, embedding)
    SELECT :revision_id, min(s.id), a.track_id, (array_agg(a.embedding))[1]
    FROM arrived a JOIN segments s ON s.track_id = a.track_id
     AND s.start_seconds = a.start_seconds AND s.end_seconds = a.end_seconds
    GROUP BY a.track_id, a.start_seconds, a.end_seconds
    ORDER BY a.track_id, a.start_seconds
""")

COUNT_EMBEDDABLE_MISSING = text("""
    SELECT count(*) FROM tracks t
    WHERE NOT t.silent AND NOT t.missing
      AND NOT EXISTS (SELECT FROM track_embeddings e WHERE e.revision_id = :revision_id AND e.track_id = t.id)
""")


class FoundSpace(NamedTuple):
    """What there is under a name: who made it, how long its vectors are, and its active revision."""

    id: int
    made_by: str
    dimension: int
    active_id: int


def track_keys(connection: Connection, column: str) -> dict[Any, int]:  # Any: numbers or texts
    """The id of each track by its content hash, by its own id, or by the key that a catalogue gives it, where that
    means one track."""
    return {key: id_ for key, id_ in connection.execute(TRACK_KEYS[column])}  # noqa: C416 -- rows are no pairs to mypy


def find_space(connection: Connection, name: str) -> FoundSpace | None:
    row = connection.execute(FIND_SPACE, {"name": name}).one_or_none()
    return None if row is None else FoundSpace(*row)


def stage_vectors(connection: Connection, rows: Iterable[Row]) -> None:
    """Write rows where `open_imported_space` finds them, in the caller's transaction."""
    raw = connection.connection.driver_connection
    assert isinstance(raw, psycopg.Connection)  # noqa: S101 -- the engine's driver
    register_vector(raw)
    raw.execute(ARRIVED)
    with raw.cursor() as cursor, cursor.copy(COPY_ARRIVED) as copy:
        copy.set_types(["int8", "float8", "float8", "vector"])
        for row in rows:
            copy.write_row(row)


def drop_lone_segments(connection: Connection) -> int:
    """Leave out staged segments whose track has no vector of its own; returns how many."""
    return connection.execute(DROP_LONE_SEGMENTS).rowcount


def open_imported_space(connection: Connection, name: str, dimension: int, revision: str, source: str) -> int:
    """Make what was staged the vectors of a space, or a new revision of one that was imported before, whose former one
    is RETIRED then; returns the revision's id.

    Segments that are not there yet are made, as of `source`. Making partitions waits for running queries for two
    seconds at most (OperationalError), and keeps others waiting until the transaction ends: commit soon.
    """
    lock_space(connection, name)
    connection.execute(LOCK_TIMEOUT)
    found = find_space(connection, name)
    space_id = (
        found.id if found else connection.execute(INSERT_SPACE, {"name": name, "dimension": dimension}).scalar_one()
    )
    revision_id: int = connection.execute(INSERT_REVISION, {"space_id": space_id, "revision": revision}).scalar_one()
    make_partitions(connection, revision_id, dimension)
    connection.execute(INSERT_TRACKS, {"revision_id": revision_id})
    connection.execute(INSERT_SEGMENTS, {"source": source})
    connection.execute(INSERT_SEGMENT_VECTORS, {"revision_id": revision_id})
    if found:
        activate(connection, space_id, found.active_id, revision_id)
    else:
        connection.execute(ACTIVATE_FIRST, {"space_id": space_id, "revision_id": revision_id})
    return revision_id


def count_missing(connection: Connection, revision_id: int) -> int:
    """How many tracks that can be heard are not in a revision."""
    return int(connection.execute(COUNT_EMBEDDABLE_MISSING, {"revision_id": revision_id}).scalar_one())
