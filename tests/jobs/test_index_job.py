"""Index jobs: asked for once, built in one go however often they are killed, and left when cancelled."""

from __future__ import annotations

import dataclasses
from uuid import UUID

import numpy as np
import pytest
from sqlalchemy import Engine, text

from domain.jobs import JobStatus
from domain.spaces import BACKENDS
from jobs.index_job import IndexJobs, request_index
from jobs.lanes import Lanes
from jobs.queue import JobQueue
from jobs.sweeper import sweep
from jobs.whole_job import MAX_ATTEMPTS
from sql.queue.job_rows import cancel_job, fail_job
from sql.spaces.embeddings import save_track_embedding
from sql.spaces.revisions import open_revision
from tests.sql.tracks import add_track

FACTS = dataclasses.replace(BACKENDS["musicnn-mtt"], dimension=2)


@pytest.fixture
def revision_id(engine: Engine) -> int:
    """A revision of three tracks."""
    with engine.begin() as connection:
        revision_id = open_revision(connection, FACTS).revision_id
        for number in range(3):
            track_id = add_track(connection, f"Track {number}")
            save_track_embedding(connection, revision_id, track_id, vector=np.array((1, 0), np.float32), segments=())
    return revision_id


@pytest.fixture
def ask(engine: Engine, queue: JobQueue, revision_id: int):
    def ask(threshold: int = 3, *, insist: bool = True) -> bool:
        return request_index(engine, queue, FACTS.name, revision_id, 2, threshold, insist=insist)

    return ask


def jobs(engine: Engine) -> list[tuple[object, ...]]:
    """(kind, status, total, done, error) of every job, oldest first."""
    with engine.connect() as connection:
        rows = connection.execute(text("SELECT kind, status, total, done, error FROM jobs ORDER BY created_at"))
        return [tuple(row) for row in rows]


def messages(engine: Engine) -> list[tuple[str, str]]:
    """Job and lane of each message to the actor."""
    with engine.connect() as connection:
        rows = connection.execute(
            text("SELECT message -> 'args' FROM dramatiq.queue WHERE message ->> 'actor_name' = 'build_index'")
        )
        return [(arguments[0], arguments[1]) for (arguments,) in rows]


def is_indexed(engine: Engine) -> bool:
    with engine.connect() as connection:
        return bool(connection.scalar(text("SELECT indexed FROM space_revisions")))


def test_a_small_revision_gets_none(engine: Engine, ask) -> None:
    assert ask(threshold=4) is False
    assert jobs(engine) == []


def test_two_requests_get_one_job_which_builds_it(engine: Engine, ask, lanes: Lanes) -> None:
    assert [ask(), ask(insist=False)] == [True, True]
    [(job, lane)] = messages(engine)
    IndexJobs(lanes).build_index(job, lane)
    assert jobs(engine) == [("index", "SUCCEEDED", 1, 1, None)]
    assert is_indexed(engine) is True
    assert ask() is False
    IndexJobs(lanes).build_index(job, lane)  # the message comes again
    assert jobs(engine) == [("index", "SUCCEEDED", 1, 1, None)]
    with engine.connect() as connection:
        assert connection.scalar(text("SELECT count(*) FROM lanes")) == 0


def test_what_a_dead_worker_left_is_built_by_the_next(engine: Engine, queue: JobQueue, ask, lanes: Lanes) -> None:
    ask()
    with engine.begin() as connection:
        connection.execute(text("UPDATE jobs SET status = 'RUNNING', started_at = now()"))
        connection.execute(text("UPDATE lanes SET process = 'dead', expires_at = now()"))
    assert sweep(engine, queue) == 1
    [*_, (job, lane)] = messages(engine)
    IndexJobs(lanes).build_index(job, lane)
    assert jobs(engine) == [("index", "SUCCEEDED", 1, 1, None)]


def test_what_failed_is_asked_for_again_by_who_insists(engine: Engine, ask) -> None:
    ask()
    with engine.begin() as connection:
        fail_job(connection, UUID(messages(engine)[0][0]), "no memory")
    assert ask(insist=False) is False
    assert ask() is True
    assert [status for _, status, *_ in jobs(engine)] == ["FAILED", "WAITING"]


def test_a_revision_that_was_dropped_needs_no_index(engine: Engine, ask, lanes: Lanes) -> None:
    ask()
    with engine.begin() as connection:
        connection.execute(text("UPDATE jobs SET arguments = arguments || jsonb_build_object('revision_id', 1000)"))
    [(job, lane)] = messages(engine)
    IndexJobs(lanes).build_index(job, lane)
    [(_, status, _, _, error)] = jobs(engine)
    assert status == "FAILED"
    assert "this revision was dropped" in str(error)


def test_a_worker_that_stops_leaves_it_to_another(engine: Engine, ask, lanes: Lanes) -> None:
    ask()
    [(job, lane)] = messages(engine)
    lanes.stopping.set()
    IndexJobs(lanes).build_index(job, lane)
    assert jobs(engine) == [("index", "WAITING", 1, 0, None)]
    lanes.stopping.clear()
    IndexJobs(lanes).build_index(*messages(engine)[-1])
    assert jobs(engine) == [("index", "SUCCEEDED", 1, 1, None)]


def test_a_job_that_was_cancelled_builds_nothing(engine: Engine, ask, lanes: Lanes) -> None:
    ask()
    [(job, lane)] = messages(engine)
    with engine.begin() as connection:
        cancel_job(connection, UUID(job))
    IndexJobs(lanes).build_index(job, lane)
    assert [status for _, status, *_ in jobs(engine)] == [JobStatus.CANCELLED]
    assert is_indexed(engine) is False


def test_one_that_kills_its_workers_is_given_up(engine: Engine, ask, lanes: Lanes) -> None:
    ask()
    with engine.begin() as connection:
        attempts = text("UPDATE jobs SET arguments = arguments || jsonb_build_object('attempts', CAST(:n AS int))")
        connection.execute(attempts, {"n": MAX_ATTEMPTS})
    [(job, lane)] = messages(engine)
    IndexJobs(lanes).build_index(job, lane)
    assert jobs(engine) == [("index", "FAILED", 1, 0, "it was tried 5 times, and never ended")]
