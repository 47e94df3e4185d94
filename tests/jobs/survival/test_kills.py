"""Workers killed at random moments while an archive is embedded."""

from __future__ import annotations

import logging
import time
from pathlib import Path

import numpy as np
import psutil
import psycopg
import pytest
from sqlalchemy import Engine

from domain.settings import Settings
from jobs.embed_job import request_embedding
from jobs.queue import JobQueue
from jobs.reembed_job import request_reembedding
from jobs.worker import WorkerPool
from sql.queue.job_items import LEASE_SECONDS, MAX_ATTEMPTS
from tests.jobs.survival.archive import SPACE, Archive, make_archive, make_recordings
from tests.jobs.survival.orphans import orphans
from tests.jobs.survival.processes import lives, segue, wait_until
from tests.jobs.survival.seen_job import SeenJob
from tests.soak import patient, scale

log = logging.getLogger(__name__)

pytestmark = [pytest.mark.slow, patient]

SEED = 50
KILLS_EMBEDDING = scale(30)
KILLS_REEMBEDDING = scale(20)
TRACKS = 3 + 3 * KILLS_EMBEDDING
LONGEST_LIFE_SECONDS = 1.0
WAYS = ("worker", "group", "everything")
MANY = 1_000_000


@pytest.fixture
def archive(database_url: str, tmp_path: Path) -> Archive:
    """Tracks of 5 s to 3 minutes: each some hundredths of a second to half a second of work."""
    lengths = np.random.default_rng(SEED)
    seconds = [lengths.uniform(5, 60) if number % 3 else lengths.uniform(90, 180) for number in range(TRACKS)]
    return make_archive(database_url, make_recordings(tmp_path / "archive", seconds, SEED))


class Killing:
    """Lets workers work on a job, and kills them. How and when is drawn from `seed`."""

    def __init__(self, url: str, job: SeenJob, settings: Settings, log: Path, kills: int, seed: int) -> None:
        self._url, self._job, self._settings, self._log, self._kills = url, job, settings, log, kills
        self._random = np.random.default_rng(seed)
        self.ways: list[str] = []
        self._to_come: list[str] = []
        self.killed: list[psutil.Process] = []

    def kill(self) -> None:
        """Start a worker, and kill it after a while: itself, its whole group, or all there is with who watches it."""
        if not self._to_come:
            self._to_come = self._random.permutation(WAYS).tolist()
        way = self._to_come.pop()
        life = self._random.uniform(0, LONGEST_LIFE_SECONDS)
        begun = self._random.random() < 0.8  # else it may be killed before it has done anything
        self.ways.append(way)
        if way == "everything":
            with segue("worker", "--processes=1", log=self._log, **self._for_command()) as command:
                self._let_live(life, begun)
                self.killed += command.kill()
            pass_time(self._url)
            return
        with WorkerPool(self._settings, self._url, processes=1) as pool:
            self._let_live(life, begun)
            worker = psutil.Process(pool.pids[0])
            victims = [worker, *(worker.children(recursive=True) if way == "group" else [])]
            self.killed += [worker, *worker.children(recursive=True)]
            for process in victims:
                process.kill()

    def _let_live(self, life: float, begun: bool) -> None:
        # Whoever kills three workers over one track is told so; this is about kills at any moment.
        spared = self._job.worn >= MAX_ATTEMPTS - 1
        taken = self._job.taken
        if begun:
            wait_until(lambda: self._job.taken > taken, 60, "a worker begins")
        # However fast the machine is, something is left for the last kill.
        share = TRACKS * len(self.ways) // (self._kills + 1)
        ends_at = time.monotonic() + life
        while time.monotonic() < ends_at and self._job.done < share:
            time.sleep(0.005)
        if spared:
            wait_until(lambda: self._job.worn < MAX_ATTEMPTS - 1, 90, "a track that was hit twice is done")

    def _for_command(self) -> dict[str, str | Path]:
        return {"data_dir": self._settings.data_dir, "database_url": self._url}


def pass_time(url: str) -> None:
    """Let the leases of the dead run out, as waiting for half a minute would. For moments when nobody works."""
    with psycopg.connect(url) as connection:
        for table, column in (("job_items", "leased_until"), ("lanes", "expires_at"), ("workers", "heartbeat_at")):
            connection.execute(f"UPDATE {table} SET {column} = {column} - make_interval(secs => %s)", [LEASE_SECONDS])


def test_every_track_is_embedded_exactly_once(
    engine: Engine, queue: JobQueue, database_url: str, tmp_path: Path, archive: Archive
) -> None:
    """At first into an empty space, then once more into a revision that takes the place of the first."""
    settings = Settings(data_dir=tmp_path / "data", database_url=database_url)
    for kind, kills in (("embed", KILLS_EMBEDDING), ("reembed", KILLS_REEMBEDDING)):
        started = time.monotonic()
        if kind == "embed":
            job_id = request_embedding(engine, queue, SPACE, index_threshold=MANY).id
        else:
            job_id = request_reembedding(engine, queue, SPACE).job.id
        job = SeenJob(database_url, job_id)
        killing = Killing(database_url, job, settings, tmp_path / "worker.log", kills, SEED)
        for _ in range(kills):
            killing.kill()
        about = f"{kind}, seed {SEED}, killed {killing.ways}"
        assert job.done < TRACKS, f"the archive was done before the last kill: {about}"
        with WorkerPool(settings, database_url, processes=1):
            wait_until(lambda job=job: job.ended, 60 + 2 * TRACKS, f"the job ends ({about})")  # type: ignore[misc]  # bound at once
        assert job.row == ("SUCCEEDED", TRACKS, TRACKS, 0, None), about
        # A kill costs no more than the one attempt that it hit.
        hit = job.taken - TRACKS
        assert 0 < hit <= kills, about
        assert job.held == 0, about
        with psycopg.connect(database_url) as connection:
            assert orphans(connection) == {}, about
        # Nobody is left of the dead: a decoder whose worker is gone ends by itself.
        wait_until(lambda dead=killing.killed: not any(map(lives, dead)), 10, f"all are dead ({about})")  # type: ignore[misc]  # bound at once
        ways = ", ".join(f"{killing.ways.count(way)} {way}" for way in sorted(set(killing.ways)))
        seconds = time.monotonic() - started
        log.info("%s: %s kills, %d with a track in hand, %d tracks, %.0f s", kind, ways, hit, TRACKS, seconds)
    assert archive.differences(database_url) == [], f"seed {SEED}"
