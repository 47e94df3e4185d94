"""What was shown, for the API: one row a list."""

from __future__ import annotations

from uuid import UUID

from psycopg import sql

from domain.listening import Impression
from sql.database import Database, Row

IMPRESSION = "p.id, p.user_id, p.session_id, p.strategy, p.model_id, p.space, p.track_ids, p.created_at"
IMPRESSIONS_BY_ID = sql.SQL("SELECT {impression} FROM impressions p WHERE p.id = ANY(%(ids)s::uuid[])").format(
    impression=sql.SQL(IMPRESSION)
)
INSERT = """
    INSERT INTO impressions (id, user_id, session_id, strategy, model_id, space, track_ids)
    VALUES (%(id)s, %(user_id)s, %(session_id)s, %(strategy)s, %(model_id)s, %(space)s, %(track_ids)s::bigint[])
    ON CONFLICT (id) DO NOTHING
    RETURNING id
"""


class Impressions:
    """Stores lists that are shown, and finds them again. Every call may raise DatabaseUnreachable, and may then be made
    again: nothing is stored twice."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def store(self, impression: Impression) -> None:
        """Store a list that is shown to a user or in a session."""
        await self._database.rows(
            INSERT,
            {
                "id": impression.id,
                "user_id": impression.user_id,
                "session_id": impression.session_id,
                "strategy": impression.strategy,
                "model_id": impression.model_id,
                "space": impression.space,
                "track_ids": list(impression.track_ids),
            },
        )

    async def impressions(self, ids: list[UUID]) -> dict[UUID, Impression]:
        return {row[0]: impression_of(row) for row in await self._database.rows(IMPRESSIONS_BY_ID, {"ids": ids})}


def impression_of(row: Row) -> Impression:
    """An impression of the columns `IMPRESSION`."""
    return Impression(row[0], row[1], row[2], row[3], row[4], row[5], tuple(row[6]), row[7])
