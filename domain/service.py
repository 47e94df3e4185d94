"""The one way to ask for recommendations."""

from __future__ import annotations

from typing import NoReturn

from domain.diversity import take
from domain.errors.asking import (
    InvalidFilter,
    InvalidSegment,
    SpaceNotFound,
    SpaceNotReady,
    TrackNotEmbedded,
    TrackNotFound,
)
from domain.ids import shortened
from domain.ports import Retrieval
from domain.reasons import reasons
from domain.recommendations import (
    Candidate,
    Recommendation,
    RecommendationList,
    SegmentList,
    SimilarRequest,
    StrategyName,
    TrackFilter,
    require_list_length,
)
from domain.spaces import BACKENDS, DEFAULT_SPACE, Space, backend_facts, find_facts
from domain.strategies import STRATEGIES

SEGMENT_TOLERANCE_SECONDS = 0.5


class RecommendationService:
    """Answers what to play next. An explicit wish that cannot be met is an error; what was left open falls back, and
    the list says why."""

    def __init__(self, retrieval: Retrieval) -> None:
        self._retrieval = retrieval

    async def similar(self, request: SimilarRequest) -> RecommendationList:
        """What to play after one track: min(`request.first`, number that match) tracks, never the track itself.

        Raises TrackNotFound, SpaceNotFound, SpaceNotReady, TrackNotEmbedded (the last two only where the space or
        the strategy was asked for by name) and InvalidFilter.
        """
        require_known_tags(request.filter)
        spaces = await self._retrieval.spaces()
        space = spaces.get(request.space or DEFAULT_SPACE)
        explicit = request.space is not None or request.strategy is not None
        if space is None:
            if explicit:
                _refuse_space(request.space or DEFAULT_SPACE)
            return await self._related(request, f"Space '{DEFAULT_SPACE}' holds no embeddings yet.")
        strategy = request.strategy or StrategyName.KNN
        found = await STRATEGIES[strategy].similar(self._retrieval, space, request)
        if found.seed is not None:
            return _list(found.seed, found.candidates, strategy, space.name, None)
        return await self._without_embedding(space, request, explicit=explicit)

    async def similar_segments(
        self, track_id: int, start_seconds: float, end_seconds: float, space_name: str | None, first: int
    ) -> SegmentList:
        """The segments of other tracks that sound most like a range of this one, one of each track.

        The range may be any: it stands for the patches that it covers, each weighted by the seconds they share, or,
        where a space holds no patches of the track, for our own stored segments likewise. Raises InvalidSegment when
        it is empty or outside the track, else as `similar` does.
        """
        require_list_length(first)
        track = await self._retrieval.track(track_id)
        if track is None:
            raise TrackNotFound(id=track_id)
        inside = 0 <= start_seconds < end_seconds <= track.duration_seconds + SEGMENT_TOLERANCE_SECONDS
        if not inside:
            raise InvalidSegment(
                start=start_seconds, end=end_seconds, id=track_id, duration=round(track.duration_seconds, 1)
            )
        space = await self._space(space_name or DEFAULT_SPACE)
        parts = await self._retrieval.parts(space, track_id, start_seconds, end_seconds)
        if parts is None:
            reason = "it is silent." if track.silent else "it is not embedded yet, or could not be."
            raise TrackNotEmbedded(id=track_id, space=space.name, reason=reason)
        query = parts.mean(start_seconds, end_seconds)
        items = await self._retrieval.nearest_segments(space, query, first, track_id)
        return SegmentList(space=space.name, items=tuple(items))

    async def _space(self, name: str) -> Space:
        space = (await self._retrieval.spaces()).get(name)
        if space is None:
            _refuse_space(name)
        return space

    async def _without_embedding(self, space: Space, request: SimilarRequest, *, explicit: bool) -> RecommendationList:
        track = await self._retrieval.track(request.track_id)
        if track is None:
            raise TrackNotFound(id=request.track_id)
        reason = "it is silent." if track.silent else "it is not embedded yet, or could not be."
        if explicit:
            raise TrackNotEmbedded(id=request.track_id, space=space.name, reason=reason)
        return await self._related(request, f"This track has no embedding in space '{space.name}': {reason}")

    async def _related(self, request: SimilarRequest, fallback_reason: str) -> RecommendationList:
        found = await self._retrieval.related_tracks(request.track_id, request.first, request.filter, request.options)
        if found.seed is None:
            raise TrackNotFound(id=request.track_id)
        chosen = take(found.candidates, request.first, request.options)
        return _list(found.seed, chosen, None, None, fallback_reason)


def _list(
    seed: Candidate,
    candidates: list[Candidate],
    strategy: StrategyName | None,
    space: str | None,
    fallback_reason: str | None,
) -> RecommendationList:
    return RecommendationList(
        strategy=strategy,
        space=space,
        fallback_reason=fallback_reason,
        items=tuple(
            Recommendation(
                rank=rank,
                score=None if candidate.distance is None else 1.0 - candidate.distance,
                candidate=candidate,
                reasons=reasons(seed, candidate, compared=candidate.distance is not None),
            )
            for rank, candidate in enumerate(candidates, start=1)
        ),
    )


def _refuse_space(name: str) -> NoReturn:
    if find_facts(name) is not None:
        raise SpaceNotReady(name=name)
    raise SpaceNotFound(name=shortened(name), known=", ".join(BACKENDS))


def require_known_tags(where: TrackFilter) -> None:
    """Raises InvalidFilter, which lists the tags there are, for a tag that no track can have."""
    vocabulary = backend_facts(DEFAULT_SPACE).tags
    for tag in where.tags:
        if tag not in vocabulary:
            raise InvalidFilter(
                field="tags", value=f"'{shortened(tag)}'", reason=f"the tags are {', '.join(vocabulary)}."
            )
