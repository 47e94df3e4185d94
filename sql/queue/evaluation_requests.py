"""Asks for evaluations: a job for each wish, joined by who wishes the same."""

from __future__ import annotations

from dataclasses import asdict
from uuid import UUID, uuid4

import orjson
from psycopg import sql

from domain.experiments import EvaluationWish
from sql.login import connect
from sql.queue.job_reads import JOB, job_of

# Attempts are counted among the arguments.
JOIN_OR_REQUEST = sql.SQL("""
    WITH locked AS MATERIALIZED (SELECT pg_advisory_xact_lock(hashtext('segue-evaluate-jobs'))), waiting AS (
        SELECT j.* FROM jobs j, locked
        WHERE j.kind = 'evaluate' AND j.status IN ('WAITING', 'RUNNING')
          AND j.arguments - 'attempts' = %(arguments)s::jsonb
        LIMIT 1
    ), made AS (
        INSERT INTO jobs (id, kind, status, arguments, total, done, failed)
        SELECT %(id)s, 'evaluate', 'WAITING', %(arguments)s::jsonb, 0, 0, 0 WHERE NOT EXISTS (SELECT FROM waiting)
        RETURNING *
    )
    SELECT {job} FROM waiting j UNION ALL SELECT {job} FROM made j
""").format(job=sql.SQL(JOB))


def request_evaluation_at(database_url: str, wish: EvaluationWish) -> UUID:
    """The job that evaluates what is wished, made unless one is under way; returns its id."""
    arguments = orjson.dumps(asdict(wish)).decode()
    with connect(database_url, autocommit=True) as connection:
        row = connection.execute(JOIN_OR_REQUEST, {"id": uuid4(), "arguments": arguments}).fetchone()
    assert row is not None  # noqa: S101 -- joined or made
    return job_of(row).id
