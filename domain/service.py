"""The one way to ask for recommendations."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from domain.choices import choose
from domain.diversity import take
from domain.errors.asking import InvalidSegment, TrackNotEmbedded, TrackNotFound
from domain.errors.models import StrategyNotApplicable
from domain.for_listeners import ForListeners
from domain.from_tracks import FromTracks
from domain.lists import existing_space, like_seed, ranked, refuse_space, require_known_tags
from domain.ports import Models, Retrieval, Shown
from domain.recommendations import (
    TRAINED,
    Candidate,
    RecommendationList,
    SegmentList,
    SimilarRequest,
    StrategyName,
    require_list_length,
)
from domain.requests import ListenerRequest
from domain.spaces import DEFAULT_SPACE, Space
from domain.strategies import RANKINGS, similar

SEGMENT_TOLERANCE_SECONDS = 0.5


class RecommendationService:
    """Answers what to play next. An explicit wish that cannot be met is an error; what was left open falls back, and
    the list says why."""

    def __init__(self, retrieval: Retrieval, models: Models | None = None, shown: Shown | None = None) -> None:
        """Without `models` nothing trained answers; without `shown` nobody keeps what listeners were shown."""
        self._retrieval = retrieval
        self._models = models
        listeners, tracks = ForListeners(retrieval, models, shown), FromTracks(retrieval)
        self.for_listener = listeners.recommend
        self.from_tracks = tracks.recommend
        self.path = tracks.path

    async def similar(self, request: SimilarRequest) -> RecommendationList:
        """What to play after one track: min(`request.first`, number that match) tracks, never the track itself.

        Raises TrackNotFound, SpaceNotFound, SpaceNotReady, TrackNotEmbedded (the last two only where the space or
        the strategy was asked for by name) and InvalidFilter.
        """
        require_known_tags(request.filter)
        if request.strategy in RANKINGS:
            raise StrategyNotApplicable(strategy=request.strategy)
        spaces = await self._retrieval.spaces()
        if request.strategy in TRAINED:
            return await self._similar_to_model(request, request.strategy, spaces)
        space = spaces.get(request.space or DEFAULT_SPACE)
        explicit = request.space is not None or request.strategy is StrategyName.KNN
        if space is None:
            if explicit:
                refuse_space(request.space or DEFAULT_SPACE)
            return await self._related(request, f"Space '{DEFAULT_SPACE}' holds no embeddings yet.")
        found = await similar(self._retrieval, space, request)
        if found.seed is not None:
            return _list(request, found.seed, found.candidates, StrategyName.KNN, space.name, None)
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

    async def _similar_to_model(
        self, request: SimilarRequest, strategy: StrategyName, spaces: Mapping[str, Space]
    ) -> RecommendationList:
        """The neighbours of a track in the own space of an active model."""
        served = () if self._models is None else await self._models.served()
        choice = choose(ListenerRequest(strategy=strategy, space=request.space), spaces, served)
        space = existing_space(spaces, choice.space.name if choice.space else DEFAULT_SPACE)
        found = await similar(self._retrieval, space, request)
        if found.seed is None:
            return await self._without_embedding(space, request, explicit=True)
        return replace(
            _list(request, found.seed, found.candidates, strategy, space.name, None),
            model=choice.model,
        )

    async def _space(self, name: str) -> Space:
        return existing_space(await self._retrieval.spaces(), name)

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
        return _list(request, found.seed, chosen, None, None, fallback_reason)


def _list(
    request: SimilarRequest,
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
        items=ranked(candidates, like_seed(seed, candidates) if request.explained else {}),
    )
