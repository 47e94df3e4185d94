"""What the API asks for becomes the job it asked for, once."""

from __future__ import annotations

from collections.abc import AsyncIterator
from threading import Event
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import Engine, text

from domain.errors.asking import (
    ConflictingArguments,
    JobNotFound,
    JobNotResumable,
    NothingToReembed,
    SpaceNotReady,
    SpaceOfOtherWeights,
    UnknownName,
)
from domain.errors.machine import BackendNotFound
from domain.jobs import Job, JobStatus
from domain.spaces import backend_facts
from jobs.queue import BEGIN_REEMBEDDING, EMBED_NEXT, IMPORT_FILES, JobQueue
from jobs.reembed_request import ReembedRequestActor
from jobs.requests import JobRequests
from sql.database import Database
from sql.queue.job_items import claim_item, fail_item
from sql.queue.job_reads import JobReads
from sql.queue.job_rows import begin_job, cancel_job, request_embed_job
from sql.spaces.revisions import open_revision
from tests.jobs.conftest import Recordings

pytestmark = pytest.mark.anyio

SPACE = "musicnn-mtt"


class Archive:
    """An archive whose space is open, requests to it, and a worker that is called instead of waited for."""

    def __init__(self, engine: Engine, queue: JobQueue, database: Database) -> None:
        self.engine = engine
        self.queue = queue
        self.jobs = JobReads(database)
        self.requests = JobRequests(database, queue)
        self.actor = ReembedRequestActor(engine, queue, stopping=Event())

    async def read(self, job_id: UUID) -> Job:
        return (await self.jobs.jobs([job_id]))[job_id]

    async def begun(self, job: Job) -> Job:
        self.actor.begin_reembedding(str(job.id))
        return await self.read(job.id)

    def rows(self, statement: str) -> list[tuple[Any, ...]]:  # Any: columns
        with self.engine.connect() as connection:
            return [tuple(row) for row in connection.execute(text(statement))]

    def messages(self) -> list[str]:
        return [row[0] for row in self.rows("SELECT message ->> 'actor_name' FROM dramatiq.queue ORDER BY mtime")]


@pytest.fixture
async def archive(engine: Engine, queue: JobQueue, database_url: str) -> AsyncIterator[Archive]:
    database = Database(database_url, size=4, statement_timeout_seconds=10)
    with engine.begin() as connection:
        open_revision(connection, backend_facts(SPACE))
    yield Archive(engine, queue, database)
    await database.close()


async def test_a_request_becomes_the_job_that_fills_a_new_revision(archive: Archive, recordings: Recordings) -> None:
    asked = await archive.requests.reembed(SPACE, None, allow_missing=True)
    assert (asked.kind, asked.status, asked.total) == ("reembed-request", JobStatus.WAITING, 0)
    assert archive.messages() == [BEGIN_REEMBEDDING]
    # Asked for again, before and after a worker began it, it is the same.
    assert (await archive.requests.reembed(SPACE, None, allow_missing=False)).id == asked.id
    begun = await archive.begun(asked)
    assert (begun.id, begun.kind, begun.status, begun.total) == (asked.id, "reembed", JobStatus.WAITING, 4)
    assert (await archive.requests.reembed(SPACE, None, allow_missing=False)).id == asked.id
    assert (await archive.begun(asked)).total == 4
    assert archive.messages() == [BEGIN_REEMBEDDING, BEGIN_REEMBEDDING, EMBED_NEXT]
    [(first, second)] = archive.rows("SELECT min(id), max(id) FROM space_revisions")
    assert archive.rows("SELECT arguments FROM jobs") == [
        ({"space": SPACE, "revision_id": second, "allow_missing": True},)
    ]
    assert second > first


async def test_some_tracks_are_heard_again_for_the_active_revision(archive: Archive, recordings: Recordings) -> None:
    with archive.engine.begin() as connection:
        connection.execute(text("INSERT INTO composers (name, sort_key) VALUES ('Antonín Dvořák', 'dvorak antonin')"))
        connection.execute(text("UPDATE tracks SET composer_id = 1 WHERE title IN ('Chord', 'Sweep')"))
    asked = await archive.requests.reembed(SPACE, "composer=antonin dvorak", allow_missing=False)
    begun = await archive.begun(asked)
    assert (begun.kind, begun.total) == ("reembed", 2)
    assert sorted(row[0] for row in archive.rows("SELECT track_id FROM job_items")) == sorted(
        recordings.ids[title] for title in ("Chord", "Sweep")
    )
    assert archive.rows("SELECT count(*) FROM space_revisions") == [(1,)]


async def test_a_selection_that_means_no_track_has_nothing_to_do(archive: Archive, recordings: Recordings) -> None:
    done = await archive.begun(await archive.requests.reembed(SPACE, "failed", allow_missing=False))
    assert (done.status, done.total) == (JobStatus.SUCCEEDED, 0)


async def test_it_waits_for_a_job_that_works_on_the_same_revision(archive: Archive, recordings: Recordings) -> None:
    with archive.engine.begin() as connection:
        revision_id = open_revision(connection, backend_facts(SPACE)).revision_id
        embedding = request_embed_job(connection, SPACE, revision_id).id
        connection.execute(text("UPDATE track_files SET seen_at = now() + interval '1 hour'"))
        connection.execute(
            text(f"INSERT INTO track_embeddings SELECT {revision_id}, min(id), '[{','.join(['1'] * 200)}]' FROM tracks")
        )
    asked = await archive.requests.reembed(SPACE, "stale", allow_missing=False)
    waiting = await archive.begun(asked)
    assert (waiting.kind, waiting.status) == ("reembed-request", JobStatus.WAITING)
    assert waiting.current == f"waits for job {embedding}"
    with archive.engine.begin() as connection:
        cancel_job(connection, embedding)
    begun = await archive.begun(asked)
    assert (begun.kind, begun.total, begun.current) == ("reembed", 1, None)


async def test_of_two_that_fill_the_same_one_does(archive: Archive, recordings: Recordings) -> None:
    asked = await archive.requests.reembed(SPACE, None, allow_missing=False)
    with archive.engine.begin() as connection:
        connection.execute(text("UPDATE jobs SET kind = 'elsewhere'"))
    other = await archive.begun(await archive.requests.reembed(SPACE, None, allow_missing=False))
    with archive.engine.begin() as connection:
        connection.execute(text("UPDATE jobs SET kind = 'reembed-request' WHERE kind = 'elsewhere'"))
    assert (await archive.begun(asked)).status is JobStatus.CANCELLED
    assert (await archive.read(other.id)).total == 4


async def test_what_is_refused_is_refused_at_once(archive: Archive, recordings: Recordings) -> None:
    with pytest.raises(BackendNotFound):
        await archive.requests.reembed("nothing", None, allow_missing=False)
    with pytest.raises(SpaceNotReady, match="'musicnn-msd'"):
        await archive.requests.reembed("musicnn-msd", None, allow_missing=False)
    with pytest.raises(UnknownName, match="no composer 'Bach'"):
        await archive.requests.reembed(SPACE, "composer=Bach", allow_missing=False)
    with pytest.raises(ConflictingArguments, match="`allowMissing` cannot go with `where`"):
        await archive.requests.reembed(SPACE, "failed", allow_missing=True)
    with archive.engine.begin() as connection:
        connection.execute(text("UPDATE space_revisions SET revision = 'older'"))
    with pytest.raises(SpaceOfOtherWeights, match="made by older"):
        await archive.requests.reembed(SPACE, "failed", allow_missing=False)
    with archive.engine.begin() as connection:
        connection.execute(text("DELETE FROM track_files"))
    with pytest.raises(NothingToReembed):
        await archive.requests.reembed(SPACE, None, allow_missing=False)
    assert archive.rows("SELECT count(*) FROM jobs") == [(0,)]


async def test_what_turns_out_to_be_refused_fails_with_the_reason(archive: Archive, recordings: Recordings) -> None:
    asked = await archive.requests.reembed(SPACE, "failed", allow_missing=False)
    with archive.engine.begin() as connection:
        connection.execute(text("UPDATE space_revisions SET revision = 'older'"))
    failed = await archive.begun(asked)
    assert failed.status is JobStatus.FAILED
    assert failed.error
    assert failed.error.startswith("Space 'musicnn-mtt' was made by older")


def a_failed_job(archive: Archive) -> UUID:
    """A job whose first item failed, and that was cancelled then."""
    with archive.engine.begin() as connection:
        revision_id = open_revision(connection, backend_facts(SPACE)).revision_id
        job_id = request_embed_job(connection, SPACE, revision_id).id
        begin_job(connection, job_id)
        item = claim_item(connection, job_id, "here/1", "cpu").item
        assert item
        fail_item(connection, item, "out of luck", 0.1)
        cancel_job(connection, job_id)
    return job_id


async def test_a_job_goes_on(archive: Archive, recordings: Recordings) -> None:
    job_id = a_failed_job(archive)
    for _ in range(2):
        job = await archive.requests.retry(job_id)
        assert (job.status, job.total, job.done, job.failed, job.error) == (JobStatus.WAITING, 4, 0, 0, None)
        # The second finds the first one's message under way.
        assert archive.messages() == [EMBED_NEXT]
    assert archive.rows("SELECT state, attempts FROM job_items") == [("WAITING", 0)] * 4
    assert archive.rows("SELECT message -> 'args' -> 1 #>> '{}' FROM dramatiq.queue") == archive.rows(
        "SELECT id::text FROM lanes"
    )


async def test_a_job_without_items_is_taken_up_again(archive: Archive) -> None:
    with archive.engine.begin() as connection:
        failed, done = connection.scalars(
            text("""
                INSERT INTO jobs (kind, status, arguments, total, done, failed, error)
                VALUES ('import', 'FAILED', '{}', 1, 0, 1, 'no'), ('import', 'SUCCEEDED', '{}', 1, 1, 0, NULL)
                RETURNING id
            """)
        )
    job = await archive.requests.retry(failed)
    assert (job.status, job.error) == (JobStatus.WAITING, None)
    assert (await archive.requests.retry(done)).status is JobStatus.SUCCEEDED
    assert archive.messages() == [IMPORT_FILES]


async def test_jobs_that_cannot_go_on(archive: Archive, recordings: Recordings) -> None:
    with pytest.raises(JobNotFound):
        await archive.requests.retry(UUID(int=7))
    job_id = a_failed_job(archive)
    with archive.engine.begin() as connection:
        revision_id = open_revision(connection, backend_facts(SPACE)).revision_id
        other = request_embed_job(connection, SPACE, revision_id).id
    with pytest.raises(JobNotResumable, match="another job works on the same"):
        await archive.requests.retry(job_id)
    with archive.engine.begin() as connection:
        cancel_job(connection, other)
        connection.execute(text("UPDATE jobs SET arguments = arguments || '{\"revision_id\": 1000}'"))
    with pytest.raises(JobNotResumable, match="was dropped"):
        await archive.requests.retry(job_id)
    assert archive.messages() == []
