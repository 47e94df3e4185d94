"""Worker processes: who lives, whichever broker brings them their messages."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import Connection, bindparam, text
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.dialects.postgresql import UUID as PG_UUID

# A worker says several times within this that it lives; one that stays silent for so long is dead.
SILENCE_SECONDS = 15

BEAT = text("""
    INSERT INTO workers (process, threads, rests_until, heartbeat_at) VALUES (:process, :threads, :rests_until, now())
    ON CONFLICT (process) DO UPDATE SET rests_until = excluded.rests_until, heartbeat_at = now()
""")

# In the order in which everybody locks: jobs by id, then lanes.
BEAT_JOBS = text("""
    UPDATE jobs SET heartbeat_at = now()
    WHERE id IN (
        SELECT j.id FROM jobs j JOIN lanes l ON l.job_id = j.id
        WHERE l.id = ANY(:lanes) AND l.process = :process AND j.status = 'RUNNING'
        ORDER BY j.id FOR NO KEY UPDATE OF j
    )
""").bindparams(bindparam("lanes", type_=ARRAY(PG_UUID(as_uuid=True))))

# A lane that was thought dead and replaced meanwhile is not there to be extended.
KEEP_LANES = text("""
    UPDATE lanes l SET expires_at = now() + make_interval(secs => :silence)
    FROM jobs j
    WHERE l.id = ANY(:lanes) AND l.process = :process AND j.id = l.job_id
    RETURNING l.id, j.status IN ('WAITING', 'RUNNING') AS is_wanted
""").bindparams(bindparam("lanes", type_=ARRAY(PG_UUID(as_uuid=True))))

# Who rests takes nothing, so there is no room for lanes.
COUNT_LIVING = text("""
    SELECT count(*) AS processes, coalesce(sum(threads) FILTER (WHERE rests_until IS NULL), 0) AS threads,
        count(rests_until) AS resting, min(rests_until) AS rests_until
    FROM workers WHERE heartbeat_at > now() - make_interval(secs => :silence)
""")

FORGET_LANES = text("DELETE FROM lanes WHERE process = :process")
FORGET_WORKER = text("DELETE FROM workers WHERE process = :process")
FORGET_SILENT = text("DELETE FROM workers WHERE heartbeat_at < now() - interval '1 hour'")


class Workers(NamedTuple):
    """Processes that live; `resting` of them take nothing new outside their hours, the first of them until
    `rests_until`. `threads` is the number of items that the others can have in hand at once."""

    processes: int
    threads: int
    resting: int
    rests_until: datetime | None


def beat(
    connection: Connection, process: str, threads: int, lanes: Collection[UUID], rests_until: datetime | None = None
) -> set[UUID]:
    """Say that a worker process lives, works on `threads` items at once or rests, and has these lanes in hand.

    Returns those that are still its own, and whose job has not ended.
    """
    connection.execute(BEAT, {"process": process, "threads": threads, "rests_until": rests_until})
    if not lanes:
        return set()
    held = {"lanes": list(lanes), "process": process}
    connection.execute(BEAT_JOBS, held)
    kept = connection.execute(KEEP_LANES, {**held, "silence": SILENCE_SECONDS})
    return {id_ for id_, is_wanted in kept if is_wanted}


def living_workers(connection: Connection) -> Workers:
    """The worker processes that live."""
    return Workers(*connection.execute(COUNT_LIVING, {"silence": SILENCE_SECONDS}).one())


def count_workers(connection: Connection) -> int:
    """How many worker processes live."""
    return living_workers(connection).processes


def count_threads(connection: Connection) -> int:
    """How many items the living workers can have in hand at once."""
    return living_workers(connection).threads


def forget_worker(connection: Connection, process: str) -> None:
    """A worker process is known to be dead: it and its lanes go, without waiting for its silence to be noticed."""
    connection.execute(FORGET_LANES, {"process": process})
    connection.execute(FORGET_WORKER, {"process": process})
    connection.execute(FORGET_SILENT)
