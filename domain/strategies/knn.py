"""KNN: the nearest neighbours of what was heard."""

from __future__ import annotations

from domain.diversity import maximal_marginal_relevance, take
from domain.ports import Retrieval, Retrieved
from domain.recommendations import SimilarRequest
from domain.spaces import Space

# SQL hands at most so many candidates to the domain for re-ranking.
MAX_CANDIDATES = 500
# Candidates fetched for each place of a list that caps or diversity will thin out.
CANDIDATES_PER_PLACE = 10


class Knn:
    """The query is the track's own vector; the database searches with it, so it never travels."""

    async def similar(self, retrieval: Retrieval, space: Space, request: SimilarRequest) -> Retrieved:
        options = request.options
        if not options.caps and options.diversity == 0:
            return await retrieval.similar_tracks(space, request.track_id, request.first, request.filter)
        limit = min(MAX_CANDIDATES, request.first * CANDIDATES_PER_PLACE)
        if options.diversity > 0:
            return await self._diverse(retrieval, space, request, limit)
        found = await retrieval.similar_tracks(space, request.track_id, limit, request.filter)
        chosen = take(found.candidates, request.first, options)
        if len(chosen) < request.first and len(found.candidates) == limit:
            found = await retrieval.similar_tracks_capped(
                space, request.track_id, request.first, request.filter, options
            )
            chosen = take(found.candidates, request.first, options)
        return Retrieved(found.seed, chosen)

    async def _diverse(self, retrieval: Retrieval, space: Space, request: SimilarRequest, limit: int) -> Retrieved:
        found = await retrieval.similar_tracks(space, request.track_id, limit, request.filter, with_embeddings=True)
        chosen = maximal_marginal_relevance(found.candidates, request.first, request.options)
        if len(chosen) < request.first and len(found.candidates) == limit:
            # The caps used up all candidates; what is further away still has a right to the places left.
            more = await retrieval.similar_tracks_capped(
                space, request.track_id, request.first, request.filter, request.options
            )
            known = {candidate.track.id for candidate in chosen}
            rest = [candidate for candidate in more.candidates if candidate.track.id not in known]
            chosen = take([*chosen, *rest], request.first, request.options)
        return Retrieved(found.seed, chosen)
