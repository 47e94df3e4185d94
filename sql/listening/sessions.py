"""Sessions, for the API."""

from __future__ import annotations

from uuid import UUID

from psycopg import sql

from domain.listening import Session
from sql.catalogue import pages
from sql.catalogue.pages import Key, Order, Page
from sql.database import Database, Row

SESSION = "s.id, s.user_id, s.started_at, s.ended_at"
SESSION_COLUMNS = 4
SESSIONS_BY_ID = sql.SQL("SELECT {session} FROM sessions s WHERE s.id = ANY(%(ids)s::uuid[])").format(
    session=sql.SQL(SESSION)
)
# The user may be deleted meanwhile: then there is nothing to insert for.
START = sql.SQL("""
    INSERT INTO sessions AS s (id, user_id)
    SELECT %(id)s, u.id FROM users u WHERE u.id = %(user_id)s FOR KEY SHARE
    ON CONFLICT (id) DO UPDATE SET id = EXCLUDED.id
    RETURNING {session}
""").format(session=sql.SQL(SESSION))
END = sql.SQL("""
    UPDATE sessions s SET ended_at = coalesce(s.ended_at, now())
    WHERE s.id = %(id)s AND (%(user_id)s::uuid IS NULL OR s.user_id = %(user_id)s::uuid)
    RETURNING {session}
""").format(session=sql.SQL(SESSION))

OF_USER = sql.SQL("s.user_id = %(user_id)s")
COUNT = "SELECT count(*) FROM sessions s WHERE s.user_id = %(user_id)s"
NEWEST_FIRST = Order(("s.started_at", "s.id"), descending=True)


class Sessions:
    """Reads and writes sessions. Every call may raise DatabaseUnreachable, and may then be made again."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def sessions(self, ids: list[UUID]) -> dict[UUID, Session]:
        return {row[0]: session_of(row) for row in await self._database.rows(SESSIONS_BY_ID, {"ids": ids})}

    async def start(self, session_id: UUID, user_id: UUID) -> Session | None:
        """The session of this id, begun unless it is there; None when there is no such user."""
        rows = await self._database.rows(START, {"id": session_id, "user_id": user_id})
        return session_of(rows[0]) if rows else None

    async def end(self, session_id: UUID, user_id: UUID | None = None) -> Session | None:
        """The session, ended now unless it was before; None when there is none, or not of this user where one is
        named."""
        rows = await self._database.rows(END, {"id": session_id, "user_id": user_id})
        return session_of(rows[0]) if rows else None

    async def page(self, user_id: UUID, first: int, after: Key | None) -> Page[Session]:
        """Sessions of a user, newest first."""
        statement = pages.statement(SESSION, "sessions s", NEWEST_FIRST, first, after, OF_USER)
        rows = await self._database.rows(statement, {"user_id": user_id} | NEWEST_FIRST.parameters(after))
        return NEWEST_FIRST.page(rows, first, session_of)

    async def count(self, user_id: UUID) -> int:
        [(count,)] = await self._database.rows(COUNT, {"user_id": user_id})
        return int(count)


def session_of(row: Row) -> Session:
    """A session of the columns `SESSION`."""
    return Session(*row[:SESSION_COLUMNS])
