"""The sweeper: jobs that lost their messages go on, and no job gets more lanes than there is room for."""

from __future__ import annotations

from uuid import UUID

import pytest
from sqlalchemy import Engine, text

from domain.spaces import backend_facts
from jobs.queue import JobQueue
from jobs.sweeper import sweep
from sql.job_items import claim_item, finish_item
from sql.job_rows import begin_job, cancel_job, request_embed_job
from sql.revisions import open_revision
from tests.jobs.conftest import Recordings

LIVING_WORKERS = text("INSERT INTO dramatiq.worker SELECT gen_random_uuid(), now() FROM generate_series(1, :number)")


@pytest.fixture
def job_id(engine: Engine, recordings: Recordings) -> UUID:
    """A RUNNING job of four items without any message."""
    with engine.begin() as connection:
        revision_id = open_revision(connection, backend_facts("musicnn-mtt")).revision_id
        job = request_embed_job(connection, "musicnn-mtt", revision_id)
        begin_job(connection, job.id)
        return job.id


def states(engine: Engine) -> list[str]:
    with engine.connect() as connection:
        return list(connection.scalars(text("SELECT state::text FROM dramatiq.queue ORDER BY position")))


def test_a_job_without_messages_gets_a_lane_for_each_worker_thread(
    engine: Engine, queue: JobQueue, job_id: UUID
) -> None:
    with engine.begin() as connection:
        connection.execute(LIVING_WORKERS, {"number": 1})
        connection.execute(text("INSERT INTO dramatiq.worker VALUES (gen_random_uuid(), now() - interval '1 minute')"))
    assert sweep(engine, queue, threads=2) == 2  # the worker that fell silent a minute ago does not count
    assert sweep(engine, queue, threads=2) == 0
    assert states(engine) == ["queued", "queued"]
    with engine.connect() as connection:
        arguments = connection.scalars(text("SELECT message -> 'args' FROM dramatiq.queue"))
        assert list(arguments) == [[str(job_id)]] * 2


def test_messages_in_hand_count_and_rejected_ones_do_not(engine: Engine, queue: JobQueue, job_id: UUID) -> None:
    for _ in range(2):
        queue.enqueue("embed_next", job_id)
    queue.enqueue("embed_next", UUID(int=1))  # of another job
    with engine.begin() as connection:
        connection.execute(LIVING_WORKERS, {"number": 3})
        connection.execute(text("UPDATE dramatiq.queue SET state = 'consumed' WHERE position = 1"))
        connection.execute(text("UPDATE dramatiq.queue SET state = 'rejected' WHERE position = 2"))
    assert sweep(engine, queue, threads=1) == 2  # 3 wanted, 1 in hand


def test_there_are_no_more_lanes_than_items(engine: Engine, queue: JobQueue, job_id: UUID) -> None:
    with engine.begin() as connection:
        connection.execute(LIVING_WORKERS, {"number": 8})
        item = claim_item(connection, job_id, "here:1/1", "cpu").item
        assert item is not None
        finish_item(connection, item, 0.1)
    assert sweep(engine, queue, threads=1) == 3


def test_a_job_whose_worker_died_before_ending_it_gets_one_lane(engine: Engine, queue: JobQueue, job_id: UUID) -> None:
    with engine.begin() as connection:
        connection.execute(LIVING_WORKERS, {"number": 8})
        connection.execute(text("UPDATE job_items SET state = 'DONE'"))
    assert sweep(engine, queue, threads=1) == 1


def test_a_job_that_has_ended_gets_none(engine: Engine, queue: JobQueue, job_id: UUID) -> None:
    with engine.begin() as connection:
        cancel_job(connection, job_id)
    assert sweep(engine, queue, threads=1) == 0


def test_one_sweeps_at_a_time(engine: Engine, queue: JobQueue, job_id: UUID) -> None:
    with engine.begin() as other:
        other.execute(text("SELECT pg_advisory_xact_lock(hashtext('segue-sweep'))"))
        assert sweep(engine, queue, threads=1) == 0
    assert sweep(engine, queue, threads=1) == 1
