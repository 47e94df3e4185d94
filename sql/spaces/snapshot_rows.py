"""Everything that is in a space, streamed for a snapshot."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import psycopg
from pgvector.psycopg import register_vector

from domain.errors.asking import SpaceNotFound, SpaceNotReady

Row = tuple[Any, ...]  # Any: the columns of EMBEDDINGS

# A space's revision, the active one unless another is named, with the number of its vectors.
SPACE = """
    SELECT s.name, s.backend, s.dimension, r.id, r.revision,
           (SELECT count(*) FROM track_embeddings e WHERE e.revision_id = r.id) AS tracks,
           (SELECT count(*) FROM segment_embeddings e WHERE e.revision_id = r.id) AS segments
    FROM spaces s
    JOIN space_revisions r ON r.space_id = s.id AND r.id = coalesce(%(revision_id)s::bigint, s.active_revision_id)
    WHERE s.name = %(name)s
"""

SPACE_NAMES = "SELECT name FROM spaces ORDER BY id"

# Tracks in the order of import; of each the vector of the whole, then its segments. The path is the one seen last.
EMBEDDINGS = """
    SELECT t.id, t.content_hash, f.path, v.start_seconds, v.end_seconds, v.embedding
    FROM (
        SELECT e.track_id, NULL::float8 AS start_seconds, NULL::float8 AS end_seconds, e.embedding
        FROM track_embeddings e WHERE e.revision_id = %(revision_id)s
        UNION ALL
        SELECT e.track_id, s.start_seconds, s.end_seconds, e.embedding
        FROM segment_embeddings e JOIN segments s ON s.id = e.segment_id WHERE e.revision_id = %(revision_id)s
    ) v
    JOIN tracks t ON t.id = v.track_id
    LEFT JOIN LATERAL (
        SELECT path FROM track_files WHERE track_id = t.id ORDER BY seen_at DESC, id DESC LIMIT 1
    ) f ON true
    ORDER BY t.id, v.start_seconds NULLS FIRST, v.end_seconds
"""


@dataclass(frozen=True, slots=True)
class SnapshotSource:
    """A revision of a space; `vectors` counts those of tracks and of segments together."""

    space: str
    backend: str
    dimension: int
    revision_id: int
    revision: str
    vectors: int


def find_source(connection: psycopg.Connection[Row], space: str, revision_id: int | None = None) -> SnapshotSource:
    """A space's revision of this id; by default the active one. Raises SpaceNotFound, or SpaceNotReady when no track
    is in it."""
    row = connection.execute(SPACE, {"name": space, "revision_id": revision_id}).fetchone()
    if row is None:
        known = ", ".join(name for (name,) in connection.execute(SPACE_NAMES))
        raise SpaceNotFound(name=space, known=known or "none yet")
    name, backend, dimension, revision_id, revision, tracks, segments = row
    if not tracks:
        raise SpaceNotReady(name=space)
    return SnapshotSource(name, backend, dimension, revision_id, revision, tracks + segments)


def stream_embeddings(connection: psycopg.Connection[Row], revision_id: int, batch: int) -> Iterator[list[Row]]:
    """All vectors of a revision, `batch` rows at a time, as one consistent snapshot in memory that does not grow.

    A row is (track id, content hash, path, start, end, vector): ends in seconds, None for a whole track; the vector of
    shape (dimension,) float32.
    """
    register_vector(connection)
    with connection.cursor(name="snapshot", binary=True) as cursor:
        cursor.execute(EMBEDDINGS, {"revision_id": revision_id})
        while rows := cursor.fetchmany(batch):
            yield [(*columns, vector.to_numpy()) for *columns, vector in rows]
