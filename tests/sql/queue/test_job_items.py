"""Items under leases: one worker each, taken over when it dies, given up when it keeps dying."""

from __future__ import annotations

import dataclasses
from uuid import UUID

import pytest
from sqlalchemy import Connection, Engine, text

from domain.spaces import BACKENDS
from sql.queue.job_items import (
    Claim,
    Item,
    WornOut,
    claim_item,
    expire_leases,
    extend_leases,
    fail_item,
    finish_item,
    give_back,
    postpone,
)
from sql.queue.job_rows import begin_job, cancel_job, request_embed_job
from sql.spaces.revisions import open_revision
from tests.sql.tracks import add_track

FACTS = dataclasses.replace(BACKENDS["musicnn-mtt"], dimension=2)
NOTHING = Claim(None, [])


@pytest.fixture
def job_id(engine: Engine) -> UUID:
    """A RUNNING job with two items, "First" and "Second"."""
    with engine.begin() as connection:
        revision_id = open_revision(connection, FACTS).revision_id
        for title in ("First", "Second"):
            add_track(connection, title, f"/music/{title}.flac")
        job = request_embed_job(connection, FACTS.name, revision_id)
        begin_job(connection, job.id)
        return job.id


def take(connection: Connection, job_id: UUID, worker: str = "here:1/1") -> Item:
    item = claim_item(connection, job_id, worker, "cpu").item
    assert item is not None
    return item


def extends(connection: Connection, item: Item) -> bool:
    return extend_leases(connection, [item]) == {(item.job_id, item.track_id, item.worker)}


def let_leases_run_out(connection: Connection) -> None:
    connection.execute(text("UPDATE job_items SET leased_until = now() - interval '1 second' WHERE state = 'RUNNING'"))


def state(connection: Connection, item: Item) -> tuple[object, ...]:
    row = connection.execute(
        text("SELECT state, attempts, worker, error FROM job_items WHERE job_id = :job AND track_id = :track"),
        {"job": item.job_id, "track": item.track_id},
    )
    return tuple(row.one())


def test_each_item_is_taken_once(engine: Engine, job_id: UUID) -> None:
    with engine.begin() as connection:
        first, second = take(connection, job_id, "here:1/1"), take(connection, job_id, "here:2/1")
        assert (first.title, second.title) == ("First", "Second")
        assert claim_item(connection, job_id, "here:3/1", "cpu") == NOTHING
        shown = connection.execute(text("SELECT current, device, heartbeat_at = now() FROM jobs")).one()
        assert tuple(shown) == ("Second", "cpu", True)
        lease = connection.scalar(text("SELECT DISTINCT extract(epoch FROM leased_until - now())::int FROM job_items"))
        assert lease == 30


def test_nothing_is_taken_from_a_job_that_does_not_run(engine: Engine, job_id: UUID) -> None:
    with engine.begin() as connection:
        cancel_job(connection, job_id)
        assert claim_item(connection, job_id, "here:1/1", "cpu") == NOTHING


def test_a_lease_that_ran_out_goes_to_the_next_worker(engine: Engine, job_id: UUID) -> None:
    with engine.begin() as connection:
        dead = take(connection, job_id, "here:1/1")
        let_leases_run_out(connection)
        taken_over = take(connection, job_id, "here:2/1")
        assert taken_over == dead._replace(worker="here:2/1", attempts=2)
        # Who was thought dead and is not has lost it.
        assert extends(connection, dead) is False
        assert finish_item(connection, dead, 1.0) is False
        assert fail_item(connection, dead, "too late", 1.0) is False
        give_back(connection, dead)
        postpone(connection, dead, "too late", 1.0)
        assert state(connection, taken_over) == ("RUNNING", 2, "here:2/1", None)
        assert finish_item(connection, taken_over, 1.0) is True
        assert state(connection, taken_over) == ("DONE", 2, None, None)


def test_a_heartbeat_keeps_the_leases_that_are_still_ones_own(engine: Engine, job_id: UUID) -> None:
    with engine.begin() as connection:
        first, second = take(connection, job_id, "here:1/1"), take(connection, job_id, "here:1/2")
        let_leases_run_out(connection)
        taken_over = take(connection, job_id, "here:2/1")
        assert taken_over.track_id == first.track_id
        assert extend_leases(connection, [first, second]) == {(job_id, second.track_id, "here:1/2")}
        left = text("SELECT extract(epoch FROM leased_until - now())::int FROM job_items WHERE track_id = :id")
        assert connection.scalar(left, {"id": second.track_id}) == 30
        assert extend_leases(connection, []) == set()


def test_cancelling_the_job_ends_the_lease(engine: Engine, job_id: UUID) -> None:
    with engine.begin() as connection:
        item = take(connection, job_id)
        cancel_job(connection, job_id)
        assert extends(connection, item) is False


def test_three_dead_workers_are_enough(engine: Engine, job_id: UUID) -> None:
    with engine.begin() as connection:
        for attempt in (1, 2, 3):
            deadly = take(connection, job_id, f"here:{attempt}/1")
            assert (deadly.title, deadly.attempts) == ("First", attempt)
            let_leases_run_out(connection)
        claim = claim_item(connection, job_id, "here:4/1", "cpu")
        assert claim.worn_out == [WornOut(deadly.track_id, "its worker died 3 times")]
        assert claim.item is not None
        assert claim.item.title == "Second"
        assert state(connection, deadly) == ("FAILED", 3, None, "its worker died 3 times")
        assert tuple(connection.execute(text("SELECT total, done, failed FROM jobs")).one()) == (2, 0, 1)


def test_a_claim_whose_answer_got_lost_is_answered_again(engine: Engine, job_id: UUID) -> None:
    with engine.begin() as connection:
        for _ in range(4):
            item = take(connection, job_id)
            assert (item.title, item.attempts) == ("First", 1)
        assert take(connection, job_id, "here:2/1").title == "Second"


def test_counters_follow_each_item(engine: Engine, job_id: UUID) -> None:
    counters = text("SELECT total, done, failed FROM jobs")
    with engine.begin() as connection:
        assert finish_item(connection, take(connection, job_id), 1.0) is True
        assert tuple(connection.execute(counters).one()) == (2, 1, 0)
        assert fail_item(connection, take(connection, job_id), "not audio", 1.0) is True
        assert tuple(connection.execute(counters).one()) == (2, 1, 1)


def test_giving_back_is_not_dying(engine: Engine, job_id: UUID) -> None:
    with engine.begin() as connection:
        for _ in range(5):
            item = take(connection, job_id)
            assert (item.title, item.attempts) == ("First", 1)
            give_back(connection, item)


def test_what_was_postponed_waits_and_keeps_its_last_reason(engine: Engine, job_id: UUID) -> None:
    with engine.begin() as connection:
        for attempt in (1, 2, 3):
            item = take(connection, job_id)
            assert (item.title, item.attempts) == ("First", attempt)
            postpone(connection, item, f"the network is away ({attempt})", 60)
            if attempt == 1:
                second = take(connection, job_id)
                assert second.title == "Second"  # the first is not tried before its time
                finish_item(connection, second, 1.0)
            connection.execute(
                text("UPDATE job_items SET leased_until = now() WHERE state = 'WAITING' AND leased_until IS NOT NULL")
            )
        assert claim_item(connection, job_id, "here:1/1", "cpu").worn_out == [
            WornOut(item.track_id, "the network is away (3)")
        ]


def test_a_process_known_to_be_dead_loses_its_leases_alone(engine: Engine, job_id: UUID) -> None:
    with engine.begin() as connection:
        dead, alive = take(connection, job_id, "here:1/7"), take(connection, job_id, "here:11/7")
        assert expire_leases(connection, "here:1") == 1
    with engine.begin() as connection:
        assert take(connection, job_id, "here:2/1").track_id == dead.track_id
        assert extends(connection, alive) is True
        assert claim_item(connection, job_id, "here:2/2", "cpu") == NOTHING
