"""Jobs that draw maps: asked for once by somebody, then again whenever what they show has changed."""

from __future__ import annotations

from typing import Any
from uuid import UUID, uuid4

from psycopg import sql
from sqlalchemy import Connection, text

from domain.errors.asking import SpaceNotFound, SpaceNotReady
from domain.jobs import Job
from sql.database import Database, Row
from sql.login import connect
from sql.queue.job_reads import JOB, job_of

# An archive into which recordings trickle is not drawn anew for each of them.
MIN_SECONDS = 600

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

# Spaces that were drawn once, and have got another revision or other tracks since. `sources` are the active revision
# with all that it is computed from.
REQUEST_DUE = text("""
    INSERT INTO jobs (kind, status, arguments, total, done, failed)
    SELECT 'map', 'WAITING', jsonb_build_object('space', s.name), 0, 0, 0
    FROM spaces s
    CROSS JOIN LATERAL (
        WITH RECURSIVE source AS (
            SELECT s.active_revision_id AS id
            UNION SELECT unnest(d.parents) FROM derived_revisions d JOIN source ON d.revision_id = source.id
        )
        SELECT array_agg(id) AS ids FROM source
    ) sources
    CROSS JOIN LATERAL (
        SELECT coalesce(j.started_at, j.created_at) AS began_at, j.created_at, j.status FROM jobs j
        WHERE j.kind = 'map' AND j.arguments ->> 'space' = s.name
        ORDER BY j.created_at DESC LIMIT 1
    ) last
    WHERE s.active_revision_id IS NOT NULL
      AND last.status NOT IN ('WAITING', 'RUNNING') AND last.created_at < now() - make_interval(secs => :seconds)
      AND (
          (
              EXISTS (SELECT FROM space_maps m JOIN space_revisions r ON r.id = m.revision_id WHERE r.space_id = s.id)
              AND NOT EXISTS (SELECT FROM space_maps m WHERE m.revision_id = s.active_revision_id)
          )
          OR EXISTS (
              SELECT FROM jobs e
              WHERE e.kind IN ('embed', 'reembed') AND (e.arguments ->> 'revision_id')::bigint = ANY (sources.ids)
                AND e.done > 0 AND e.finished_at > last.began_at
          )
      )
      AND NOT EXISTS (
          SELECT FROM jobs e
          WHERE e.kind IN ('embed', 'reembed') AND e.status IN ('WAITING', 'RUNNING')
            AND (e.arguments ->> 'revision_id')::bigint = ANY (sources.ids)
      )
    RETURNING id
""")


def request_due_maps(connection: Connection, *, min_seconds: float = MIN_SECONDS) -> int:
    """Make a job for each space that was drawn once and has changed since; returns how many. Nobody else may do so at
    once: whoever sweeps does."""
    return len(connection.execute(REQUEST_DUE, {"seconds": min_seconds}).all())


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
    there = dict(rows)
    if space not in there:
        raise SpaceNotFound(name=space, known=", ".join(there))
    if not there[space]:
        raise SpaceNotReady(name=space)


def _parameters(space: str) -> dict[str, Any]:  # Any: text and a UUID
    return {"id": uuid4(), "space": space}
