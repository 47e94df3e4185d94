"""Pairs of tracks that may hold the same signal, found by their vectors; and the fingerprints that tell.

A recording that was encoded again lasts as long, and is among the nearest of those that do. One that is part of
another shares segments with it: a few of its own are looked for among those of all others.
"""

from __future__ import annotations

from typing import NamedTuple

from sqlalchemy import Connection, TextClause, text

from domain.errors.asking import SpaceNotReady
from sql.spaces.embeddings import EMBEDDABLE
from sql.spaces.naming import partition

# Rendered tracks in five encodings down to 32 kbit/s kept cosines of 0.87 and more with what they were made from.
LEAST_COSINE = 0.8
# Excerpts out of step with the segments of the whole: 0.96 and more; encoded again, 0.91 and more.
LEAST_SEGMENT_COSINE = 0.9
# Encoders add a little, people cut a little off.
SAME_LENGTH_SECONDS, SAME_LENGTH_SHARE = 5.0, 0.03
MOST_TRACKS, MOST_SEGMENTS = 8, 10
SEGMENTS_ASKED = 3

SPACE = text("""
    SELECT s.dimension, s.active_revision_id FROM spaces s WHERE s.name = :name AND s.active_revision_id IS NOT NULL
""")

TRACKS = text("""
    SELECT t.id, t.title, t.duration_seconds, c.name AS composer, a.title AS album,
           (SELECT array_agg(f.path ORDER BY f.id) FROM track_files f WHERE f.track_id = t.id) AS paths
    FROM tracks t LEFT JOIN composers c ON c.id = t.composer_id LEFT JOIN albums a ON a.id = t.album_id
    WHERE NOT t.missing AND EXISTS (SELECT FROM track_files f WHERE f.track_id = t.id)
    ORDER BY t.id
""")

FINGERPRINT = text("SELECT data FROM fingerprints WHERE track_id = :track_id AND revision = :revision")

SAVE_FINGERPRINT = text("""
    INSERT INTO fingerprints (track_id, revision, data)
    SELECT id, :revision, :data FROM tracks WHERE id = :track_id
    ON CONFLICT (track_id) DO UPDATE SET revision = excluded.revision, data = excluded.data
""")

SETTINGS = text(
    "SELECT set_config('hnsw.ef_search', '100', true), set_config('hnsw.iterative_scan', 'relaxed_order', true)"
)


class FiledTrack(NamedTuple):
    """A track and the places of its files, first imported first."""

    id: int
    title: str
    duration_seconds: float
    composer: str | None
    album: str | None
    paths: list[str]


def filed_tracks(connection: Connection) -> list[FiledTrack]:
    """Every track that has a file, in the order of import."""
    return [FiledTrack(*row) for row in connection.execute(TRACKS)]


class Candidates:
    """Looks for tracks that may hold the same signal as one of a space."""

    def __init__(self, connection: Connection, space: str) -> None:
        """Raises SpaceNotReady."""
        found = connection.execute(SPACE, {"name": space}).one_or_none()
        if found is None:
            raise SpaceNotReady(name=space)
        connection.execute(SETTINGS)
        self._connection = connection
        dimension, revision = int(found.dimension), int(found.active_revision_id)
        self._alike = _alike(partition("track_embeddings", revision), dimension)
        segments = partition("segment_embeddings", revision)
        self._segments = text(
            f"SELECT e.segment_id FROM {segments} e JOIN segments s ON s.id = e.segment_id"  # noqa: S608 -- our own name
            " WHERE e.track_id = :track_id ORDER BY s.start_seconds, s.id"
        )
        self._near_segment = _near_segment(segments, dimension)
        self._unheard = text(
            f"SELECT count(*) FROM tracks t WHERE {EMBEDDABLE} AND NOT EXISTS (SELECT FROM"  # noqa: S608 -- our own name
            f" {partition('track_embeddings', revision)} e WHERE e.track_id = t.id)"
        )

    def unheard(self) -> int:
        """How many tracks the space could hold and does not, so that nothing is known of what they are like."""
        return int(self._connection.scalar(self._unheard) or 0)

    def of(self, track_id: int) -> set[int]:
        """Keys of tracks that may hold the signal of this one, or part of it."""
        found = set(self._connection.scalars(self._alike, {"track_id": track_id}))
        segments = list(self._connection.scalars(self._segments, {"track_id": track_id}))
        # Neither the first nor the last, which silence and applause make alike, unless there are no others.
        asked = {
            segments[len(segments) * part // (SEGMENTS_ASKED + 1)] for part in range(1, SEGMENTS_ASKED + 1) if segments
        }
        for segment_id in asked:
            found.update(self._connection.scalars(self._near_segment, {"track_id": track_id, "segment_id": segment_id}))
        return found


def stored_fingerprint(connection: Connection, track_id: int, revision: str) -> bytes | None:
    data: bytes | None = connection.scalar(FINGERPRINT, {"track_id": track_id, "revision": revision})
    return data


def save_fingerprint(connection: Connection, track_id: int, revision: str, data: bytes) -> None:
    """Keep a fingerprint, in place of an earlier one; a track that is gone is left alone."""
    connection.execute(SAVE_FINGERPRINT, {"track_id": track_id, "revision": revision, "data": data})


def _alike(tracks: str, dimension: int) -> TextClause:
    """Filters by length first, which leaves few, and compares these exactly."""
    return text(f"""
        WITH seed AS (
            SELECT t.id, t.duration_seconds AS seconds, greatest({SAME_LENGTH_SECONDS},
                   t.duration_seconds * {SAME_LENGTH_SHARE}) AS more_or_less, e.embedding
            FROM tracks t JOIN {tracks} e ON e.track_id = t.id WHERE t.id = :track_id
        ), distances AS MATERIALIZED (
            SELECT t.id, e.embedding::vector({dimension}) <=> seed.embedding::vector({dimension}) AS distance
            FROM seed JOIN tracks t ON t.duration_seconds BETWEEN seconds - more_or_less AND seconds + more_or_less
            JOIN {tracks} e ON e.track_id = t.id
            WHERE t.id <> seed.id AND NOT t.missing
        )
        SELECT id FROM distances WHERE distance <= {1 - LEAST_COSINE} ORDER BY distance, id LIMIT {MOST_TRACKS}
    """)  # noqa: S608 -- names and numbers of our own


def _near_segment(segments: str, dimension: int) -> TextClause:
    return text(f"""
        SELECT DISTINCT track_id FROM (
            SELECT e.track_id, e.embedding::vector({dimension}) <=> (
                SELECT embedding::vector({dimension}) FROM {segments} WHERE segment_id = :segment_id
            ) AS distance
            FROM {segments} e WHERE e.track_id <> :track_id ORDER BY distance LIMIT {MOST_SEGMENTS}
        ) AS near JOIN tracks t ON t.id = track_id
        WHERE distance <= {1 - LEAST_SEGMENT_COSINE} AND NOT t.missing
    """)  # noqa: S608 -- names and numbers of our own
