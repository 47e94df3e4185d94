"""Re-embedding jobs: one for each revision, which never does again what it has done."""

from __future__ import annotations

import dataclasses

import pytest
from sqlalchemy import Engine, text

from domain.spaces import BACKENDS
from sql.queue.job_items import claim_item, fail_item, finish_item
from sql.queue.job_rows import RequestedJob, begin_job, load_embed_job, request_embed_job
from sql.spaces.reembed_rows import allows_missing, request_filling_job, request_rehearing_job
from sql.spaces.revisions import open_revision
from tests.sql.tracks import add_track

FACTS = dataclasses.replace(BACKENDS["musicnn-mtt"], dimension=2)
NAME = FACTS.name


@pytest.fixture
def revision_id(engine: Engine) -> int:
    with engine.begin() as connection:
        return open_revision(connection, FACTS).revision_id


@pytest.fixture
def ids(engine: Engine) -> list[int]:
    with engine.begin() as connection:
        return [add_track(connection, title, f"/music/{title}.flac") for title in ("First", "Second", "Third")]


def test_asked_for_again_what_is_done_stays_done_and_what_failed_is_tried_again(
    engine: Engine, revision_id: int, ids: list[int]
) -> None:
    with engine.begin() as connection:
        job = request_rehearing_job(connection, NAME, revision_id, "failed", ids[:2])
        assert (job.joined, job.added, job.total) == (False, 2, 2)
        begin_job(connection, job.id)
        for end in (
            lambda item: finish_item(connection, item, 0.1),
            lambda item: fail_item(connection, item, "no", 0.1),
        ):
            item = claim_item(connection, job.id, "here:1/1", "cpu").item
            assert item is not None
            assert end(item) is True
    with engine.begin() as connection:
        # One that failed, and one that is new.
        assert request_rehearing_job(connection, NAME, revision_id, "stale", ids) == RequestedJob(job.id, True, 2, 3)
        rows = connection.execute(text("SELECT track_id, state, attempts, error FROM job_items ORDER BY track_id"))
        assert [tuple(row) for row in rows] == [
            (ids[0], "DONE", 1, None),
            (ids[1], "WAITING", 0, None),
            (ids[2], "WAITING", 0, None),
        ]


def test_embedding_joins_what_works_on_the_same_revision(engine: Engine, revision_id: int, ids: list[int]) -> None:
    with engine.begin() as connection:
        job = request_rehearing_job(connection, NAME, revision_id, "failed", ids[:1])
        assert request_embed_job(connection, NAME, revision_id) == RequestedJob(job.id, True, 2, 3)
        loaded = load_embed_job(connection, job.id)
        assert (loaded.space, loaded.revision_id) == (NAME, revision_id)


def test_what_may_be_missing_is_remembered(engine: Engine, revision_id: int, ids: list[int]) -> None:
    with engine.begin() as connection:
        job_id = request_filling_job(connection, NAME, revision_id).id
        assert allows_missing(connection, job_id) is False
        assert request_filling_job(connection, NAME, revision_id, allow_missing=True).id == job_id
        assert allows_missing(connection, job_id) is True
        request_filling_job(connection, NAME, revision_id)
        assert allows_missing(connection, job_id) is True
