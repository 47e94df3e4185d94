"""An entry of the log."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

import strawberry

from api.context import Info
from api.types import session as session_type
from api.types.enums import InteractionKind
from api.types.lazy import LazySession
from api.types.resolved import resolved
from api.types.track import Track, track_by_key
from domain import ids, listening


@strawberry.type(description="What a user did with a track.")
class Interaction:
    client_id: str = strawberry.field(description="What its sender calls it; recorded once for each user.")
    kind: InteractionKind = strawberry.field(description="What it is.")
    played_seconds: float | None = strawberry.field(
        description="How long the track was listened to, where it is known."
    )
    occurred_at: datetime = strawberry.field(description="When it happened.")
    recorded_at: datetime = strawberry.field(description="When it was recorded here.")
    list_id: strawberry.ID | None = strawberry.field(description="The list of recommendations that it came from.")
    rank: int | None = strawberry.field(description="The track's place in that list, from 1.")
    plays: int = strawberry.field(description="How often it happened; more than 1 only where an imported log counts.")
    track_key: strawberry.Private[int]
    session_key: strawberry.Private[UUID | None]

    @classmethod
    def of(cls, row: listening.Interaction) -> Interaction:
        shown = row.impression_id
        return cls(
            client_id=row.client_id,
            kind=row.kind,
            played_seconds=row.played_seconds,
            occurred_at=row.occurred_at,
            recorded_at=row.recorded_at,
            list_id=None if shown is None else strawberry.ID(ids.encode("Impression", str(shown))),
            rank=row.rank,
            plays=row.plays,
            track_key=row.track_id,
            session_key=row.session_id,
        )

    @resolved("The track.")
    async def track(self, info: Info) -> Track:
        return await track_by_key(info, self.track_key)

    @resolved("The session it belongs to; null where none was named.")
    async def session(self, info: Info) -> LazySession | None:
        if self.session_key is None:
            return None
        row = await info.context.loaders.sessions.load(self.session_key)
        return None if row is None else session_type.Session.of(row)
