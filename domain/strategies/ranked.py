"""Strategies that compare nothing: what is popular here, what somebody played often, and chance."""

from __future__ import annotations

from dataclasses import replace

from domain.diversity import maximal_marginal_relevance, take
from domain.ports import Ranking, Retrieval
from domain.recommendations import Candidate, RecommendationOptions, StrategyName, TrackFilter
from domain.requests import Without
from domain.spaces import Space
from domain.strategies.nearest import candidates_for

RANKINGS = {
    StrategyName.POPULAR: Ranking.POPULAR,
    StrategyName.PERSONALIZED_MOST_POPULAR: Ranking.PERSONAL,
    StrategyName.RANDOM: Ranking.RANDOM,
}


async def ranked(
    retrieval: Retrieval,
    ranking: Ranking,
    seed: str,
    space: Space | None,
    first: int,
    where: TrackFilter,
    options: RecommendationOptions,
    without: Without,
) -> list[Candidate]:
    """The `first` tracks of a ranking, or as many as match. Those that are equal come by chance, which `seed` decides.

    Diversity weighs a track's place in the ranking, from 1 for the first to 0, against its likeness in `space` to those
    before it; without a space, and for tracks without embedding, nothing is like anything.
    """
    if options.diversity == 0 or space is None:
        found = await retrieval.ranked_tracks(ranking, seed, None, first, where, options, without)
        return take(found, first, options)
    limit = candidates_for(first)
    found = await retrieval.ranked_tracks(ranking, seed, space, limit, where, options, without)
    placed = [replace(candidate, distance=place / limit) for place, candidate in enumerate(found)]
    chosen = maximal_marginal_relevance(placed[:limit], first, options, space.dimension)
    chosen = take([*chosen, *placed[limit:]], first, options)
    return [replace(candidate, distance=None) for candidate in chosen]
