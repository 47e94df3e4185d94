"""Taking up jobs again, asked for by the API: what `job_care.retry_job` does, on the API's own connections."""

from __future__ import annotations

from collections.abc import Mapping
from typing import LiteralString, NamedTuple
from uuid import UUID, uuid4

import psycopg

from domain.errors.asking import JobNotFound, JobNotResumable
from domain.jobs import Job
from sql.database import Database, Row
from sql.queue.job_reads import JOBS_BY_ID, job_of

# A message that has waited for so long is lost; see `lanes.WAIT_SECONDS`.
LANE_SECONDS = 120

# A job's kind, the revision that it embeds into (null for other kinds), and whether that is still there.
TARGET = """
    SELECT j.kind, (j.arguments ->> 'revision_id')::bigint, r.id IS NOT NULL
    FROM jobs j LEFT JOIN space_revisions r ON r.id = (j.arguments ->> 'revision_id')::bigint
    WHERE j.id = %(id)s
"""

# Whoever makes a job for the same revision takes this lock too.
LOCK_REVISION = "SELECT pg_advisory_xact_lock(hashtext('segue-embed'), %(revision)s::int)"

OTHER_JOB = """
    SELECT id FROM jobs
    WHERE kind IN ('embed', 'reembed') AND status IN ('WAITING', 'RUNNING') AND id <> %(id)s
      AND (arguments ->> 'revision_id')::bigint = %(revision)s
"""

LOCK_JOB = "SELECT id FROM jobs WHERE id = %(id)s FOR UPDATE"

RETRY_FAILED = """
    UPDATE job_items SET state = 'WAITING', attempts = 0, error = NULL, seconds = NULL
    WHERE job_id = %(id)s AND state = 'FAILED'
"""

# Counts the items, and lets the job wait again if some are unfinished, or if it failed or was cancelled after the last.
COUNT_AND_REOPEN = """
    WITH counted AS (
        SELECT count(*) AS total, count(*) FILTER (WHERE state = 'DONE') AS done FROM job_items WHERE job_id = %(id)s
    )
    UPDATE jobs j
    SET total = c.total, done = c.done, failed = 0,
        status = CASE WHEN reopened THEN 'WAITING' ELSE status END,
        error = CASE WHEN reopened THEN NULL ELSE error END,
        finished_at = CASE WHEN reopened THEN NULL ELSE finished_at END
    FROM counted c CROSS JOIN LATERAL (
        SELECT j.status IN ('FAILED', 'CANCELLED') OR (c.done < c.total AND j.status = 'SUCCEEDED') AS reopened
        FROM jobs j WHERE j.id = %(id)s
    ) r
    WHERE j.id = %(id)s
"""

# Nor do the attempts count that it had before.
REOPEN_WITHOUT_ITEMS = """
    UPDATE jobs SET status = 'WAITING', error = NULL, finished_at = NULL, arguments = arguments - 'attempts'
    WHERE id = %(id)s AND status IN ('FAILED', 'CANCELLED')
"""

OPEN_LANE = """
    INSERT INTO lanes (id, job_id, expires_at)
    SELECT %(lane)s, %(id)s, now() + make_interval(secs => %(wait)s)
    WHERE NOT EXISTS (SELECT FROM lanes WHERE job_id = %(id)s AND expires_at > now())
      AND EXISTS (SELECT FROM jobs WHERE id = %(id)s AND status IN ('WAITING', 'RUNNING'))
    RETURNING id
"""


class Reopened(NamedTuple):
    """A job after it was asked to go on, and the lane whose message is to be sent, unless one is under way."""

    job: Job
    lane: UUID | None


class JobRetries:
    """Lets jobs go on. Every call may raise DatabaseUnreachable, and may then be made again."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def retry(self, job_id: UUID) -> Reopened:
        """Let a job's failed items wait again, and with them what it was cancelled or failed over; a job in which
        nothing failed or is left to do stays as it is.

        Raises JobNotFound, and JobNotResumable when its revision was dropped or another job works on it.
        """
        return await self._database.transact(lambda connection: _retry(connection, job_id))


async def _retry(connection: psycopg.AsyncConnection[Row], job_id: UUID) -> Reopened:
    key = {"id": job_id}
    target = await _one(connection, TARGET, key)
    if target is None:
        raise JobNotFound(id=job_id)
    kind, revision, is_there = target
    if kind in ("embed", "reembed"):
        if not is_there:
            raise JobNotResumable(id=job_id, reason="the revision that it filled was dropped.")
        of_revision = {**key, "revision": revision}
        await connection.execute(LOCK_REVISION, of_revision)
        if await _one(connection, OTHER_JOB, of_revision):
            raise JobNotResumable(id=job_id, reason="another job works on the same.")
        await connection.execute(LOCK_JOB, key)
        await connection.execute(RETRY_FAILED, key)
        await connection.execute(COUNT_AND_REOPEN, key)
    else:
        await connection.execute(REOPEN_WITHOUT_ITEMS, key)
    opened = await _one(connection, OPEN_LANE, {**key, "lane": uuid4(), "wait": LANE_SECONDS})
    cursor = await connection.execute(JOBS_BY_ID, {"ids": [job_id]})
    return Reopened(job_of((await cursor.fetchall())[0]), opened[0] if opened else None)


async def _one(
    connection: psycopg.AsyncConnection[Row], statement: LiteralString, parameters: Mapping[str, object]
) -> Row | None:
    return await (await connection.execute(statement, parameters)).fetchone()
