"""The log of interactions, read for the API: newest first, of a user or of a session."""

from __future__ import annotations

from uuid import UUID

from psycopg import sql

from domain.listening import Interaction, InteractionKind
from sql.catalogue import pages
from sql.catalogue.pages import Key, Order, Page
from sql.database import Database, Row

INTERACTION = (
    "i.id, i.user_id, i.session_id, i.track_id, i.kind, i.played_seconds, i.occurred_at, i.recorded_at, i.client_id,"
    " i.impression_id, i.rank, i.plays"
)
INTERACTION_COLUMNS = 12
OF_USER = sql.SQL("i.user_id = %(user_id)s")
OF_SESSION = "i.session_id = p.parent"
COUNT_OF_USER = "SELECT count(*) FROM interactions i WHERE i.user_id = %(user_id)s"
COUNTS_OF_SESSIONS = """
    SELECT i.session_id, count(*) FROM interactions i WHERE i.session_id = ANY(%(ids)s::uuid[]) GROUP BY i.session_id
"""
NEWEST_FIRST = Order(("i.occurred_at", "i.id"), descending=True)


class Interactions:
    """Reads the log. Every call may raise DatabaseUnreachable."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def page_of_user(self, user_id: UUID, first: int, after: Key | None) -> Page[Interaction]:
        statement = pages.statement(INTERACTION, "interactions i", NEWEST_FIRST, first, after, OF_USER)
        rows = await self._database.rows(statement, {"user_id": user_id} | NEWEST_FIRST.parameters(after))
        return NEWEST_FIRST.page(rows, first, interaction_of)

    async def pages_of_sessions(self, ids: list[UUID], first: int, after: Key | None) -> dict[UUID, Page[Interaction]]:
        """A page of each of several sessions."""
        statement = pages.statement_for_each(
            OF_SESSION, INTERACTION, "interactions i", NEWEST_FIRST, first, after, key="uuid"
        )
        rows_of: dict[UUID, list[Row]] = {key: [] for key in ids}
        for session_id, *row in await self._database.rows(statement, {"parents": ids} | NEWEST_FIRST.parameters(after)):
            rows_of[session_id].append(tuple(row))
        return {key: NEWEST_FIRST.page(rows_of[key], first, interaction_of) for key in ids}

    async def count_of_user(self, user_id: UUID) -> int:
        [(count,)] = await self._database.rows(COUNT_OF_USER, {"user_id": user_id})
        return int(count)

    async def counts_of_sessions(self, ids: list[UUID]) -> dict[UUID, int]:
        """Sessions without interactions are left out."""
        return {key: int(count) for key, count in await self._database.rows(COUNTS_OF_SESSIONS, {"ids": ids})}


def interaction_of(row: Row) -> Interaction:
    """An interaction of the columns `INTERACTION`."""
    return Interaction(row[0], row[1], row[2], row[3], InteractionKind(row[4]), *row[5:INTERACTION_COLUMNS])
