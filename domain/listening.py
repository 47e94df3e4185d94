"""Who listens, and what they did: users, their sessions, the log of interactions, and what was shown to them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID


class InteractionKind(StrEnum):
    """What a user did with a track. A `PLAY` is one that began; `COMPLETE` says that it was heard to its end."""

    PLAY = "PLAY"
    COMPLETE = "COMPLETE"
    SKIP = "SKIP"
    LIKE = "LIKE"
    DISLIKE = "DISLIKE"


@dataclass(frozen=True, slots=True)
class User:
    """Someone who listens. `external_id` is how another system calls them, `group_name` a group that they belong to
    (a country, say); `simulation` names the run that made them up, None for people."""

    id: UUID
    name: str | None
    external_id: str | None
    group_name: str | None
    anonymous: bool
    simulation: str | None
    created_at: datetime


@dataclass(frozen=True, slots=True)
class Session:
    """One sitting of a user; `ended_at` is None while it lasts, and where nobody said that it ended."""

    id: UUID
    user_id: UUID
    started_at: datetime
    ended_at: datetime | None


@dataclass(frozen=True, slots=True)
class Interaction:
    """One entry of the log. `client_id` is what its sender calls it, once for each user; `rank` is the place (from 1)
    that the track had in the impression. `plays` is more than 1 where a source counted instead of listing."""

    id: int
    user_id: UUID
    session_id: UUID | None
    track_id: int
    kind: InteractionKind
    played_seconds: float | None
    occurred_at: datetime
    recorded_at: datetime
    client_id: str
    impression_id: UUID | None
    rank: int | None
    plays: int


@dataclass(frozen=True, slots=True)
class Impression:
    """A list that was shown: `track_ids` in the order of their ranks. `strategy` and `space` are what it came from, and
    None where nothing could be compared; `model_id` is the model that was asked, if any. The caller makes `id`."""

    id: UUID
    user_id: UUID | None
    session_id: UUID | None
    strategy: str | None
    model_id: int | None
    space: str | None
    track_ids: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class NewInteraction:
    """An interaction that is to be recorded. It may name the list in which its track was shown: a stored impression, or
    the id of a list that nobody stored (`domain.list_token`)."""

    client_id: str
    track_id: int
    kind: InteractionKind
    occurred_at: datetime
    played_seconds: float | None = None
    impression_id: UUID | None = None
    list_token: str | None = None
