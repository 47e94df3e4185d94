"""Worker processes, really run, killed and stopped."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from uuid import UUID

import numpy as np
import psutil
import pytest
from sqlalchemy import Engine, text

from domain.settings import Settings
from jobs.embed_job import request_embedding
from jobs.hearing.decoding import hear
from jobs.queue import JobQueue
from jobs.worker import WorkerPool
from ml.backends.registry import load
from sql.queue.job_rows import RequestedJob
from sql.queue.workers import living_workers
from tests.jobs.conftest import RATE, Recordings
from tests.ml.recordings import write
from tests.sql.tracks import add_track

MANY = 1_000_000


@pytest.fixture
def settings(database_url: str, tmp_path: Path) -> Settings:
    return Settings(data_dir=tmp_path, database_url=database_url)


@pytest.fixture
def request_job(engine: Engine, queue: JobQueue) -> Callable[[], RequestedJob]:
    return lambda: request_embedding(engine, queue, "musicnn-mtt", index_threshold=MANY)


@pytest.fixture
def long_recordings(engine: Engine, tmp_path: Path) -> dict[str, int]:
    """Three tracks of five minutes, each a second of work or more; ids by title."""
    times = np.arange(300 * RATE) / RATE
    ids = {}
    with engine.begin() as connection:
        for number in range(3):
            path = tmp_path / f"Long {number}.flac"
            signal_ = 0.5 * np.sin(2 * np.pi * (200 + 100 * number) * times) * np.sin(times)
            write(path, signal_[np.newaxis].astype(np.float32), RATE, layout="mono")
            ids[path.stem] = add_track(connection, path.stem, path)
    return ids


def wait_until(condition: Callable[[], bool], seconds: float = 60.0) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "it did not happen in time"
        time.sleep(0.05)


def lives(pid: int) -> bool:
    """Whether a process runs; one that nobody has waited for does not."""
    try:
        return psutil.Process(pid).status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


def job_row(engine: Engine, job_id: UUID) -> tuple[object, ...]:
    with engine.connect() as connection:
        row = connection.execute(text("SELECT status, total, done, failed FROM jobs WHERE id = :id"), {"id": job_id})
        return tuple(row.one())


def running_items(engine: Engine) -> list[tuple[str, str]]:
    """(title, worker) of the items in hand."""
    with engine.connect() as connection:
        rows = connection.execute(
            text(
                "SELECT t.title, i.worker FROM job_items i JOIN tracks t ON t.id = i.track_id WHERE i.state = 'RUNNING'"
            )
        )
        return [(title, worker) for title, worker in rows]


def count(engine: Engine, table: str) -> int:
    with engine.connect() as connection:
        return int(connection.execute(text(f"SELECT count(*) FROM {table}")).scalar_one())


def test_two_processes_embed_an_archive(
    engine: Engine, settings: Settings, database_url: str, recordings: Recordings, request_job, capfd
) -> None:
    job = request_job()
    with WorkerPool(settings, database_url, processes=2) as pool:
        assert len(pool.pids) == 2
        wait_until(lambda: job_row(engine, job.id)[0] == "SUCCEEDED")
    assert pool.pids == []
    assert job_row(engine, job.id) == ("SUCCEEDED", 4, 4, 0)
    assert count(engine, "dramatiq.queue") == 0
    heard = hear(load("musicnn-mtt"), recordings.paths["Chord"])
    with engine.connect() as connection:
        stored = connection.execute(
            text("SELECT embedding::text FROM track_embeddings WHERE track_id = :id"), {"id": recordings.ids["Chord"]}
        ).scalar_one()
        assert connection.scalar(text("SELECT state FROM space_revisions")) == "READY"
    # How many cores a network may use can move the last bit of a sum.
    np.testing.assert_allclose(np.array(json.loads(stored)), heard.vector, atol=1e-6)
    lines = [json.loads(line) for line in capfd.readouterr().err.splitlines()]
    embedded = [line for line in lines if line["message"].startswith("Embedded '")]
    assert sorted(line["track_id"] for line in embedded) == sorted(recordings.ids.values())
    assert {line["job_id"] for line in embedded} == {str(job.id)}
    assert not any("traceback" in line for line in lines)


@pytest.mark.slow
def test_workers_killed_at_work_are_replaced_and_what_they_held_is_done_again(
    engine: Engine, settings: Settings, database_url: str, long_recordings: dict[str, int], request_job
) -> None:
    job = request_job()
    with WorkerPool(settings, database_url, processes=2) as pool:
        wait_until(lambda: len(running_items(engine)) > 0)
        killed = pool.pids
        for pid in killed:
            os.kill(pid, signal.SIGKILL)
        in_hand = {title for title, _ in running_items(engine)}
        assert in_hand
        wait_until(lambda: job_row(engine, job.id)[0] == "SUCCEEDED")
        assert not set(killed) & set(pool.pids)
    assert job_row(engine, job.id) == ("SUCCEEDED", 3, 3, 0)
    with engine.connect() as connection:
        rows = connection.execute(
            text("SELECT t.title, i.attempts FROM job_items i JOIN tracks t ON t.id = i.track_id")
        )
        assert {str(title): attempts for title, attempts in rows} == {
            title: 2 if title in in_hand else 1 for title in long_recordings
        }
    # Exactly once: 300 s hold 100 whole patches of 2.992 s, five to a segment.
    assert count(engine, "track_embeddings") == 3
    assert count(engine, "segments") == count(engine, "segment_embeddings") == 3 * 20


@pytest.mark.slow
def test_stopping_gives_back_what_is_in_hand_within_seconds(
    engine: Engine, settings: Settings, database_url: str, long_recordings: dict[str, int], request_job, capfd
) -> None:
    job = request_job()
    with WorkerPool(settings, database_url, processes=1) as pool:
        wait_until(lambda: len(running_items(engine)) == 1)
        started = time.monotonic()
        pool.stop()
        assert time.monotonic() - started < 8
    assert running_items(engine) == []
    with engine.connect() as connection:
        assert connection.scalar(text("SELECT max(attempts) FROM job_items WHERE state = 'WAITING'")) == 0
        assert list(connection.scalars(text("SELECT state::text FROM dramatiq.queue"))) == ["queued"]
    assert job_row(engine, job.id)[0] == "RUNNING"
    assert "Traceback" not in capfd.readouterr().err
    with WorkerPool(settings, database_url, processes=2):
        wait_until(lambda: job_row(engine, job.id)[0] == "SUCCEEDED")
    assert job_row(engine, job.id) == ("SUCCEEDED", 3, 3, 0)


def test_a_job_whose_message_was_lost_is_found(
    engine: Engine, settings: Settings, database_url: str, recordings: Recordings, request_job
) -> None:
    job = request_job()
    with engine.begin() as connection:
        connection.execute(text("DELETE FROM dramatiq.queue"))
    with WorkerPool(settings, database_url, processes=1):
        wait_until(lambda: job_row(engine, job.id)[0] == "SUCCEEDED")
    assert job_row(engine, job.id) == ("SUCCEEDED", 4, 4, 0)


def test_workers_stop_when_who_started_them_is_killed(settings: Settings, database_url: str, engine: Engine) -> None:
    program = (
        "import sys, time; from pathlib import Path;"
        "from domain.settings import Settings; from jobs.worker import WorkerPool;"
        "settings = Settings(data_dir=Path(sys.argv[1]), database_url=sys.argv[2]);"
        "pool = WorkerPool(settings, sys.argv[2], processes=1); pool.start();"
        "print(*pool.pids, flush=True); time.sleep(600)"
    )
    with subprocess.Popen(
        [sys.executable, "-c", program, str(settings.data_dir), database_url], stdout=subprocess.PIPE, text=True
    ) as parent:
        assert parent.stdout is not None
        worker = int(parent.stdout.readline())
        wait_until(lambda: count(engine, "workers") == 1)
        parent.kill()
    wait_until(lambda: not lives(worker), 20)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_worker_alone_stops_at_a_signal(
    settings: Settings, database_url: str, engine: Engine, number: signal.Signals
) -> None:
    program = (
        "import sys; from pathlib import Path;"
        "from domain.settings import Settings; from jobs.worker import run_worker;"
        "run_worker(Settings(data_dir=Path(sys.argv[1]), database_url=sys.argv[2]), sys.argv[2], processes=1)"
    )
    with subprocess.Popen(
        [sys.executable, "-c", program, str(settings.data_dir), database_url], stderr=subprocess.PIPE, text=True
    ) as process:
        wait_until(lambda: count(engine, "workers") == 1)
        process.send_signal(number)
        _, errors = process.communicate(timeout=20)
    assert process.returncode == 0
    assert errors == ""


def test_a_second_signal_stops_at_once(settings: Settings, database_url: str, engine: Engine) -> None:
    program = (
        "import sys; from pathlib import Path;"
        "from domain.settings import Settings; from jobs.worker import run_worker;"
        "run_worker(Settings(data_dir=Path(sys.argv[1]), database_url=sys.argv[2]), sys.argv[2], processes=1)"
    )
    with subprocess.Popen([sys.executable, "-c", program, str(settings.data_dir), database_url]) as process:
        wait_until(lambda: count(engine, "workers") == 1)
        [worker] = psutil.Process(process.pid).children()
        worker.suspend()  # it cannot stop in order, and would be waited for
        process.send_signal(signal.SIGTERM)
        with pytest.raises(subprocess.TimeoutExpired):
            process.wait(1)
        process.send_signal(signal.SIGTERM)
        assert process.wait(5) == 0
    assert not lives(worker.pid)
    assert count(engine, "workers") == 0


@pytest.mark.parametrize(("nice", "scheduler"), [(7, "SCHED_OTHER"), (19, "SCHED_IDLE")])
def test_workers_and_what_hears_for_them_step_back(
    nice: int,
    scheduler: str,
    engine: Engine,
    settings: Settings,
    database_url: str,
    recordings: Recordings,
    request_job,
) -> None:
    job = request_job()
    with WorkerPool(settings.model_copy(update={"worker_nice": nice}), database_url, processes=1) as pool:
        wait_until(lambda: job_row(engine, job.id)[0] == "SUCCEEDED")
        worker = psutil.Process(pool.pids[0])
        processes = [worker, *worker.children(recursive=True)]
        assert [os.getpriority(os.PRIO_PROCESS, process.pid) for process in processes] == [nice, nice]  # one hears
        threads = {thread.id for process in processes for thread in process.threads()}
        assert {os.getpriority(os.PRIO_PROCESS, thread) for thread in threads} == {nice}
        assert {os.sched_getscheduler(thread) for thread in threads} == {getattr(os, scheduler)}
    assert os.getpriority(os.PRIO_PROCESS, 0) == 0


def test_where_a_sandbox_forbids_it_a_worker_is_merely_nice() -> None:
    program = """
import os
from jobs import worker_process
def forbidden(*_):
    raise PermissionError
os.sched_setscheduler = forbidden
worker_process._step_back(19)
print(os.getpriority(os.PRIO_PROCESS, 0))
"""
    finished = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert finished.stdout == "19\n"


def test_outside_its_hours_a_worker_lives_and_takes_nothing(
    engine: Engine, settings: Settings, database_url: str, recordings: Recordings, request_job, capfd
) -> None:
    job = request_job()
    begin = datetime.now().astimezone() + timedelta(hours=2)
    hours = f"{begin:%H:%M}-{begin + timedelta(hours=1):%H:%M}"
    with WorkerPool(settings.model_copy(update={"worker_hours": hours}), database_url, processes=1):
        with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            wait_until(lambda: living_workers(connection).resting == 1)
            [*numbers, until] = living_workers(connection)
        assert numbers == [1, 0, 1]
        assert until == begin.replace(second=0, microsecond=0)
        assert job_row(engine, job.id) == ("WAITING", 4, 0, 0)
        with engine.connect() as connection:
            assert list(connection.scalars(text("SELECT state::text FROM dramatiq.queue"))) == ["queued"]
    [line] = [json.loads(line) for line in capfd.readouterr().err.splitlines()]
    assert line["message"] == f"Resting until {begin:%H:%M}: work is taken up in the hours {hours}"
