"""A million tracks in one space: what an HNSW index takes to build, and how it answers.

    python -m bench.scale [--vectors 1000000] [--memory 2GB] [--queries 500] [--halves]

Made-up tracks with vectors of 200 dimensions are written into a server of its own, and the space is indexed as the
service does it. Prints a line of JSON for every part:

* `written`: seconds, and bytes of a track in the catalogue's tables (of more than 100,000 tracks without what is
  searched by words) and in the space's;
* `looked for tracks that are not embedded`, as every import of files does at its end, where all are: seconds;
* `index`: seconds of building, seconds of the processor that the server took for it, the index's size, the most memory
  that the server's processes held meanwhile (shared memory included) and `--memory`, which is what the server may take
  to build (`maintenance_work_mem`);
* `asked`: one connection asks for the 20 nearest of random tracks: p50 and p99 in milliseconds, and the share of the
  truly nearest 20 that it finds; by an exact scan before there is an index, with as many cores as PostgreSQL likes,
  then by the index;
* with `--halves` the index is built once more, of vectors in half precision (`halfvec`), and asked the same directly.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from threading import Event, Thread

import numpy as np
import psutil
import psycopg
from numpy.typing import NDArray

from bench.synthetic import SyntheticArchive, fill
from domain.recommendations import TrackFilter
from sql.database import EF_SEARCH, Database
from sql.embedded import ensure_running, stop
from sql.engine import make_engine
from sql.migrate import migrate
from sql.queue.import_jobs import is_something_missing
from sql.retrieval.recommended import PostgresRetrieval
from sql.spaces.indexes import index_when_large
from sql.spaces.naming import index_name, partition
from tests.conftest import with_database

DIMENSION = 200
FIRST = 20
EXACT_QUERIES = 20
# Writing the words of many more would take the longest of all.
SEARCHABLE = 100_000
MEGA = 1e6
SIZES = """
SELECT (SELECT sum(pg_total_relation_size(c.oid)) FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
        WHERE n.nspname = 'public' AND c.relkind = 'r' AND c.relname !~ '_r[0-9]+$'),
       pg_total_relation_size(%(partition)s::regclass)
"""


def say(what: str, **figures: object) -> None:
    print(json.dumps({"part": what} | figures), flush=True)


class Watched:
    """What the server's processes used since: at most so much memory, and processor time."""

    def __init__(self, server: psutil.Process) -> None:
        self.most_mb = 0.0
        self._server = server
        self._seconds: dict[int, float] = {}
        self._before = self._look()

    @property
    def processor_seconds(self) -> float:
        return self._look() - self._before

    def look(self) -> None:
        self._look()

    def _look(self) -> float:
        memory = 0
        for process in self._server.children(recursive=True):
            with suppress(psutil.Error):
                # What processes share is counted once: parallel ones build the graph in memory that they share.
                memory += process.memory_full_info().pss
                times = process.cpu_times()
                self._seconds[process.pid] = times.user + times.system
        self.most_mb = max(self.most_mb, memory / MEGA)
        return sum(self._seconds.values())


@contextmanager
def watched(url: str) -> Iterator[Watched]:
    """Looks every other second at the processes of the server."""
    with psycopg.connect(url) as connection:
        server = psutil.Process(connection.info.backend_pid).parent()
    assert server is not None
    seen, over = Watched(server), Event()

    def watch() -> None:
        while not over.wait(2):
            seen.look()

    watcher = Thread(target=watch, daemon=True)
    watcher.start()
    try:
        yield seen
    finally:
        over.set()
        watcher.join()


def truly_nearest(archive: SyntheticArchive, row: int) -> set[int]:
    alike = archive.vectors @ archive.vectors[row]
    alike[row] = -2
    return {int(archive.track_ids[one]) for one in np.argpartition(-alike, FIRST)[:FIRST]}


def summary(seconds: list[float], shares: list[float]) -> dict[str, float]:
    return {
        "queries": len(seconds),
        "p50_ms": round(1e3 * float(np.percentile(seconds, 50)), 2),
        "p99_ms": round(1e3 * float(np.percentile(seconds, 99)), 2),
        f"recall_at_{FIRST}": round(float(np.mean(shares)), 4),
    }


async def ask(url: str, archive: SyntheticArchive, rows: NDArray[np.int64], by: str) -> None:
    database = Database(url, size=1, statement_timeout_seconds=600)
    retrieval = PostgresRetrieval(database, exact_below=20_000)
    space = (await retrieval.spaces())["musicnn-mtt"]
    for row in rows[:10]:  # whatever is read for the first time
        await retrieval.similar_tracks(space, int(archive.track_ids[row]), FIRST, TrackFilter())
    seconds, shares = [], []
    for row in rows:
        started = time.perf_counter()
        found = await retrieval.similar_tracks(space, int(archive.track_ids[row]), FIRST, TrackFilter())
        seconds.append(time.perf_counter() - started)
        ids = {candidate.track.id for candidate in found.candidates}
        shares.append(len(ids & truly_nearest(archive, row)) / FIRST)
    say("asked", by=by, **summary(seconds, shares))
    await database.close()


def halves(url: str, archive: SyntheticArchive, rows: NDArray[np.int64]) -> None:
    """The same with an index of half precision, which the service does not use: to know what it would give."""
    name = partition("track_embeddings", archive.revision_id)
    expression = f"embedding::halfvec({DIMENSION})"
    with psycopg.connect(url, autocommit=True) as connection, watched(url) as seen:
        connection.execute(f"DROP INDEX {index_name(name)}")
        started = time.perf_counter()
        connection.execute(f"CREATE INDEX {name}_halves ON {name} USING hnsw (({expression}) halfvec_cosine_ops)")
        built = time.perf_counter() - started
        [(size,)] = connection.execute(f"SELECT pg_relation_size('{name}_halves')")
        say(
            "index of halves",
            seconds=round(built, 1),
            processor_seconds=round(seen.processor_seconds, 1),
            megabytes=round(size / MEGA),
            memory_mb=round(seen.most_mb),
        )
        connection.execute(f"ANALYZE {name}")
        for setting in (f"hnsw.ef_search = {EF_SEARCH}", "hnsw.iterative_scan = strict_order"):
            connection.execute(f"SET {setting}")
        statement = f"""SELECT track_id FROM {name} WHERE track_id <> %(id)s
            ORDER BY {expression} <=> (SELECT {expression} FROM {name} WHERE track_id = %(id)s) LIMIT {FIRST}"""
        seconds, shares = [], []
        for row in rows:
            started = time.perf_counter()
            found = connection.execute(statement, {"id": int(archive.track_ids[row])}, prepare=True).fetchall()
            seconds.append(time.perf_counter() - started)
            shares.append(len({one for (one,) in found} & truly_nearest(archive, row)) / FIRST)
        say("asked", by="index of halves, the statement alone", **summary(seconds[10:], shares[10:]))


def measure(url: str, arguments: argparse.Namespace) -> None:
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(f"ALTER DATABASE {connection.info.dbname} SET maintenance_work_mem = '{arguments.memory}'")
    started = time.perf_counter()
    archive = fill(url, arguments.vectors, index_from=arguments.vectors + 1, searchable=arguments.vectors <= SEARCHABLE)
    written = time.perf_counter() - started
    name = partition("track_embeddings", archive.revision_id)
    with psycopg.connect(url) as connection:
        [(catalogue, vectors)] = connection.execute(SIZES, {"partition": name})
    count = arguments.vectors
    say(
        "written",
        tracks=count,
        seconds=round(written, 1),
        catalogue_bytes_of_track=round(float(catalogue) / count),
        vector_bytes_of_track=round(vectors / count),
    )
    engine = make_engine(url)
    with engine.connect() as connection_:
        started = time.perf_counter()
        assert not is_something_missing(connection_, "musicnn-mtt")
        say("looked for tracks that are not embedded", seconds=round(time.perf_counter() - started, 3))
    rows = np.random.default_rng(1).choice(count, min(arguments.queries, count), replace=False)
    # Before there is an index: PostgreSQL would take it even for a statement that does not ask for it.
    asyncio.run(ask(url, archive, rows[:EXACT_QUERIES], "exact"))
    with watched(url) as seen:
        started = time.perf_counter()
        index_when_large(engine, archive.revision_id, DIMENSION, 1)
        built = time.perf_counter() - started
        used = seen.processor_seconds
    engine.dispose()
    with psycopg.connect(url) as connection:
        [(size,)] = connection.execute("SELECT pg_relation_size(%s::regclass)", [index_name(name)])
    say(
        "index",
        seconds=round(built, 1),
        megabytes=round(size / MEGA),
        bytes_of_vector=round(size / count),
        processor_seconds=round(used, 1),
        memory_mb=round(seen.most_mb),
        allowed=arguments.memory,
    )
    asyncio.run(ask(url, archive, rows, "index"))
    if arguments.halves:
        halves(url, archive, rows)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--vectors", type=int, default=1_000_000)
    parser.add_argument("--memory", default="2GB")
    parser.add_argument("--queries", type=int, default=500)
    parser.add_argument("--halves", action="store_true")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        data_dir = Path(folder)
        server = ensure_running(data_dir)
        try:
            url = with_database(server, "postgres")
            migrate(url)
            measure(url, arguments)
        finally:
            stop(data_dir)


if __name__ == "__main__":
    main()
