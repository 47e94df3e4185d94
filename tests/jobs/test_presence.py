"""Heartbeats: they keep what is in hand, and find out what is lost."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime

import pytest
from sqlalchemy import Engine, text

from domain.spaces import backend_facts
from jobs.lanes import HeldLane, Lanes
from jobs.presence import Presence
from sql.queue.job_items import claim_item, finish_item
from sql.queue.job_rows import begin_job, request_embed_job
from sql.queue.lanes import open_lane
from sql.queue.workers import living_workers
from sql.spaces.revisions import open_revision
from tests.jobs.conftest import Recordings

BEAT_SECONDS = 0.05
NEARLY_OVER = text("""
    WITH aged AS (UPDATE job_items SET leased_until = now() + interval '1 second' WHERE state = 'RUNNING')
    UPDATE lanes SET expires_at = now() + interval '1 second'
""")
SECONDS_LEFT = text("""
    SELECT (SELECT extract(epoch FROM expires_at - now()) FROM lanes),
        (SELECT extract(epoch FROM leased_until - now()) FROM job_items WHERE state = 'RUNNING')
""")


class InHand:
    """A lane in the middle of a turn, with an item in hand."""

    def __init__(self, engine: Engine, lanes: Lanes) -> None:
        self.engine = engine
        self.lanes = lanes
        with engine.begin() as connection:
            revision_id = open_revision(connection, backend_facts("musicnn-mtt")).revision_id
            self.job_id = request_embed_job(connection, "musicnn-mtt", revision_id).id
            begin_job(connection, self.job_id)
            self.lane_id = open_lane(connection, self.job_id)

    def work(self, during: Callable[[HeldLane], object]) -> HeldLane:
        """The lane after `during` was called in the middle of a turn, in which heartbeats go on."""
        seen = []

        def turn(lane: HeldLane, _: None) -> bool:
            with self.engine.begin() as connection:
                lane.item = claim_item(connection, self.job_id, "here:1/1", "cpu").item
            during(lane)
            seen.append(lane)
            return False

        self.lanes.run("embed_next", str(self.job_id), str(self.lane_id), lambda connection, lane: None, turn)
        return seen[0]

    def execute(self, statement: str) -> None:
        with self.engine.begin() as connection:
            connection.execute(text(statement))

    def seconds_left(self) -> tuple[float, float]:
        """Of the lane and of the item."""
        with self.engine.connect() as connection:
            of_lane, of_item = connection.execute(SECONDS_LEFT).one()
            return float(of_lane), float(of_item)


@pytest.fixture
def in_hand(engine: Engine, lanes: Lanes, recordings: Recordings) -> InHand:
    return InHand(engine, lanes)


@pytest.fixture
def presence(lanes: Lanes) -> Iterator[Presence]:
    with Presence(lanes, 1, beat_seconds=BEAT_SECONDS) as presence:
        yield presence


def test_lanes_and_leases_are_extended_while_work_goes_on(in_hand: InHand, presence: Presence) -> None:
    def during(lane: HeldLane) -> None:
        with in_hand.engine.begin() as connection:
            connection.execute(NEARLY_OVER)
        deadline = time.monotonic() + 5
        while min(in_hand.seconds_left()) < 2:
            assert time.monotonic() < deadline
        of_lane, of_item = in_hand.seconds_left()
        assert 14 < of_lane <= 15
        assert 29 < of_item <= 30

    assert not in_hand.work(during).lost.is_set()


@pytest.mark.parametrize(
    "mishap",
    [
        "UPDATE jobs SET status = 'CANCELLED'",
        "UPDATE job_items SET worker = 'there:1/1' WHERE state = 'RUNNING'",
        "UPDATE lanes SET process = 'there:1'",
        "DELETE FROM lanes",
        "DELETE FROM jobs",
    ],
)
def test_what_is_not_ours_any_more_is_lost(in_hand: InHand, presence: Presence, mishap: str) -> None:
    def during(lane: HeldLane) -> None:
        assert not lane.lost.wait(3 * BEAT_SECONDS)
        in_hand.execute(mishap)
        assert lane.lost.wait(5)

    assert in_hand.work(during).lost.is_set()


def test_an_item_that_was_finished_is_not_lost(in_hand: InHand, presence: Presence) -> None:
    def during(lane: HeldLane) -> None:
        item, lane.item = lane.item, None
        assert item is not None
        with in_hand.engine.begin() as connection:
            assert finish_item(connection, item, 1.0)
        assert not lane.lost.wait(5 * BEAT_SECONDS)

    in_hand.work(during)


def test_a_database_that_is_away_for_a_moment_loses_nothing(in_hand: InHand, presence: Presence) -> None:
    def during(lane: HeldLane) -> None:
        for _ in range(3):
            in_hand.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database()"
                " AND pid <> pg_backend_pid() AND backend_type = 'client backend'"
            )
            assert not lane.lost.wait(2 * BEAT_SECONDS)

    in_hand.work(during)


def test_a_job_in_hand_has_a_heartbeat(in_hand: InHand, presence: Presence) -> None:
    def during(lane: HeldLane) -> None:
        in_hand.execute("UPDATE jobs SET heartbeat_at = NULL")
        deadline = time.monotonic() + 5
        beating = text("SELECT heartbeat_at > now() - interval '1 second' FROM jobs")
        with in_hand.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            while not connection.scalar(beating):
                assert time.monotonic() < deadline

    in_hand.work(during)


def test_who_rests_lives_and_leaves_no_room_for_lanes(engine: Engine, presence: Presence) -> None:
    until = datetime(2030, 1, 1, 22, tzinfo=UTC)
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        assert living_workers(connection) == (1, 1, 0, None)
        presence.rest(until)
        assert living_workers(connection) == (1, 0, 1, until)
        presence.rest(None)
        assert living_workers(connection) == (1, 1, 0, None)


def test_who_leaves_is_forgotten_at_once(engine: Engine, lanes: Lanes) -> None:
    with Presence(lanes, 1), engine.connect() as connection:
        assert living_workers(connection).processes == 1
    with engine.connect() as connection:
        assert living_workers(connection).processes == 0
