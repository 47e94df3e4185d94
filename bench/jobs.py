"""What jobs cost: an archive embedded by two worker processes, against the same work in one plain loop.

    python -m bench.jobs [--archives 24x60 10x300] [--rounds 3]

Prints one JSON object for each archive, so many recordings of so many seconds; medians over rounds, each with a fresh
database and fresh workers:
- `loop_seconds`: one process with one thread decodes and embeds all files, and writes nothing;
- `two_workers_seconds`: from asking for the job to its end, with two workers that have embedded something before;
- `speedup`: the first by the second;
- `queue_ms_per_item`, `queue_share`: with one worker, the time that is not spent hearing, by item, and as a share of
  the time that is: claiming, writing embeddings, sending messages, beginning and ending the job;
- `recommendable_seconds`: from importing one new recording of five minutes until its embedding can be searched.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

import numpy as np
import psycopg
from sqlalchemy import Engine, text

from domain.settings import Settings
from domain.spaces import DEFAULT_SPACE
from jobs.embed_job import request_embedding
from jobs.importing.importer import import_folder
from jobs.queue import JobQueue
from jobs.worker import WorkerPool
from sql.embedded import ensure_running, stop
from sql.engine import make_engine
from sql.migrate import migrate
from tests.conftest import with_database
from tests.ml.recordings import write

RATE = 44_100
LONG_SECONDS = 300
WARM_UP_FILES = 4
POLL_SECONDS = 0.01

LOOP = """
import sys, time
from pathlib import Path
from jobs.hearing.decoding import Listening
from ml.backends.registry import load
from ml.container import unwatched
hear = Listening(load(sys.argv[1], threads=1))
first, *files = [Path(file) for file in sys.argv[2:]]
hear(first, unwatched)
started = time.perf_counter()
for file in files:
    hear(file, unwatched)
print(time.perf_counter() - started)
"""


class Run(NamedTuple):
    """Seconds from asking for a job to its end, the seconds of hearing in it, and its number of items."""

    wall: float
    hearing: float
    items: int


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--archives", nargs="+", default=["24x60", "10x300"], metavar="FILESxSECONDS")
    parser.add_argument("--rounds", type=int, default=3)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        data_dir = Path(folder, "data")
        warm_up = make_files(Path(folder, "warm-up"), WARM_UP_FILES, 4.0, first=1_000)
        [long] = make_files(Path(folder, "long"), 1, LONG_SECONDS, first=2_000)
        server = ensure_running(data_dir)
        try:
            for archive in arguments.archives:
                number, seconds = map(int, archive.split("x"))
                files = make_files(Path(folder, archive), number, seconds)
                rounds = [
                    measure(server, data_dir, f"{archive}_{index}", files, warm_up, long)
                    for index in range(arguments.rounds)
                ]
                figures = {name: round(statistics.median(one[name] for one in rounds), 3) for name in rounds[0]}
                about = {"files": number, "seconds": seconds, "rounds": arguments.rounds, "cores": os.cpu_count()}
                print(json.dumps(about | figures), flush=True)
        finally:
            stop(data_dir)


def measure(
    server: str, data_dir: Path, name: str, files: list[Path], warm_up: list[Path], long: Path
) -> dict[str, float]:
    loop = time_loop([warm_up[0], *files])
    with archive(server, data_dir, f"two_{name}", processes=2) as (engine, url, ask):
        import_folder(url, warm_up[0].parent)
        ask()
        import_folder(url, files[0].parent)
        two = ask()
        recommendable = time_to_recommend(engine, url, ask, long)
    with archive(server, data_dir, f"one_{name}", processes=1) as (_, url, ask):
        import_folder(url, warm_up[0].parent)
        ask()
        import_folder(url, files[0].parent)
        one = ask()
    return {
        "loop_seconds": loop,
        "two_workers_seconds": two.wall,
        "speedup": loop / two.wall,
        "queue_ms_per_item": 1000 * (one.wall - one.hearing) / one.items,
        "queue_share": (one.wall - one.hearing) / one.hearing,
        "recommendable_seconds": recommendable,
    }


@contextmanager
def archive(
    server: str, data_dir: Path, name: str, *, processes: int
) -> Iterator[tuple[Engine, str, Callable[[], Run]]]:
    """A fresh database with its workers, its address, and what embeds all that is in it and not embedded."""
    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name}")
    url = with_database(server, name)
    migrate(url)
    engine, queue = make_engine(url), JobQueue.of(url)
    settings = Settings(data_dir=data_dir, database_url=url, broker_url=None, log_level="WARNING")

    def ask() -> Run:
        started = time.perf_counter()
        job = request_embedding(engine, queue, DEFAULT_SPACE, index_threshold=settings.index_threshold)
        ended = text("SELECT status = 'SUCCEEDED' FROM jobs WHERE id = :id")
        with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            while not connection.scalar(ended, {"id": job.id}):
                time.sleep(POLL_SECONDS)
            wall = time.perf_counter() - started
            hearing = text("SELECT sum(seconds), count(*) FROM job_items WHERE job_id = :id AND state = 'DONE'")
            return Run(wall, *connection.execute(hearing, {"id": job.id}).one())

    try:
        with WorkerPool(settings, url, processes=processes):
            yield engine, url, ask
    finally:
        queue.close()
        engine.dispose()


def time_to_recommend(engine: Engine, url: str, ask: Callable[[], Run], long: Path) -> float:
    """The job's end is a little later than the moment from which its only embedding can be searched."""
    started = time.perf_counter()
    import_folder(url, long)
    ask()
    seconds = time.perf_counter() - started
    with engine.connect() as connection:
        found = text(
            "SELECT count(*) FROM tracks t JOIN track_embeddings e ON e.track_id = t.id"
            " JOIN spaces s ON s.active_revision_id = e.revision_id"
            " JOIN track_files f ON f.track_id = t.id WHERE f.path = :path"
        )
        assert connection.execute(found, {"path": str(long)}).scalar_one() == 1
    return seconds


def time_loop(files: list[Path]) -> float:
    """Seconds to hear all but the first, which warms up."""
    environment = os.environ | {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}
    command = [sys.executable, "-c", LOOP, DEFAULT_SPACE, *map(str, files)]
    return float(subprocess.run(command, env=environment, stdout=subprocess.PIPE, text=True, check=True).stdout)


def make_files(folder: Path, number: int, seconds: float, *, first: int = 0) -> list[Path]:
    """Recordings of chords that swell and fade, with some noise, each different."""
    folder.mkdir()
    times = np.arange(round(seconds * RATE), dtype=np.float32) / RATE
    files = []
    for index in range(first, first + number):
        random = np.random.default_rng(index)
        pitches = 110.0 * 2 ** (random.integers(0, 36, 5) / 12)
        chord = sum(np.sin(2 * np.pi * pitch * times) for pitch in pitches) / 8
        signal = chord * (0.6 + 0.4 * np.sin(times)) + random.normal(0, 0.01, times.size)
        files.append(write(folder / f"{index}.m4a", np.stack([signal, signal]).astype(np.float32), RATE))
    return files


if __name__ == "__main__":
    main()
