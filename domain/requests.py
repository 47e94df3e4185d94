"""What is asked for when something is to be played for somebody, or from several tracks."""

from __future__ import annotations

from dataclasses import dataclass, field
from uuid import UUID

from domain.errors.asking import ConflictingArguments, InvalidPathLength, NothingLiked
from domain.recommendations import (
    MAX_LIST_LENGTH,
    RecommendationOptions,
    StrategyName,
    TrackFilter,
    require_list_length,
)

MAX_SEEDS = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class ListenerRequest:
    """What to play for a user, or, with `session_id`, next in a session, whose user `user_id` must be where both are
    given. What is left None is chosen; what is named must be met. `model` is a trained model's name or id. Without
    `explained` the tracks come without reasons, which takes less time."""

    user_id: UUID | None = None
    session_id: UUID | None = None
    first: int = 10
    strategy: StrategyName | None = None
    space: str | None = None
    model: str | None = None
    include_heard: bool = False
    explained: bool = True
    filter: TrackFilter = field(default_factory=TrackFilter)
    options: RecommendationOptions = field(default_factory=RecommendationOptions)

    def __post_init__(self) -> None:
        require_list_length(self.first)


@dataclass(frozen=True, slots=True, kw_only=True)
class Without:
    """What a search leaves out beside what its filter says: `track_ids`; or, of a listener, what they dislike, and,
    where `heard`, whatever they did something with."""

    track_ids: tuple[int, ...] = ()
    user_id: UUID | None = None
    heard: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class FromRequest:
    """What is like some tracks and unlike others; itself none of them. Raises NothingLiked, ConflictingArguments."""

    like: tuple[int, ...]
    unlike: tuple[int, ...] = ()
    first: int = 10
    space: str | None = None
    filter: TrackFilter = field(default_factory=TrackFilter)
    options: RecommendationOptions = field(default_factory=RecommendationOptions)

    def __post_init__(self) -> None:
        require_list_length(self.first)
        if not 1 <= len(self.like) <= MAX_SEEDS or len(self.unlike) > MAX_SEEDS:
            raise NothingLiked(maximum=MAX_SEEDS)
        if set(self.like) & set(self.unlike):
            raise ConflictingArguments(one="like", other="unlike", reason="they name the same track")


@dataclass(frozen=True, slots=True, kw_only=True)
class PathRequest:
    """A gradual way from one track to another over `length` tracks, both ends included."""

    from_track_id: int
    to_track_id: int
    length: int = 10
    space: str | None = None

    def __post_init__(self) -> None:
        if not 2 <= self.length <= MAX_LIST_LENGTH:
            raise InvalidPathLength(length=self.length, maximum=MAX_LIST_LENGTH)
        if self.from_track_id == self.to_track_id:
            raise ConflictingArguments(one="fromTrackId", other="toTrackId", reason="a way leads to another track")
