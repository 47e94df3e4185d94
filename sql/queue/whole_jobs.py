"""Jobs without items, which one worker runs as a whole; seen by that worker."""

from __future__ import annotations

from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import Connection, text

from domain.jobs import JobStatus

# Attempts are counted in the row, since a message that comes back does not tell how often it came.
BEGIN = text("""
    UPDATE jobs
    SET status = 'RUNNING', started_at = coalesce(started_at, now()), heartbeat_at = now(),
        arguments = arguments
            || jsonb_build_object('attempts', coalesce((arguments ->> 'attempts')::int, 0) + 1)
    WHERE id = :job_id AND status IN ('WAITING', 'RUNNING')
    RETURNING arguments
""")

GIVE_BACK = text("""
    UPDATE jobs
    SET status = 'WAITING', current = NULL,
        arguments = arguments || jsonb_build_object('attempts', (arguments ->> 'attempts')::int - 1)
    WHERE id = :job_id AND status = 'RUNNING'
""")

TELL = text("""
    UPDATE jobs SET total = :total, done = :done, failed = :failed, current = :current, heartbeat_at = now()
    WHERE id = :job_id AND status = 'RUNNING'
    RETURNING id
""")

END = text("""
    UPDATE jobs
    SET status = :status, total = :total, done = :done, failed = :failed, error = :error, current = NULL,
        heartbeat_at = now(), finished_at = now()
    WHERE id = :job_id AND status = 'RUNNING'
    RETURNING id
""")


class Counts(NamedTuple):
    """What a job works through: all of it, what is done, what was refused or failed."""

    total: int
    done: int
    failed: int


def begin_whole_job(connection: Connection, job_id: UUID) -> dict[str, Any] | None:  # Any: JSON
    """The job's arguments, with the number of this attempt as `attempts`; None when it has ended or is gone."""
    arguments: dict[str, Any] | None = connection.scalar(BEGIN, {"job_id": job_id})
    return arguments


def give_back_whole_job(connection: Connection, job_id: UUID) -> None:
    """Let the job wait for another worker, as if this one had not taken it up."""
    connection.execute(GIVE_BACK, {"job_id": job_id})


def tell_whole_job(connection: Connection, job_id: UUID, counts: Counts, current: str | None) -> bool:
    """Write down how far the job is; returns False when it was cancelled."""
    return connection.scalar(TELL, {"job_id": job_id, "current": current, **counts._asdict()}) is not None


def end_whole_job(connection: Connection, job_id: UUID, status: JobStatus, counts: Counts, error: str | None) -> bool:
    """The job has ended; returns whether this call did it."""
    values = {"job_id": job_id, "status": status.value, "error": error, **counts._asdict()}
    return connection.scalar(END, values) is not None
