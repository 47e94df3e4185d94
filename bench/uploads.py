"""A hundred thousand uploads at once: what the queue makes of them.

    python -m bench.uploads [--uploads 100000] [--asked 5000] [--workers 2] [--minutes 30]

The arrivals go through `Ingest`, as in the ingest function; workers are real processes with the real queue, catalogue
and embedding jobs in PostgreSQL. Only reading and hearing are simulated: an upload is a made-up recording, which is
heard in `--hear-ms` as a random vector. Prints a line of JSON for every part:

* `ingest`: arrivals taken a second, by `--at-once` callers (of the first `--asked`; the others are written into the
  tables at once), and the sizes of the tables of the queue then;
* `sweep`: how long one look at all unended jobs takes, and how many messages it sends;
* `drained`, every 2,000 tracks: how many were imported and embedded, and how many a second since the line before;
* `done`: the whole, and whether every upload became one embedded track and every job has ended.
"""

from __future__ import annotations

import argparse
import asyncio
import hashlib
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Event
from uuid import uuid4

import numpy as np
import psycopg
from sqlalchemy import Engine

import jobs.import_job
import jobs.worker_process
from domain.settings import Settings
from domain.spaces import backend_facts
from jobs.audio_source import AudioSource
from jobs.hearing.answers import Hearing
from jobs.hearing.limits import Limits
from jobs.importing.metadata import describe
from jobs.ingest import Ingest
from jobs.queue import JobQueue
from jobs.sweeper import sweep
from ml.backends.protocol import SegmentEmbedding, TrackEmbedding
from ml.waveform import POINTS
from sql.catalogue.file_rows import FileState
from sql.catalogue.imports import Audio, Outcome, ReadFile, lock_imports, write_recording
from sql.database import Database
from sql.embedded import ensure_running, stop
from sql.engine import make_engine
from sql.migrate import migrate
from sql.queue.job_writes import JobWrites
from tests.conftest import with_database

TOLD_EVERY = 2_000
SECONDS_OF_MUSIC = 30.0
COUNTS = """
SELECT (SELECT count(*) FROM tracks), (SELECT count(*) FROM track_embeddings),
       (SELECT count(*) FROM jobs WHERE status IN ('WAITING', 'RUNNING')),
       (SELECT count(*) FROM jobs WHERE status = 'FAILED'), (SELECT count(*) FROM dramatiq.queue WHERE state = 'queued')
"""


def say(what: str, **figures: object) -> None:
    print(json.dumps({"part": what} | figures), flush=True)


# As `Ingest` and the queue write them, but all at once.
WAITING = """
WITH made AS (
    INSERT INTO jobs (id, kind, status, arguments, total, done, failed)
    SELECT gen_random_uuid(), 'import', 'WAITING',
           jsonb_build_object('key', format('audio/incoming/%%s/piece %%s.flac', n, n), 'version', n::text), 1, 0, 0
    FROM generate_series(%(first)s::int, %(last)s::int) n
    RETURNING id
)
INSERT INTO dramatiq.queue (queue_name, message_id, state, message)
SELECT 'import', m.id, 'queued', jsonb_build_object(
    'queue_name', 'import', 'actor_name', 'import_files', 'args', jsonb_build_array(made.id::text),
    'kwargs', '{}'::jsonb, 'options', '{}'::jsonb, 'message_id', m.id::text, 'message_timestamp', 0)
FROM made, LATERAL (SELECT gen_random_uuid() AS id, made.id AS job) m
"""


async def take_in(url: str, uploads: int, at_once: int) -> float:
    """Seconds to take all arrivals in."""
    database, queue = Database(url, size=at_once, statement_timeout_seconds=60), JobQueue.of(url)
    ingest, numbers = Ingest(JobWrites(database), queue), iter(range(uploads))

    async def caller() -> None:
        for number in numbers:
            await ingest.object_arrived(f"audio/incoming/{number}/piece {number}.flac", str(number))

    started = time.perf_counter()
    await asyncio.gather(*(caller() for _ in range(at_once)))
    seconds = time.perf_counter() - started
    await database.close()
    queue.close()
    return seconds


def simulated_import(engine: Engine, audio: AudioSource, key: str, limits: Limits) -> Outcome:
    """In place of `import_object`: what it writes, of a recording that nobody read."""
    digest = hashlib.sha256(key.encode()).hexdigest()
    read = ReadFile(
        FileState(audio.place(key), 1_000, 1, digest),
        Audio(digest, "flac", 44_100, 2, SECONDS_OF_MUSIC, truncated=False, silent=False),
        describe(Path("/Uploads", Path(key).name), {}),
    )
    with engine.begin() as connection:
        lock_imports(connection)
        return write_recording(connection, read)


class SimulatedEar:
    """In place of `Ear`: random vectors after a while."""

    device = "simulated"

    def __init__(self, settings: Settings, threads: int, backend: str) -> None:
        self.facts = backend_facts(backend)
        self._random = np.random.default_rng()
        self._seconds = float(os.environ["HEAR_MS"]) / 1000

    def start(self) -> None: ...

    def close(self) -> None: ...

    def hear(self, path: Path, interrupted: object = None) -> Hearing:
        time.sleep(self._seconds)
        count = int(SECONDS_OF_MUSIC / self.facts.segment_seconds)
        made = self._random.standard_normal((count + 1, self.facts.dimension)).astype(np.float32)
        made /= np.linalg.norm(made, axis=1, keepdims=True)
        length = self.facts.segment_seconds
        segments = tuple(SegmentEmbedding(n * length, (n + 1) * length, made[n + 1]) for n in range(count))
        patches = np.repeat(made[1:], self.facts.segment_patches, axis=0).astype(np.float16)
        scores = np.full(len(self.facts.tags), 0.1, np.float32) if self.facts.tags else None
        heard = TrackEmbedding(made[0], segments, scores, count * length, 0.5, patches)
        return Hearing(heard, np.zeros(POINTS, np.uint16))


@contextmanager
def nowhere(self: AudioSource, places: object) -> Iterator[Path]:
    yield Path("/dev/null")


def work() -> None:
    """A worker process, but for reading and hearing."""
    jobs.import_job.import_object = simulated_import
    jobs.worker_process.make_ear = SimulatedEar  # type: ignore[assignment]  # it hears, too
    AudioSource.open = nowhere  # type: ignore[method-assign,assignment]
    jobs.worker_process.work(Settings(), uuid4(), threads=1, stopping=Event())


def drain(url: str, uploads: int, minutes: float) -> None:
    started = told_at = time.perf_counter()
    told = 0
    with psycopg.connect(url, autocommit=True) as connection:
        while True:
            [(tracks, embedded, unended, failed, messages)] = connection.execute(COUNTS)
            now = time.perf_counter()
            is_over = (embedded >= uploads and unended == 0) or now - started > 60 * minutes
            if embedded - told >= TOLD_EVERY or is_over:
                rate = (embedded - told) / (now - told_at)
                say(
                    "done" if is_over else "drained",
                    seconds=round(now - started, 1),
                    imported=tracks,
                    embedded=embedded,
                    a_second=round(rate if not is_over else embedded / (now - started), 1),
                    unended_jobs=unended,
                    failed_jobs=failed,
                    messages=messages,
                    complete=tracks == embedded == uploads and unended == failed == 0,
                )
                told, told_at = embedded, now
            if is_over:
                return
            time.sleep(0.5)


def measure(url: str, arguments: argparse.Namespace, data_dir: Path) -> None:
    asked = min(arguments.asked, arguments.uploads)
    seconds = asyncio.run(take_in(url, asked, arguments.at_once))
    with psycopg.connect(url) as connection:
        if asked < arguments.uploads:
            connection.execute(WAITING, {"first": asked, "last": arguments.uploads - 1})
            connection.commit()
        [sizes] = connection.execute(
            "SELECT pg_total_relation_size('jobs') / 1e6, pg_total_relation_size('dramatiq.queue') / 1e6"
        )
    say(
        "ingest",
        uploads=arguments.uploads,
        asked=asked,
        a_second=round(asked / seconds, 1),
        jobs_mb=round(float(sizes[0]), 1),
        messages_mb=round(float(sizes[1]), 1),
    )
    engine, queue = make_engine(url), JobQueue.of(url)
    started = time.perf_counter()
    sent = sweep(engine, queue)
    say("sweep", seconds=round(time.perf_counter() - started, 2), messages=sent)
    queue.close()
    engine.dispose()
    environment = os.environ | {
        "SEGUE_DATABASE_URL": url,
        "SEGUE_DATA_DIR": str(data_dir),
        "SEGUE_LOG_LEVEL": "ERROR",
        "SEGUE_INDEX_THRESHOLD": "1000000000",
        "HEAR_MS": str(arguments.hear_ms),
        "OMP_NUM_THREADS": "1",
    }
    command = [sys.executable, "-m", "bench.uploads", "--work"]
    workers = [subprocess.Popen(command, env=environment) for _ in range(arguments.workers)]
    try:
        drain(url, arguments.uploads, arguments.minutes)
    finally:
        for worker in workers:
            worker.kill()
            worker.wait()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--uploads", type=int, default=100_000)
    parser.add_argument(
        "--asked", type=int, default=5_000, help="of these go through `Ingest`; the others are just there"
    )
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--at-once", type=int, default=4, help="callers of the ingest function")
    parser.add_argument("--hear-ms", type=float, default=0, help="how long hearing a track is said to take")
    parser.add_argument("--minutes", type=float, default=30, help="when to give up")
    parser.add_argument("--work", action="store_true", help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.work:
        work()
        return
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        server = ensure_running(folder)
        try:
            url = with_database(server, "postgres")
            migrate(url)
            measure(url, arguments, folder)
        finally:
            stop(folder)


if __name__ == "__main__":
    main()
