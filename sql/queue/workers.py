"""Worker processes: who lives, whichever broker brings them their messages."""

from __future__ import annotations

from collections.abc import Collection
from uuid import UUID

from sqlalchemy import Connection, bindparam, text
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.dialects.postgresql import UUID as PG_UUID

# A worker says several times within this that it lives; one that stays silent for so long is dead.
SILENCE_SECONDS = 15

BEAT = text("""
    INSERT INTO workers (process, threads, heartbeat_at) VALUES (:process, :threads, now())
    ON CONFLICT (process) DO UPDATE SET heartbeat_at = now()
""")

# A lane that was thought dead and replaced meanwhile is not there to be extended.
KEEP_LANES = text("""
    UPDATE lanes SET expires_at = now() + make_interval(secs => :silence) WHERE id = ANY(:lanes) AND process = :process
""").bindparams(bindparam("lanes", type_=ARRAY(PG_UUID(as_uuid=True))))

COUNT_LIVING = text("""
    SELECT count(*) AS processes, coalesce(sum(threads), 0) AS threads
    FROM workers WHERE heartbeat_at > now() - make_interval(secs => :silence)
""")

FORGET_LANES = text("DELETE FROM lanes WHERE process = :process")
FORGET_WORKER = text("DELETE FROM workers WHERE process = :process")
FORGET_SILENT = text("DELETE FROM workers WHERE heartbeat_at < now() - interval '1 hour'")


def beat(connection: Connection, process: str, threads: int, lanes: Collection[UUID]) -> None:
    """Say that a worker process lives, works on `threads` items at once, and has these lanes in hand."""
    connection.execute(BEAT, {"process": process, "threads": threads})
    if lanes:
        connection.execute(KEEP_LANES, {"lanes": list(lanes), "process": process, "silence": SILENCE_SECONDS})


def count_workers(connection: Connection) -> int:
    """How many worker processes live."""
    return int(connection.execute(COUNT_LIVING, {"silence": SILENCE_SECONDS}).one().processes)


def count_threads(connection: Connection) -> int:
    """How many items the living workers can have in hand at once."""
    return int(connection.execute(COUNT_LIVING, {"silence": SILENCE_SECONDS}).one().threads)


def forget_worker(connection: Connection, process: str) -> None:
    """A worker process is known to be dead: it and its lanes go, without waiting for its silence to be noticed."""
    connection.execute(FORGET_LANES, {"process": process})
    connection.execute(FORGET_WORKER, {"process": process})
    connection.execute(FORGET_SILENT)
