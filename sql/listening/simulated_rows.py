"""Writes what synthetic listeners did, and removes it again; seen by the command that simulates."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

import psycopg
from sqlalchemy import Connection, text

LOCK = "SELECT pg_advisory_xact_lock(hashtext('segue-simulations'))"
EXISTS = "SELECT EXISTS (SELECT FROM users WHERE simulation = %s)"
COPY_USERS = "COPY users (id, name, group_name, anonymous, simulation, created_at) FROM STDIN (FORMAT binary)"
COPY_SESSIONS = "COPY sessions (id, user_id, started_at, ended_at) FROM STDIN (FORMAT binary)"
COPY_INTERACTIONS = """
    COPY interactions (user_id, session_id, track_id, kind, played_seconds, occurred_at, client_id)
    FROM STDIN (FORMAT binary)
"""
# All that is simulated goes with its user.
REMOVE = text("""
    WITH gone AS (DELETE FROM users WHERE simulation IS NOT NULL AND simulation = coalesce(:name, simulation)
                  RETURNING simulation)
    SELECT simulation, count(*) FROM gone GROUP BY simulation ORDER BY simulation
""")


class SimulatedUser(NamedTuple):
    id: UUID
    name: str
    group_name: str
    created_at: datetime


class SimulatedSession(NamedTuple):
    id: UUID
    user_id: UUID
    started_at: datetime
    ended_at: datetime


class SimulatedInteraction(NamedTuple):
    user_id: UUID
    session_id: UUID
    track_id: int
    kind: str
    played_seconds: float | None
    occurred_at: datetime
    client_id: str


class SimulationWriter:
    """Writes one simulation into a transaction of its own, so that it is there as a whole or not at all."""

    def __init__(self, connection: psycopg.Connection[tuple[object, ...]], name: str) -> None:
        self._connection = connection
        self._name = name

    def begin(self) -> bool:
        """Returns False where there is a simulation of this name already."""
        self._connection.execute(LOCK)
        found = self._connection.execute(EXISTS, (self._name,)).fetchone()
        return found is not None and not found[0]

    def users(self, users: Iterable[SimulatedUser]) -> None:
        with self._connection.cursor().copy(COPY_USERS) as copy:
            copy.set_types(["uuid", "text", "text", "bool", "text", "timestamptz"])
            for user in users:
                copy.write_row((user.id, user.name, user.group_name, False, self._name, user.created_at))

    def sessions(self, sessions: Iterable[SimulatedSession]) -> None:
        with self._connection.cursor().copy(COPY_SESSIONS) as copy:
            copy.set_types(["uuid", "uuid", "timestamptz", "timestamptz"])
            for session in sessions:
                copy.write_row(session)

    def interactions(self, interactions: Iterable[SimulatedInteraction]) -> None:
        with self._connection.cursor().copy(COPY_INTERACTIONS) as copy:
            copy.set_types(["uuid", "uuid", "int8", "text", "float8", "timestamptz", "text"])
            for interaction in interactions:
                copy.write_row(interaction)


def remove_simulated(connection: Connection, name: str | None) -> dict[str, int]:
    """Delete what was simulated, all of it or one run; returns how many listeners each run had."""
    return {str(run): int(users) for run, users in connection.execute(REMOVE, {"name": name})}
