"""What to play after one track: the nearest neighbours of its own vector."""

from __future__ import annotations

from domain.diversity import maximal_marginal_relevance, take
from domain.ports import Retrieval, Retrieved
from domain.recommendations import SimilarRequest
from domain.spaces import Space
from domain.strategies.nearest import candidates_for


async def similar(retrieval: Retrieval, space: Space, request: SimilarRequest) -> Retrieved:
    """At most `request.first` candidates, best first, caps and diversity applied. The database searches with the
    track's vector, so it never travels. The seed is None when it has no vector in the space."""
    options = request.options
    if not options.caps and options.diversity == 0:
        return await retrieval.similar_tracks(space, request.track_id, request.first, request.filter)
    limit = candidates_for(request.first)
    if options.diversity > 0:
        return await _diverse(retrieval, space, request, limit)
    found = await retrieval.similar_tracks(space, request.track_id, limit, request.filter)
    chosen = take(found.candidates, request.first, options)
    if len(chosen) < request.first and len(found.candidates) == limit:
        found = await retrieval.similar_tracks_capped(space, request.track_id, request.first, request.filter, options)
        chosen = take(found.candidates, request.first, options)
    return Retrieved(found.seed, chosen)


async def _diverse(retrieval: Retrieval, space: Space, request: SimilarRequest, limit: int) -> Retrieved:
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
