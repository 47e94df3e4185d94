"""The vectors of a revision, many at a time, as arrays."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from pgvector.sqlalchemy import VECTOR
from sqlalchemy import BigInteger, Connection, bindparam, text
from sqlalchemy.dialects.postgresql import ARRAY

# What `vector_send` puts before the numbers, which are big-endian: dimension and a spare.
HEADER_BYTES = 4
SENT = np.dtype(">f4")

TRACKS = text("SELECT track_id, vector_send(embedding) FROM track_embeddings WHERE revision_id = :r ORDER BY track_id")
SOME_TRACKS = text("""
    SELECT track_id, vector_send(embedding) FROM track_embeddings
    WHERE revision_id = :r AND track_id = ANY (:ids) ORDER BY track_id
""").bindparams(bindparam("ids", type_=ARRAY(BigInteger)))
SOME_SEGMENTS = text("""
    SELECT segment_id, track_id, vector_send(embedding) FROM segment_embeddings
    WHERE revision_id = :r AND track_id = ANY (:ids) ORDER BY segment_id
""").bindparams(bindparam("ids", type_=ARRAY(BigInteger)))
TRACK_IDS = text("SELECT track_id FROM track_embeddings WHERE revision_id = :r")
EXISTING = text("SELECT id FROM tracks WHERE id = ANY (:ids)").bindparams(bindparam("ids", type_=ARRAY(BigInteger)))

UPSERT_TRACK = text("""
    INSERT INTO track_embeddings (revision_id, track_id, embedding) VALUES (:r, :track_id, :embedding)
    ON CONFLICT (revision_id, track_id) DO UPDATE SET embedding = EXCLUDED.embedding, embedded_at = now()
""").bindparams(bindparam("embedding", type_=VECTOR()))
DELETE_SEGMENTS = text("""
    DELETE FROM segment_embeddings WHERE revision_id = :r AND track_id = ANY (:ids)
""").bindparams(bindparam("ids", type_=ARRAY(BigInteger)))
INSERT_SEGMENT = text("""
    INSERT INTO segment_embeddings (revision_id, segment_id, track_id, embedding)
    VALUES (:r, :segment_id, :track_id, :embedding)
""").bindparams(bindparam("embedding", type_=VECTOR()))


class Rows(NamedTuple):
    """Vectors (n, dimension) by the ids of what they describe; `tracks` are the tracks of segments, or `ids` again."""

    ids: NDArray[np.int64]
    tracks: NDArray[np.int64]
    vectors: NDArray[np.float32]


def track_ids(connection: Connection, revision_id: int) -> set[int]:
    """The tracks that are in a revision."""
    return set(connection.scalars(TRACK_IDS, {"r": revision_id}))


def existing_tracks(connection: Connection, ids: Sequence[int]) -> set[int]:
    """Those of some tracks that are in the archive."""
    return set(connection.scalars(EXISTING, {"ids": list(ids)}))


def track_vectors(connection: Connection, revision_id: int, ids: Sequence[int] | None = None) -> Rows:
    """The vectors of all tracks of a revision, or of some, by id."""
    if ids is None:
        found = connection.execute(TRACKS, {"r": revision_id})
    else:
        found = connection.execute(SOME_TRACKS, {"r": revision_id, "ids": list(ids)})
    return _rows([(id_, id_, sent) for id_, sent in found])


def segment_vectors(connection: Connection, revision_id: int, track_ids: Sequence[int]) -> Rows:
    """The vectors of the segments of some tracks, by id."""
    found = connection.execute(SOME_SEGMENTS, {"r": revision_id, "ids": list(track_ids)})
    return _rows([(id_, track_id, sent) for id_, track_id, sent in found])


def write_vectors(connection: Connection, revision_id: int, tracks: Rows, segments: Rows) -> None:
    """Write tracks and all their segments, in place of earlier ones."""
    if len(tracks.ids):
        ids = tracks.ids.tolist()
        connection.execute(
            UPSERT_TRACK,
            [
                {"r": revision_id, "track_id": id_, "embedding": vector}
                for id_, vector in zip(ids, tracks.vectors, strict=True)
            ],
        )
        connection.execute(DELETE_SEGMENTS, {"r": revision_id, "ids": ids})
    if len(segments.ids):
        connection.execute(
            INSERT_SEGMENT,
            [
                {"r": revision_id, "segment_id": id_, "track_id": track_id, "embedding": vector}
                for id_, track_id, vector in zip(
                    segments.ids.tolist(), segments.tracks.tolist(), segments.vectors, strict=True
                )
            ],
        )


def _rows(found: list[tuple[int, int, bytes]]) -> Rows:
    ids = np.array([row[0] for row in found], np.int64)
    tracks = np.array([row[1] for row in found], np.int64)
    sent = np.frombuffer(b"".join(row[2][HEADER_BYTES:] for row in found), SENT)
    return Rows(ids, tracks, sent.astype(np.float32).reshape(len(found), -1) if found else np.empty((0, 0), np.float32))
