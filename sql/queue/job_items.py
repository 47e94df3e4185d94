"""Job items: taken by one worker at a time, under a lease that runs out when the worker dies."""

from __future__ import annotations

from collections.abc import Collection
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import BigInteger, Connection, Text, bindparam, text
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.dialects.postgresql import UUID as PG_UUID

from domain.jobs import JobStatus
from sql.queue.job_rows import lock_job

# A worker extends its lease several times within this; one that stays silent for so long is dead.
LEASE_SECONDS = 30
# What was taken so often and never finished is not given to a fourth worker to kill.
MAX_ATTEMPTS = 3
WORN_OUT = f"its worker died {MAX_ATTEMPTS} times"

# `leased_until` of a WAITING item is the moment before which it is not to be tried again. An item that this very worker
# has is one whose claim was committed and whose answer got lost: it is handed out again, and that is no new attempt.
TAKE_NEXT = text("""
    WITH next AS (
        SELECT track_id FROM job_items
        WHERE job_id = :job_id AND state IN ('WAITING', 'RUNNING')
          AND (leased_until IS NULL OR leased_until <= now() OR worker = :worker)
        ORDER BY track_id LIMIT 1
        FOR UPDATE SKIP LOCKED
    ), judged AS (
        SELECT i.track_id, i.worker IS NOT DISTINCT FROM :worker AS is_ours,
            i.attempts >= :max_attempts AND i.worker IS DISTINCT FROM :worker AS is_worn_out
        FROM next JOIN job_items i ON i.job_id = :job_id AND i.track_id = next.track_id
    )
    UPDATE job_items i
    SET state = CASE WHEN is_worn_out THEN 'FAILED' ELSE 'RUNNING' END,
        worker = CASE WHEN is_worn_out THEN NULL ELSE :worker END,
        attempts = attempts + CASE WHEN is_worn_out OR is_ours THEN 0 ELSE 1 END,
        error = CASE WHEN is_worn_out THEN coalesce(error, :worn_out) END,
        leased_until = CASE WHEN NOT is_worn_out THEN now() + make_interval(secs => :lease) END
    FROM judged JOIN tracks t ON t.id = judged.track_id
    WHERE i.job_id = :job_id AND i.track_id = judged.track_id
    RETURNING i.track_id, t.title, i.attempts, is_worn_out, i.error
""")

SHOW_CURRENT = text("""
    UPDATE jobs
    SET failed = failed + :worn_out, current = coalesce(:title, current), device = coalesce(:device, device),
        heartbeat_at = now()
    WHERE id = :job_id
""")

# Nothing is extended for a job that was cancelled, nor for an item that was given to somebody else.
EXTEND_LEASES = text("""
    UPDATE job_items i SET leased_until = now() + make_interval(secs => :lease)
    FROM unnest(:job_ids, :track_ids, :workers) AS held (job_id, track_id, worker) JOIN jobs j ON j.id = held.job_id
    WHERE j.status = 'RUNNING'
      AND i.job_id = held.job_id AND i.track_id = held.track_id AND i.worker = held.worker AND i.state = 'RUNNING'
    RETURNING i.job_id, i.track_id, i.worker
""").bindparams(
    bindparam("job_ids", type_=ARRAY(PG_UUID(as_uuid=True))),
    bindparam("track_ids", type_=ARRAY(BigInteger)),
    bindparam("workers", type_=ARRAY(Text)),
)

# Counting up costs the same however many items there are. What an item came to and that it is done are committed
# together and need not wait for the disk: a power cut takes both or none, and then the item is worked on again.
FINISH_ITEM = text("""
    WITH finished AS (
        UPDATE job_items
        SET state = :state, error = :error, seconds = :seconds, worker = NULL, leased_until = NULL
        WHERE job_id = :job_id AND track_id = :track_id AND worker = :worker AND state = 'RUNNING'
        RETURNING state
    )
    UPDATE jobs
    SET done = done + (finished.state = 'DONE')::int, failed = failed + (finished.state = 'FAILED')::int,
        heartbeat_at = now()
    FROM finished WHERE id = :job_id
    RETURNING id, set_config('synchronous_commit', 'off', true)
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

    A worker has one item of a job at a time: as long as it has one, it gets that one again. Items that have been taken
    three times and never finished become FAILED instead.
    """
    if lock_job(connection, job_id) is not JobStatus.RUNNING:
        return Claim(None, [])
    ours = {"job_id": job_id, "worker": worker, "lease": LEASE_SECONDS}
    about = ours | {"max_attempts": MAX_ATTEMPTS, "worn_out": WORN_OUT}
    worn_out: list[WornOut] = []
    while (row := connection.execute(TAKE_NEXT, about).one_or_none()) is not None and row.is_worn_out:
        worn_out.append(WornOut(row.track_id, row.error))
    if row is not None or worn_out:
        shown = {"title": row.title, "device": device} if row is not None else {"title": None, "device": None}
        connection.execute(SHOW_CURRENT, {"job_id": job_id, "worn_out": len(worn_out), **shown})
    return Claim(None if row is None else Item(job_id, row.track_id, worker, row.title, row.attempts), worn_out)


def extend_leases(connection: Connection, items: Collection[Item]) -> set[tuple[UUID, int, str]]:
    """Say that the items' workers live; returns job, track and worker of those that are still theirs.

    The others were given to another worker, or their job has ended.
    """
    held = {
        "job_ids": [item.job_id for item in items],
        "track_ids": [item.track_id for item in items],
        "workers": [item.worker for item in items],
    }
    return {tuple(row) for row in connection.execute(EXTEND_LEASES, {**held, "lease": LEASE_SECONDS})}


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
    outcome = {"state": state, "error": error, "seconds": round(seconds, 3)}
    return connection.scalar(FINISH_ITEM, {**_key(item), **outcome}) is not None


def _key(item: Item) -> dict[str, object]:
    return {"job_id": item.job_id, "track_id": item.track_id, "worker": item.worker}
