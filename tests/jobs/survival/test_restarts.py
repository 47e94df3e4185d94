"""The database stopped and started again while an archive is embedded and served."""

from __future__ import annotations

import logging
import os
import signal
import socket
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import numpy as np
import psycopg
import pytest

from domain.ids import encode
from jobs.embed_job import request_embedding
from jobs.queue import JobQueue
from sql.embedded import ensure_running, is_running, stop
from sql.engine import make_engine
from sql.migrate import migrate
from tests.jobs.survival.archive import SPACE, Archive, make_archive, make_recordings
from tests.jobs.survival.orphans import orphans
from tests.jobs.survival.processes import segue, wait_until
from tests.jobs.survival.seen_job import SeenJob
from tests.jobs.survival.visitors import CATALOGUE, Follower, Visitors, ask
from tests.soak import patient, scale

log = logging.getLogger(__name__)

pytestmark = [pytest.mark.slow, patient]

SEED = 10
RESTARTS = max(2, scale(10))
# Between two restarts some tracks are embedded.
TRACKS = 4 + 6 * RESTARTS
MANY = 1_000_000
# What a shutdown is called, and the signal for it. The last is no shutdown at all.
WAYS = {"fast": signal.SIGINT, "immediate": signal.SIGQUIT, "kill -9": signal.SIGKILL}
LONGEST_AWAY_SECONDS = 2.0
# The first time it is away for longer than a request waits.
FIRST_AWAY_SECONDS = 6.0
# Waiting for a connection, twice.
LONGEST_ANSWER_SECONDS = 12.0


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Path]:
    """The data folder of a server of our own, migrated and running."""
    data_dir = tmp_path / "data"
    try:
        url = ensure_running(data_dir)
        with psycopg.connect(url, autocommit=True) as connection:
            # Against power cuts, which do not come here; what a killed PostgreSQL has written, the system keeps.
            connection.execute("ALTER SYSTEM SET fsync = off")
            connection.execute("SELECT pg_reload_conf()")
        migrate(url)
        yield data_dir
    finally:
        stop(data_dir)


@pytest.fixture
def archive(server: Path, tmp_path: Path) -> Archive:
    lengths = np.random.default_rng(SEED)
    seconds = [lengths.uniform(60, 180) for _ in range(TRACKS)]
    return make_archive(ensure_running(server), make_recordings(tmp_path / "archive", seconds, SEED))


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as free:
        return int(free.getsockname()[1])


def answers(url: str) -> bool:
    with httpx.Client() as client:
        return ask(client, url, CATALOGUE, {}).good


def end(data_dir: Path, way: str) -> None:
    """Stop the server in one of `WAYS`, and wait until it is gone."""
    os.kill(int((data_dir / "postgres" / "postmaster.pid").read_text().split()[0]), WAYS[way])
    wait_until(lambda: not is_running(data_dir), 30, f"the server is gone ({way})")


def test_no_job_is_lost_and_the_api_recovers(server: Path, archive: Archive, tmp_path: Path) -> None:
    url = ensure_running(server)
    engine, queue = make_engine(url), JobQueue.of(url)
    job = SeenJob(url, request_embedding(engine, queue, SPACE, index_threshold=MANY).id)
    queue.close()
    engine.dispose()
    chance = np.random.default_rng(SEED)
    # Each way comes as often; a killed server takes longest, and only in the long run.
    ways = chance.permutation([("immediate", "fast", "kill -9")[number % 3] for number in range(RESTARTS)]).tolist()
    about = f"seed {SEED}, stopped {ways}"
    settings: dict[str, str | Path] = {"data_dir": tmp_path / "other", "database_url": url}
    address = f"http://127.0.0.1:{(port := free_port())}"
    started = time.monotonic()
    with (
        segue("serve", f"--port={port}", log=tmp_path / "serve.log", **settings) as serving,
        segue("worker", "--processes=1", log=tmp_path / "worker.log", **settings) as working,
    ):
        wait_until(lambda: answers(address), 30, "the archive is served")
        processes = [process.pid for process in (*serving.tree(), *working.workers())]
        with (
            Follower(address, encode("Job", str(job.id))) as follower,
            Visitors(address, encode("Track", min(archive.paths))) as visitors,
        ):
            for number, way in enumerate(ways):
                done = job.done
                wait_until(lambda done=done: job.done > done, 90, f"a track is embedded ({about})")  # type: ignore[misc]  # bound at once
                time.sleep(chance.uniform(0, 0.5))
                end(server, way)
                time.sleep(chance.uniform(0, LONGEST_AWAY_SECONDS) if number else FIRST_AWAY_SECONDS)
                assert ensure_running(server) == url
                back = time.monotonic()
                wait_until(
                    lambda back=back: any(one.good and one.asked_at > back for one in visitors.answers[-20:]),  # type: ignore[misc]  # bound at once
                    15,
                    f"the API answers again ({about})",
                )
            assert job.done < TRACKS, f"the archive was done before the last restart: {about}"
            wait_until(lambda: job.ended, 60 + TRACKS, f"the job ends ({about})")
        # Nobody had to be started again.
        assert [process.pid for process in (*serving.tree(), *working.workers())] == processes
    assert job.row == ("SUCCEEDED", TRACKS, TRACKS, 0, None), about
    assert job.held == 0, about
    with psycopg.connect(url) as connection:
        assert orphans(connection) == {}, about
    assert archive.differences(url, most=8) == [], about
    # Who follows the job over one connection sees its end, and nothing of the rest.
    assert follower.completed, about
    assert [one for one in follower.told if "errors" in one] == [], about
    assert follower.told[-1]["data"]["jobProgress"] == {"status": "SUCCEEDED", "done": TRACKS, "total": TRACKS}, about
    # Visitors were answered, or told in GraphQL's way that they may try again; and soon.
    codes = visitors.codes()
    assert {answer.status for answer in visitors.answers} == {200}, about
    assert set(codes) <= {"OK", "DATABASE_UNREACHABLE"}, (codes, about)
    assert all(answer.retryable for answer in visitors.answers), about
    longest = max(answer.seconds for answer in visitors.answers)
    assert longest < LONGEST_ANSWER_SECONDS, about
    assert codes["DATABASE_UNREACHABLE"] > 0, about
    assert [line for line in (*serving.said, *working.said) if '"traceback"' in line] == [], about
    log.info(
        "%d restarts (%s), %d tracks, %.0f s, answers %s, the longest took %.1f s",
        *(RESTARTS, ", ".join(ways), TRACKS, time.monotonic() - started, dict(codes), longest),
    )
