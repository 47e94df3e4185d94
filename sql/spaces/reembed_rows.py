"""Re-embedding jobs: rows that ask for tracks to be heard again."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, Connection, bindparam, text
from sqlalchemy.dialects.postgresql import ARRAY

from sql.queue.job_rows import (
    LOCK_REVISION,
    REEMBED,
    UNENDED_JOB_OF_REVISION,
    RequestedJob,
    add_missing_tracks,
    count_items,
    join_or_make_job,
)

# What the job has done already stays done; what failed is tried again.
INSERT_CHOSEN = text("""
    INSERT INTO job_items (job_id, track_id, state, attempts)
    SELECT :job_id, t.id, 'WAITING', 0 FROM tracks t WHERE t.id = ANY (:track_ids)
    ON CONFLICT (job_id, track_id) DO UPDATE SET state = 'WAITING', attempts = 0, error = NULL
    WHERE job_items.state = 'FAILED'
""").bindparams(bindparam("track_ids", type_=ARRAY(BigInteger)))

ALLOW_MISSING = text("""
    UPDATE jobs SET arguments = arguments || '{"allow_missing": true}' WHERE id = :job_id
""")

# What the API asked for: its arguments name no revision yet.
LOAD_REQUEST = text("""
    SELECT arguments FROM jobs WHERE id = :job_id AND kind = 'reembed-request' AND status IN ('WAITING', 'RUNNING')
    FOR UPDATE
""")

BEGIN_REQUESTED = text("""
    UPDATE jobs
    SET kind = 'reembed', current = NULL,
        arguments = arguments || jsonb_build_object('revision_id', CAST(:revision_id AS bigint))
    WHERE id = :job_id
""")

WAIT_FOR = text("UPDATE jobs SET current = :what WHERE id = :job_id")

ALLOWS_MISSING = text("SELECT coalesce((arguments ->> 'allow_missing')::boolean, false) FROM jobs WHERE id = :job_id")


def request_filling_job(
    connection: Connection, space: str, revision_id: int, *, allow_missing: bool = False
) -> RequestedJob:
    """Make a job that fills a successor, or join the one that does; tracks that failed before are tried again.

    `allow_missing` holds for the job from then on.
    """
    job_id, joined = join_or_make_job(connection, REEMBED, {"space": space, "revision_id": revision_id})
    added = add_missing_tracks(connection, job_id, revision_id, retry_failed=True)
    if allow_missing:
        connection.execute(ALLOW_MISSING, {"job_id": job_id})
    return RequestedJob(job_id, joined, added, count_items(connection, job_id).total)


def request_rehearing_job(
    connection: Connection, space: str, revision_id: int, where: str, track_ids: Sequence[int]
) -> RequestedJob:
    """Make a job that hears these tracks again for a revision, or add them to the job that works on it."""
    arguments = {"space": space, "revision_id": revision_id, "where": where}
    job_id, joined = join_or_make_job(connection, REEMBED, arguments)
    added = add_chosen_tracks(connection, job_id, track_ids)
    return RequestedJob(job_id, joined, added, count_items(connection, job_id).total)


def begin_requested_job(connection: Connection, job_id: UUID, revision_id: int) -> UUID | None:
    """A request becomes the job that works on this revision, unless another one does: then its id is returned, and
    nothing done. Its items are still to be added, in the same transaction."""
    connection.execute(LOCK_REVISION, {"revision_id": revision_id})
    other: UUID | None = connection.scalar(UNENDED_JOB_OF_REVISION, {"revision_id": revision_id})
    if other is None:
        connection.execute(BEGIN_REQUESTED, {"job_id": job_id, "revision_id": revision_id})
    return other


def add_chosen_tracks(connection: Connection, job_id: UUID, track_ids: Sequence[int]) -> int:
    """Add these tracks to a job; returns how many it had not done or waited for. The job's counters follow with
    `count_items`."""
    return connection.execute(INSERT_CHOSEN, {"job_id": job_id, "track_ids": list(track_ids)}).rowcount


def load_request(connection: Connection, job_id: UUID) -> dict[str, Any] | None:  # Any: JSON
    """The arguments of a request that no worker has begun, locked until the transaction ends; None when it was begun,
    has ended or is gone."""
    arguments: dict[str, Any] | None = connection.scalar(LOAD_REQUEST, {"job_id": job_id})
    return arguments


def allows_missing(connection: Connection, job_id: UUID) -> bool:
    """Whether a filling job may end with tracks missing that the active revision holds."""
    return bool(connection.scalar(ALLOWS_MISSING, {"job_id": job_id}))


def wait_for(connection: Connection, job_id: UUID, what: str) -> None:
    """Say what a request waits for."""
    connection.execute(WAIT_FOR, {"job_id": job_id, "what": what})
