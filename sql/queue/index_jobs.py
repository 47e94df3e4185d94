"""Jobs that build the index of a space revision."""

from __future__ import annotations

from typing import NamedTuple
from uuid import UUID

from sqlalchemy import Connection, bindparam, text
from sqlalchemy.dialects.postgresql import JSONB

# Two that ask for the same index at once must get one job.
LOCK_REVISION = text("SELECT pg_advisory_xact_lock(hashtext('segue-index-job'), :revision_id)")

NEWEST_JOB = text("""
    SELECT id, status FROM jobs
    WHERE kind = 'index' AND (arguments ->> 'revision_id')::bigint = :revision_id
    ORDER BY created_at DESC, id DESC LIMIT 1
""")

INSERT_JOB = text("""
    INSERT INTO jobs (kind, status, arguments, total, done, failed) VALUES ('index', 'WAITING', :arguments, 1, 0, 0)
    RETURNING id
""").bindparams(bindparam("arguments", type_=JSONB()))

DIMENSION = text("""
    SELECT s.dimension FROM space_revisions r JOIN spaces s ON s.id = r.space_id WHERE r.id = :revision_id
""")

# What embeds into the revision and has nothing left to embed may have waited for the index.
EMBEDDING_JOB = text("""
    SELECT id, kind FROM jobs
    WHERE kind IN ('embed', 'reembed') AND status = 'RUNNING'
      AND (arguments ->> 'revision_id')::bigint = :revision_id
""")


class IndexJob(NamedTuple):
    """A job that builds, or has built, or could not build."""

    id: UUID
    status: str


def newest_index_job(connection: Connection, revision_id: int) -> IndexJob | None:
    """The job that was asked for last. Whoever asks for another at once waits until the transaction ends."""
    connection.execute(LOCK_REVISION, {"revision_id": revision_id})
    row = connection.execute(NEWEST_JOB, {"revision_id": revision_id}).one_or_none()
    return None if row is None else IndexJob(*row)


def make_index_job(connection: Connection, space: str, revision_id: int, threshold: int) -> UUID:
    """A job that indexes what of the revision numbers `threshold` vectors or more."""
    arguments = {"space": space, "revision_id": revision_id, "threshold": threshold}
    job_id: UUID = connection.execute(INSERT_JOB, {"arguments": arguments}).scalar_one()
    return job_id


def embedding_job_of(connection: Connection, revision_id: int) -> tuple[UUID, str] | None:
    """The running job that embeds into a revision, and its kind."""
    row = connection.execute(EMBEDDING_JOB, {"revision_id": revision_id}).one_or_none()
    return None if row is None else (row.id, row.kind)


def dimension_of(connection: Connection, revision_id: int) -> int | None:
    """Of the vectors of a revision, None for one that was dropped."""
    dimension: int | None = connection.scalar(DIMENSION, {"revision_id": revision_id})
    return dimension
