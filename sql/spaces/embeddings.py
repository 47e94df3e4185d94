"""Writes what a backend heard in a track, or why it heard nothing."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from pgvector.sqlalchemy import VECTOR
from sqlalchemy import REAL, BigInteger, Connection, Text, bindparam, text
from sqlalchemy.dialects.postgresql import ARRAY

from domain.tags import shown_tags
from sql.spaces.patches import PatchVectors, save_patches

Vector = NDArray[np.float32]

# Our own segments, as `segments.source` calls them.
OWN_SOURCE = "segue"

# A track `t` that has the file at a path.
OF_FILE = "t.id IN (SELECT o.track_id FROM track_files o WHERE o.path = :path)"
# A track `t` that should be in every audio space.
EMBEDDABLE = "NOT t.silent AND NOT t.missing AND EXISTS (SELECT FROM track_files f WHERE f.track_id = t.id)"
# A track `t` that is in the revision already.
IN_REVISION = "EXISTS (SELECT FROM track_embeddings e WHERE e.revision_id = :revision_id AND e.track_id = t.id)"

# A track `t` of which a hearing for the revision would now leave more than was left then.
INCOMPLETE = """(
    NOT EXISTS (SELECT FROM patch_embeddings p WHERE p.revision_id = :revision_id AND p.track_id = t.id)
    OR NOT EXISTS (SELECT FROM waveforms w WHERE w.track_id = t.id)
)"""

UPSERT_TRACK = text("""
    INSERT INTO track_embeddings (revision_id, track_id, embedding) VALUES (:revision_id, :track_id, :embedding)
    ON CONFLICT (revision_id, track_id) DO UPDATE SET embedding = EXCLUDED.embedding, embedded_at = now()
""").bindparams(bindparam("embedding", type_=VECTOR()))

# Spaces whose segments tile a track alike share the rows.
INSERT_SEGMENT = text("""
    INSERT INTO segments (track_id, source, start_seconds, end_seconds) VALUES (:track_id, :source, :start, :end)
    ON CONFLICT (track_id, source, start_seconds, end_seconds) DO NOTHING
""")

SEGMENTS_OF_TRACK = text("SELECT id, source, start_seconds, end_seconds FROM segments WHERE track_id = :track_id")

UPSERT_SEGMENT = text("""
    INSERT INTO segment_embeddings (revision_id, segment_id, track_id, embedding)
    VALUES (:revision_id, :segment_id, :track_id, :embedding)
    ON CONFLICT (revision_id, segment_id) DO UPDATE SET embedding = EXCLUDED.embedding
""").bindparams(bindparam("embedding", type_=VECTOR()))

# What an earlier hearing left in the revision and this one did not find again.
DELETE_OTHER_SEGMENTS = text("""
    DELETE FROM segment_embeddings
    WHERE revision_id = :revision_id AND track_id = :track_id AND segment_id <> ALL (:segment_ids)
""").bindparams(bindparam("segment_ids", type_=ARRAY(BigInteger)))

UPSERT_TAGS = text("""
    INSERT INTO track_tags (revision_id, track_id, scores, top) VALUES (:revision_id, :track_id, :scores, :top)
    ON CONFLICT (revision_id, track_id) DO UPDATE SET scores = EXCLUDED.scores, top = EXCLUDED.top
""").bindparams(bindparam("scores", type_=ARRAY(REAL)), bindparam("top", type_=ARRAY(Text)))

DELETE_FAILURE = text("DELETE FROM embedding_failures WHERE revision_id = :revision_id AND track_id = :track_id")

# Nothing is written for a track that is in the revision, nor for one that was deleted meanwhile.
UPSERT_FAILURE = text(f"""
    INSERT INTO embedding_failures (revision_id, track_id, reason)
    SELECT :revision_id, t.id, :reason FROM tracks t WHERE t.id = :track_id AND NOT {IN_REVISION}
    ON CONFLICT (revision_id, track_id) DO UPDATE SET reason = EXCLUDED.reason, failed_at = now()
""")  # noqa: S608 -- constants of this program

# Where a track's audio may lie, the file seen last first.
PATHS_OF_TRACK = text("SELECT path FROM track_files WHERE track_id = :track_id ORDER BY seen_at DESC, id DESC")


@dataclass(frozen=True, slots=True)
class SegmentVector:
    """A segment's vector, of shape (dimension,) and unit length; its ends are seconds from the track's beginning."""

    start_seconds: float
    end_seconds: float
    vector: Vector


def save_track_embedding(
    connection: Connection,
    revision_id: int,
    track_id: int,
    *,
    vector: Vector,
    segments: Sequence[SegmentVector],
    vocabulary: Sequence[str] = (),
    tag_scores: Vector | None = None,
    patches: PatchVectors | None = None,
) -> None:
    """Write all that a backend heard in one track, in place of an earlier hearing, in the caller's transaction.

    `vector` has shape (dimension,); `tag_scores` (0–1) are in the order of `vocabulary`, None where the backend does
    not tag. Segment ends are kept to the millisecond, so that spaces that tile alike share their segments. Segments of
    others get the vectors that `patches` give them. A failure noted earlier is removed.
    """
    key = {"revision_id": revision_id, "track_id": track_id}
    connection.execute(UPSERT_TRACK, {**key, "embedding": vector})
    save_patches(connection, revision_id, track_id, patches)
    _save_segments(connection, revision_id, track_id, segments, patches)
    if tag_scores is not None:
        scores = [float(score) for score in tag_scores]
        connection.execute(UPSERT_TAGS, {**key, "scores": scores, "top": shown_tags(vocabulary, scores)})
    connection.execute(DELETE_FAILURE, key)


def save_failure(connection: Connection, revision_id: int, track_id: int, reason: str) -> None:
    """Note why a track is not in a revision. A track that is in it, or that is gone, is left alone."""
    connection.execute(UPSERT_FAILURE, {"revision_id": revision_id, "track_id": track_id, "reason": reason})


def paths_of_track(connection: Connection, track_id: int) -> list[str]:
    """The files that hold a track's audio, or held it when they were last seen; the likeliest first."""
    return list(connection.scalars(PATHS_OF_TRACK, {"track_id": track_id}))


def _save_segments(
    connection: Connection,
    revision_id: int,
    track_id: int,
    segments: Sequence[SegmentVector],
    patches: PatchVectors | None,
) -> None:
    key = {"revision_id": revision_id, "track_id": track_id}
    own = {(round(heard.start_seconds, 3), round(heard.end_seconds, 3)): heard.vector for heard in segments}
    if own:
        rows = [{"track_id": track_id, "source": OWN_SOURCE, "start": start, "end": end} for start, end in own]
        connection.execute(INSERT_SEGMENT, rows)
    vectors: dict[int, Vector] = {}
    for id_, source, start, end in connection.execute(SEGMENTS_OF_TRACK, {"track_id": track_id}):
        if source == OWN_SOURCE:
            if (start, end) in own:
                vectors[id_] = own[start, end]
        elif patches is not None and len(patches.vectors):
            vectors[id_] = patches.parts.mean(start, end)
    if vectors:
        rows = [{**key, "segment_id": id_, "embedding": vector} for id_, vector in vectors.items()]
        connection.execute(UPSERT_SEGMENT, rows)
    connection.execute(DELETE_OTHER_SEGMENTS, {**key, "segment_ids": list(vectors)})
