"""Search in the spaces of one archive: `domain.ports.Retrieval` on PostgreSQL."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import psycopg

from domain.catalogue import Segment, Track
from domain.parts import Parts, patch_parts
from domain.ports import Retrieved
from domain.recommendations import RecommendationOptions, SegmentRecommendation, TrackFilter
from domain.spaces import Space
from sql.database import Row, Statement
from sql.retrieval import nearest
from sql.retrieval.candidate_rows import candidate_of, cap_parameters
from sql.retrieval.listener_searches import ListenerSearches

if TYPE_CHECKING:
    from numpy.typing import NDArray

# Nearest segments fetched for each place of a list that holds one segment of each track.
SEGMENTS_PER_PLACE = 8


class PostgresRetrieval(ListenerSearches):
    """Every search is one named statement of `sql.retrieval`; what the statements need to know of spaces is kept for a
    second, so that a search costs one round trip."""

    async def track(self, track_id: int) -> Track | None:
        rows = await self._database.rows(nearest.TRACK_BY_ID, {"track": track_id})
        return Track(*rows[0]) if rows else None

    async def similar_tracks(
        self, space: Space, track_id: int, limit: int, where: TrackFilter, *, with_embeddings: bool = False
    ) -> Retrieved:
        through_index = nearest.index_serves(space, limit) and not await self._is_selective(where)
        parameters = self._parameters(track_id, where)
        statement = nearest.similar_tracks(space, where, limit, exact=not through_index, embeddings=with_embeddings)
        try:
            found = await self._search(statement, parameters)
        except psycopg.errors.UndefinedTable:
            # The revision was dropped within the second that its space was kept.
            fresh = await self._replaced(space)
            return await self.similar_tracks(fresh, track_id, limit, where, with_embeddings=with_embeddings)
        if through_index and found.seed is not None and len(found.candidates) < limit:
            # An index scan may give up before it has found all that match.
            statement = nearest.similar_tracks(space, where, limit, exact=True, embeddings=with_embeddings)
            found = await self._search(statement, parameters)
        return Retrieved(found.seed, found.candidates[:limit])

    async def similar_tracks_capped(
        self, space: Space, track_id: int, first: int, where: TrackFilter, options: RecommendationOptions
    ) -> Retrieved:
        parameters = self._parameters(track_id, where) | cap_parameters(first, options)
        return await self._search(nearest.similar_tracks_capped(space, where), parameters)

    async def related_tracks(
        self, track_id: int, first: int, where: TrackFilter, options: RecommendationOptions
    ) -> Retrieved:
        parameters = self._parameters(track_id, where) | cap_parameters(first, options)
        return await self._search(nearest.related_tracks(where), parameters)

    async def parts(self, space: Space, track_id: int, start_seconds: float, end_seconds: float) -> Parts | None:
        asked = {"track": track_id, "start": start_seconds, "end": end_seconds}
        for patch_seconds, hop_seconds, number, vectors in await self._database.rows(
            nearest.patch_vectors(space), asked
        ):
            return patch_parts(
                patch_seconds, hop_seconds, number, np.frombuffer(vectors, "<f2").reshape(-1, space.dimension)
            )
        rows = await self._database.rows(nearest.segment_vectors(space), asked)
        if not rows:
            return None
        starts, ends, embeddings = zip(*rows, strict=True)
        return Parts(np.array(starts), np.array(ends), np.stack([embedding.to_numpy() for embedding in embeddings]))

    async def nearest_segments(
        self, space: Space, vector: NDArray[np.float32], first: int, exclude_track_id: int
    ) -> list[SegmentRecommendation]:
        parameters = {"vector": vector, "track": exclude_track_id}
        limit = nearest.rounded_up(first * SEGMENTS_PER_PLACE)
        rows = await self._database.rows(nearest.nearest_segments(space, limit), parameters)
        best: dict[int, Row] = {}
        for row in rows:
            best.setdefault(row[2], row)
        if len(best) < first and len(rows) == limit:
            rows = await self._database.rows(nearest.nearest_segment_of_each_track(space, first), parameters)
            best = {row[2]: row for row in rows}
        return [
            SegmentRecommendation(rank=rank, score=1.0 - row[0], segment=Segment(*row[1:]))
            for rank, row in enumerate(list(best.values())[:first], start=1)
        ]

    async def _search(self, statement: Statement, parameters: dict[str, Any]) -> Retrieved:
        return _retrieved(await self._database.rows(statement, parameters), parameters["seed"])

    def _parameters(self, track_id: int, where: TrackFilter) -> dict[str, Any]:
        return self._common(where) | {"seed": track_id}


def _retrieved(rows: list[Row], seed_id: int) -> Retrieved:
    """The seed comes as a row like the others, first."""
    candidates = [candidate_of(row) for row in rows]
    if not candidates or candidates[0].track.id != seed_id:
        return Retrieved(None, [])
    return Retrieved(candidates[0], candidates[1:])
