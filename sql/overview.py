"""What an archive holds and how far it is embedded, for whoever looks after it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import Connection, Row, text

from domain.jobs import Job, JobStatus
from domain.spaces import SpaceState
from sql.spaces.embeddings import EMBEDDABLE

ARCHIVE = text(f"""
    SELECT count(*) AS tracks,
           count(DISTINCT album_id) AS albums,
           count(DISTINCT composer_id) AS composers,
           coalesce(sum(duration_seconds), 0) AS seconds,
           count(*) FILTER (WHERE truncated) AS truncated,
           count(*) FILTER (WHERE silent) AS silent,
           count(*) FILTER (WHERE missing) AS missing,
           count(*) FILTER (WHERE NOT EXISTS (SELECT FROM track_files f WHERE f.track_id = t.id)) AS without_file,
           count(*) FILTER (WHERE {EMBEDDABLE}) AS embeddable
    FROM tracks t
""")  # noqa: S608 -- a constant of this program

SPACES = text("""
    SELECT s.id, s.name, s.backend, s.dimension, r.revision, r.state, r.indexed,
           (SELECT count(*) FROM track_embeddings e WHERE e.revision_id = r.id) AS tracks,
           (SELECT count(*) FROM embedding_failures x WHERE x.revision_id = r.id) AS failures
    FROM spaces s JOIN space_revisions r ON r.id = s.active_revision_id
    ORDER BY s.name
""")

FAILURES = text("""
    SELECT s.name AS space, t.title, x.reason
    FROM spaces s
    JOIN embedding_failures x ON x.revision_id = s.active_revision_id
    JOIN tracks t ON t.id = x.track_id
    ORDER BY s.name, x.track_id
    LIMIT :limit
""")

NEWEST_JOBS = text("""
    SELECT id, kind, status, total, done, failed, current, device, error, created_at, started_at, finished_at,
           heartbeat_at
    FROM jobs WHERE CAST(:status AS text) IS NULL OR status = :status
    ORDER BY created_at DESC, id DESC LIMIT :limit
""")

JOB = text("""
    SELECT id, kind, status, total, done, failed, current, device, error, created_at, started_at, finished_at,
           heartbeat_at
    FROM jobs WHERE id = :id
""")

# The earliest import, so that the same archive always shows the same.
AN_EMBEDDED_TRACK = text("""
    SELECT min(e.track_id)
    FROM spaces s JOIN track_embeddings e ON e.revision_id = s.active_revision_id
    WHERE s.name = :space
""")

# Simulated ones are counted apart.
LISTENING = text("""
    SELECT count(*) FILTER (WHERE simulation IS NULL) AS users,
           count(*) FILTER (WHERE simulation IS NOT NULL) AS simulated_users,
           (SELECT count(*) FROM sessions) AS sessions,
           (SELECT count(*) FROM interactions) AS interactions,
           (SELECT count(*) FROM interactions i JOIN users s ON s.id = i.user_id WHERE s.simulation IS NOT NULL)
           AS simulated_interactions
    FROM users
""")

SERVER_VERSION = text("SHOW server_version")


class ArchiveOverview(NamedTuple):
    """Counts; `seconds` of audio in all. `missing` lost their files; `embeddable` is what is not silent and has one."""

    tracks: int
    albums: int
    composers: int
    seconds: float
    truncated: int
    silent: int
    missing: int
    without_file: int
    embeddable: int


class ListeningOverview(NamedTuple):
    """How many listen, and what they did. Of `sessions` and `interactions`, all are counted."""

    users: int
    simulated_users: int
    sessions: int
    interactions: int
    simulated_interactions: int


@dataclass(frozen=True, slots=True)
class SpaceOverview:
    """A space and how many tracks its active revision holds and could not embed."""

    id: int
    name: str
    backend: str
    dimension: int
    revision: str
    state: SpaceState
    indexed: bool
    tracks: int
    failures: int


class Failure(NamedTuple):
    """A track that could not be embedded, and why."""

    space: str
    title: str
    reason: str


def archive_overview(connection: Connection) -> ArchiveOverview:
    return ArchiveOverview(*connection.execute(ARCHIVE).one())


def listening_overview(connection: Connection) -> ListeningOverview:
    return ListeningOverview(*connection.execute(LISTENING).one())


def space_overviews(connection: Connection) -> list[SpaceOverview]:
    """Every space, by name."""
    return [
        SpaceOverview(
            id=row.id,
            name=row.name,
            backend=row.backend,
            dimension=row.dimension,
            revision=row.revision,
            state=SpaceState(row.state),
            indexed=row.indexed,
            tracks=row.tracks,
            failures=row.failures,
        )
        for row in connection.execute(SPACES)
    ]


def failures(connection: Connection, limit: int) -> list[Failure]:
    return [Failure(*row) for row in connection.execute(FAILURES, {"limit": limit})]


def newest_jobs(connection: Connection, limit: int, status: JobStatus | None = None) -> list[Job]:
    """Jobs of one status or of all."""
    return [_job(row) for row in connection.execute(NEWEST_JOBS, {"limit": limit, "status": status})]


def job(connection: Connection, job_id: UUID) -> Job | None:
    row = connection.execute(JOB, {"id": job_id}).one_or_none()
    return None if row is None else _job(row)


def an_embedded_track(connection: Connection, space: str) -> int | None:
    """A track that answers a first query; None while the space holds none."""
    track_id: int | None = connection.scalar(AN_EMBEDDED_TRACK, {"space": space})
    return track_id


def server_version(connection: Connection) -> str:
    return str(connection.execute(SERVER_VERSION).scalar_one())


def _job(row: Row[Any]) -> Job:
    columns = row._asdict()
    return Job(**(columns | {"status": JobStatus(columns["status"])}))
