"""Lanes: each track embedded once, failures with reasons, and nothing lost by stopping in between."""

from __future__ import annotations

import logging
import shutil
from collections.abc import Callable, Iterator
from functools import cache, partial
from pathlib import Path
from threading import Event
from uuid import UUID, uuid4

import numpy as np
import pytest
from sqlalchemy import Engine, text

from domain.errors.base import Retryable
from domain.errors.machine import DiskFull, FileUnwritable, WeightsMissing
from domain.errors.recordings import UnusableAudio
from domain.settings import Settings
from jobs import transactions
from jobs.audio_source import AudioSource
from jobs.embed import EmbedLanes
from jobs.embed_job import request_embedding
from jobs.hearing.answers import Hearing
from jobs.hearing.confined import Interrupted, never
from jobs.hearing.decoding import hear
from jobs.hearing.ear import Ear
from jobs.hearing.limits import Limits
from jobs.lanes import Lanes
from jobs.queue import JobQueue
from ml.backends.registry import load
from ml.waveform import Outline
from sql.faults import place_of
from sql.queue.job_items import claim_item
from sql.queue.job_rows import RequestedJob, begin_job, cancel_job
from sql.queue.lanes import count_lanes, open_lane
from sql.spaces.patches import load_patches
from tests.jobs.conftest import Recordings
from tests.jobs.full_table import fill_up
from tests.jobs.hearing import misbehaving
from tests.sql.tracks import add_track

SPACE = "musicnn-mtt"
MANY = 1_000_000

musicnn = cache(partial(load, threads=1))
ear = cache(partial(Ear, threads=1, limits=Limits()))


@pytest.fixture(scope="module", autouse=True)
def one_ear() -> Iterator[None]:
    """The ear of all tests here, which is ended with them."""
    yield
    ear(SPACE).close()


class Broken(Ear):
    """An ear that raises instead of hearing; `before` happens first."""

    def __init__(self, error: Exception, before: Callable[[], object] = lambda: None) -> None:
        super().__init__(SPACE, threads=1, limits=Limits())
        self._error = error
        self._before = before

    def start(self) -> None:
        pass

    def hear(self, path: Path, interrupted: Callable[[], bool] = never) -> Hearing:
        self._before()
        raise Interrupted if interrupted() else self._error


@pytest.fixture
def make_lanes(engine: Engine, queue: JobQueue) -> Callable[..., EmbedLanes]:
    def make(
        make_ear: Callable[[str], Ear] = ear,
        *,
        stopping: Event | None = None,
        resting: Event | None = None,
        turn_seconds: float = 0.0,  # a message for each track
        index_threshold: int = MANY,
        more_lanes: Callable[[], object] = lambda: None,
    ) -> EmbedLanes:
        return EmbedLanes(
            Lanes(
                engine,
                queue,
                process="here:1",
                stopping=stopping or Event(),
                resting=resting or Event(),
                turn_seconds=turn_seconds,
            ),
            index_threshold=index_threshold,
            audio=AudioSource.of(Settings()),
            make_ear=make_ear,
            more_lanes=more_lanes,
        )

    return make


@pytest.fixture
def request_job(engine: Engine, queue: JobQueue) -> Callable[..., RequestedJob]:
    return partial(request_embedding, engine, queue, SPACE, index_threshold=MANY)


def messages(engine: Engine) -> int:
    with engine.connect() as connection:
        return int(connection.execute(text("SELECT count(*) FROM dramatiq.queue")).scalar_one())


def run(lanes: EmbedLanes, engine: Engine, job_id: UUID) -> int:
    """Run a lane as a worker would, a message for each turn; returns the number of turns."""
    turns = 0
    while True:
        before = messages(engine)
        turn(lanes, engine, job_id)
        turns += 1
        if messages(engine) == before:
            return turns
        with engine.begin() as connection:
            connection.execute(text("DELETE FROM dramatiq.queue"))


def turn(lanes: EmbedLanes, engine: Engine, job_id: UUID) -> None:
    """One turn of a lane of its own."""
    lane_id = uuid4()
    with engine.begin() as connection:
        # Also for a job that is gone, whose lanes have gone with it.
        if connection.scalar(text("SELECT count(*) FROM jobs WHERE id = :id"), {"id": job_id}):
            lane_id = open_lane(connection, job_id)
    lanes.embed_next(str(job_id), str(lane_id))


def job_row(engine: Engine, job_id: UUID) -> tuple[object, ...]:
    with engine.connect() as connection:
        row = connection.execute(
            text("SELECT status, total, done, failed, error FROM jobs WHERE id = :id"), {"id": job_id}
        )
        return tuple(row.one())


def items(engine: Engine) -> list[tuple[object, ...]]:
    """(title, state, attempts, error) of every item."""
    with engine.connect() as connection:
        rows = connection.execute(
            text(
                "SELECT t.title, i.state, i.attempts, i.error FROM job_items i JOIN tracks t ON t.id = i.track_id "
                "ORDER BY t.id"
            )
        )
        return [tuple(row) for row in rows]


def failures(engine: Engine) -> list[tuple[str, str]]:
    with engine.connect() as connection:
        rows = connection.execute(
            text("SELECT t.title, f.reason FROM embedding_failures f JOIN tracks t ON t.id = f.track_id ORDER BY t.id")
        )
        return [(title, reason) for title, reason in rows]


def embedded(engine: Engine) -> dict[str, np.ndarray]:
    """The stored track vectors by title."""
    with engine.connect() as connection:
        rows = connection.execute(
            text("SELECT t.title, e.embedding::text FROM track_embeddings e JOIN tracks t ON t.id = e.track_id")
        )
        return {title: np.array(vector.strip("[]").split(","), np.float32) for title, vector in rows}


def test_every_track_is_embedded_as_the_backend_hears_it(
    engine: Engine, recordings: Recordings, make_lanes, request_job, caplog: pytest.LogCaptureFixture
) -> None:
    job = request_job()
    assert (job.total, messages(engine)) == (4, 1)
    with caplog.at_level(logging.INFO, "jobs.embed"):
        # A turn for each track, and one that finds nothing and ends the job.
        assert run(make_lanes(), engine, job.id) == 5
    assert job_row(engine, job.id) == ("SUCCEEDED", 4, 4, 0, None)
    assert items(engine) == [(title, "DONE", 1, None) for title in recordings.ids]
    stored = embedded(engine)
    assert set(stored) == set(recordings.ids)
    with engine.connect() as connection:
        for title, path in recordings.paths.items():
            outline = Outline()
            heard = hear(musicnn(SPACE), path, outline=outline)
            np.testing.assert_array_equal(stored[title], heard.vector)
            patches = load_patches(connection, 1, recordings.ids[title])
            assert patches is not None
            np.testing.assert_array_equal(patches.vectors, heard.patches)
            # All of it as one range is the track itself, but for what half precision rounds off.
            np.testing.assert_allclose(patches.parts.mean(0, heard.heard_seconds), heard.vector, atol=2e-4)
            peaks = connection.scalar(
                text("SELECT peaks FROM waveforms WHERE track_id = :id"), {"id": recordings.ids[title]}
            )
            assert peaks == outline.finish().astype("<u2").tobytes()
            ends = connection.execute(
                text("SELECT start_seconds, end_seconds FROM segments WHERE track_id = :id ORDER BY 1"),
                {"id": recordings.ids[title]},
            )
            assert [tuple(row) for row in ends] == [
                (round(s.start_seconds, 3), round(s.end_seconds, 3)) for s in heard.segments
            ]
        assert connection.scalar(text("SELECT state FROM space_revisions")) == "READY"
        assert connection.scalar(text("SELECT count(*) FROM track_tags WHERE cardinality(scores) = 50")) == 4
    [first, *_] = [record for record in caplog.records if record.message.startswith("Embedded '")]
    assert first.__dict__["job_id"] == str(job.id)
    assert first.__dict__["track_id"] == recordings.ids["Chord"]
    assert first.__dict__["audio_seconds"] == 8.0


def test_files_that_cannot_be_used_fail_with_a_reason_and_the_rest_goes_on(
    engine: Engine, recordings: Recordings, make_lanes, request_job, tmp_path: Path
) -> None:
    recordings.paths["Noise"].write_text("a shopping list")
    recordings.paths["Sweep"].unlink()
    job = request_job()
    run(make_lanes(), engine, job.id)
    assert job_row(engine, job.id) == ("SUCCEEDED", 4, 2, 2, None)
    assert set(embedded(engine)) == {"Chord", "Clicks"}
    (noise, noise_reason), (sweep, sweep_reason) = failures(engine)
    assert (noise, sweep) == ("Noise", "Sweep")
    assert noise_reason.startswith(f"'{recordings.paths['Noise']}' is not a recording that can be decoded")
    assert sweep_reason == f"'{recordings.paths['Sweep']}' is not there any more, or cannot be reached."
    assert [(title, error) for title, state, _, error in items(engine) if state == "FAILED"] == failures(engine)


@pytest.mark.parametrize(
    ("work", "reason"),
    [
        ("segfault", "the decoder crashed on it (SIGSEGV)"),
        ("hang", "decoding stood still for 0.5 s"),
        ("hoard", "decoding it took more memory than the 100 MB it may take"),
    ],
)
def test_a_file_that_brings_a_decoder_down_fails_alone_and_at_once(
    engine: Engine, recordings: Recordings, make_lanes, request_job, work: str, reason: str
) -> None:
    limits = Limits(stall_seconds=0.5, memory_bytes=100 * 2**20)
    fragile = Ear(SPACE, threads=1, limits=limits, work=f"{misbehaving.__name__}:{work}")
    job = request_job()
    turn(make_lanes(lambda _: fragile), engine, job.id)
    fragile.close()
    assert items(engine)[0] == ("Chord", "FAILED", 1, f"'{recordings.paths['Chord']}' cannot be used: {reason}")
    run(make_lanes(), engine, job.id)
    assert job_row(engine, job.id) == ("SUCCEEDED", 4, 3, 1, None)
    assert set(embedded(engine)) == {"Noise", "Sweep", "Clicks"}


def test_a_decoder_that_somebody_killed_is_tried_again(
    engine: Engine, recordings: Recordings, make_lanes, request_job
) -> None:
    killed = Ear(SPACE, threads=1, limits=Limits(), work=f"{misbehaving.__name__}:kill")
    turn(make_lanes(lambda _: killed), engine, request_job().id)
    killed.close()
    assert items(engine)[0][:3] == ("Chord", "WAITING", 1)


def test_any_file_of_a_track_will_do(engine: Engine, recordings: Recordings, make_lanes, request_job) -> None:
    copy = shutil.copy(recordings.paths["Chord"], recordings.paths["Chord"].with_name("Copy.flac"))
    with engine.begin() as connection:
        add_track(connection, "Copy", "/nowhere/copy.flac", copy, "/nowhere/else.flac")
    run(make_lanes(), engine, request_job().id)
    stored = embedded(engine)
    np.testing.assert_array_equal(stored["Copy"], stored["Chord"])


def test_a_failed_track_is_tried_again_when_asked(
    engine: Engine, recordings: Recordings, make_lanes, request_job
) -> None:
    away = recordings.paths["Noise"].rename(recordings.paths["Noise"].with_suffix(".away"))
    run(make_lanes(), engine, request_job().id)
    assert [title for title, _ in failures(engine)] == ["Noise"]
    away.rename(recordings.paths["Noise"])
    assert request_job(retry_failed=False).total == 0
    again = request_job()
    run(make_lanes(), engine, again.id)
    assert job_row(engine, again.id) == ("SUCCEEDED", 1, 1, 0, None)
    assert failures(engine) == []
    assert set(embedded(engine)) == set(recordings.ids)


def test_an_unexpected_error_fails_the_track_in_one_line(
    engine: Engine, recordings: Recordings, make_lanes, request_job, caplog: pytest.LogCaptureFixture
) -> None:
    job = request_job()
    turn(make_lanes(lambda _: Broken(RuntimeError("no such layer\nin this graph"))), engine, job.id)
    assert items(engine)[0] == ("Chord", "FAILED", 1, "RuntimeError: no such layer")
    assert failures(engine) == [("Chord", "RuntimeError: no such layer")]
    [record] = [record for record in caplog.records if record.levelno == logging.ERROR]
    assert record.exc_info is not None
    assert messages(engine) == 2  # the request's, and the lane's own


@pytest.mark.parametrize("error", [Retryable(), ConnectionResetError("reset by peer")])
def test_what_may_pass_is_postponed(engine: Engine, recordings: Recordings, make_lanes, request_job, error) -> None:
    job = request_job()
    lanes = make_lanes(lambda _: Broken(error))
    turn(lanes, engine, job.id)
    title, state, attempts, _ = items(engine)[0]
    assert (title, state, attempts) == ("Chord", "WAITING", 1)
    assert failures(engine) == []
    turn(lanes, engine, job.id)
    assert items(engine)[1][:3] == ("Noise", "WAITING", 1)  # the other tracks do not wait for it


def test_a_job_that_cannot_go_on_fails_with_its_items_untouched(
    engine: Engine, recordings: Recordings, make_lanes, request_job
) -> None:
    def missing(name: str) -> Ear:
        raise WeightsMissing(backend=name, looked="/weights", remedy="Install them.")

    job = request_job()
    lanes = make_lanes(missing)
    assert run(lanes, engine, job.id) == 1
    reason = "The weights of 'musicnn-mtt' are not here: /weights. Install them."
    assert job_row(engine, job.id) == ("FAILED", 4, 0, 0, reason)
    assert {item[1:] for item in items(engine)} == {("WAITING", 0, None)}
    assert run(lanes, engine, job.id) == 1  # a message that comes late finds it ended


@pytest.mark.parametrize(
    "error",
    [DiskFull(path="/srv/scratch"), FileUnwritable(path="/srv/scratch", reason="Read-only file system")],
    ids=["full", "read-only"],
)
def test_a_machine_that_cannot_write_stops_the_job_and_blames_no_track(
    engine: Engine, recordings: Recordings, make_lanes, request_job, error: FileUnwritable, caplog
) -> None:
    job = request_job()
    assert run(make_lanes(lambda name: Broken(error)), engine, job.id) == 1
    assert job_row(engine, job.id) == ("FAILED", 4, 0, 0, str(error))
    assert {item[1:] for item in items(engine)} == {("WAITING", 0, None)}
    assert [record.exc_info for record in caplog.records if record.levelname == "ERROR"] == [False]


def test_a_database_without_room_stops_the_job_and_blames_no_track(
    engine: Engine, recordings: Recordings, make_lanes, request_job, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(transactions, "PATIENCE_OF_FULL_DISK_SECONDS", 0.1)
    job = request_job()
    fill_up(engine, "track_embeddings")
    assert run(make_lanes(), engine, job.id) == 1
    status, total, done, failed, reason = job_row(engine, job.id)
    assert (status, total, done, failed) == ("FAILED", 4, 0, 0)
    assert str(reason).startswith(f"The disk of the database at '{place_of(str(engine.url))}' is full: no room.")
    assert {item[1:] for item in items(engine)} == {("WAITING", 0, None)}


def test_a_revision_of_other_weights_is_not_filled(
    engine: Engine, recordings: Recordings, make_lanes, request_job
) -> None:
    job = request_job()
    with engine.begin() as connection:
        connection.execute(text("UPDATE space_revisions SET revision = 'musicnn-0'"))
    assert run(make_lanes(), engine, job.id) == 1
    assert job_row(engine, job.id)[0] == "FAILED"
    assert "was made by musicnn-0" in str(job_row(engine, job.id)[4])


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


def test_a_track_that_killed_three_workers_is_given_up(
    engine: Engine, recordings: Recordings, make_lanes, request_job
) -> None:
    job = request_job()
    with engine.begin() as connection:
        begin_job(connection, job.id)
        for number in range(3):
            item = claim_item(connection, job.id, f"dead:{number}/1", "cpu").item
            assert item is not None
            assert item.title == "Chord"
            connection.execute(text("UPDATE job_items SET leased_until = now() WHERE state = 'RUNNING'"))
    run(make_lanes(), engine, job.id)
    assert job_row(engine, job.id) == ("SUCCEEDED", 4, 3, 1, None)
    assert failures(engine) == [("Chord", "its worker died 3 times")]


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


def test_the_index_of_a_large_revision_is_asked_for_when_the_job_ends(
    engine: Engine, recordings: Recordings, make_lanes, request_job
) -> None:
    job = request_job()
    run(make_lanes(index_threshold=4), engine, job.id)
    assert job_row(engine, job.id)[0] == "SUCCEEDED"
    with engine.connect() as connection:
        asked = connection.execute(text("SELECT status, arguments FROM jobs WHERE kind = 'index'")).one()
        revision_id = connection.scalar(text("SELECT id FROM space_revisions"))
    assert asked.status == "WAITING"
    assert asked.arguments == {"space": SPACE, "revision_id": revision_id, "threshold": 4}


def test_with_nothing_to_embed_the_job_ends_at_once(engine: Engine, request_job) -> None:
    job = request_job()
    assert (job.total, job.joined) == (0, False)
    assert job_row(engine, job.id) == ("SUCCEEDED", 0, 0, 0, None)
    assert messages(engine) == 0


def test_a_second_request_joins_without_a_second_message(engine: Engine, recordings: Recordings, request_job) -> None:
    first, second = request_job(), request_job()
    assert (second.id, second.joined, second.added, second.total) == (first.id, True, 0, 4)
    assert messages(engine) == 1


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


def test_a_lane_whose_error_may_pass_waits_for_its_message_to_come_again(
    engine: Engine, recordings: Recordings, make_lanes, request_job
) -> None:
    def missing(name: str) -> Ear:
        raise ConnectionResetError("reset by peer")

    job = request_job()
    with engine.connect() as connection:
        lane_id = connection.scalar(text("SELECT id FROM lanes"))
    with pytest.raises(ConnectionResetError):
        make_lanes(missing).embed_next(str(job.id), str(lane_id))
    with engine.connect() as connection:
        assert connection.execute(text("SELECT id, process FROM lanes")).all() == [(lane_id, None)]
    make_lanes().embed_next(str(job.id), str(lane_id))
    assert items(engine)[0][1] == "DONE"
