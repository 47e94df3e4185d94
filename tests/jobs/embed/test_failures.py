"""Failures have reasons, stop what they must and nothing else."""

from __future__ import annotations

import logging
from pathlib import Path

import pytest
from sqlalchemy import Engine, text

from domain.errors.base import Retryable
from domain.errors.machine import DiskFull, FileUnwritable, WeightsMissing
from jobs import transactions
from jobs.hearing.ear import Ear
from jobs.hearing.limits import Limits
from sql.faults import place_of
from sql.queue.job_items import claim_item
from sql.queue.job_rows import begin_job
from tests.jobs.conftest import Recordings
from tests.jobs.embed.lanes import SPACE, Broken, embedded, failures, items, job_row, messages, run, turn
from tests.jobs.full_table import fill_up
from tests.jobs.hearing import misbehaving


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
    limits = Limits(stall_seconds=0.5 if work == "hang" else 60.0, memory_bytes=100 * 2**20)
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
