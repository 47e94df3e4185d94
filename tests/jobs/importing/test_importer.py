"""Importing real files into a real database."""

from __future__ import annotations

import hashlib
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from datetime import date
from pathlib import Path

import pytest

from domain.errors.machine import DatabaseUnreachable
from jobs.importing.importer import BATCH_FILES, import_folder
from jobs.importing.report import ImportProgress
from ml.probe import probe
from tests.jobs.importing.archive import CATALOGUE, RATE, Rows, counts, record


def test_every_format_comes_in_with_its_tags(music: Path, database_url: str, rows: Callable[[str], Rows]) -> None:
    for number, suffix in enumerate((".flac", ".mp3", ".m4a", ".ogg", ".opus"), 1):
        record(
            music / f"x{suffix}",
            number * 100.0,
            title=f"Tïtle {number}",
            artist="Trio; Quartet",
            composer="Fanny Hensel",
            album="Songs",
            album_artist="Trio",
            track=f"{number}/5",
            disc="1",
            date="2015-08-15",
        )
    assert counts(import_folder(database_url, music)) == (5, 0, 0, 0)
    assert rows(CATALOGUE) == [("Songs", 1, number, f"Tïtle {number}", "Fanny Hensel") for number in range(1, 6)]
    assert rows("SELECT folder, title, sort_key, artist, date_text, date_from, date_to FROM albums") == [
        (str(music), "Songs", "songs", "Trio", "2015-08-15", date(2015, 8, 15), date(2015, 8, 15))
    ]
    assert rows("SELECT name, sort_key FROM composers") == [("Fanny Hensel", "hensel fanny")]
    assert rows(
        "SELECT p.name, tp.position, count(*) FROM track_performers tp JOIN performers p ON p.id = performer_id "
        "GROUP BY 1, 2 ORDER BY 2"
    ) == [("Trio", 0, 5), ("Quartet", 1, 5)]
    assert rows("SELECT codec, sample_rate, channels FROM tracks ORDER BY position") == [
        ("flac", RATE, 1), ("mp3", RATE, 1), ("aac", RATE, 1), ("vorbis", RATE, 2), ("opus", 48_000, 1)
    ]  # fmt: skip


def test_what_is_written_of_a_file(music: Path, database_url: str, rows: Callable[[str], Rows]) -> None:
    path = record(music / "01 - Air.wav", seconds=0.5)
    os.utime(path, ns=(1, 1_700_000_000_123_456_789))
    import_folder(database_url, path)
    assert rows("SELECT path, size, modified_ns, file_hash FROM track_files") == [
        (str(path), path.stat().st_size, 1_700_000_000_123_456_789, hashlib.sha256(path.read_bytes()).hexdigest())
    ]
    assert rows("SELECT content_hash, duration_seconds, title, position, truncated, silent FROM tracks") == [
        (probe(path).content_hash, 8_000 / RATE, "Air", 1, False, False)
    ]


def test_names_serve_where_tags_are_missing(music: Path, database_url: str, rows: Callable[[str], Rows]) -> None:
    record(music / "Ring" / "CD2" / "01 - Siegfried.wav", 300)
    record(music / "Ring" / "CD1" / "02_Walküre.wav", 200)
    import_folder(database_url, music)
    assert rows(CATALOGUE) == [("Ring", 1, 2, "Walküre", None), ("Ring", 2, 1, "Siegfried", None)]


def test_albums_of_one_name_in_two_folders_are_two(music: Path, database_url: str, rows: Callable[[str], Rows]) -> None:
    for number, folder in enumerate(("one", "two"), 1):
        record(music / folder / "x.flac", number * 100, album="Greatest Hits", title=folder)
    import_folder(database_url, music)
    assert rows("SELECT folder, title FROM albums ORDER BY folder") == [
        (str(music / "one"), "Greatest Hits"),
        (str(music / "two"), "Greatest Hits"),
    ]


def test_progress_counts_files_and_bytes(music: Path, database_url: str) -> None:
    paths = [record(music / f"{number}.wav", number * 100) for number in (1, 2)]
    size = paths[0].stat().st_size
    seen: list[ImportProgress] = []
    import_folder(database_url, music, seen.append)
    assert seen == [
        ImportProgress(0, 2, 0, 2 * size, paths[0]),
        ImportProgress(1, 2, size, 2 * size, paths[1]),
        ImportProgress(2, 2, 2 * size, 2 * size, None),
    ]
    seen.clear()
    import_folder(database_url, music, seen.append)
    assert seen == [ImportProgress(2, 2, 2 * size, 2 * size, None)]


def test_no_database(music: Path) -> None:
    with pytest.raises(DatabaseUnreachable):
        import_folder("postgresql://postgres@127.0.0.1:1/none", music)


IMPORT = """
import sys
from pathlib import Path
from jobs.importing.importer import import_folder
print("ready", flush=True)
report = import_folder(sys.argv[1], Path(sys.argv[2]), lambda progress: print(progress.done, flush=True))
print(report.new)
"""


def start_import(database_url: str, folder: Path) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", IMPORT, database_url, str(folder)], stdout=subprocess.PIPE, text=True
    )


def test_killed_imports_lose_nothing_and_repeat_nothing(
    music: Path, database_url: str, rows: Callable[[str], Rows]
) -> None:
    numbers = range(60)
    for number in numbers:
        record(music / f"{number}.wav", 100 + number, seconds=0.2)
    for done in (5, 40):
        process = start_import(database_url, music)
        assert process.stdout is not None
        while (line := process.stdout.readline().strip()) != str(done):
            assert line, "the import ended before it could be killed"
        process.send_signal(signal.SIGKILL)
        process.wait()
        process.stdout.close()
    time.sleep(0.1)  # the server drops what the dead one left open
    assert rows("SELECT count(*) FROM tracks")[0][0] >= 40 - (BATCH_FILES - 1)
    report = import_folder(database_url, music)
    assert report.new + report.unchanged == 60
    assert rows("SELECT title FROM tracks ORDER BY position NULLS FIRST, length(title), title") == [
        (str(number),) for number in numbers
    ]
    assert rows("SELECT count(*), count(DISTINCT track_id) FROM track_files") == [(60, 60)]


def test_imports_at_the_same_time_make_everything_once(
    music: Path, database_url: str, rows: Callable[[str], Rows]
) -> None:
    for number in range(40):
        record(music / str(number % 3) / f"{number}.flac", 100 + number, 0.2, composer=f"C{number % 4}", artist="A")
    processes = [start_import(database_url, music) for _ in range(2)]
    outputs = [process.communicate(timeout=60)[0].split() for process in processes]
    assert [process.returncode for process in processes] == [0, 0]
    assert sum(int(output[-1]) for output in outputs) == 40
    assert rows("""SELECT (SELECT count(*) FROM tracks), (SELECT count(*) FROM track_files),
        (SELECT count(*) FROM albums), (SELECT count(*) FROM composers), (SELECT count(*) FROM performers),
        (SELECT count(*) FROM track_performers)""") == [(40, 40, 3, 4, 1, 40)]
