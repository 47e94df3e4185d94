"""The end of a job that fills a successor: newcomers first, then the index, then the swap, by one lane alone."""

from __future__ import annotations

import dataclasses
from concurrent.futures import ThreadPoolExecutor
from threading import Event
from uuid import UUID

import numpy as np
import pytest
from sqlalchemy import Connection, Engine, text

from domain.jobs import JobStatus
from domain.spaces import BACKENDS
from jobs.completion import complete_job
from jobs.index_job import IndexJobs
from jobs.lanes import Lanes
from jobs.queue import JobQueue
from sql.catalogue.imports import lock_imports
from sql.queue.job_items import claim_item, finish_item
from sql.queue.job_rows import begin_job, cancel_job, load_embed_job
from sql.spaces.embeddings import save_failure, save_track_embedding
from sql.spaces.reembed_rows import request_filling_job
from sql.spaces.revisions import find_active, open_revision
from sql.spaces.successors import open_successor
from tests.sql.tracks import add_track

FACTS = dataclasses.replace(BACKENDS["musicnn-mtt"], dimension=2)
MANY = 1_000_000


@dataclasses.dataclass(frozen=True)
class Filling:
    """A job that fills `new_id` beside `old_id`, which holds three tracks."""

    job_id: UUID
    old_id: int
    new_id: int
    track_ids: list[int]


def save(connection: Connection, revision_id: int, track_id: int) -> None:
    save_track_embedding(connection, revision_id, track_id, vector=np.array((1, 0), np.float32), segments=())


@pytest.fixture
def filling(engine: Engine) -> Filling:
    with engine.begin() as connection:
        old_id = open_revision(connection, FACTS).revision_id
        track_ids = [add_track(connection, f"Track {number}", f"/music/{number}.flac") for number in range(3)]
        for track_id in track_ids:
            save(connection, old_id, track_id)
    with engine.begin() as connection:
        new_id = open_successor(connection, FACTS).revision_id
        job_id = request_filling_job(connection, FACTS.name, new_id).id
        begin_job(connection, job_id)
    return Filling(job_id, old_id, new_id, track_ids)


@pytest.fixture
def swaps() -> list[tuple[str, int]]:
    return []


@pytest.fixture
def complete(engine: Engine, queue: JobQueue, filling: Filling, swaps: list[tuple[str, int]]):
    def complete(index_threshold: int = MANY) -> bool:
        return complete_job(
            engine,
            queue,
            filling.job_id,
            filling.new_id,
            FACTS,
            index_threshold,
            stopping=Event(),
            on_swap=lambda space, revision_id: swaps.append((space, revision_id)),
        )

    return complete


def hear_one(connection: Connection, filling: Filling) -> None:
    item = claim_item(connection, filling.job_id, "here:1/1", "cpu").item
    assert item is not None
    save(connection, filling.new_id, item.track_id)
    finish_item(connection, item, 0.1)


def hear(engine: Engine, filling: Filling, tracks: int) -> None:
    for _ in range(tracks):
        with engine.begin() as connection:
            hear_one(connection, filling)


def sent(engine: Engine, actor: str) -> list[tuple[str, str]]:
    """Job and lane of the messages to an actor."""
    with engine.connect() as connection:
        rows = connection.execute(
            text("SELECT message -> 'args' FROM dramatiq.queue WHERE message ->> 'actor_name' = :actor"),
            {"actor": actor},
        )
        return [(arguments[0], arguments[1]) for (arguments,) in rows]


def indexed(engine: Engine) -> dict[int, bool]:
    """Whether each revision has its index."""
    with engine.connect() as connection:
        rows = connection.execute(text("SELECT id, indexed FROM space_revisions"))
        return {row.id: row.indexed for row in rows}


def state(engine: Engine, filling: Filling) -> tuple[JobStatus, int]:
    """The job's status and the active revision."""
    with engine.connect() as connection:
        found = find_active(connection, FACTS.name)
        assert found is not None
        return load_embed_job(connection, filling.job_id).status, found.revision_id


def test_the_last_track_in_the_revisions_are_swapped(engine: Engine, filling: Filling, complete, swaps) -> None:
    hear(engine, filling, 3)
    assert complete() is False
    assert state(engine, filling) == (JobStatus.SUCCEEDED, filling.new_id)
    assert complete() is False  # a lane that comes late
    assert swaps == [("musicnn-mtt", filling.new_id)]


def test_while_another_lane_has_a_track_in_hand_nothing_is_swapped(
    engine: Engine, filling: Filling, complete, swaps
) -> None:
    hear(engine, filling, 2)
    with engine.begin() as connection:
        claim_item(connection, filling.job_id, "elsewhere:1/1", "cpu")
    assert complete() is False
    assert state(engine, filling) == (JobStatus.RUNNING, filling.old_id)
    assert swaps == []


def test_what_was_imported_meanwhile_is_heard_first(engine: Engine, filling: Filling, complete) -> None:
    hear(engine, filling, 3)
    with engine.begin() as connection:
        add_track(connection, "Late", "/music/late.flac")
        add_track(connection, "Silence", "/music/silence.flac", silent=True)
    assert complete() is True
    assert state(engine, filling) == (JobStatus.RUNNING, filling.old_id)
    with engine.connect() as connection:
        counters = connection.execute(text("SELECT total, done FROM jobs")).one()
        assert tuple(counters) == (4, 3)
    hear(engine, filling, 1)
    assert complete() is False
    assert state(engine, filling) == (JobStatus.SUCCEEDED, filling.new_id)


def test_an_import_under_way_is_waited_for(engine: Engine, filling: Filling, complete) -> None:
    hear(engine, filling, 3)
    with ThreadPoolExecutor(1) as pool:
        with engine.begin() as importing:
            lock_imports(importing)
            add_track(importing, "Late", "/music/late.flac")
            completed = pool.submit(complete)
            with pytest.raises(TimeoutError):
                completed.result(timeout=0.5)
        assert completed.result(timeout=20) is True
    assert state(engine, filling) == (JobStatus.RUNNING, filling.old_id)
    hear(engine, filling, 1)
    assert complete() is False
    assert state(engine, filling) == (JobStatus.SUCCEEDED, filling.new_id)


def test_a_newcomer_that_failed_does_not_come_again(engine: Engine, filling: Filling, complete) -> None:
    hear(engine, filling, 3)
    with engine.begin() as connection:
        late = add_track(connection, "Late", "/music/late.flac")
        save_failure(connection, filling.new_id, late, "not audio")
    assert complete() is False
    assert state(engine, filling) == (JobStatus.SUCCEEDED, filling.new_id)


def test_the_index_is_there_before_the_swap(
    engine: Engine, queue: JobQueue, filling: Filling, complete, swaps, lanes: Lanes
) -> None:
    hear(engine, filling, 3)
    for _ in range(2):  # it waits, however often it is looked at
        assert complete(index_threshold=2) is False
        assert state(engine, filling) == (JobStatus.RUNNING, filling.old_id)
    [(index_job, lane)] = sent(engine, "build_index")
    assert sent(engine, "embed_next") == []
    IndexJobs(lanes).build_index(index_job, lane)
    assert indexed(engine) == {filling.old_id: False, filling.new_id: True}
    assert [job for job, _ in sent(engine, "embed_next")] == [str(filling.job_id)]
    assert complete(index_threshold=2) is False
    assert state(engine, filling) == (JobStatus.SUCCEEDED, filling.new_id)
    assert swaps == [("musicnn-mtt", filling.new_id)]


def test_an_index_that_cannot_be_built_does_not_hold_up_the_swap(engine: Engine, filling: Filling, complete) -> None:
    hear(engine, filling, 3)
    assert complete(index_threshold=2) is False
    with engine.begin() as connection:
        connection.execute(text("UPDATE jobs SET status = 'FAILED', error = 'no memory' WHERE kind = 'index'"))
    assert complete(index_threshold=2) is False
    assert state(engine, filling) == (JobStatus.SUCCEEDED, filling.new_id)
    assert indexed(engine) == {filling.old_id: False, filling.new_id: False}


def test_a_cancelled_job_swaps_nothing(engine: Engine, filling: Filling, complete, swaps) -> None:
    hear(engine, filling, 3)
    with engine.begin() as connection:
        cancel_job(connection, filling.job_id)
    assert complete() is False
    assert state(engine, filling) == (JobStatus.CANCELLED, filling.old_id)
    assert swaps == []
