"""The log as rows, for whoever works on it elsewhere."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

import psycopg

BATCH_ROWS = 5_000

LOG = """
    SELECT coalesce(u.external_id, u.id::text), t.content_hash, t.id, i.occurred_at, i.kind, i.played_seconds, i.plays,
           s.id, s.started_at, s.ended_at, i.client_id, i.impression_id, i.rank, i.recorded_at,
           u.group_name, u.simulation
    FROM interactions i
    JOIN users u ON u.id = i.user_id
    JOIN tracks t ON t.id = i.track_id
    LEFT JOIN sessions s ON s.id = i.session_id
    WHERE u.simulation IS NULL OR %(simulated)s
    ORDER BY i.user_id, i.occurred_at, i.id
"""
COUNT = """
    SELECT count(*) FROM interactions i JOIN users u ON u.id = i.user_id WHERE u.simulation IS NULL OR %(simulated)s
"""


class ExportedInteraction(NamedTuple):
    """What the log says; `track` is the SHA-256 (hex) of the track's audio."""

    user: str
    track: str
    track_id: int
    occurred_at: datetime
    kind: str
    played_seconds: float | None
    plays: int
    session_id: UUID | None
    session_started_at: datetime | None
    session_ended_at: datetime | None
    client_id: str
    impression_id: UUID | None
    rank: int | None
    recorded_at: datetime
    group_name: str | None
    simulation: str | None


def count_interactions(connection: psycopg.Connection[tuple[Any, ...]], *, simulated: bool) -> int:  # Any: columns
    [(count,)] = connection.execute(COUNT, {"simulated": simulated}).fetchall()
    return int(count)


def stream_interactions(
    connection: psycopg.Connection[tuple[Any, ...]],  # Any: as above
    *,
    simulated: bool,
) -> Iterator[list[ExportedInteraction]]:
    """The log, user by user and oldest first, some at a time, as one moment left it; `simulated`: what simulations
    made up, too."""
    with connection.cursor(name="interactions", binary=True) as cursor:
        cursor.execute(LOG, {"simulated": simulated})
        while rows := cursor.fetchmany(BATCH_ROWS):
            yield [ExportedInteraction(*row) for row in rows]
