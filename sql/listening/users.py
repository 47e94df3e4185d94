"""Users, for the API."""

from __future__ import annotations

from uuid import UUID

from psycopg import sql

from domain.listening import User
from sql.database import Database, Row

USER = "u.id, u.name, u.external_id, u.group_name, u.anonymous, u.simulation, u.created_at"
USERS_BY_ID = sql.SQL("SELECT {user} FROM users u WHERE u.id = ANY(%(ids)s::uuid[])").format(user=sql.SQL(USER))
CREATE = sql.SQL("""
    INSERT INTO users AS u (id, name, anonymous) VALUES (%(id)s, %(name)s, %(anonymous)s)
    ON CONFLICT (id) DO UPDATE SET id = EXCLUDED.id
    RETURNING {user}
""").format(user=sql.SQL(USER))
# Sessions, interactions and impressions go with their user.
DELETE = "DELETE FROM users WHERE id = %(id)s RETURNING id"


class Users:
    """Reads and writes users. Every call may raise DatabaseUnreachable, and may then be made again."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def users(self, ids: list[UUID]) -> dict[UUID, User]:
        return {row[0]: user_of(row) for row in await self._database.rows(USERS_BY_ID, {"ids": ids})}

    async def create(self, user_id: UUID, name: str | None, *, anonymous: bool) -> User:
        """The user of this id, made unless it is there."""
        [row] = await self._database.rows(CREATE, {"id": user_id, "name": name, "anonymous": anonymous})
        return user_of(row)

    async def delete(self, user_id: UUID) -> bool:
        """Delete a user with all sessions, interactions and impressions; returns whether there was one."""
        return bool(await self._database.rows(DELETE, {"id": user_id}))


def user_of(row: Row) -> User:
    """A user of the columns `USER`."""
    return User(*row)
