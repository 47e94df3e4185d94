"""What follows from several tracks: what is like some and unlike others, and ways from one to another."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise

import numpy as np

from domain.diversity import take
from domain.errors.asking import TrackNotEmbedded, TrackNotFound
from domain.history import Weighted
from domain.listener_reasons import nearest_heard
from domain.lists import existing_space, ranked, require_known_tags
from domain.ports import Ranking, Retrieval
from domain.reasons import reasons
from domain.recommendations import (
    Candidate,
    Reason,
    RecommendationList,
    StrategyName,
    TrackFilter,
)
from domain.requests import FromRequest, PathRequest, Without
from domain.spaces import DEFAULT_SPACE, Space
from domain.strategies import nearest
from domain.strategies import ranked as ranked_tracks
from domain.strategies.knn import mean_queries
from domain.ways import MAX_STEPS, between, way

# How far a query moves away from what it is to be unlike: an explicit wish counts more than a skip.
AWAY = 0.5
CANDIDATES_PER_STEP = 50


class FromTracks:
    """Answers without knowing who asks: the same question has the same answer."""

    def __init__(self, retrieval: Retrieval) -> None:
        self._retrieval = retrieval

    async def recommend(self, request: FromRequest) -> RecommendationList:
        """min(`request.first`, number that match) tracks, none of those it was asked for with.

        Raises TrackNotFound, InvalidFilter, SpaceNotFound, and SpaceNotReady and TrackNotEmbedded where the space was
        asked for by name.
        """
        require_known_tags(request.filter)
        spaces = await self._retrieval.spaces()
        space = existing_space(spaces, request.space) if request.space else spaces.get(DEFAULT_SPACE)
        seeds = await self._tracks(space, (*request.like, *request.unlike))
        like, unlike = ([seeds[key] for key in keys] for keys in (request.like, request.unlike))
        if request.space:
            self._require_embedded(space, [*like, *unlike])
        without = Without(track_ids=(*request.like, *request.unlike))
        chosen, liked = list[Candidate](), _embedded(like)
        if space is not None and liked is not None:
            disliked = _embedded(unlike) or liked.nothing()
            queries = mean_queries(liked, disliked, request.options.interests, AWAY)
            if len(queries.vectors):
                chosen = await nearest(
                    self._retrieval, space, queries, request.first, request.filter, request.options, without
                )
        compared = len(chosen)
        if compared < request.first:
            chosen = await self._filled(request, chosen, without)
        fallback_reason = None
        if liked is None or space is None:
            fallback_reason = f"None of the tracks has an embedding in space '{request.space or DEFAULT_SPACE}' yet."
        elif len(chosen) > compared:
            fallback_reason = f"Only {compared} of them could be compared in space '{space.name}'."
        known = liked is not None and space is not None
        return RecommendationList(
            strategy=StrategyName.KNN if known else None,
            space=space.name if known and space else None,
            fallback_reason=fallback_reason,
            items=ranked(chosen, _why(like, liked, chosen)),
        )

    async def path(self, request: PathRequest) -> RecommendationList:
        """A way of `request.length` tracks, both ends included, none twice; shorter where the space holds fewer. Each
        item's score is its likeness to the one before.

        Raises TrackNotFound, SpaceNotFound, SpaceNotReady and TrackNotEmbedded.
        """
        space = existing_space(await self._retrieval.spaces(), request.space or DEFAULT_SPACE)
        ends = (request.from_track_id, request.to_track_id)
        found = await self._tracks(space, ends)
        start, goal = (found[end] for end in ends)
        self._require_embedded(space, [start, goal])
        on_the_way = list[Candidate]()
        if request.length > len(ends) and start.embedding is not None and goal.embedding is not None:
            steps = between(start.embedding, goal.embedding, min(MAX_STEPS, request.length - len(ends)))
            limit = max(CANDIDATES_PER_STEP, request.length)
            on_the_way = await self._retrieval.nearest_tracks(
                space, steps, limit, TrackFilter(), Without(track_ids=ends)
            )
        chosen = way(start, on_the_way, goal, request.length)
        return RecommendationList(
            strategy=StrategyName.KNN, space=space.name, fallback_reason=None, items=ranked(chosen, _by_step(chosen))
        )

    async def _tracks(self, space: Space | None, track_ids: tuple[int, ...]) -> dict[int, Candidate]:
        found = await self._retrieval.tracks(space, list(dict.fromkeys(track_ids)))
        for track_id in track_ids:
            if track_id not in found:
                raise TrackNotFound(id=track_id)
        return found

    def _require_embedded(self, space: Space | None, tracks: list[Candidate]) -> None:
        for candidate in tracks:
            if candidate.embedding is None:
                reason = "it is silent." if candidate.track.silent else "it is not embedded yet, or could not be."
                raise TrackNotEmbedded(id=candidate.track.id, space=space.name if space else "", reason=reason)

    async def _filled(self, request: FromRequest, chosen: list[Candidate], without: Without) -> list[Candidate]:
        options = replace(request.options, diversity=0.0)
        seed = "/".join(map(str, request.like))
        more = await ranked_tracks(
            self._retrieval, Ranking.POPULAR, seed, None, request.first + len(chosen), request.filter, options, without
        )
        known = {candidate.track.id for candidate in chosen}
        return take([*chosen, *(c for c in more if c.track.id not in known)], request.first, options)


def _embedded(tracks: list[Candidate]) -> Weighted | None:
    """Those that have an embedding, each counting 1; None where none has."""
    known = [(track.track.id, track.embedding) for track in tracks if track.embedding is not None]
    if not known:
        return None
    track_ids, vectors = zip(*known, strict=True)
    return Weighted(np.array(track_ids), np.stack(vectors), np.ones(len(known), dtype=np.float32))


def _why(like: list[Candidate], liked: Weighted | None, chosen: list[Candidate]) -> dict[int, tuple[Reason, ...]]:
    """What each track has in common with the one of those asked for with that it is nearest to."""
    if liked is None:
        return {}
    seeds = {candidate.track.id: candidate for candidate in like}
    nearest_of = nearest_heard(liked, chosen)
    return {
        candidate.track.id: reasons(seeds[nearest_of[candidate.track.id]], candidate, compared=True)
        for candidate in chosen
        if candidate.track.id in nearest_of
    }


def _by_step(chosen: list[Candidate]) -> dict[int, tuple[Reason, ...]]:
    return {after.track.id: reasons(before, after, compared=True) for before, after in pairwise(chosen)}
