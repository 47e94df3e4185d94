"""Import jobs, seen by the worker that runs them."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import Connection, Engine, text

from domain.jobs import JobStatus
from sql.spaces.embeddings import EMBEDDABLE

IMPORT = "import"

TRY_LOCK = text("SELECT pg_try_advisory_lock(hashtext('segue-import-job'), hashtext(:job_id))")
UNLOCK = text("SELECT pg_advisory_unlock(hashtext('segue-import-job'), hashtext(:job_id))")

# Attempts are counted in the row, since a message that comes back does not tell how often it came.
BEGIN = text("""
    UPDATE jobs
    SET status = 'RUNNING', started_at = coalesce(started_at, now()), heartbeat_at = now(),
        arguments = arguments
            || jsonb_build_object('attempts', coalesce((arguments ->> 'attempts')::int, 0) + 1)
    WHERE id = :job_id AND kind = 'import' AND status IN ('WAITING', 'RUNNING')
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

IS_SOMETHING_MISSING = text(f"""
    SELECT EXISTS (
        SELECT FROM tracks t
        LEFT JOIN spaces s ON s.name = :space
        WHERE {EMBEDDABLE}
          AND NOT EXISTS (
              SELECT FROM track_embeddings e WHERE e.revision_id = s.active_revision_id AND e.track_id = t.id
          )
          AND NOT EXISTS (
              SELECT FROM embedding_failures x WHERE x.revision_id = s.active_revision_id AND x.track_id = t.id
          )
    )
""")  # noqa: S608 -- a constant of this program


class Counts(NamedTuple):
    """Files: all, those that are in the catalogue, those that were refused."""

    total: int
    done: int
    failed: int


@contextmanager
def running_import(engine: Engine, job_id: UUID) -> Iterator[bool]:
    """Whether nobody else runs this job; while the block lasts, nobody else will."""
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        alone = bool(connection.scalar(TRY_LOCK, {"job_id": str(job_id)}))
        try:
            yield alone
        finally:
            if alone:
                connection.execute(UNLOCK, {"job_id": str(job_id)})


def begin_import(connection: Connection, job_id: UUID) -> dict[str, Any] | None:  # Any: JSON
    """The job's arguments, with the number of this attempt as `attempts`; None when it has ended or is gone."""
    arguments: dict[str, Any] | None = connection.scalar(BEGIN, {"job_id": job_id})
    return arguments


def give_back_import(connection: Connection, job_id: UUID) -> None:
    """Let the job wait for another worker, as if this one had not taken it up."""
    connection.execute(GIVE_BACK, {"job_id": job_id})


def tell_import(connection: Connection, job_id: UUID, counts: Counts, current: str | None) -> bool:
    """Write down how far the job is; returns False when it was cancelled."""
    return connection.scalar(TELL, {"job_id": job_id, "current": current, **counts._asdict()}) is not None


def end_import(connection: Connection, job_id: UUID, status: JobStatus, counts: Counts, error: str | None) -> bool:
    """The job has ended; returns whether this call did it."""
    values = {"job_id": job_id, "status": status.value, "error": error, **counts._asdict()}
    return connection.scalar(END, values) is not None


def is_something_missing(connection: Connection, space: str) -> bool:
    """Whether a track should be in the space's active revision, is not, and was not tried."""
    return bool(connection.scalar(IS_SOMETHING_MISSING, {"space": space}))
