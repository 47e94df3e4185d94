"""How much work tracks are, and how fast it was done before."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from sqlalchemy import BigInteger, Connection, bindparam, text
from sqlalchemy.dialects.postgresql import ARRAY

from domain.spaces import BackendFacts

# A segment is so many patches; what is left over at the end makes one more, and a track without a whole patch has one.
WORK = text("""
    SELECT count(*) AS tracks, coalesce(sum(duration_seconds), 0) AS audio_seconds,
           coalesce(sum(patches), 0) AS patches, coalesce(sum(ceil(patches / :segment_patches)), 0) AS segments
    FROM tracks
    CROSS JOIN LATERAL (
        SELECT greatest(1, floor((duration_seconds - :patch_seconds) / :hop_seconds) + 1) AS patches
    ) heard
    WHERE id = ANY (:track_ids)
""").bindparams(bindparam("track_ids", type_=ARRAY(BigInteger)))

# Of the newest jobs first, since machines and weights change.
RATE = text("""
    SELECT sum(audio) / nullif(sum(seconds), 0)
    FROM (
        SELECT t.duration_seconds AS audio, i.seconds
        FROM jobs j JOIN job_items i ON i.job_id = j.id JOIN tracks t ON t.id = i.track_id
        WHERE j.kind IN ('embed', 'reembed') AND j.arguments ->> 'space' = :space AND i.state = 'DONE'
        ORDER BY j.created_at DESC, i.track_id LIMIT :items
    ) AS newest
""")
ITEMS_MEASURED = 1_000


class Work(NamedTuple):
    """Tracks to be heard, the audio in them, and how many patches and segments they will have in a space."""

    tracks: int
    audio_seconds: float
    patches: int
    segments: int


def work_of(connection: Connection, track_ids: Sequence[int], facts: BackendFacts) -> Work:
    """What hearing these tracks with a backend comes to."""
    about = {
        "track_ids": list(track_ids),
        "patch_seconds": facts.patch_seconds,
        "hop_seconds": facts.hop_seconds,
        "segment_patches": facts.segment_patches,
    }
    row = connection.execute(WORK, about).one()
    return Work(row.tracks, row.audio_seconds, int(row.patches), int(row.segments))


def measured_rate(connection: Connection, space: str) -> float | None:
    """Seconds of audio that one worker heard in a second, over its last thousand tracks; None before the first."""
    rate = connection.scalar(RATE, {"space": space, "items": ITEMS_MEASURED})
    return None if rate is None else float(rate)
