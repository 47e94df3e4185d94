"""What was shown, for the API: one row a list."""

from __future__ import annotations

from contextlib import suppress

import psycopg

from domain.listening import Impression
from sql.database import Database

# It does not wait for the disk: when the server loses power, the lists of the last half second may be forgotten, and
# nothing else is.
INSERT = """
    WITH hurried AS MATERIALIZED (SELECT set_config('synchronous_commit', 'off', true))
    INSERT INTO impressions (id, user_id, session_id, strategy, model_id, space, track_ids)
    SELECT %(id)s::uuid, %(user_id)s::uuid, %(session_id)s::uuid, %(strategy)s::text, %(model_id)s::bigint,
           %(space)s::text, %(track_ids)s::bigint[]
    FROM hurried
    ON CONFLICT (id) DO NOTHING
    RETURNING id
"""


class Impressions:
    """Stores lists that are shown."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def store(self, impression: Impression) -> None:
        """Store a list that is shown to a user or in a session; of a user who has just been deleted, nothing is kept.

        Raises DatabaseUnreachable, and may then be called again: nothing is stored twice.
        """
        parameters = {
            "id": impression.id,
            "user_id": impression.user_id,
            "session_id": impression.session_id,
            "strategy": impression.strategy,
            "model_id": impression.model_id,
            "space": impression.space,
            "track_ids": list(impression.track_ids),
        }
        with suppress(psycopg.errors.ForeignKeyViolation):
            await self._database.rows(INSERT, parameters)
