"""Background jobs, read for the API."""

from __future__ import annotations

from uuid import UUID

from psycopg import sql

from domain.jobs import Job, JobStatus
from sql.catalogue import pages
from sql.catalogue.pages import Key, Order, Page
from sql.database import Database, Row

JOB = (
    "j.id, j.kind, j.status, j.total, j.done, j.failed, j.current, j.device, j.error,"
    " j.created_at, j.started_at, j.finished_at, j.heartbeat_at"
)
JOB_COLUMNS = 13
JOBS_BY_ID = sql.SQL("SELECT {} FROM jobs j WHERE j.id = ANY(%(ids)s::uuid[])").format(sql.SQL(JOB))
JOB_COUNT = sql.SQL("SELECT count(*) FROM jobs j WHERE {matches}")
OF_STATUS = sql.SQL("j.status = %(status)s")

NEWEST_FIRST = Order(("j.created_at", "j.id"), descending=True)


class JobReads:
    """Reads job rows; each is what the job's worker last wrote."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def jobs(self, ids: list[UUID]) -> dict[UUID, Job]:
        return {row[0]: job_of(row) for row in await self._database.rows(JOBS_BY_ID, {"ids": ids})}

    async def job_page(self, status: JobStatus | None, first: int, after: Key | None) -> Page[Job]:
        """Jobs of one status or of all, newest first."""
        statement = pages.statement(JOB, "jobs j", NEWEST_FIRST, first, after, OF_STATUS if status else None)
        rows = await self._database.rows(statement, {"status": status} | NEWEST_FIRST.parameters(after))
        return NEWEST_FIRST.page(rows, first, job_of)

    async def job_count(self, status: JobStatus | None) -> int:
        statement = JOB_COUNT.format(matches=OF_STATUS if status else sql.SQL("TRUE"))
        [(count,)] = await self._database.rows(statement, {"status": status})
        return int(count)


def job_of(row: Row) -> Job:
    """A job of the columns `JOB`."""
    return Job(row[0], row[1], JobStatus(row[2]), *row[3:JOB_COLUMNS])
