"""What models are trained on: one row for each listening that says something good of its track."""

from __future__ import annotations

from typing import NamedTuple
from uuid import UUID

from sqlalchemy import Connection, text

# What a user did with a track in one session, or on one day where no session is known, is one listening: the rule of
# `domain.history`, by which a request counts the same. What speaks against a track is no listening of it.
LISTENINGS = text("""
    SELECT user_id, track_id, moment, (CASE WHEN judged = 'LIKE' THEN 2 ELSE 1 END) * (1 + log(2, plays)) AS weight
    FROM (
        SELECT i.user_id, i.track_id, extract(epoch FROM min(i.occurred_at))::float8 AS moment, min(i.id) AS first,
               (array_agg(i.kind ORDER BY i.occurred_at DESC, i.id DESC)
                FILTER (WHERE i.kind IN ('LIKE', 'DISLIKE')))[1] AS judged,
               bool_or(i.kind = 'COMPLETE') AS complete, bool_or(i.kind = 'SKIP') AS skipped,
               max(i.plays)::numeric AS plays
        FROM interactions i JOIN users u ON u.id = i.user_id
        WHERE :simulated OR u.simulation IS NULL
        GROUP BY i.user_id, i.track_id, coalesce(i.session_id::text, date_trunc('day', i.occurred_at)::text)
    ) AS listenings
    WHERE judged = 'LIKE' OR (judged IS NULL AND (complete OR NOT skipped))
    ORDER BY user_id, moment, first
""")
LISTENERS = text("""
    SELECT count(*) FILTER (WHERE simulation IS NULL), count(*) FILTER (WHERE simulation IS NOT NULL) FROM users u
    WHERE EXISTS (SELECT FROM interactions i WHERE i.user_id = u.id)
""")


class Listening(NamedTuple):
    """A track that a user heard at a moment (seconds since 1970), and how much it counts, above 0."""

    user_id: UUID
    track_id: int
    moment: float
    weight: float


class Listeners(NamedTuple):
    """How many users left a trace in the log."""

    people: int
    simulated: int


def listenings(connection: Connection, *, simulated: bool) -> list[Listening]:
    """By user, oldest first; with those of simulated users or without."""
    rows = connection.execute(LISTENINGS, {"simulated": simulated})
    return [Listening(user, track, float(moment), float(weight)) for user, track, moment, weight in rows]


def count_listeners(connection: Connection) -> Listeners:
    return Listeners(*connection.execute(LISTENERS).one())
