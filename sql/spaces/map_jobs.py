"""Jobs that draw maps, asked for by somebody; `due_maps` has them drawn again."""

from __future__ import annotations

from typing import Any
from uuid import UUID, uuid4

from psycopg import sql

from domain.errors.asking import SpaceNotFound, SpaceNotReady
from domain.ids import shortened
from domain.jobs import Job
from sql.database import Database, Row
from sql.login import connect
from sql.queue.job_reads import JOB, job_of

SPACES = "SELECT name, active_revision_id IS NOT NULL FROM spaces ORDER BY name"

# One that waits or runs is joined. Attempts are counted among the arguments.
JOIN_OR_REQUEST = sql.SQL("""
    WITH locked AS MATERIALIZED (SELECT pg_advisory_xact_lock(hashtext('segue-map-jobs'))), waiting AS (
        SELECT j.* FROM jobs j, locked
        WHERE j.kind = 'map' AND j.status IN ('WAITING', 'RUNNING') AND j.arguments ->> 'space' = %(space)s
        LIMIT 1
    ), made AS (
        INSERT INTO jobs (id, kind, status, arguments, total, done, failed)
        SELECT %(id)s, 'map', 'WAITING', jsonb_build_object('space', %(space)s::text), 0, 0, 0
        WHERE NOT EXISTS (SELECT FROM waiting)
        RETURNING *
    )
    SELECT {job} FROM waiting j UNION ALL SELECT {job} FROM made j
""").format(job=sql.SQL(JOB))


async def request_map(database: Database, space: str) -> Job:
    """The job that draws a space, made unless one is under way. Raises SpaceNotFound, SpaceNotReady."""
    _require_space(await database.rows(SPACES), space)
    [row] = await database.rows(JOIN_OR_REQUEST, _parameters(space))
    return job_of(row)


def request_map_at(database_url: str, space: str) -> UUID:
    """Likewise, for a process without a pool; returns the job's id."""
    with connect(database_url, autocommit=True) as connection:
        _require_space(connection.execute(SPACES).fetchall(), space)
        row = connection.execute(JOIN_OR_REQUEST, _parameters(space)).fetchone()
    assert row is not None  # noqa: S101 -- joined or made
    return job_of(row).id


def _require_space(rows: list[Row], space: str) -> None:
    there = {name: is_there for name, is_there in rows}  # noqa: C416 -- rows are of any length to types
    if space not in there:
        raise SpaceNotFound(name=shortened(space), known=", ".join(there))
    if not there[space]:
        raise SpaceNotReady(name=space)


def _parameters(space: str) -> dict[str, Any]:  # Any: text and a UUID
    return {"id": uuid4(), "space": space}
