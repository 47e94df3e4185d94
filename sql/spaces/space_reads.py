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

# Any track that answers a first query, the earliest import for a stable one.
AN_EMBEDDED_TRACK = """
SELECT min(track_id) FROM track_embeddings
WHERE revision_id = (SELECT active_revision_id FROM spaces WHERE name = %(space)s)
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

    async def an_embedded_track(self) -> int | None:
        """A track that the default space holds, None while it holds none."""
        [(track_id,)] = await self._database.rows(AN_EMBEDDED_TRACK, {"space": DEFAULT_SPACE})
        return None if track_id is None else int(track_id)
