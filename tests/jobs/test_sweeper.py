"""The sweeper: jobs that lost their messages go on, and no job gets more lanes than there is room for."""

from __future__ import annotations

from uuid import UUID, uuid4

import pytest
from sqlalchemy import Engine, text

from domain.spaces import backend_facts
from jobs.queue import JobQueue
from jobs.sweeper import start_job, sweep
from sql.queue.job_items import claim_item, finish_item
from sql.queue.job_rows import begin_job, cancel_job, request_embed_job
from sql.queue.lanes import close_lane, let_go, open_lane, pass_lane, take_lane
from sql.queue.workers import beat, count_threads, count_workers, forget_worker
from sql.spaces.revisions import open_revision
from tests.jobs.conftest import Recordings

LIVING_WORKERS = text("INSERT INTO workers SELECT 'w' || n, :threads, now() FROM generate_series(1, :number) n")


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
        connection.execute(LIVING_WORKERS, {"number": 1, "threads": 2})
        connection.execute(text("INSERT INTO workers VALUES ('dead', 8, now() - interval '1 minute')"))
    assert sweep(engine, queue) == 2  # the worker that fell silent a minute ago does not count
    assert sweep(engine, queue) == 0
    assert states(engine) == ["queued", "queued"]
    with engine.connect() as connection:
        arguments = connection.scalars(text("SELECT message -> 'args' FROM dramatiq.queue"))
        lanes = connection.scalars(text("SELECT id::text FROM lanes"))
        assert sorted(arguments) == sorted([str(job_id), lane] for lane in lanes)


def lane(engine: Engine, job_id: UUID, process: str | None = None) -> UUID:
    """An open lane, taken by a process if one is named."""
    with engine.begin() as connection:
        lane_id = open_lane(connection, job_id)
        if process is not None:
            assert take_lane(connection, lane_id, process)
        return lane_id


def age(engine: Engine, seconds: float) -> None:
    """Let so much time pass for all lanes."""
    with engine.begin() as connection:
        connection.execute(
            text("UPDATE lanes SET expires_at = expires_at - make_interval(secs => :seconds)"), {"seconds": seconds}
        )


def lanes(engine: Engine) -> set[UUID]:
    with engine.connect() as connection:
        return set(connection.scalars(text("SELECT id FROM lanes")))


def test_lanes_that_wait_or_are_in_hand_count_and_those_of_other_jobs_do_not(
    engine: Engine, queue: JobQueue, job_id: UUID
) -> None:
    with engine.begin() as connection:
        connection.execute(LIVING_WORKERS, {"number": 4, "threads": 1})
        other = connection.scalar(
            text(
                "INSERT INTO jobs (kind, status, arguments, total, done, failed) "
                "VALUES ('other', 'RUNNING', '{}', 0, 0, 0) RETURNING id"
            )
        )
    lane(engine, job_id)
    lane(engine, job_id, "w1")
    lane(engine, other)
    assert sweep(engine, queue) == 2  # 4 wanted, 1 waits, 1 in hand


def test_a_lane_whose_worker_fell_silent_is_replaced(engine: Engine, queue: JobQueue, job_id: UUID) -> None:
    taken = lane(engine, job_id, "dead")
    age(engine, 14)
    assert sweep(engine, queue) == 0
    age(engine, 1)
    assert sweep(engine, queue) == 1
    assert taken not in lanes(engine)


def test_a_message_that_nobody_takes_is_lost_at_once_where_workers_idle_and_late_where_all_work(
    engine: Engine, queue: JobQueue, job_id: UUID
) -> None:
    with engine.begin() as connection:
        connection.execute(LIVING_WORKERS, {"number": 1, "threads": 2})
    waiting, busy, also_busy = lane(engine, job_id), lane(engine, job_id, "w1"), lane(engine, job_id, "w1")
    age(engine, 6)
    assert sweep(engine, queue) == 0  # both threads work, so it waits its turn
    assert waiting in lanes(engine)
    with engine.begin() as connection:
        close_lane(connection, also_busy)
    assert sweep(engine, queue) == 1  # one is idle, and would have taken it within 5 s
    assert waiting not in lanes(engine)
    assert busy in lanes(engine)


def test_a_message_that_waits_for_two_minutes_is_lost_in_any_case(
    engine: Engine, queue: JobQueue, job_id: UUID
) -> None:
    waiting = lane(engine, job_id)
    age(engine, 119)
    lane(engine, job_id, "w1")
    assert sweep(engine, queue) == 0
    age(engine, 1)
    sweep(engine, queue)
    assert waiting not in lanes(engine)


def test_a_message_counts_once_however_often_it_comes(engine: Engine, job_id: UUID) -> None:
    first, second = lane(engine, job_id), uuid4()
    with engine.begin() as connection:
        assert take_lane(connection, first, "w1")
        assert take_lane(connection, first, "w1")  # the answer got lost, and the same process asks again
        assert not take_lane(connection, first, "w2")
        assert pass_lane(connection, first, second)
        assert pass_lane(connection, first, second)
        assert not take_lane(connection, first, "w1")
        assert take_lane(connection, second, "w2")
        let_go(connection, second)
        assert take_lane(connection, second, "w1")
        close_lane(connection, second)
        assert not take_lane(connection, second, "w1")
        assert not pass_lane(connection, second, uuid4())


def test_a_dead_worker_takes_its_lanes_along(engine: Engine, job_id: UUID) -> None:
    with engine.begin() as connection:
        beat(connection, "w1", 2, [])
        beat(connection, "w2", 3, [])
    kept = lane(engine, job_id, "w2")
    lane(engine, job_id, "w1")
    with engine.begin() as connection:
        assert (count_workers(connection), count_threads(connection)) == (2, 5)
        forget_worker(connection, "w1")
        assert (count_workers(connection), count_threads(connection)) == (1, 3)
    assert lanes(engine) == {kept}


def test_a_heartbeat_keeps_the_lanes_in_hand_and_no_others(engine: Engine, job_id: UUID) -> None:
    kept, silent, of_another = lane(engine, job_id, "w1"), lane(engine, job_id, "w1"), lane(engine, job_id, "w2")
    age(engine, 10)
    with engine.begin() as connection:
        beat(connection, "w1", 1, [kept, of_another])
    with engine.connect() as connection:
        left = connection.execute(text("SELECT id, round(extract(epoch FROM expires_at - now())) FROM lanes"))
        assert {id_: int(seconds) for id_, seconds in left} == {kept: 15, silent: 5, of_another: 5}


def test_a_job_is_started_once(engine: Engine, queue: JobQueue, job_id: UUID) -> None:
    start_job(engine, queue, "embed_next", job_id)
    start_job(engine, queue, "embed_next", job_id)
    assert states(engine) == ["queued"]


def test_there_are_no_more_lanes_than_items(engine: Engine, queue: JobQueue, job_id: UUID) -> None:
    with engine.begin() as connection:
        connection.execute(LIVING_WORKERS, {"number": 8, "threads": 1})
        item = claim_item(connection, job_id, "here:1/1", "cpu").item
        assert item is not None
        finish_item(connection, item, 0.1)
    assert sweep(engine, queue) == 3


def test_a_job_whose_worker_died_before_ending_it_gets_one_lane(engine: Engine, queue: JobQueue, job_id: UUID) -> None:
    with engine.begin() as connection:
        connection.execute(LIVING_WORKERS, {"number": 8, "threads": 1})
        connection.execute(text("UPDATE job_items SET state = 'DONE'"))
    assert sweep(engine, queue) == 1


def test_a_job_that_has_ended_gets_none(engine: Engine, queue: JobQueue, job_id: UUID) -> None:
    with engine.begin() as connection:
        cancel_job(connection, job_id)
    assert sweep(engine, queue) == 0


def test_one_sweeps_at_a_time(engine: Engine, queue: JobQueue, job_id: UUID) -> None:
    with engine.begin() as other:
        other.execute(text("SELECT pg_advisory_xact_lock(hashtext('segue-sweep'))"))
        assert sweep(engine, queue) == 0
    assert sweep(engine, queue) == 1


def test_of_many_jobs_the_oldest_are_looked_after(
    engine: Engine, queue: JobQueue, job_id: UUID, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As where a whole archive is uploaded at once: each upload is a job, and has its message already."""
    monkeypatch.setattr("jobs.sweeper.JOBS_AT_ONCE", 2)
    insert = "INSERT INTO jobs (id, kind, status, arguments, total, done, failed, created_at) VALUES (:id, 'import', "
    insert += "'WAITING', '{}', 1, 0, 0, now() - make_interval(secs => :age))"
    oldest, older, newest = uuid4(), uuid4(), uuid4()
    with engine.begin() as connection:
        for upload, seconds in ((older, 20), (newest, 10), (oldest, 30)):
            connection.execute(text(insert), {"id": upload, "age": seconds})
    # Two of the three uploads, and the one job of another kind.
    assert sweep(engine, queue) == 3
    with engine.begin() as connection:
        assert set(connection.scalars(text("SELECT job_id FROM lanes"))) == {oldest, older, job_id}
        cancel_job(connection, oldest)
    assert sweep(engine, queue) == 1
    with engine.connect() as connection:
        assert newest in set(connection.scalars(text("SELECT job_id FROM lanes")))
