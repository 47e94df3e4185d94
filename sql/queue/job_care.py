"""One job for whoever looks after it: found, looked into, taken up again."""

from __future__ import annotations

from typing import NamedTuple
from uuid import UUID

from sqlalchemy import Connection, text

from domain.errors.asking import JobNotFound, JobNotResumable, UnknownName
from domain.jobs import JobStatus
from sql.queue.job_rows import EMBEDDING_KINDS, LOCK_REVISION, count_items, load_embed_job, lock_job

# An id may be cut short as long as it is clear which one is meant.
IDS_LIKE = text("SELECT id FROM jobs WHERE starts_with(id::text, lower(:prefix)) ORDER BY id LIMIT 2")

ITEMS = text("""
    SELECT i.track_id, t.title, i.state, i.attempts, i.error, i.seconds, t.duration_seconds
    FROM job_items i JOIN tracks t ON t.id = i.track_id
    WHERE i.job_id = :job_id AND (CAST(:state AS text) IS NULL OR i.state = :state)
    ORDER BY i.track_id
""")

TARGET = text("SELECT kind, arguments ->> 'space', arguments ->> 'where' FROM jobs WHERE id = :job_id")

OTHER_JOB = text("""
    SELECT id FROM jobs
    WHERE kind IN ('embed', 'reembed') AND status IN ('WAITING', 'RUNNING') AND id <> :job_id
      AND (arguments ->> 'revision_id')::bigint = :revision_id
""")

RETRY_FAILED = text("""
    UPDATE job_items SET state = 'WAITING', attempts = 0, error = NULL, seconds = NULL
    WHERE job_id = :job_id AND state = 'FAILED'
""")

# One that failed or was cancelled after its last item has its end before it: an index, a swap.
REOPEN = text("""
    UPDATE jobs SET status = 'WAITING', error = NULL, finished_at = NULL
    WHERE id = :job_id AND status IN ('SUCCEEDED', 'FAILED', 'CANCELLED')
""")

# Nor do the attempts count that it had before.
REOPEN_WITHOUT_ITEMS = text("""
    UPDATE jobs SET status = 'WAITING', error = NULL, finished_at = NULL, arguments = arguments - 'attempts'
    WHERE id = :job_id AND status IN ('FAILED', 'CANCELLED')
""")


class ListedItem(NamedTuple):
    """A track of a job: `seconds` of work for `audio_seconds` of music, None while it was not finished."""

    track_id: int
    title: str
    state: str
    attempts: int
    error: str | None
    seconds: float | None
    audio_seconds: float


class Target(NamedTuple):
    """A job's kind, the space that it embeds into, and the selection of tracks that it was given, if any."""

    kind: str
    space: str | None
    where: str | None


class Retried(NamedTuple):
    """Of a job of this kind `failed` items wait again, and `waiting` in all; `open` says whether workers take it up."""

    kind: str
    failed: int
    waiting: int
    open: bool


def find_job_id(connection: Connection, prefix: str) -> UUID:
    """The one job whose id begins like this. Raises JobNotFound, and UnknownName where it may be one of several."""
    ids: list[UUID] = list(connection.scalars(IDS_LIKE, {"prefix": prefix}))
    if not ids:
        raise JobNotFound(id=prefix)
    if len(ids) > 1:
        raise UnknownName(kind="one job", name=prefix, hint="Several ids begin like it.")
    return ids[0]


def target_of_job(connection: Connection, job_id: UUID) -> Target:
    """What a job was asked for. Raises JobNotFound."""
    row = connection.execute(TARGET, {"job_id": job_id}).one_or_none()
    if row is None:
        raise JobNotFound(id=job_id)
    return Target(*row)


def list_items(connection: Connection, job_id: UUID, state: str | None = None) -> list[ListedItem]:
    """The items of a job, of one state or of all, in the order in which they are taken."""
    return [ListedItem(*row) for row in connection.execute(ITEMS, {"job_id": job_id, "state": state})]


def retry_job(connection: Connection, job_id: UUID) -> Retried:
    """Let a job's failed items wait again, and with them what it was cancelled or failed over.

    A job of another kind than embedding, which has no items, is taken up again if it failed or was cancelled. Raises
    JobNotFound, and JobNotResumable when its revision was dropped or another job works on it.
    """
    kind = target_of_job(connection, job_id).kind
    if kind not in EMBEDDING_KINDS:
        reopened = connection.execute(REOPEN_WITHOUT_ITEMS, {"job_id": job_id}).rowcount == 1
        return Retried(kind, failed=0, waiting=0, open=reopened)
    job = load_embed_job(connection, job_id)
    if job.revision_id is None:
        raise JobNotResumable(id=job_id, reason="the revision that it filled was dropped.")
    connection.execute(LOCK_REVISION, {"revision_id": job.revision_id})
    other = connection.scalar(OTHER_JOB, {"job_id": job_id, "revision_id": job.revision_id})
    if other is not None:
        raise JobNotResumable(id=job_id, reason=f"job {other} works on the same.")
    status = lock_job(connection, job_id)
    failed = connection.execute(RETRY_FAILED, {"job_id": job_id}).rowcount
    waiting = count_items(connection, job_id).unfinished
    goes_on = waiting > 0 or status in (JobStatus.FAILED, JobStatus.CANCELLED)
    if goes_on:
        connection.execute(REOPEN, {"job_id": job_id})
    return Retried(kind, failed, waiting, open=goes_on)
