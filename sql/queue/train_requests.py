"""Asks for models to be trained: a job for each wish, joined by who wishes the same."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any
from uuid import UUID, uuid4

import orjson
from psycopg import sql

from domain.jobs import Job
from domain.training import TrainingWish
from sql.database import Database
from sql.login import connect
from sql.queue.job_reads import JOB, job_of

# Attempts are counted among the arguments.
JOIN_OR_REQUEST = sql.SQL("""
    WITH locked AS MATERIALIZED (SELECT pg_advisory_xact_lock(hashtext('segue-train-jobs'))), waiting AS (
        SELECT j.* FROM jobs j, locked
        WHERE j.kind = 'train' AND j.status IN ('WAITING', 'RUNNING')
          AND j.arguments - 'attempts' = %(arguments)s::jsonb
        LIMIT 1
    ), made AS (
        INSERT INTO jobs (id, kind, status, arguments, total, done, failed)
        SELECT %(id)s, 'train', 'WAITING', %(arguments)s::jsonb, 0, 0, 0 WHERE NOT EXISTS (SELECT FROM waiting)
        RETURNING *
    )
    SELECT {job} FROM waiting j UNION ALL SELECT {job} FROM made j
""").format(job=sql.SQL(JOB))


async def request_training(database: Database, wish: TrainingWish) -> Job:
    """The job that trains what is wished, made unless one is under way."""
    [row] = await database.rows(JOIN_OR_REQUEST, _parameters(wish))
    return job_of(row)


def request_training_at(database_url: str, wish: TrainingWish) -> UUID:
    """Likewise, for a process without a pool; returns the job's id."""
    with connect(database_url, autocommit=True) as connection:
        row = connection.execute(JOIN_OR_REQUEST, _parameters(wish)).fetchone()
    assert row is not None  # noqa: S101 -- joined or made
    return job_of(row).id


def _parameters(wish: TrainingWish) -> dict[str, Any]:  # Any: JSON and a UUID
    arguments = asdict(wish) | {"settings": dict(wish.settings)}
    return {"id": uuid4(), "arguments": orjson.dumps(arguments).decode()}
