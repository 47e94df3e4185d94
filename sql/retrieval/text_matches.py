"""Tracks near a text: `domain.text_search.TextRetrieval` on PostgreSQL."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

import psycopg
from psycopg import sql

from domain.errors.asking import SpaceNotReady
from domain.spaces import Space, SpaceState
from sql.database import Database
from sql.retrieval.nearest import SPACES
from sql.spaces.naming import partition

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


@lru_cache(maxsize=16)
def nearest_to_text(space: Space) -> bytes:
    """Id and distance of the `first` tracks nearest to `vector`, nearest first.

    Distances are computed in a step that no index can serve: the vector of a text lies far from all those of music,
    where an index of neighbours finds half of what is nearest.
    """
    statement = sql.SQL("""
        WITH distances AS MATERIALIZED (
            SELECT e.track_id, e.embedding::vector({dimension}) <=> %(vector)s::vector({dimension}) AS distance
            FROM {tracks} e
            WHERE e.track_id NOT IN (SELECT id FROM tracks WHERE missing)
        )
        SELECT track_id, distance FROM distances ORDER BY distance, track_id LIMIT %(first)s::bigint
    """).format(
        dimension=sql.Literal(space.dimension),
        tracks=sql.Identifier(partition("track_embeddings", space.revision_id)),
    )
    return statement.as_bytes(None)


class PostgresTextMatches:
    """Reads the spaces anew with each search: it is asked rarely."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def spaces(self) -> dict[str, Space]:
        return {
            name: Space(key, name, backend, dimension, revision_id, revision, SpaceState(state), indexed)
            for key, name, backend, dimension, revision_id, revision, state, indexed in await self._database.rows(
                SPACES
            )
        }

    async def nearest(self, space: Space, vector: NDArray[np.float32], first: int) -> list[tuple[int, float]]:
        """Raises SpaceNotReady where the space's revision was dropped meanwhile and none has taken its place."""
        parameters = {"vector": vector, "first": first}
        try:
            rows = await self._database.rows(nearest_to_text(space), parameters)
        except psycopg.errors.UndefinedTable:
            now = (await self.spaces()).get(space.name)
            if now is None or now.revision_id == space.revision_id:
                raise SpaceNotReady(name=space.name) from None
            rows = await self._database.rows(nearest_to_text(now), parameters)
        return [(track_id, distance) for track_id, distance in rows]
