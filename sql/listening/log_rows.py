"""Takes over a log from elsewhere: staged first, then written by the set, each line once however often it comes."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

import psycopg
from sqlalchemy import Connection, text

# Two imports of the same log would wait for each other's rows.
LOCK = text("SELECT pg_advisory_xact_lock(hashtext('segue-log'))")

ARRIVED = """
    CREATE TEMPORARY TABLE arrived (
        line bigint, user_ref text, user_key uuid, track_id bigint, occurred_at timestamptz, kind text,
        played_seconds float8, plays int, session_id uuid, session_started_at timestamptz, session_ended_at timestamptz,
        client_id text, impression_id uuid, rank int, recorded_at timestamptz, group_name text, simulation text
    ) ON COMMIT DROP
"""
COPY_ARRIVED = "COPY arrived FROM STDIN (FORMAT binary)"
TYPES = (
    "int8 text uuid int8 timestamptz text float8 int4 uuid timestamptz timestamptz text uuid int4 timestamptz text text"
)

# Who is in the log; a count without time says nothing about since when they are there.
MAKE_LISTENERS = text("""
    CREATE TEMPORARY TABLE listeners ON COMMIT DROP AS
    SELECT user_ref, user_key, min(occurred_at) FILTER (WHERE occurred_at > 'epoch') AS since,
           max(group_name) AS group_name, max(simulation) AS simulation
    FROM arrived GROUP BY user_ref, user_key
""")
INSERT_USERS = text("""
    INSERT INTO users (id, external_id, group_name, anonymous, simulation, created_at)
    SELECT coalesce(user_key, gen_random_uuid()), CASE WHEN user_key IS NULL THEN user_ref END, group_name, true,
           simulation, least(since, now())
    FROM listeners ORDER BY user_ref
    ON CONFLICT DO NOTHING
""")
FIND_USERS = text("""
    UPDATE listeners l SET user_key = u.id FROM users u WHERE l.user_key IS NULL AND u.external_id = l.user_ref
""")
INSERT_SESSIONS = text("""
    INSERT INTO sessions (id, user_id, started_at, ended_at)
    SELECT a.session_id, l.user_key, coalesce(min(a.session_started_at), min(a.occurred_at)), max(a.session_ended_at)
    FROM arrived a JOIN listeners l USING (user_ref) WHERE a.session_id IS NOT NULL
    GROUP BY a.session_id, l.user_key ORDER BY a.session_id
    ON CONFLICT (id) DO NOTHING
""")
# A line without a name of its own is the first, second … of those that say the same of user, track, time and kind.
WRITE = text("""
    WITH named AS (
        SELECT a.*, l.user_key AS user_id, s.id AS session, coalesce(a.client_id, format('log:%s:%s:%s:%s',
                   a.track_id, (extract(epoch FROM a.occurred_at) * 1000000)::bigint, a.kind,
                   row_number() OVER (PARTITION BY a.user_ref, a.track_id, a.occurred_at, a.kind,
                                      a.client_id IS NULL ORDER BY a.line))) AS name
        FROM arrived a JOIN listeners l USING (user_ref)
        LEFT JOIN sessions s ON s.id = a.session_id AND s.user_id = l.user_key
    ), once AS (
        SELECT DISTINCT ON (user_id, name) * FROM named ORDER BY user_id, name, line
    ), written AS (
        INSERT INTO interactions AS i (user_id, session_id, track_id, kind, played_seconds, occurred_at, recorded_at,
                                       client_id, impression_id, rank, plays)
        SELECT user_id, session, track_id, kind, played_seconds, occurred_at, coalesce(recorded_at, now()),
               name, impression_id, rank, plays
        FROM once ORDER BY occurred_at, line
        ON CONFLICT (user_id, client_id) DO UPDATE SET plays = EXCLUDED.plays, played_seconds = EXCLUDED.played_seconds
        WHERE (i.plays, i.played_seconds) IS DISTINCT FROM (EXCLUDED.plays, EXCLUDED.played_seconds)
        RETURNING xmax = 0 AS new
    )
    SELECT count(*) FILTER (WHERE new), count(*) FILTER (WHERE NOT new) FROM written
""")


class ArrivedLine(NamedTuple):
    """A line whose track is known. `user_ref` is how the log calls the user; `user_key` is set where that is the key of
    one of Segue."""

    line: int
    user_ref: str
    user_key: UUID | None
    track_id: int
    occurred_at: datetime
    kind: str
    played_seconds: float | None
    plays: int
    session_id: UUID | None
    session_started_at: datetime | None
    session_ended_at: datetime | None
    client_id: str | None
    impression_id: UUID | None
    rank: int | None
    recorded_at: datetime | None
    group_name: str | None
    simulation: str | None


class Written(NamedTuple):
    """Users and interactions that are new, and interactions that were there with another count or length."""

    users: int
    new: int
    corrected: int


def stage(connection: Connection, lines: Iterable[ArrivedLine]) -> int:
    """Lay lines ready for `write_staged`, in the caller's transaction, which no other import joins until it ends;
    returns their number."""
    connection.execute(LOCK)
    raw = connection.connection.driver_connection
    assert isinstance(raw, psycopg.Connection)  # noqa: S101 -- the engine's driver
    raw.execute(ARRIVED)
    staged = 0
    with raw.cursor() as cursor, cursor.copy(COPY_ARRIVED) as copy:
        copy.set_types(TYPES.split())
        for line in lines:
            copy.write_row(line)
            staged += 1
    return staged


def write_staged(connection: Connection) -> Written:
    """Write what was staged: users and sessions that are not there yet, and interactions. One that is there under its
    client id stays, but for its count and length."""
    connection.execute(MAKE_LISTENERS)
    users = connection.execute(INSERT_USERS).rowcount
    connection.execute(FIND_USERS)
    connection.execute(INSERT_SESSIONS)
    new, corrected = connection.execute(WRITE).one()
    return Written(users, new, corrected)
