"""Background jobs, asked for and called off by the API."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import orjson
from psycopg import sql

from domain.errors.asking import JobNotFound
from domain.jobs import Job
from sql.database import Database, Row
from sql.queue.job_reads import JOB, JOB_COLUMNS, JOBS_BY_ID, job_of

# A row that another transaction has just made is not seen by the statement that could not insert it: ask again then.
ASK_AGAIN = 3

# A ticket is valid for an hour, within which the upload begins; the slowest end within this.
UPLOAD_PATIENCE_SECONDS = 6 * 3600
NEVER_ARRIVED = "nothing arrived before the upload's address expired; ask for another one"

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

# Made when a ticket is given out. What never came within the tickets' time has failed: nobody else would say so.
AWAIT_UPLOAD = sql.SQL("""
    WITH overdue AS (
        UPDATE jobs SET status = 'FAILED', error = %(overdue)s, finished_at = now()
        WHERE kind = 'upload' AND status = 'WAITING' AND created_at < now() - make_interval(secs => %(patience)s)
    )
    INSERT INTO jobs AS j (id, kind, status, arguments, total, done, failed)
    VALUES (%(id)s, 'upload', 'WAITING', %(arguments)s::jsonb, 1, 0, 0)
    ON CONFLICT (id) DO UPDATE SET id = EXCLUDED.id
    RETURNING {job}
""").format(job=sql.SQL(JOB))

# The job that waited for an object becomes its import, however late it comes; cancelled, it stays so until it is
# taken up again. An object that nobody waited for gets a job of its own. Last is the version that the job imports.
OBJECT_ARRIVED = sql.SQL("""
    WITH made AS (
        INSERT INTO jobs AS j (id, kind, status, arguments, total, done, failed)
        VALUES (%(id)s, 'import', 'WAITING', %(arguments)s::jsonb, 1, 0, 0)
        ON CONFLICT (id) DO UPDATE
        SET kind = 'import', arguments = EXCLUDED.arguments, error = NULL,
            status = CASE WHEN j.status = 'CANCELLED' THEN j.status ELSE 'WAITING' END,
            finished_at = CASE WHEN j.status = 'CANCELLED' THEN j.finished_at END
        WHERE j.kind = 'upload'
        RETURNING *
    )
    SELECT {job}, j.arguments ->> 'version' FROM made j
    UNION ALL
    SELECT {job}, j.arguments ->> 'version' FROM jobs j WHERE j.id = %(id)s AND NOT EXISTS (SELECT FROM made)
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
        return job_of(await self._first(REQUEST_IMPORT, job_id, arguments))

    async def await_upload(self, job_id: UUID, key: str) -> Job:
        """The job of this id that waits for an object of the storage to arrive, made unless it is there."""
        parameters = {
            "id": job_id,
            "arguments": _json({"key": key}),
            "overdue": NEVER_ARRIVED,
            "patience": UPLOAD_PATIENCE_SECONDS,
        }
        [row] = await self._database.rows(AWAIT_UPLOAD, parameters)
        return job_of(row)

    async def object_arrived(self, job_id: UUID, key: str, version: str) -> tuple[Job, bool]:
        """The import job of this id, which may have waited for the object, and whether it imports this version of it:
        False where another version came before."""
        row = await self._first(OBJECT_ARRIVED, job_id, {"key": key, "version": version})
        return job_of(row), row[JOB_COLUMNS] == version

    async def join_or_request_import(self, job_id: UUID, arguments: dict[str, Any]) -> Job:  # Any: JSON
        """An import job that was asked for the same and waits for a worker, else a new one of this id."""
        return job_of(await self._first(JOIN_OR_REQUEST_IMPORT, job_id, arguments))

    async def cancel(self, job_id: UUID) -> Job:
        """The job, CANCELLED unless it had ended already; workers leave it within one item. Raises JobNotFound."""
        rows = await self._database.rows(CANCEL_JOB, {"id": job_id})
        rows = rows or await self._database.rows(JOBS_BY_ID, {"ids": [job_id]})
        if not rows:
            raise JobNotFound(id=job_id)
        return job_of(rows[0])

    async def _first(self, statement: sql.Composed, job_id: UUID, arguments: dict[str, Any]) -> Row:
        parameters = {"id": job_id, "arguments": _json(arguments)}
        for _ in range(ASK_AGAIN):
            rows = await self._database.rows(statement, parameters)
            if rows:
                return rows[0]
        raise JobNotFound(id=job_id)


def _json(arguments: dict[str, Any]) -> str:
    return orjson.dumps(arguments).decode()
