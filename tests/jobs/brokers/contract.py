"""What every broker must do, shown with real servers and real worker processes."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from uuid import UUID

import numpy as np
import pytest
from sqlalchemy import Engine, text

from domain.errors.machine import BrokerUnreachable, DatabaseUnreachable
from domain.settings import Settings
from jobs.embed_job import request_embedding
from jobs.queue import EMBED_NEXT, JobQueue
from jobs.worker import WorkerPool
from tests.jobs.brokers.proxy import Proxy
from tests.ml.recordings import write
from tests.sql.tracks import add_track

ROOT = Path(__file__).parents[3]
# A worker that has been silent for so long is taken for dead; the shortest that all brokers can do.
SILENCE_SECONDS = 2.0
RATE = 16_000


@dataclass(frozen=True)
class Server:
    """A broker of its own for one test: its address, through a proxy, and how many messages it keeps as rejected.

    `url` is None where the database at `database_url` is the broker.
    """

    url: str | None
    database_url: str
    proxy: Proxy
    count_rejected: Callable[[], int]


class Diary:
    """What worker processes wrote down."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def names(self, file: str) -> list[str]:
        return [str(line[0]) for line in self.lines(file)]

    def lines(self, file: str) -> list[list[object]]:
        path = self.folder / file
        return [json.loads(line) for line in path.read_text().splitlines()] if path.exists() else []


Start = Callable[[], "subprocess.Popen[bytes]"]


class BrokerContract:
    """Inherited by each broker's tests, which bring a `server` fixture."""

    @pytest.fixture
    def diary(self, tmp_path: Path) -> Diary:
        return Diary(tmp_path)

    @pytest.fixture
    def client(self, server: Server) -> Iterator[JobQueue]:
        queue = JobQueue.of(server.database_url, server.url)
        yield queue
        queue.close()

    @pytest.fixture
    def start(self, server: Server, diary: Diary) -> Iterator[Start]:
        """Starts a worker process; those that still run at the end are killed."""
        workers: list[subprocess.Popen[bytes]] = []

        def start() -> subprocess.Popen[bytes]:
            ready = len(diary.lines("ready"))
            arguments = [server.url or "", server.database_url, str(diary.folder), str(SILENCE_SECONDS)]
            with (diary.folder / "log").open("ab") as log:
                worker = subprocess.Popen(
                    [sys.executable, "-m", "tests.jobs.brokers.worker_program", *arguments],
                    env=os.environ | {"dramatiq_restart_delay": "300"},
                    cwd=ROOT,
                    stdout=log,
                    stderr=log,
                )
            workers.append(worker)
            wait_until(lambda: len(diary.lines("ready")) > ready)
            return worker

        yield start
        for worker in workers:
            worker.kill()
            worker.wait()

    def test_ids_reach_an_actor_in_another_process_by_its_name(
        self, client: JobQueue, start: Start, diary: Diary
    ) -> None:
        worker = start()
        client.enqueue(EMBED_NEXT, UUID(int=1), 7, "note")
        wait_until(lambda: bool(diary.lines("done")))
        assert diary.lines("done") == [["00000000-0000-0000-0000-000000000001", "7", "note", worker.pid]]

    def test_two_workers_do_two_hundred_messages_once_each(self, client: JobQueue, start: Start, diary: Diary) -> None:
        workers = {start().pid, start().pid}
        for number in range(200):
            client.enqueue(EMBED_NEXT, number, "note")
        wait_until(lambda: len(diary.lines("done")) >= 200)
        time.sleep(SILENCE_SECONDS)  # one that was not acknowledged would come again
        assert Counter(diary.names("done")) == {str(number): 1 for number in range(200)}
        assert {line[-1] for line in diary.lines("done")} == workers

    def test_what_may_pass_is_tried_again_later_and_what_is_final_is_kept_as_rejected(
        self, server: Server, client: JobQueue, start: Start, diary: Diary
    ) -> None:
        start()
        began = time.monotonic()
        client.enqueue(EMBED_NEXT, 1, "final")
        client.enqueue(EMBED_NEXT, 2, "passing")
        wait_until(lambda: diary.names("done") == ["2"])
        assert time.monotonic() - began > 1.0  # half a second at least before the second attempt, one before the third
        assert Counter(diary.names("started")) == {"1": 1, "2": 3}
        wait_until(lambda: server.count_rejected() == 1)

    def test_work_that_lasts_is_left_alone_and_a_killed_workers_is_done_by_another(
        self, client: JobQueue, start: Start, diary: Diary
    ) -> None:
        first = start()
        client.enqueue(EMBED_NEXT, 1, "endless")
        wait_until(lambda: diary.names("started") == ["1"])
        second = start()
        time.sleep(2 * SILENCE_SECONDS)
        assert diary.lines("started") == [["1", "endless", first.pid]]
        killed = time.monotonic()
        first.kill()
        wait_until(lambda: diary.lines("done") == [["1", "endless", second.pid]])
        assert time.monotonic() - killed < 5 * SILENCE_SECONDS

    def test_a_client_is_told_within_seconds_that_the_broker_is_away_and_goes_on_when_it_is_back(
        self, server: Server, client: JobQueue, start: Start, diary: Diary
    ) -> None:
        client.enqueue(EMBED_NEXT, 1, "note")
        with server.proxy.away():
            began = time.monotonic()
            with pytest.raises((BrokerUnreachable, DatabaseUnreachable)):
                client.enqueue(EMBED_NEXT, 2, "note")
            assert time.monotonic() - began < 8
        client.enqueue(EMBED_NEXT, 3, "note")
        start()
        wait_until(lambda: sorted(diary.names("done")) == ["1", "3"])

    def test_a_worker_outlasts_the_brokers_absence_also_with_a_message_in_hand(
        self, server: Server, client: JobQueue, start: Start, diary: Diary
    ) -> None:
        worker = start()
        client.enqueue(EMBED_NEXT, 1, "slow")
        wait_until(lambda: diary.names("started") == ["1"])
        with server.proxy.away():
            time.sleep(SILENCE_SECONDS + 1)  # it ends meanwhile, and may come again: nobody could be told
        client.enqueue(EMBED_NEXT, 2, "note")
        wait_until(lambda: set(diary.names("done")) == {"1", "2"})
        assert worker.poll() is None

    def test_a_worker_that_is_asked_to_stop_ends_what_it_has_in_hand_and_leaves_the_rest(
        self, client: JobQueue, start: Start, diary: Diary
    ) -> None:
        worker = start()
        for number in range(3):
            client.enqueue(EMBED_NEXT, number, "slow")
        wait_until(lambda: len(diary.names("started")) == 1)
        worker.terminate()
        assert worker.wait(10) == 0
        assert len(diary.names("done")) == 1
        start()
        wait_until(lambda: len(diary.names("done")) == 3)
        assert Counter(diary.names("started")) == Counter(diary.names("done")) == {"0": 1, "1": 1, "2": 1}

    @pytest.mark.slow
    def test_an_archive_is_embedded_once_through_a_kill_and_never_in_more_lanes_than_threads(
        self, server: Server, client: JobQueue, engine: Engine, database_url: str, tmp_path: Path
    ) -> None:
        tracks = add_recordings(engine, tmp_path, number=20)
        settings = Settings(data_dir=tmp_path, database_url=database_url, broker_url=server.url)
        lanes: list[int] = []

        def ask(question: str) -> int:
            with engine.connect() as connection:
                return int(connection.execute(text(question)).scalar_one())

        def done() -> int:
            lanes.append(ask("SELECT count(*) FROM lanes"))
            return ask("SELECT coalesce(sum(done), 0) FROM jobs")

        with WorkerPool(settings, database_url, processes=2) as pool:
            wait_until(lambda: ask("SELECT count(*) FROM workers") == 2)
            request_embedding(engine, client, "musicnn-mtt", index_threshold=1_000_000)
            wait_until(lambda: done() >= 3)
            os.kill(pool.pids[0], signal.SIGKILL)
            wait_until(lambda: done() == tracks)
            wait_until(lambda: ask("SELECT count(*) FROM jobs WHERE status = 'SUCCEEDED'") == 1)
        assert max(lanes) == 2
        with engine.connect() as connection:
            embedded = connection.execute(text("SELECT count(*), count(DISTINCT track_id) FROM track_embeddings")).one()
            status = connection.execute(text("SELECT status, total, done, failed FROM jobs")).one()
        assert tuple(embedded) == (tracks, tracks)
        assert tuple(status) == ("SUCCEEDED", tracks, tracks, 0)


def add_recordings(engine: Engine, folder: Path, number: int) -> int:
    """Tracks of 20 s of sound each; returns how many."""
    times = np.arange(20 * RATE) / RATE
    with engine.begin() as connection:
        for index in range(number):
            tone = 0.5 * np.sin(2 * np.pi * (200 + 50 * index) * times)
            path = write(folder / f"{index}.wav", tone[np.newaxis].astype(np.float32), RATE, layout="mono")
            add_track(connection, path.stem, path)
    return number


def wait_until(condition: Callable[[], bool], seconds: float = 40.0) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "it did not happen in time"
        time.sleep(0.05)
