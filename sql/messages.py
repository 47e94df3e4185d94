"""What the broker's own tables say: who works, and which messages are under way."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy import Connection, text

# Only one process sweeps at a time.
LOCK_SWEEP = text("SELECT pg_try_advisory_xact_lock(hashtext('segue-sweep'))")

# Messages to an actor about one job that wait or are in hand. A dead worker's count: the broker brings them back.
COUNT_MESSAGES = text("""
    SELECT count(*) FROM dramatiq.queue
    WHERE state IN ('queued', 'consumed') AND message ->> 'actor_name' = :actor AND message -> 'args' ->> 0 = :job_id
""")

COUNT_WORKERS = text("""
    SELECT count(*) FROM dramatiq.worker WHERE heartbeat_at > now() - make_interval(secs => :ttl)
""")

ANNOUNCE_WORKER = text("""
    INSERT INTO dramatiq.worker (worker_id, heartbeat_at) VALUES (:worker_id, now())
    ON CONFLICT (worker_id) DO UPDATE SET heartbeat_at = now()
""")

REQUEUE_MESSAGES = text("""
    UPDATE dramatiq.queue SET state = 'queued', worker_id = NULL, consumed_at = NULL, mtime = now()
    WHERE worker_id = :worker_id AND state = 'consumed'
""")

FORGET_WORKER = text("DELETE FROM dramatiq.worker WHERE worker_id = :worker_id")


def lock_sweep(connection: Connection) -> bool:
    """Whether this transaction may sweep; if so, nobody else may until it ends."""
    return bool(connection.scalar(LOCK_SWEEP))


def count_messages(connection: Connection, actor: str, job_id: UUID) -> int:
    """How many messages about a job are on their way to an actor or in its hands."""
    return int(connection.execute(COUNT_MESSAGES, {"actor": actor, "job_id": str(job_id)}).scalar_one())


def count_workers(connection: Connection, ttl_seconds: float) -> int:
    """How many worker processes have said within `ttl_seconds` that they live."""
    return int(connection.execute(COUNT_WORKERS, {"ttl": ttl_seconds}).scalar_one())


def announce_worker(connection: Connection, worker_id: UUID) -> None:
    """Say that a worker process lives, as it will say again by itself once it waits for messages."""
    connection.execute(ANNOUNCE_WORKER, {"worker_id": worker_id})


def release_messages(connection: Connection, worker_id: UUID) -> None:
    """Put what a worker process held back into the queue, and forget the process, which is known to be dead."""
    connection.execute(REQUEUE_MESSAGES, {"worker_id": worker_id})
    connection.execute(FORGET_WORKER, {"worker_id": worker_id})
