"""What is known of tracks beyond the catalogue's row, read for many tracks at once."""

from __future__ import annotations

from typing import TypeVar

from domain.catalogue import Filing, Performer, Segment, Tag, TrackStatus
from domain.spaces import DEFAULT_SPACE, backend_facts
from sql.database import Database

T = TypeVar("T")

TAGS = """
SELECT track_id, top, scores FROM track_tags
WHERE track_id = ANY(%(ids)s::bigint[])
  AND revision_id = (SELECT active_revision_id FROM spaces WHERE name = %(space)s)
"""

PERFORMERS = """
SELECT tp.track_id, p.name, nullif(tp.role, ''), tp.instrument
FROM track_performers tp JOIN performers p ON p.id = tp.performer_id
WHERE tp.track_id = ANY(%(ids)s::bigint[])
ORDER BY tp.track_id, tp.position, p.name
"""

SEGMENTS = """
SELECT id, track_id, start_seconds, end_seconds, source, label FROM segments
WHERE track_id = ANY(%(ids)s::bigint[])
ORDER BY track_id, start_seconds, end_seconds, id
"""

SEGMENTS_BY_ID = """
SELECT id, track_id, start_seconds, end_seconds, source, label FROM segments WHERE id = ANY(%(ids)s::bigint[])
"""

# Joined, since PostgreSQL would answer EXISTS by reading the whole revision.
STATUSES = """
SELECT t.id, CASE
    WHEN t.missing THEN 'MISSING'
    WHEN t.silent THEN 'SILENT'
    WHEN e.track_id IS NOT NULL THEN 'EMBEDDED'
    WHEN f.track_id IS NOT NULL THEN 'FAILED'
    ELSE 'PENDING' END
FROM tracks t
LEFT JOIN track_embeddings e ON e.track_id = t.id
    AND e.revision_id = (SELECT active_revision_id FROM spaces WHERE name = %(space)s)
LEFT JOIN embedding_failures f ON f.track_id = t.id
    AND f.revision_id = (SELECT active_revision_id FROM spaces WHERE name = %(space)s)
WHERE t.id = ANY(%(ids)s::bigint[])
"""

# The places of each track's audio, the one seen last first.
PLACES = """
SELECT track_id, array_agg(path ORDER BY seen_at DESC, id DESC) FROM track_files
WHERE track_id = ANY(%(ids)s::bigint[]) AND missing_since IS NULL
GROUP BY track_id
"""

FILINGS = "SELECT id, genre, labels, catalogue_id FROM tracks WHERE id = ANY(%(ids)s::bigint[])"


class TrackDetails:
    """Reads details of tracks, by the keys that were asked for."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def tags(self, ids: list[int]) -> dict[int, list[Tag]]:
        """What the default space's tagger hears in each track, best first."""
        place = {name: index for index, name in enumerate(backend_facts(DEFAULT_SPACE).tags)}
        rows = await self._database.rows(TAGS, {"ids": ids, "space": DEFAULT_SPACE})
        # Stored scores have 4 bytes: further digits would be noise.
        return _for_each(
            ids, {track: [Tag(name, round(scores[place[name]], 4)) for name in top] for track, top, scores in rows}
        )

    async def performers(self, ids: list[int]) -> dict[int, list[Performer]]:
        """Who plays, in the order the tags name them."""
        found: dict[int, list[Performer]] = {}
        for track, name, role, instrument in await self._database.rows(PERFORMERS, {"ids": ids}):
            found.setdefault(track, []).append(Performer(name, role, instrument))
        return _for_each(ids, found)

    async def filings(self, ids: list[int]) -> dict[int, Filing]:
        """How the source files each track; a track that is gone is left out."""
        return {row[0]: Filing(*row[1:]) for row in await self._database.rows(FILINGS, {"ids": ids})}

    async def segments(self, ids: list[int]) -> dict[int, list[Segment]]:
        """The segments of each track from its beginning."""
        found: dict[int, list[Segment]] = {}
        for row in await self._database.rows(SEGMENTS, {"ids": ids}):
            found.setdefault(row[1], []).append(Segment(*row))
        return _for_each(ids, found)

    async def segments_by_id(self, ids: list[int]) -> dict[int, Segment]:
        """Single segments; one that is gone is left out."""
        return {row[0]: Segment(*row) for row in await self._database.rows(SEGMENTS_BY_ID, {"ids": ids})}

    async def statuses(self, ids: list[int]) -> dict[int, TrackStatus]:
        """Where each track stands in the default space; a track that is gone is left out."""
        rows = await self._database.rows(STATUSES, {"ids": ids, "space": DEFAULT_SPACE})
        return {track: TrackStatus(status) for track, status in rows}

    async def places(self, ids: list[int]) -> dict[int, list[str]]:
        """Where each track's audio lies, the likeliest place first: a path as `domain.paths` writes it, or
        "s3://bucket/key". A track without a file is left out."""
        return dict(await self._database.rows(PLACES, {"ids": ids}))


def _for_each(ids: list[int], found: dict[int, list[T]]) -> dict[int, list[T]]:
    return {key: found.get(key, []) for key in ids}
