"""The vectors of patches: any range of a track can be compared by them, also one that was never stored."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from pgvector.sqlalchemy import VECTOR
from sqlalchemy import Connection, bindparam, text

from domain.parts import Parts, patch_parts

STORED = np.dtype("<f2")

UPSERT_PATCHES = text("""
    INSERT INTO patch_embeddings (revision_id, track_id, patches, patch_seconds, hop_seconds, vectors)
    VALUES (:revision_id, :track_id, :patches, :patch_seconds, :hop_seconds, :vectors)
    ON CONFLICT (revision_id, track_id) DO UPDATE
    SET patches = EXCLUDED.patches, patch_seconds = EXCLUDED.patch_seconds, hop_seconds = EXCLUDED.hop_seconds,
        vectors = EXCLUDED.vectors
""")

DELETE_PATCHES = text("DELETE FROM patch_embeddings WHERE revision_id = :revision_id AND track_id = :track_id")

PATCHES_OF_TRACK = text("""
    SELECT patches, patch_seconds, hop_seconds, vectors FROM patch_embeddings
    WHERE revision_id = :revision_id AND track_id = :track_id
""")

# Every revision that is searched or filled. Retired ones are left as they were.
LIVE_REVISIONS = text("""
    SELECT r.id FROM space_revisions r WHERE r.state <> 'RETIRED'
      AND to_regclass('patch_embeddings_r' || r.id) IS NOT NULL
    ORDER BY r.id
""")

# Segments of others that the revision could know and does not, by track.
WITHOUT_VECTOR = text("""
    SELECT s.track_id, array_agg(s.id ORDER BY s.id), array_agg(s.start_seconds ORDER BY s.id),
           array_agg(s.end_seconds ORDER BY s.id)
    FROM segments s JOIN patch_embeddings p ON p.revision_id = :revision_id AND p.track_id = s.track_id
    WHERE s.source <> 'segue' AND p.patches > 0
      AND NOT EXISTS (SELECT FROM segment_embeddings e WHERE e.revision_id = :revision_id AND e.segment_id = s.id)
    GROUP BY s.track_id ORDER BY s.track_id LIMIT :limit
""")
TRACKS_AT_ONCE = 100

INSERT_SEGMENT_VECTOR = text("""
    INSERT INTO segment_embeddings (revision_id, segment_id, track_id, embedding)
    SELECT :revision_id, s.id, s.track_id, :embedding FROM segments s WHERE s.id = :segment_id
    ON CONFLICT (revision_id, segment_id) DO UPDATE SET embedding = EXCLUDED.embedding
""").bindparams(bindparam("embedding", type_=VECTOR()))


@dataclass(frozen=True, slots=True)
class PatchVectors:
    """The vectors of a track's patches (patches, dimension), one every `hop_seconds`, each of `patch_seconds`; none
    where the backend does not hear in patches."""

    vectors: NDArray[np.float16]
    patch_seconds: float
    hop_seconds: float

    @property
    def parts(self) -> Parts:
        return patch_parts(self.patch_seconds, self.hop_seconds, 0, self.vectors)


@dataclass(frozen=True, slots=True)
class Range:
    """A stored segment, its ends in seconds from the track's beginning."""

    segment_id: int
    start_seconds: float
    end_seconds: float


def save_patches(connection: Connection, revision_id: int, track_id: int, patches: PatchVectors | None) -> None:
    """Write the vectors of a track's patches in place of earlier ones; None where nobody knows them."""
    if patches is None:
        connection.execute(DELETE_PATCHES, {"revision_id": revision_id, "track_id": track_id})
        return
    connection.execute(
        UPSERT_PATCHES,
        {
            "revision_id": revision_id,
            "track_id": track_id,
            "patches": len(patches.vectors),
            "patch_seconds": patches.patch_seconds,
            "hop_seconds": patches.hop_seconds,
            "vectors": patches.vectors.astype(STORED).tobytes(),
        },
    )


def load_patches(connection: Connection, revision_id: int, track_id: int) -> PatchVectors | None:
    """The vectors of a track's patches, None where there are none."""
    row = connection.execute(PATCHES_OF_TRACK, {"revision_id": revision_id, "track_id": track_id}).one_or_none()
    if row is None or not row.patches:
        return None
    vectors = np.frombuffer(row.vectors, STORED).reshape(row.patches, -1)
    return PatchVectors(vectors, row.patch_seconds, row.hop_seconds)


def save_ranges(connection: Connection, revision_id: int, patches: PatchVectors, ranges: Iterable[Range]) -> None:
    """Write what stored segments of one track sound like, by its patches."""
    parts = patches.parts
    rows = [
        {
            "revision_id": revision_id,
            "segment_id": found.segment_id,
            "embedding": parts.mean(found.start_seconds, found.end_seconds),
        }
        for found in ranges
    ]
    if rows:
        connection.execute(INSERT_SEGMENT_VECTOR, rows)


def live_revisions(connection: Connection) -> Sequence[int]:
    """Every revision that is searched or filled."""
    return list(connection.scalars(LIVE_REVISIONS))


def fill_segments(connection: Connection, revision_id: int) -> int:
    """Give vectors to the segments of others whose tracks have patches in a revision; returns how many got one.

    Those of tracks that are not embedded yet get theirs when they are.
    """
    filled = 0
    while True:
        rows = connection.execute(WITHOUT_VECTOR, {"revision_id": revision_id, "limit": TRACKS_AT_ONCE}).all()
        for track_id, ids, starts, ends in rows:
            patches = load_patches(connection, revision_id, track_id)
            if patches is not None:
                save_ranges(connection, revision_id, patches, map(Range, ids, starts, ends))
                filled += len(ids)
        if len(rows) < TRACKS_AT_ONCE:
            return filled
