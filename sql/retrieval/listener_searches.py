"""Searches for somebody, from what they heard: the other half of `domain.ports.Retrieval`, on PostgreSQL."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any
from uuid import UUID

from domain.history import History
from domain.ports import Ranking
from domain.recommendations import Candidate, RecommendationOptions, TrackFilter
from domain.requests import Without
from domain.spaces import Space
from sql.retrieval import by_vectors, nearest
from sql.retrieval.candidate_rows import candidate_of, cap_parameters
from sql.retrieval.histories import history, history_of
from sql.retrieval.known_spaces import KnownSpaces
from sql.retrieval.ranked import ranked_tracks
from sql.retrieval.without import LeftOut, without_parameters

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


class ListenerSearches(KnownSpaces):
    """Every search is one named statement."""

    async def tracks(self, space: Space | None, track_ids: Sequence[int]) -> dict[int, Candidate]:
        async def search(within: Space | None) -> dict[int, Candidate]:
            parameters = self._common(TrackFilter()) | {"ids": list(track_ids)}
            rows = await self._database.rows(by_vectors.tracks_by_ids(within), parameters)
            return {found.track.id: found for found in map(candidate_of, rows)}

        return await (search(None) if space is None else self._within(space, search))

    async def history(self, user_id: UUID | None, session_id: UUID | None, space: Space | None) -> History | None:
        async def search(within: Space | None) -> History | None:
            rows = await self._database.rows(history(within), {"listener": user_id, "sitting": session_id})
            return history_of(rows[0], within) if rows else None

        return await (search(None) if space is None else self._within(space, search))

    async def nearest_tracks(
        self,
        space: Space,
        queries: NDArray[np.float32],
        limit: int,
        where: TrackFilter,
        without: Without | None = None,
        *,
        with_embeddings: bool = True,
    ) -> list[Candidate]:
        selective = await self._is_selective(where)
        left_out = LeftOut.of(without)
        parameters = self._for_listener(where, without) | _queries(queries)

        async def search(within: Space) -> list[Candidate]:
            through_index = nearest.index_serves(within, limit) and not selective
            found = await nearest_of(within, exact=not through_index)
            if through_index and len(found) < limit:
                # An index scan may give up before it has found all that match.
                found = await nearest_of(within, exact=True)
            return found

        async def nearest_of(within: Space, *, exact: bool) -> list[Candidate]:
            statement = by_vectors.nearest_tracks(
                within, where, left_out, limit, len(queries), exact=exact, embeddings=with_embeddings
            )
            return [candidate_of(row) for row in await self._database.rows(statement, parameters)]

        return await self._within(space, search)

    async def nearest_tracks_capped(
        self,
        space: Space,
        queries: NDArray[np.float32],
        first: int,
        where: TrackFilter,
        options: RecommendationOptions,
        without: Without | None = None,
    ) -> list[Candidate]:
        statement = by_vectors.nearest_tracks_capped(space, where, LeftOut.of(without), len(queries))
        parameters = self._for_listener(where, without) | _queries(queries) | cap_parameters(first, options)
        return [candidate_of(row) for row in await self._database.rows(statement, parameters)]

    async def ranked_tracks(
        self,
        ranking: Ranking,
        seed: str,
        space: Space | None,
        limit: int,
        where: TrackFilter,
        options: RecommendationOptions,
        without: Without | None = None,
    ) -> list[Candidate]:
        statement = ranked_tracks(ranking, space, where, LeftOut.of(without), limit, caps=options.caps)
        parameters = self._for_listener(where, without) | cap_parameters(limit, options) | {"chance": seed}
        return [candidate_of(row) for row in await self._database.rows(statement, parameters)]

    def _for_listener(self, where: TrackFilter, without: Without | None) -> dict[str, Any]:  # Any: of every type
        return self._common(where) | without_parameters(without)


def _queries(queries: NDArray[np.float32]) -> dict[str, NDArray[np.float32]]:
    return {by_vectors.QUERIES[number]: query for number, query in enumerate(queries)}
