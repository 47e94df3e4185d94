"""A sitting of a user."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

import strawberry

from api.context import Info
from api.cursors import Cursors
from api.types import user as user_type
from api.types.arguments import DEFAULT_PAGE, After, First
from api.types.connection import Connection, connection
from api.types.interaction import Interaction
from api.types.lazy import LazyUser
from api.types.node import Node
from api.types.resolved import resolved
from api.visitors import heard_session
from domain import ids, listening

INTERACTION_KEY = (datetime, int)
SESSION_KEY = (datetime, UUID)


@strawberry.type(description="One sitting of a user: what is played in it leads to what is recommended next.")
class Session(Node):
    started_at: datetime = strawberry.field(description="When it began.")
    ended_at: datetime | None = strawberry.field(
        description="When it ended; null while it lasts, and where nobody said that it ended."
    )
    row: strawberry.Private[listening.Session]

    @classmethod
    def of(cls, row: listening.Session) -> Session:
        return cls(
            id=strawberry.ID(ids.encode("Session", str(row.id))),
            started_at=row.started_at,
            ended_at=row.ended_at,
            row=row,
        )

    @resolved("Whose it is.")
    async def user(self, info: Info) -> LazyUser:
        return await user_type.user_by_key(info, self.row.user_id)

    @resolved("What the user did in it, newest first.")
    async def interactions(
        self, info: Info, first: First = DEFAULT_PAGE, after: After = None
    ) -> Connection[Interaction] | None:
        loaders = info.context.loaders
        return await connection(
            lambda size, key: loaders.session_interactions.load((self.row.id, size, key)),
            Cursors(f"interactions of session {self.row.id}", INTERACTION_KEY),
            Interaction.of,
            lambda: self._count(info),
            first,
            after,
        )

    async def _count(self, info: Info) -> int:
        return await info.context.loaders.session_interaction_counts.load(self.row.id) or 0


async def session_by_id(info: Info, session_id: str) -> Session:
    """Raises InvalidId, TokenMissing, TokenInvalid and SessionNotFound."""
    return Session.of(await heard_session(info, session_id))


async def sessions_of_user(info: Info, user_id: UUID, first: int, after: str | None) -> Connection[Session]:
    """A page of a user's sessions, newest first. The request must be one that may speak for the user."""
    read = info.context.services.sessions
    return await connection(
        lambda size, key: read.page(user_id, size, key),
        Cursors(f"sessions of user {user_id}", SESSION_KEY),
        Session.of,
        lambda: read.count(user_id),
        first,
        after,
    )
