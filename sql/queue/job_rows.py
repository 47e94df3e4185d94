"""Job rows: the truth about slow work, from asking for it to its end.

A job's counters are changed in the transaction that changes its items, under the row's lock; so no kill can skew them.
Who needs the lock of a job and of its items takes the job's first.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import Connection, bindparam, text
from sqlalchemy.dialects.postgresql import JSONB

from domain.errors.asking import JobNotFound
from domain.jobs import JobStatus
from sql.spaces.embeddings import EMBEDDABLE, IN_REVISION, INCOMPLETE, OF_FILE

# Both embed tracks into a revision: what is missing in the active one, or what was asked to be heard again.
EMBED = "embed"
REEMBED = "reembed"
EMBEDDING_KINDS = (EMBED, REEMBED)

# Two that ask for the same work at once must get one job.
LOCK_REVISION = text("SELECT pg_advisory_xact_lock(hashtext('segue-embed'), :revision_id)")

# The job that works on a revision already, locked so that it cannot end meanwhile.
UNENDED_JOB_OF_REVISION = text("""
    SELECT id FROM jobs
    WHERE kind IN ('embed', 'reembed') AND status IN ('WAITING', 'RUNNING')
      AND (arguments ->> 'revision_id')::bigint = :revision_id
    FOR UPDATE
""")

INSERT_JOB = text("""
    INSERT INTO jobs (kind, status, arguments, total, done, failed) VALUES (:kind, 'WAITING', :arguments, 0, 0, 0)
    RETURNING id
""").bindparams(bindparam("arguments", type_=JSONB()))

# One item for each embeddable track that is not in the revision yet.
MISSING = f"""
    INSERT INTO job_items (job_id, track_id, state, attempts)
    SELECT :job_id, t.id, 'WAITING', 0
    FROM tracks t
    WHERE {EMBEDDABLE} AND NOT {IN_REVISION} AND (:retry_failed OR NOT EXISTS (
        SELECT FROM embedding_failures x WHERE x.revision_id = :revision_id AND x.track_id = t.id
    )) {{only}}
    ON CONFLICT (job_id, track_id) DO NOTHING
"""  # noqa: S608 -- constants of this program
INSERT_MISSING = text(MISSING.format(only=""))
INSERT_MISSING_OF_FILE = text(MISSING.format(only=f"AND {OF_FILE}"))

# One for each track whose waveform or patches are not known: an earlier version embedded it, or it was done elsewhere.
INSERT_INCOMPLETE = text(f"""
    INSERT INTO job_items (job_id, track_id, state, attempts)
    SELECT :job_id, t.id, 'WAITING', 0 FROM tracks t WHERE {EMBEDDABLE} AND {IN_REVISION} AND {INCOMPLETE}
    ON CONFLICT (job_id, track_id) DO NOTHING
""")  # noqa: S608 -- see above

LOCK_JOB = text("SELECT status FROM jobs WHERE id = :job_id FOR NO KEY UPDATE")

COUNT_ITEMS = text("""
    UPDATE jobs
    SET (total, done, failed) = (
        SELECT count(*), count(*) FILTER (WHERE state = 'DONE'), count(*) FILTER (WHERE state = 'FAILED')
        FROM job_items WHERE job_id = :job_id
    )
    WHERE id = :job_id
    RETURNING total, done, failed
""")

# A job that embeds into a revision, with what a worker must know of the space.
EMBED_JOB = text("""
    SELECT j.id, j.status, s.name AS space, s.backend, r.id AS revision_id, r.revision
    FROM jobs j
    LEFT JOIN space_revisions r ON r.id = (j.arguments ->> 'revision_id')::bigint
    LEFT JOIN spaces s ON s.id = r.space_id
    WHERE j.id = :job_id AND j.kind IN ('embed', 'reembed')
""")

BEGIN_JOB = text("""
    UPDATE jobs SET status = 'RUNNING', started_at = coalesce(started_at, now()), heartbeat_at = now()
    WHERE id = :job_id AND status = 'WAITING'
    RETURNING id
""")

END_JOB = text("""
    UPDATE jobs SET status = :status, error = :error, current = NULL, finished_at = now()
    WHERE id = :job_id AND status IN ('WAITING', 'RUNNING')
    RETURNING id
""")

UNENDED_JOBS = text("""
    SELECT j.id, j.kind,
        (SELECT count(*) FROM job_items i WHERE i.job_id = j.id AND i.state IN ('WAITING', 'RUNNING')) AS unfinished
    FROM unnest(CAST(:kinds AS text[])) AS k (kind)
    CROSS JOIN LATERAL (
        SELECT id, kind, created_at FROM jobs WHERE status IN ('WAITING', 'RUNNING') AND jobs.kind = k.kind
        ORDER BY created_at, id LIMIT :most
    ) j
    ORDER BY j.created_at, j.id
""")


@dataclass(frozen=True, slots=True)
class RequestedJob:
    """A job that will do what was asked: `joined` when it was there already, and `added` of its items are new."""

    id: UUID
    joined: bool
    added: int
    total: int


@dataclass(frozen=True, slots=True)
class EmbedJob:
    """A job that embeds into a revision of a space. The revision may have been dropped since."""

    id: UUID
    status: JobStatus
    space: str | None
    backend: str | None
    revision_id: int | None
    revision: str | None


class Counts(NamedTuple):
    """A job's items: all, those that are done, those that failed."""

    total: int
    done: int
    failed: int

    @property
    def unfinished(self) -> int:
        return self.total - self.done - self.failed


class UnendedJob(NamedTuple):
    """A job that waits or runs, with the number of items that are neither done nor failed."""

    id: UUID
    kind: str
    unfinished: int


def request_embed_job(
    connection: Connection, space: str, revision_id: int, *, retry_failed: bool = True, only_file: str | None = None
) -> RequestedJob:
    """Make a job that embeds every embeddable track that is not in the revision, or add those to the job that does.

    Tracks that are in it without their patches, or have no waveform, are heard again along with them. With `only_file`,
    the path of a file, no track is looked at but the one that is not in the revision and has that file. Tracks that
    failed before are tried again with `retry_failed`. A job without items has nothing to wait for: the caller ends it.
    """
    job_id, joined = join_or_make_job(connection, EMBED, {"space": space, "revision_id": revision_id})
    if only_file is None:
        added = add_missing_tracks(connection, job_id, revision_id, retry_failed=retry_failed)
        added += connection.execute(INSERT_INCOMPLETE, {"job_id": job_id, "revision_id": revision_id}).rowcount
    else:
        which = {"job_id": job_id, "revision_id": revision_id, "retry_failed": retry_failed, "path": only_file}
        added = connection.execute(INSERT_MISSING_OF_FILE, which).rowcount
    return RequestedJob(job_id, joined, added, count_items(connection, job_id).total)


def join_or_make_job(connection: Connection, kind: str, arguments: dict[str, Any]) -> tuple[UUID, bool]:
    """The one job that works on revision `arguments["revision_id"]`, locked, and whether it was there already.

    Whoever asks for the same revision at once waits until the transaction ends.
    """
    revision_id = arguments["revision_id"]
    connection.execute(LOCK_REVISION, {"revision_id": revision_id})
    job_id = connection.scalar(UNENDED_JOB_OF_REVISION, {"revision_id": revision_id})
    if job_id is not None:
        return job_id, True
    return connection.execute(INSERT_JOB, {"kind": kind, "arguments": arguments}).scalar_one(), False


def add_missing_tracks(connection: Connection, job_id: UUID, revision_id: int, *, retry_failed: bool) -> int:
    """Add every embeddable track that is not in the revision to a job; returns how many were not there yet.

    The job's counters follow with `count_items`.
    """
    return connection.execute(
        INSERT_MISSING, {"job_id": job_id, "revision_id": revision_id, "retry_failed": retry_failed}
    ).rowcount


def load_embed_job(connection: Connection, job_id: UUID) -> EmbedJob:
    """Raises JobNotFound."""
    row = connection.execute(EMBED_JOB, {"job_id": job_id}).one_or_none()
    if row is None:
        raise JobNotFound(id=job_id)
    return EmbedJob(row.id, JobStatus(row.status), row.space, row.backend, row.revision_id, row.revision)


def begin_job(connection: Connection, job_id: UUID) -> bool:
    """WAITING becomes RUNNING; returns whether this call did it."""
    return connection.scalar(BEGIN_JOB, {"job_id": job_id}) is not None


def lock_job(connection: Connection, job_id: UUID) -> JobStatus | None:
    """Take the job's lock until the transaction ends; returns its status, None when there is no such job."""
    status = connection.scalar(LOCK_JOB, {"job_id": job_id})
    return None if status is None else JobStatus(status)


def count_items(connection: Connection, job_id: UUID) -> Counts:
    """Bring the job's counters in line with its items; needs the job's lock."""
    return Counts(*connection.execute(COUNT_ITEMS, {"job_id": job_id}).one())


def end_job(connection: Connection, job_id: UUID) -> bool:
    """The job becomes SUCCEEDED unless an item is unfinished; returns whether this call did it.

    Items that failed are no failure of the job: they keep their reasons, and are counted.
    """
    if lock_job(connection, job_id) is None or count_items(connection, job_id).unfinished:
        return False
    return _end(connection, job_id, JobStatus.SUCCEEDED, None)


def fail_job(connection: Connection, job_id: UUID, reason: str) -> bool:
    """The job itself cannot go on: it becomes FAILED for a stated reason; returns whether this call did it."""
    return _end(connection, job_id, JobStatus.FAILED, reason)


def cancel_job(connection: Connection, job_id: UUID) -> bool:
    """The job becomes CANCELLED, and workers leave it within one item; returns False when it had ended already.

    Raises JobNotFound.
    """
    if lock_job(connection, job_id) is None:
        raise JobNotFound(id=job_id)
    return _end(connection, job_id, JobStatus.CANCELLED, None)


def unended_jobs(connection: Connection, kinds: Sequence[str], most: int) -> list[UnendedJob]:
    """The jobs of these kinds that wait or run, oldest first: of each kind the `most` oldest."""
    return [UnendedJob(*row) for row in connection.execute(UNENDED_JOBS, {"kinds": list(kinds), "most": most})]


def _end(connection: Connection, job_id: UUID, status: JobStatus, error: str | None) -> bool:
    return connection.scalar(END_JOB, {"job_id": job_id, "status": status.value, "error": error}) is not None
