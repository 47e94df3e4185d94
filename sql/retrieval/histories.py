"""The statement that reads what somebody heard, and the vectors of it, in one row."""

from __future__ import annotations

from functools import lru_cache

import numpy as np
from psycopg import sql

from domain.history import MAX_HISTORY, Heard, History
from domain.listening import InteractionKind
from domain.spaces import Space
from sql.database import Row
from sql.retrieval.nearest import names

# Of a session, its own newest interactions, and those of its user from outside, as if they were older.
HISTORY = sql.SQL("""
WITH owner AS MATERIALIZED (
    SELECT u.id FROM users u
    WHERE u.id = coalesce(%(listener)s::uuid, (SELECT s.user_id FROM sessions s WHERE s.id = %(sitting)s::uuid))
      AND (%(sitting)s::uuid IS NULL OR EXISTS (
          SELECT FROM sessions s WHERE s.id = %(sitting)s::uuid AND s.user_id = u.id
      ))
),
newest AS MATERIALIZED (
    SELECT * FROM (
        (SELECT i.id, i.track_id, i.kind, i.occurred_at, i.session_id, i.plays, true AS in_session
         FROM interactions i WHERE i.session_id = %(sitting)s::uuid
         ORDER BY i.occurred_at DESC, i.id DESC LIMIT {most})
        UNION ALL
        (SELECT i.id, i.track_id, i.kind, i.occurred_at, i.session_id, i.plays, false
         FROM interactions i
         WHERE i.user_id = (SELECT id FROM owner)
           AND (%(sitting)s::uuid IS NULL OR i.session_id IS DISTINCT FROM %(sitting)s::uuid)
         ORDER BY i.occurred_at DESC, i.id DESC LIMIT {most})
    ) AS either
    ORDER BY in_session DESC, occurred_at DESC, id DESC LIMIT {most}
),
vectors AS (
    SELECT {id} AS track_id, {embedding} AS embedding
    FROM {tracks} e WHERE {id} IN (SELECT track_id FROM newest)
)
SELECT owner.id, heard.*, found.*
FROM owner
CROSS JOIN (
    SELECT array_agg(track_id ORDER BY in_session, occurred_at, id),
           array_agg(kind ORDER BY in_session, occurred_at, id),
           array_agg(in_session ORDER BY in_session, occurred_at, id),
           array_agg(hashtext(coalesce(session_id::text, date_trunc('day', occurred_at)::text))
                     ORDER BY in_session, occurred_at, id),
           array_agg(plays ORDER BY in_session, occurred_at, id),
           max(id)
    FROM newest
) AS heard
CROSS JOIN (
    SELECT array_agg(track_id ORDER BY track_id),
           string_agg(substring(vector_send(embedding) FROM {header} + 1), '' ORDER BY track_id)
    FROM vectors
) AS found
""")
# What `vector_send` puts before the numbers: their count, and two bytes for later.
HEADER_BYTES = 4
SENT = ">f4"


@lru_cache(maxsize=64)
def history(space: Space | None) -> bytes:
    """A row, or none where there is no such user or session. Parameters: `listener`, `sitting`."""
    parts: dict[str, sql.Composable]
    if space is None:
        parts = {
            "id": sql.SQL("e.id"),
            "embedding": sql.SQL("NULL::vector"),
            "tracks": sql.SQL("(SELECT NULL::bigint AS id LIMIT 0)"),
        }
    else:
        parts = {"id": sql.SQL("e.track_id"), "embedding": sql.SQL("e.embedding"), "tracks": names(space)["tracks"]}
    return HISTORY.format(**parts, most=sql.Literal(MAX_HISTORY), header=sql.Literal(HEADER_BYTES)).as_bytes(None)


def history_of(row: Row, space: Space | None) -> History:
    user_id, track_ids, kinds, in_session, sittings, plays, newest_id, known, vectors = row
    heard = zip(track_ids or (), kinds or (), in_session or (), sittings or (), plays or (), strict=True)
    dimension = 0 if space is None else space.dimension
    return History(
        user_id=user_id,
        heard=tuple(Heard(track_id, KINDS[kind], *rest) for track_id, kind, *rest in heard),
        newest_id=newest_id or 0,
        track_ids=np.array(known or (), dtype=np.int64),
        vectors=np.frombuffer(vectors or b"", SENT).reshape(-1, max(1, dimension)).astype(np.float32),
    )


KINDS = {kind.value: kind for kind in InteractionKind}
