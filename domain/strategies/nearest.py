"""From queries to a list: the nearest tracks of each, merged fairly, under caps, diverse."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from domain.diversity import maximal_marginal_relevance, take
from domain.ports import Retrieval
from domain.recommendations import Candidate, RecommendationOptions, TrackFilter
from domain.requests import Without
from domain.spaces import Space
from domain.strategies.protocol import Queries

# SQL hands at most so many candidates to the domain for re-ranking.
MAX_CANDIDATES = 500
# Candidates fetched for each place of a list that caps or diversity will thin out.
CANDIDATES_PER_PLACE = 10


def candidates_for(first: int) -> int:
    """How many candidates a list is chosen from that caps or diversity will thin out."""
    return min(MAX_CANDIDATES, first * CANDIDATES_PER_PLACE)


async def nearest(
    retrieval: Retrieval,
    space: Space,
    queries: Queries,
    first: int,
    where: TrackFilter,
    options: RecommendationOptions,
    without: Without,
    own_plays: Mapping[int, float] | None = None,
    *,
    with_embeddings: bool = True,
) -> list[Candidate]:
    """The `first` best tracks, or as many as match; with embeddings, but for those that caps reached far away for.
    `own_plays` is how often the listener played tracks, where that is to gain them something."""
    gains = bool(own_plays) and options.personal_popularity > 0
    thinned = options.caps or options.diversity > 0
    limit = MAX_CANDIDATES if gains else candidates_for(first) if thinned else first
    needed = with_embeddings or options.diversity > 0 or len(queries.vectors) > 1
    found = await retrieval.nearest_tracks(space, queries.vectors, limit, where, without, with_embeddings=needed)
    if options.diversity > 0:
        chosen = maximal_marginal_relevance(found, first, options)
    elif gains and own_plays:
        chosen = take(_personal(found, own_plays, options.personal_popularity), first, options)
    else:
        chosen = take(merged(found, queries), first, options)
    if len(chosen) < first and options.caps and len(found) >= limit:
        # The caps used up all candidates; what is further away still has a right to the places left.
        more = await retrieval.nearest_tracks_capped(space, queries.vectors, first, where, options, without)
        known = {candidate.track.id for candidate in chosen}
        chosen = take([*chosen, *(c for c in more if c.track.id not in known)], first, options)
    return chosen


def merged(found: list[Candidate], queries: Queries) -> list[Candidate]:
    """All candidates, each place given to the query that has the most of its share still to come (D'Hondt's method),
    which takes the nearest that is left to it. Ties go to the earlier query and the earlier candidate."""
    if len(queries.shares) == 1 or not found:
        return found
    vectors = np.stack([c.embedding for c in found if c.embedding is not None])  # (candidates, dimension)
    orders = np.argsort(-(vectors @ queries.vectors.T), axis=0, kind="stable").T  # (queries, candidates)
    given = np.zeros(len(queries.shares))
    next_of = [iter(order.tolist()) for order in orders]
    taken: dict[int, None] = {}
    while len(taken) < len(found):
        turn = int(np.argmax(queries.shares / (given + 1)))
        given[turn] += 1
        taken[next(row for row in next_of[turn] if row not in taken)] = None
    return [found[row] for row in taken]


def _personal(found: list[Candidate], own_plays: Mapping[int, float], gain: float) -> list[Candidate]:
    """By (1 − gain) · cosine + gain · log(1 + plays) / log(1 + most plays): personalized popularity, added to the
    scores (Abbattista et al., RecSys 2024)."""
    most = np.log1p(max(own_plays.values()))

    def score(candidate: Candidate) -> float:
        plays = np.log1p(own_plays.get(candidate.track.id, 0.0)) / most
        return float((1 - gain) * (1.0 - (candidate.distance or 0.0)) + gain * plays)

    return sorted(found, key=lambda candidate: -score(candidate))
