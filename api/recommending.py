"""Recommendations for users and sessions, and from several tracks: arguments, one call, a list."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from api.context import Info
from api.selections import asks_for
from api.types.enums import Strategy
from api.types.inputs import RecommendationOptions, TrackFilter, filter_of, options_of
from api.types.recommendation import RecommendationList
from api.visitors import asker, listener
from domain import ids
from domain.requests import FromRequest, ListenerRequest, PathRequest


@dataclass(frozen=True, slots=True)
class Asked:
    """The arguments that fields about listeners have in common."""

    strategy: Strategy | None
    space: str | None
    model: str | None
    first: int
    include_heard: bool
    filter: TrackFilter | None
    options: RecommendationOptions | None

    def request(self, info: Info, **whose: Any) -> ListenerRequest:  # Any: keys of users and sessions
        """Raises InvalidPageSize, InvalidFilter and InvalidOption."""
        return ListenerRequest(
            **whose,
            strategy=self.strategy,
            space=self.space,
            model=self.model,
            first=self.first,
            include_heard=self.include_heard,
            explained=asks_for(info, "reasons"),
            filter=filter_of(self.filter),
            options=options_of(self.options),
        )


async def for_user(info: Info, user_id: str, asked: Asked) -> RecommendationList:
    """Raises InvalidId, TokenMissing, TokenInvalid, UserNotFound, and what RecommendationService does."""
    request = asked.request(info, user_id=await listener(info, user_id))
    return RecommendationList.of(await info.context.services.recommendations.for_listener(request))


async def next_in_session(info: Info, session_id: str, asked: Asked) -> RecommendationList:
    """Raises InvalidId, TokenMissing, TokenInvalid, SessionNotFound, and what RecommendationService does."""
    key = ids.decode_uuid("Session", session_id)
    request = asked.request(info, user_id=await asker(info.context), session_id=key)
    return RecommendationList.of(await info.context.services.recommendations.for_listener(request))


async def from_tracks(
    info: Info,
    like: Sequence[str],
    unlike: Sequence[str],
    space: str | None,
    first: int,
    where: TrackFilter | None,
    options: RecommendationOptions | None,
) -> RecommendationList:
    """Raises InvalidId, and what RecommendationService.from_tracks does."""
    request = FromRequest(
        like=_keys(like),
        unlike=_keys(unlike),
        first=first,
        space=space,
        filter=filter_of(where),
        options=options_of(options),
    )
    found = await info.context.services.recommendations.from_tracks(request)
    return RecommendationList.of(found, request.like[0])


async def path(info: Info, from_id: str, to_id: str, length: int, space: str | None) -> RecommendationList:
    """Raises InvalidId, and what RecommendationService.path does."""
    request = PathRequest(
        from_track_id=ids.decode_key("Track", from_id),
        to_track_id=ids.decode_key("Track", to_id),
        length=length,
        space=space,
    )
    found = await info.context.services.recommendations.path(request)
    return RecommendationList.of(found, request.from_track_id)


def _keys(track_ids: Sequence[str]) -> tuple[int, ...]:
    return tuple(dict.fromkeys(ids.decode_key("Track", track_id) for track_id in track_ids))
