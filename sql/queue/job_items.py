"""Job items: taken by one worker at a time, under a lease that runs out when the worker dies."""

from __future__ import annotations

from typing import NamedTuple
from uuid import UUID

from sqlalchemy import Connection, text

from domain.jobs import JobStatus
from sql.queue.job_rows import count_items, lock_job

# A worker extends its lease several times within this; one that stays silent for so long is dead.
LEASE_SECONDS = 30
# What was taken so often and never finished is not given to a fourth worker to kill.
MAX_ATTEMPTS = 3
WORN_OUT = f"its worker died {MAX_ATTEMPTS} times"

# `leased_until` of a WAITING item is the moment before which it is not to be tried again.
FAIL_WORN_OUT = text("""
    UPDATE job_items
    SET state = 'FAILED', error = coalesce(error, :worn_out), worker = NULL, leased_until = NULL
    WHERE job_id = :job_id AND state IN ('WAITING', 'RUNNING')
      AND attempts >= :max_attempts AND (leased_until IS NULL OR leased_until <= now())
    RETURNING track_id, error
""")

TAKE_NEXT = text("""
    WITH next AS (
        SELECT track_id FROM job_items
        WHERE job_id = :job_id AND state IN ('WAITING', 'RUNNING') AND (leased_until IS NULL OR leased_until <= now())
        ORDER BY track_id LIMIT 1
        FOR UPDATE SKIP LOCKED
    )
    UPDATE job_items i
    SET state = 'RUNNING', worker = :worker, attempts = attempts + 1, error = NULL,
        leased_until = now() + make_interval(secs => :lease)
    FROM next JOIN tracks t ON t.id = next.track_id
    WHERE i.job_id = :job_id AND i.track_id = next.track_id
    RETURNING i.track_id, t.title, i.attempts
""")

SHOW_CURRENT = text("UPDATE jobs SET current = :title, device = :device, heartbeat_at = now() WHERE id = :job_id")

# Nothing is extended for a job that was cancelled, nor for an item that was given to somebody else.
EXTEND_LEASE = text("""
    UPDATE job_items i SET leased_until = now() + make_interval(secs => :lease)
    FROM jobs j
    WHERE j.id = i.job_id AND j.status = 'RUNNING'
      AND i.job_id = :job_id AND i.track_id = :track_id AND i.worker = :worker AND i.state = 'RUNNING'
    RETURNING i.track_id
""")

BEAT = text("UPDATE jobs SET heartbeat_at = now() WHERE id = :job_id")

FINISH_ITEM = text("""
    UPDATE job_items SET state = :state, error = :error, seconds = :seconds, worker = NULL, leased_until = NULL
    WHERE job_id = :job_id AND track_id = :track_id AND worker = :worker AND state = 'RUNNING'
    RETURNING track_id
""")

# A worker that stops on purpose did not die over the item.
GIVE_BACK = text("""
    UPDATE job_items SET state = 'WAITING', worker = NULL, leased_until = NULL, attempts = attempts - 1
    WHERE job_id = :job_id AND track_id = :track_id AND worker = :worker AND state = 'RUNNING'
""")

POSTPONE = text("""
    UPDATE job_items
    SET state = 'WAITING', worker = NULL, error = :reason, leased_until = now() + make_interval(secs => :delay)
    WHERE job_id = :job_id AND track_id = :track_id AND worker = :worker AND state = 'RUNNING'
""")

EXPIRE_LEASES = text("""
    UPDATE job_items SET leased_until = now()
    WHERE state = 'RUNNING' AND starts_with(worker, :process || '/') AND leased_until > now()
""")


class Item(NamedTuple):
    """A track in the hands of `worker` ("process/thread"); `attempts` counts this one too."""

    job_id: UUID
    track_id: int
    worker: str
    title: str
    attempts: int


class WornOut(NamedTuple):
    """An item that failed without a worker left to say so."""

    track_id: int
    reason: str


class Claim(NamedTuple):
    """What was taken, if anything could be, and what was given up on the way."""

    item: Item | None
    worn_out: list[WornOut]


def claim_item(connection: Connection, job_id: UUID, worker: str, device: str) -> Claim:
    """Take the next item of a RUNNING job under a lease: one that waits, or whose worker is dead.

    Items that have been taken three times and never finished become FAILED instead.
    """
    if lock_job(connection, job_id) is not JobStatus.RUNNING:
        return Claim(None, [])
    given_up = connection.execute(FAIL_WORN_OUT, {"job_id": job_id, "worn_out": WORN_OUT, "max_attempts": MAX_ATTEMPTS})
    worn_out = [WornOut(*row) for row in given_up]
    if worn_out:
        count_items(connection, job_id)
    row = connection.execute(TAKE_NEXT, {"job_id": job_id, "worker": worker, "lease": LEASE_SECONDS}).one_or_none()
    if row is None:
        return Claim(None, worn_out)
    connection.execute(SHOW_CURRENT, {"job_id": job_id, "title": row.title, "device": device})
    return Claim(Item(job_id, row.track_id, worker, row.title, row.attempts), worn_out)


def extend_lease(connection: Connection, item: Item) -> bool:
    """Say that the item's worker lives; returns False when the item is no longer its own, or the job was ended."""
    kept = connection.scalar(EXTEND_LEASE, {**_key(item), "lease": LEASE_SECONDS}) is not None
    if kept:
        connection.execute(BEAT, {"job_id": item.job_id})
    return kept


def finish_item(connection: Connection, item: Item, seconds: float) -> bool:
    """The item is DONE after so many seconds of work; returns False when it was no longer this worker's."""
    return _finish(connection, item, state="DONE", error=None, seconds=seconds)


def fail_item(connection: Connection, item: Item, reason: str, seconds: float) -> bool:
    """The item is FAILED for good; returns False when it was no longer this worker's."""
    return _finish(connection, item, state="FAILED", error=reason, seconds=seconds)


def give_back(connection: Connection, item: Item) -> None:
    """Leave the item to the next worker, as if it had never been taken."""
    connection.execute(GIVE_BACK, _key(item))


def postpone(connection: Connection, item: Item, reason: str, delay_seconds: float) -> None:
    """Leave the item for a later attempt; this one counts, and after the last one `reason` stays."""
    connection.execute(POSTPONE, {**_key(item), "reason": reason, "delay": delay_seconds})


def expire_leases(connection: Connection, process: str) -> int:
    """End the leases of a worker process that is known to be dead; returns how many."""
    return connection.execute(EXPIRE_LEASES, {"process": process}).rowcount


def _finish(connection: Connection, item: Item, *, state: str, error: str | None, seconds: float) -> bool:
    lock_job(connection, item.job_id)
    finished = connection.scalar(
        FINISH_ITEM, {**_key(item), "state": state, "error": error, "seconds": round(seconds, 3)}
    )
    if finished is not None:
        count_items(connection, item.job_id)
    return finished is not None


def _key(item: Item) -> dict[str, object]:
    return {"job_id": item.job_id, "track_id": item.track_id, "worker": item.worker}
