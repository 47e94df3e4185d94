"""Search among vectors of 4,800 dimensions: recall and time by signs, and of the exact search.

python -m bench.high_dimensional [--tracks 20000] [--data DIR]
"""

from __future__ import annotations

import argparse
import asyncio
import tempfile
import time
from dataclasses import replace
from pathlib import Path

import numpy as np

from bench.synthetic import SyntheticArchive, fill
from domain.recommendations import TrackFilter
from sql.database import Database
from sql.embedded import ensure_running, stop
from sql.migrate import migrate
from sql.retrieval.recommended import PostgresRetrieval

DIMENSION = 4_800
QUERIES = 100


async def measure(url: str, archive: SyntheticArchive) -> None:
    database = Database(url, size=1, statement_timeout_seconds=120)
    retrieval = PostgresRetrieval(database, exact_below=1_000)
    space = (await retrieval.spaces())["musicnn-mtt"]
    rows = np.random.default_rng(1).choice(len(archive.track_ids), QUERIES, replace=False)
    for first in (10, 20, 100):
        for name, used, count in (("by signs", space, QUERIES), ("exact", replace(space, indexed=False), 10)):
            seconds, right = [], 0
            for row in rows[:count]:
                started = time.perf_counter()
                found = await retrieval.similar_tracks(used, int(archive.track_ids[row]), first, TrackFilter())
                seconds.append(time.perf_counter() - started)
                nearest = np.argsort(-(archive.vectors @ archive.vectors[row]), kind="stable")[1 : first + 1]
                right += len({c.track.id for c in found.candidates} & {int(i) for i in archive.track_ids[nearest]})
            recall, middle = right / (first * count), 1000 * float(np.median(seconds))
            print(f"first {first:>3}  {name:<8}  recall {recall:.3f}  p50 {middle:.0f} ms", flush=True)
    await database.close()


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--tracks", type=int, default=20_000)
    parser.add_argument("--data", type=Path)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory(dir=arguments.data) as folder:
        try:
            url = ensure_running(Path(folder))
            migrate(url)
            started = time.perf_counter()
            archive = fill(url, arguments.tracks, dimension=DIMENSION, index_from=arguments.tracks)
            print(
                f"{arguments.tracks:,} tracks written and indexed in {time.perf_counter() - started:.0f} s", flush=True
            )
            asyncio.run(measure(url, archive))
        finally:
            stop(Path(folder))


if __name__ == "__main__":
    main()
