"""A lane takes tracks in turns, and nothing is lost by stopping in between."""

from __future__ import annotations

from threading import Event
from uuid import UUID

from sqlalchemy import Engine, text

from domain.errors.recordings import UnusableAudio
from jobs.embed import EmbedLanes
from sql.queue.job_items import claim_item
from sql.queue.job_rows import begin_job, cancel_job
from sql.queue.lanes import count_lanes
from tests.jobs.conftest import Recordings
from tests.jobs.embed.lanes import Broken, items, job_row, messages, run, turn


def test_a_message_of_a_job_that_is_gone_is_dropped(engine: Engine, make_lanes) -> None:
    assert run(make_lanes(), engine, UUID(int=7)) == 1


def test_stopping_gives_the_track_back(engine: Engine, recordings: Recordings, make_lanes, request_job) -> None:
    job = request_job()
    stopping = Event()
    lanes = make_lanes(lambda _: Broken(RuntimeError("not reached"), before=stopping.set), stopping=stopping)
    turn(lanes, engine, job.id)
    assert items(engine)[0] == ("Chord", "WAITING", 0, None)
    assert messages(engine) == 2  # the request's, and the lane's own for the next worker
    run(make_lanes(), engine, job.id)
    assert job_row(engine, job.id) == ("SUCCEEDED", 4, 4, 0, None)


def test_a_cancelled_job_is_left(engine: Engine, recordings: Recordings, make_lanes, request_job) -> None:
    job = request_job()
    lanes = make_lanes()
    turn(lanes, engine, job.id)
    with engine.begin() as connection:
        cancel_job(connection, job.id)
    assert run(lanes, engine, job.id) == 1
    assert job_row(engine, job.id) == ("CANCELLED", 4, 1, 0, None)


def test_a_turn_takes_several_tracks_and_ends_the_job(
    engine: Engine, recordings: Recordings, make_lanes, request_job
) -> None:
    job = request_job()
    assert run(make_lanes(turn_seconds=60), engine, job.id) == 1
    assert job_row(engine, job.id) == ("SUCCEEDED", 4, 4, 0, None)
    assert items(engine) == [(title, "DONE", 1, None) for title in recordings.ids]


def test_a_job_cancelled_in_the_middle_of_a_turn_is_left_after_that_track(
    engine: Engine, recordings: Recordings, make_lanes, request_job
) -> None:
    job = request_job()

    def cancel() -> None:
        with engine.begin() as connection:
            cancel_job(connection, job.id)

    turn(make_lanes(lambda _: Broken(UnusableAudio(path="x", reason="y"), cancel), turn_seconds=60), engine, job.id)
    assert job_row(engine, job.id)[:4] == ("CANCELLED", 4, 0, 1)
    assert [state for _, state, _, _ in items(engine)] == ["FAILED", "WAITING", "WAITING", "WAITING"]


def test_who_goes_to_rest_finishes_the_track_in_hand_and_sends_the_lane_on(
    engine: Engine, recordings: Recordings, make_lanes, request_job
) -> None:
    job, resting = request_job(), Event()
    lanes = make_lanes(
        lambda _: Broken(UnusableAudio(path="x", reason="y"), before=resting.set), resting=resting, turn_seconds=60
    )
    turn(lanes, engine, job.id)
    turn(lanes, engine, job.id)
    assert [state for _, state, _, _ in items(engine)] == ["FAILED", "WAITING", "WAITING", "WAITING"]
    assert messages(engine) == 3  # the request's, and one for each turn


def test_work_that_nobody_wants_any_more_is_given_back(
    engine: Engine, recordings: Recordings, make_lanes, request_job
) -> None:
    job = request_job()
    lanes = make_lanes(lambda _: Broken(RuntimeError("not reached"), before=lambda: lose(lanes)), turn_seconds=60)

    def lose(lanes: EmbedLanes) -> None:
        [lane] = lanes.lanes.held
        assert lane.item is not None
        assert lane.item.title == "Chord"
        lane.lost.set()

    turn(lanes, engine, job.id)
    assert items(engine)[0] == ("Chord", "WAITING", 0, None)
    assert lanes.lanes.held == []


def test_a_lane_leaves_the_end_to_those_that_still_work(
    engine: Engine, recordings: Recordings, make_lanes, request_job
) -> None:
    job = request_job()
    with engine.begin() as connection:
        begin_job(connection, job.id)
        claim_item(connection, job.id, "elsewhere:1/1", "cpu")
    assert run(make_lanes(), engine, job.id) == 4  # three tracks, and a turn that finds nothing to take
    assert job_row(engine, job.id) == ("RUNNING", 4, 3, 0, None)


def test_more_lanes_are_asked_for_once_when_a_job_begins(
    engine: Engine, recordings: Recordings, make_lanes, request_job
) -> None:
    asked: list[int] = []
    run(make_lanes(more_lanes=lambda: asked.append(1)), engine, request_job().id)
    assert asked == [1]


def test_a_lane_goes_on_under_a_new_id_and_drops_what_comes_twice(
    engine: Engine, recordings: Recordings, make_lanes, request_job
) -> None:
    job = request_job()
    with engine.connect() as connection:
        first = str(connection.scalar(text("SELECT id FROM lanes")))
    lanes = make_lanes()
    lanes.embed_next(str(job.id), first)
    lanes.embed_next(str(job.id), first)
    assert [state for _, state, _, _ in items(engine)] == ["DONE", "WAITING", "WAITING", "WAITING"]
    with engine.connect() as connection:
        assert count_lanes(connection, job.id) == 1
        [(taken, second)] = connection.execute(text("SELECT process, id::text FROM lanes")).all()
        sent = list(connection.scalars(text("SELECT message -> 'args' ->> 1 FROM dramatiq.queue ORDER BY position")))
    assert taken is None
    assert sent == [first, second]
    assert lanes.lanes.held == []
