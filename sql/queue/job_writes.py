"""Background jobs, asked for and called off by the API."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import orjson
from psycopg import sql

from domain.errors.asking import JobNotFound
from domain.jobs import Job
from sql.database import Database
from sql.queue.job_reads import JOB, JOBS_BY_ID, job_of

# A row that another transaction has just made is not seen by the statement that could not insert it: ask again then.
ASK_AGAIN = 3

REQUEST_IMPORT = sql.SQL("""
    WITH made AS (
        INSERT INTO jobs (id, kind, status, arguments, total, done, failed)
        VALUES (%(id)s, 'import', 'WAITING', %(arguments)s::jsonb, 0, 0, 0)
        ON CONFLICT (id) DO NOTHING
        RETURNING *
    )
    SELECT {job} FROM made j
    UNION ALL
    SELECT {job} FROM jobs j WHERE j.id = %(id)s AND NOT EXISTS (SELECT FROM made)
""").format(job=sql.SQL(JOB))

# One that a worker has taken up may have passed a file already; one that waits has not.
JOIN_OR_REQUEST_IMPORT = sql.SQL("""
    WITH waiting AS (
        SELECT * FROM jobs
        WHERE kind = 'import' AND status = 'WAITING' AND arguments = %(arguments)s::jsonb
        LIMIT 1
    ), made AS (
        INSERT INTO jobs (id, kind, status, arguments, total, done, failed)
        SELECT %(id)s, 'import', 'WAITING', %(arguments)s::jsonb, 0, 0, 0 WHERE NOT EXISTS (SELECT FROM waiting)
        RETURNING *
    )
    SELECT {job} FROM waiting j UNION ALL SELECT {job} FROM made j
""").format(job=sql.SQL(JOB))

CANCEL_JOB = sql.SQL("""
    UPDATE jobs j SET status = 'CANCELLED', current = NULL, finished_at = now()
    WHERE j.id = %(id)s AND j.status IN ('WAITING', 'RUNNING')
    RETURNING {job}
""").format(job=sql.SQL(JOB))


class JobWrites:
    """Writes job rows. Every call may raise DatabaseUnreachable, and may then be made again: nothing happens twice."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def request_import(self, job_id: UUID, arguments: dict[str, Any]) -> Job:  # Any: JSON
        """The import job of this id, made unless it is there."""
        return await self._request(REQUEST_IMPORT, job_id, arguments)

    async def join_or_request_import(self, job_id: UUID, arguments: dict[str, Any]) -> Job:  # Any: JSON
        """An import job that was asked for the same and waits for a worker, else a new one of this id."""
        return await self._request(JOIN_OR_REQUEST_IMPORT, job_id, arguments)

    async def cancel(self, job_id: UUID) -> Job:
        """The job, CANCELLED unless it had ended already; workers leave it within one item. Raises JobNotFound."""
        rows = await self._database.rows(CANCEL_JOB, {"id": job_id})
        rows = rows or await self._database.rows(JOBS_BY_ID, {"ids": [job_id]})
        if not rows:
            raise JobNotFound(id=job_id)
        return job_of(rows[0])

    async def _request(self, statement: sql.Composed, job_id: UUID, arguments: dict[str, Any]) -> Job:
        parameters = {"id": job_id, "arguments": orjson.dumps(arguments).decode()}
        for _ in range(ASK_AGAIN):
            rows = await self._database.rows(statement, parameters)
            if rows:
                return job_of(rows[0])
        raise JobNotFound(id=job_id)
