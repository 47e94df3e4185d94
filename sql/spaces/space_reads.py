"""Spaces, read for the API: also those that hold nothing yet."""

from __future__ import annotations

from domain.spaces import DEFAULT_SPACE, Space, SpaceState
from sql.database import Database

SPACES = """
SELECT s.id, s.name, s.backend, s.dimension, r.id, r.revision, r.state, r.indexed
FROM spaces s JOIN space_revisions r ON r.id = s.active_revision_id
ORDER BY s.name
"""

TRACK_COUNTS = """
SELECT revision_id, count(*) FROM track_embeddings
WHERE revision_id = ANY(%(ids)s::bigint[]) GROUP BY revision_id
"""

# Tracks that answer a first query, the earliest imports for stable ones.
EMBEDDED_TRACKS = """
SELECT track_id FROM track_embeddings
WHERE revision_id = (SELECT active_revision_id FROM spaces WHERE name = %(space)s)
ORDER BY track_id LIMIT 2
"""


class SpaceReads:
    """Reads spaces and how full they are."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def spaces(self) -> list[Space]:
        """Every space with an active revision, by name."""
        rows = await self._database.rows(SPACES)
        return [
            Space(key, name, backend, dimension, revision_id, revision, SpaceState(state), indexed)
            for key, name, backend, dimension, revision_id, revision, state, indexed in rows
        ]

    async def track_counts(self, revision_ids: list[int]) -> dict[int, int]:
        """How many tracks each revision holds; an empty one is left out."""
        return dict(await self._database.rows(TRACK_COUNTS, {"ids": revision_ids}))

    async def embedded_tracks(self) -> list[int]:
        """Two tracks that the default space holds, or as many as there are."""
        return [int(track_id) for (track_id,) in await self._database.rows(EMBEDDED_TRACKS, {"space": DEFAULT_SPACE})]
