"""Someone who listens."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

import strawberry

from api.context import Info
from api.cursors import Cursors
from api.types import session as session_type
from api.types.arguments import DEFAULT_PAGE, After, First
from api.types.connection import Connection, connection
from api.types.interaction import Interaction
from api.types.lazy import LazySession
from api.types.node import Node
from api.types.resolved import resolved
from api.visitors import listener
from domain import ids, listening
from domain.errors.listening import UserNotFound


@strawberry.type(description="Someone who listens. Only they themselves, by their token, and curators see them.")
class User(Node):
    name: str | None = strawberry.field(description="Their name, if they gave one.")
    anonymous: bool = strawberry.field(description="Whether nothing is known of them but what they listen to.")
    simulated: bool = strawberry.field(description="Whether a simulation made them up.")
    created_at: datetime = strawberry.field(description="Since when there are traces of them.")
    key: strawberry.Private[UUID]

    @classmethod
    def of(cls, row: listening.User) -> User:
        return cls(
            id=strawberry.ID(ids.encode("User", str(row.id))),
            name=row.name,
            anonymous=row.anonymous,
            simulated=row.simulation is not None,
            created_at=row.created_at,
            key=row.id,
        )

    @resolved("Their sessions, newest first.")
    async def sessions(
        self, info: Info, first: First = DEFAULT_PAGE, after: After = None
    ) -> Connection[LazySession] | None:
        return await session_type.sessions_of_user(info, self.key, first, after)

    @resolved("What they did, in sessions and outside, newest first.")
    async def history(
        self, info: Info, first: First = DEFAULT_PAGE, after: After = None
    ) -> Connection[Interaction] | None:
        read = info.context.services.interactions
        return await connection(
            lambda size, key: read.page_of_user(self.key, size, key),
            Cursors(f"history of user {self.key}", session_type.INTERACTION_KEY),
            Interaction.of,
            lambda: read.count_of_user(self.key),
            first,
            after,
        )


async def user_by_key(info: Info, key: UUID) -> User:
    """Raises UserNotFound. The request must be one that may speak for the user."""
    row = await info.context.loaders.users.load(key)
    if row is None:
        raise UserNotFound(id=ids.encode("User", str(key)))
    return User.of(row)


async def user_by_id(info: Info, user_id: str) -> User:
    """Raises InvalidId, TokenMissing, TokenInvalid and UserNotFound."""
    return await user_by_key(info, await listener(info, user_id))
