"""What importing costs: recordings the first time and again, and a large catalogue over an archive that is there.

    python -m bench.import FOLDER            # recordings with a catalog.json beside them
    python -m bench.import --rows 100000     # a synthetic catalogue alone

Everything runs in a database of its own on an embedded server in a temporary folder, and is measured as a process of
its own, so that its peak memory is its own. Of recordings: tracks a minute the first time, and how many times faster an
unchanged archive is (files and catalogue; the process's start is not counted). Of the catalogue: lines a second the
first time, unchanged, and with one line in a hundred changed. The tracks it describes are made up; their files exist
only by name.
"""
# ruff: noqa: N999 -- it is called as the command that it measures

from __future__ import annotations

import argparse
import json
import multiprocessing
import random
import resource
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg

from jobs.importing.catalogue.assignment import File
from jobs.importing.catalogue.columns import ColumnMapping
from jobs.importing.catalogue.importing import CatalogueReport, import_catalogue
from jobs.importing.catalogue.source import open_catalogue
from jobs.importing.importer import import_folder
from sql.catalogue.folder_rows import files_below
from sql.catalogue.imports import lock_imports
from sql.embedded import ensure_running, stop
from sql.engine import make_engine
from sql.migrate import migrate

ROOT = "/synthetic/"
TRACKS_AN_ALBUM = 10
TRACKS_A_COMPOSER = 25
DATES = ("NaN", "2015", "26-Jul-08", "8/15/2017 and 8/16/2017", "7/30/1998 - 8/8/1998", "1997 to 2006")


@dataclass(frozen=True)
class Measured:
    """Seconds that a piece of work took, and the peak memory of its process in MB."""

    seconds: float
    peak_mb: float
    outcome: str


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", nargs="?", type=Path, help="recordings to import")
    parser.add_argument("--rows", type=int, default=100_000, help="lines of the synthetic catalogue (default 100,000)")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        data = Path(folder)
        url = ensure_running(data)
        try:
            migrate(url)
            if arguments.folder:
                measure_recordings(url, arguments.folder)
            measure_catalogue(url, data, arguments.rows)
        finally:
            stop(data)


def measure_recordings(url: str, folder: Path) -> None:
    first = measured(import_recordings, url, folder)
    again = min((measured(import_recordings, url, folder) for _ in range(5)), key=lambda one: one.seconds)
    with psycopg.connect(url) as connection:
        [(tracks, hours)] = connection.execute("SELECT count(*), sum(duration_seconds) / 3600 FROM tracks").fetchall()
    print(f"{tracks} recordings, {hours:.2f} hours: {first.outcome}")
    print(
        f"  first:     {first.seconds:6.2f} s, {60 * tracks / first.seconds:,.0f} tracks a minute,"
        f" peak {first.peak_mb:.0f} MB"
    )
    times = first.seconds / again.seconds
    print(f"  unchanged: {again.seconds:6.2f} s, {times:.0f} times faster, peak {again.peak_mb:.0f} MB")


def measure_catalogue(url: str, folder: Path, count: int) -> None:
    catalogue = folder / "catalogue.json"
    lines = synthetic_lines(count)
    fill(url, count)
    for name, change in (("first", 0), ("unchanged", 0), ("1 % changed", count // 100)):
        for line in random.Random(7).sample(lines, change):
            line["title"] += " (revised)"
        catalogue.write_text(json.dumps(lines), encoding="utf-8")
        done = measured(import_lines, url, catalogue)
        print(
            f"{name + ':':12} {done.seconds:6.2f} s, {count / done.seconds:,.0f} lines a second,"
            f" peak {done.peak_mb:.0f} MB; {done.outcome}"
        )


def import_recordings(url: str, folder: Path) -> str:
    report = import_folder(url, folder)
    used = sum(catalogue.used for catalogue in report.catalogues)
    return f"{report.new} new, {len(report.refused)} refused, {used} described by a catalogue"


def import_lines(url: str, path: Path) -> str:
    engine = make_engine(url)
    with engine.begin() as connection:
        lock_imports(connection)
        files = [
            File(row.path.removeprefix(ROOT), row.track_id, row.duration_seconds)
            for row in files_below(connection, ROOT)
        ]
        report: CatalogueReport = import_catalogue(connection, open_catalogue(path, ColumnMapping()), ROOT, files)
    engine.dispose()
    return f"{report.used:,} used, {report.described:,} tracks described anew"


def measured(work: Callable[[str, Path], str], url: str, path: Path) -> Measured:
    """Run `work` in a fresh process."""
    context = multiprocessing.get_context("spawn")
    ours, theirs = context.Pipe()
    process = context.Process(target=_measure, args=(work, url, path, theirs))
    process.start()
    done: Measured = ours.recv()
    process.join()
    return done


def _measure(work: Callable[[str, Path], str], url: str, path: Path, pipe: Any) -> None:
    began = time.perf_counter()
    outcome = work(url, path)
    seconds = time.perf_counter() - began
    peak = max(resource.getrusage(who).ru_maxrss for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    pipe.send(Measured(seconds, peak / 1024, outcome))


def synthetic_lines(count: int) -> list[dict[str, Any]]:
    rng = random.Random(3)
    dates = [rng.choice(DATES) for _ in range(-(-count // TRACKS_AN_ALBUM))]
    return [
        {
            "album_id": n // TRACKS_AN_ALBUM,
            "album_name": f"Concert {n // TRACKS_AN_ALBUM} (Disc One)",
            "track_no": n % TRACKS_AN_ALBUM + 1,
            "track_id": n,
            "title": f"Concerto No. {n} For 2 Violins And Strings, Op. {n % 99}: II. Andantino",
            "composers": f"Composer {n // TRACKS_A_COMPOSER}",
            "arrangers": "NaN",
            "labels": "NaN",
            "genre": "Classical",
            "release_date": dates[n // TRACKS_AN_ALBUM],
            "audio_s3_key": f"bucket/{key(n)}",
            "duration": "0:02:00",
        }
        for n in range(count)
    ]


def key(n: int) -> str:
    return f"Concert-{n // TRACKS_AN_ALBUM}/{n % TRACKS_AN_ALBUM + 1:02}-Concerto_{n}.m4a"


def fill(url: str, count: int) -> None:
    """Tracks as an import without catalogue leaves them, two minutes long."""
    said = {"disc": None, "composer": None, "arranger": None, "performances": [], "genre": None, "labels": []}
    with psycopg.connect(url) as connection, connection.cursor() as cursor:
        albums = cursor.execute(
            "INSERT INTO albums (folder, title, sort_key)"
            " SELECT %s || 'Concert-' || n, 'Concert-' || n, 'concert ' || n"
            " FROM generate_series(0, %s) n RETURNING id",
            (ROOT, -(-count // TRACKS_AN_ALBUM) - 1),
        ).fetchall()
        with cursor.copy(
            "COPY tracks (content_hash, album_id, title, sort_key, position, duration_seconds, codec, sample_rate,"
            " channels, truncated, silent) FROM STDIN"
        ) as copy:
            for n in range(count):
                title = f"Concerto {n}"
                album, position = albums[n // TRACKS_AN_ALBUM][0], n % TRACKS_AN_ALBUM + 1
                copy.write_row((f"synthetic-{n:07}", album, title, title, position, 120.0, "aac", 44_100, 2, "f", "f"))
        ids = cursor.execute(
            "SELECT id FROM tracks WHERE starts_with(content_hash, 'synthetic-') ORDER BY content_hash"
        ).fetchall()
        with cursor.copy("COPY track_files (track_id, path, size, modified_ns, file_hash, said) FROM STDIN") as copy:
            for n, (track_id,) in enumerate(ids):
                name = f"Concert-{n // TRACKS_AN_ALBUM}"
                album = {"folder": ROOT + name, "title": name, "artist": None, "date_text": None, "dates": None}
                own = {"title": f"Concerto {n}", "position": n % TRACKS_AN_ALBUM + 1, "album": album}
                copy.write_row((track_id, ROOT + key(n), 1, 0, "0", json.dumps(said | own)))
        connection.commit()
        connection.autocommit = True
        cursor.execute("ANALYZE")


if __name__ == "__main__":
    main()
