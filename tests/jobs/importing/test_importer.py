"""Importing real files into a real database."""

from __future__ import annotations

import hashlib
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import mutagen
import numpy as np
import psycopg
import pytest

from domain.errors.machine import DatabaseUnreachable, DecoderNotStarted
from domain.paths import path_from_text, path_to_text
from jobs.hearing.limits import Limits
from jobs.hearing.reader import Reader
from jobs.importing import reading
from jobs.importing.importer import BATCH_FILES, import_folder
from jobs.importing.reading import read_files
from jobs.importing.report import ImportProgress, ImportReport
from jobs.importing.walk import Finding, walk
from ml.probe import probe
from sql.catalogue.imports import Outcome
from tests.jobs.hearing import misbehaving
from tests.ml.recordings import sine, write

RATE = 16_000
Rows = list[tuple[Any, ...]]  # Any: columns of a query


@pytest.fixture
def music(tmp_path: Path) -> Path:
    folder = tmp_path.resolve() / "music"
    folder.mkdir()
    return folder


@pytest.fixture
def rows(database_url: str) -> Callable[[str], Rows]:
    def query(statement: str) -> Rows:
        with psycopg.connect(database_url) as connection:
            return connection.execute(statement).fetchall()

    return query


def record(path: Path, frequency: float = 440.0, seconds: float = 0.5, **tags: str) -> Path:
    """A recording whose sound is told apart by its frequency."""
    path.parent.mkdir(parents=True, exist_ok=True)
    rate = 48_000 if path.suffix == ".opus" else RATE
    channels = 2 if path.suffix == ".ogg" else 1  # FFmpeg's Vorbis encoder knows stereo only
    layout = "stereo" if channels == 2 else "mono"
    return write(path, np.tile(sine(seconds, rate, frequency), (channels, 1)), rate, layout=layout, tags=tags)


def counts(report: ImportReport) -> tuple[int, int, int, int]:
    return report.new, report.changed, report.unchanged, len(report.refused)


CATALOGUE = """
    SELECT a.title, t.disc, t.position, t.title, c.name FROM tracks t
    LEFT JOIN albums a ON a.id = t.album_id LEFT JOIN composers c ON c.id = t.composer_id
    ORDER BY a.sort_key, t.disc, t.position, t.title
"""


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


def test_importing_again_opens_nothing(
    music: Path, database_url: str, rows: Callable[[str], Rows], monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in (1, 2, 3):
        record(music / f"{number}.flac", number * 100)
    (music / "booklet.pdf").write_bytes(b"pdf")
    import_folder(database_url, music)
    everything = "SELECT t.*, f.*, a.* FROM tracks t JOIN track_files f ON f.track_id = t.id JOIN albums a ON true"
    before = rows(everything)

    def opened(*_: object) -> None:
        raise AssertionError("a file was opened")

    monkeypatch.setattr(Reader, "read", opened)
    monkeypatch.setattr(reading, "file_state", opened)
    report = import_folder(database_url, music)
    assert (counts(report), report.passed_over) == ((0, 0, 3, 0), 1)
    assert rows(everything) == before


def test_a_file_that_was_only_touched_is_unchanged(music: Path, database_url: str, rows: Callable[[str], Rows]) -> None:
    path = record(music / "a.flac")
    import_folder(database_url, music)
    os.utime(path, ns=(7, 7))
    assert counts(import_folder(database_url, music)) == (0, 0, 1, 0)
    assert rows("SELECT modified_ns FROM track_files") == [(7,)]


def test_retagging_describes_the_same_track(music: Path, database_url: str, rows: Callable[[str], Rows]) -> None:
    path = record(music / "a.flac", title="Old", composer="Bahc", album="Misc", artist="X", date="1999")
    import_folder(database_url, music)
    track = rows("SELECT id, content_hash FROM tracks")
    tags = mutagen.File(path)
    tags.update({"title": "Air", "composer": "Bach", "album": "Suites", "artist": "Y", "date": "2001"})
    tags.save()
    report = import_folder(database_url, music)
    assert (counts(report), report.outcomes) == ((0, 1, 0, 0), {Outcome.CHANGED: 1})
    assert rows("SELECT id, content_hash FROM tracks") == track
    assert rows(CATALOGUE) == [("Suites", None, None, "Air", "Bach")]
    assert rows("SELECT date_text FROM albums") == [("2001",)]
    # What nothing refers to any more is gone.
    assert rows("SELECT name FROM composers") == [("Bach",)]
    assert rows("SELECT name FROM performers") == [("Y",)]


def test_an_albums_new_date_replaces_the_old_one(music: Path, database_url: str, rows: Callable[[str], Rows]) -> None:
    path = record(music / "a.flac", album="Suites", date="1999", album_artist="X")
    record(music / "b.flac", 300, album="Suites", date="2005", album_artist="Y")
    import_folder(database_url, music)
    assert rows("SELECT date_text, artist FROM albums") == [("1999", "X")]
    tags = mutagen.File(path)
    tags["date"] = "1998-03-04"
    tags.save()
    import_folder(database_url, music)
    assert rows("SELECT date_text, date_from, artist FROM albums") == [("1998-03-04", date(1998, 3, 4), "X")]


def test_a_moved_archive_is_the_same_archive(music: Path, database_url: str, rows: Callable[[str], Rows]) -> None:
    for number in (1, 2):
        record(music / "old" / f"{number}.flac", number * 100, album="Suites", title=str(number))
    import_folder(database_url, music)
    ids = "SELECT t.id, t.album_id, f.id FROM tracks t JOIN track_files f ON f.track_id = t.id ORDER BY t.id"
    before = rows(ids)
    (music / "old").rename(music / "new")
    (music / "new" / "1.flac").rename(music / "new" / "one.flac")
    report = import_folder(database_url, music)
    assert report.outcomes == {Outcome.MOVED: 2}
    assert rows(ids) == before
    assert rows("SELECT folder FROM albums") == [(str(music / "new"),)]
    assert rows("SELECT path FROM track_files ORDER BY id") == [
        (str(music / "new" / "one.flac"),),
        (str(music / "new" / "2.flac"),),
    ]


def test_one_file_moved_between_albums_changes_its_album(
    music: Path, database_url: str, rows: Callable[[str], Rows]
) -> None:
    for number in (1, 2):
        record(music / "A" / f"{number}.wav", number * 100)
    import_folder(database_url, music)
    (music / "B").mkdir()
    (music / "A" / "2.wav").rename(music / "B" / "2.wav")
    assert import_folder(database_url, music).outcomes == {Outcome.UNCHANGED: 1, Outcome.MOVED: 1}
    assert rows(CATALOGUE) == [("A", None, 1, "1", None), ("B", None, 2, "2", None)]


def test_equal_audio_is_one_track_with_two_files(music: Path, database_url: str, rows: Callable[[str], Rows]) -> None:
    first = record(music / "A" / "1.flac", title="Air", album="A")
    (music / "B").mkdir()
    second = Path(shutil.copy(first, music / "B" / "1.flac"))
    retagged = mutagen.File(second)
    retagged["album"] = "B"
    retagged.save()
    assert import_folder(database_url, music).outcomes == {Outcome.NEW: 1, Outcome.COPY: 1}
    assert rows("SELECT path FROM track_files ORDER BY path") == [(str(first),), (str(second),)]
    assert rows(CATALOGUE) == [("A", None, 1, "Air", None)]

    # A copy says nothing about the track as long as the first file is there.
    retagged["title"] = "Copy"
    retagged.save()
    assert import_folder(database_url, music).outcomes == {Outcome.UNCHANGED: 1, Outcome.CHANGED: 1}
    assert rows(CATALOGUE) == [("A", None, 1, "Air", None)]
    first.unlink()
    retagged["title"] = "Survivor"
    retagged.save()
    import_folder(database_url, music)
    assert rows(CATALOGUE) == [("B", None, 1, "Survivor", None)]


def test_other_audio_at_the_same_path_is_another_track(
    music: Path, database_url: str, rows: Callable[[str], Rows]
) -> None:
    path = record(music / "a.flac", 200)
    kept = Path(shutil.copy(path, music / "kept.flac"))
    import_folder(database_url, music)
    before = probe(path).content_hash
    record(path, 300)
    assert import_folder(database_url, music).outcomes == {Outcome.NEW: 1, Outcome.UNCHANGED: 1}
    files = "SELECT t.content_hash, f.path FROM tracks t LEFT JOIN track_files f ON f.track_id = t.id ORDER BY t.id"
    assert rows(files) == [(before, str(kept)), (probe(path).content_hash, str(path))]

    record(kept, 400)
    import_folder(database_url, music)
    assert [file for _, file in rows(files)] == [None, str(path), str(kept)]

    # When the audio comes back, so does its track.
    record(music / "back.flac", 200)
    assert import_folder(database_url, music).outcomes == {Outcome.MOVED: 1, Outcome.UNCHANGED: 2}
    assert rows(files)[0] == (before, str(music / "back.flac"))


def test_bad_files_are_named_and_the_rest_goes_on(music: Path, database_url: str, rows: Callable[[str], Rows]) -> None:
    (music / "a text.mp3").write_text("this is no music " * 100)
    (music / "b empty.flac").touch()
    record(music / "c good.wav")
    whole = record(music / "d short.wav", 300, seconds=4)
    whole.write_bytes(whole.read_bytes()[: 44 + RATE * 2])  # one second of four
    write(music / "e silent.wav", sine(1, RATE, amplitude=10 ** (-61 / 20))[None], RATE, layout="mono")
    for _ in range(2):  # what was found earlier is said again
        report = import_folder(database_url, music)
        assert [(finding.path.name, finding.reason) for finding in report.refused] == [
            ("a text.mp3", report.refused[0].reason),
            ("b empty.flac", "it holds no audio"),
        ]
        assert [path.name for path in report.truncated] == ["d short.wav"]
        assert [path.name for path in report.silent] == ["e silent.wav"]
    assert rows("SELECT title, truncated, silent FROM tracks ORDER BY title") == [
        ("c good", False, False),
        ("d short", True, False),
        ("e silent", False, True),
    ]


@pytest.mark.parametrize(
    ("work", "reason"),
    [
        ("stumble", "decoding it failed unexpectedly (ZeroDivisionError: header)"),
        ("segfault", "the decoder crashed on it (SIGSEGV)"),
        ("kill", "the process that read it was killed from outside (SIGKILL)"),
        ("fault", "Input/output error"),
    ],
)
def test_a_file_that_nobody_foresaw_is_one_finding(music: Path, work: str, reason: str) -> None:
    for number in (1, 2):
        record(music / f"{number}.wav", number * 100)
    with Reader(Limits(), work=f"{misbehaving.__name__}:{work}") as reader:
        found = [finding for _, finding in read_files(walk(music).files, reader)]
    assert found == [Finding(music / "1.wav", reason), Finding(music / "2.wav", reason)]


def test_without_a_decoder_nothing_is_refused(music: Path) -> None:
    record(music / "1.wav")
    with (
        Reader(Limits(), work=f"{misbehaving.__name__}:no_package") as reader,
        pytest.raises(DecoderNotStarted, match="No module named 'torch'"),
    ):
        list(read_files(walk(music).files, reader))


def test_a_recording_over_the_limit_is_refused(music: Path, database_url: str) -> None:
    record(music / "1.wav", seconds=2)
    record(music / "2.wav", 300)
    report = import_folder(database_url, music, limits=Limits(longest_seconds=1.8))
    assert [(finding.path.name, finding.reason) for finding in report.refused] == [
        ("1.wav", "it claims or holds more than 0.0005 hours of audio")
    ]
    assert report.new == 1


def test_hostile_tags_and_names(music: Path, database_url: str, rows: Callable[[str], Rows]) -> None:
    latin_1 = path_from_text(f"{music}/na\\xefve.flac")
    record(
        music / "x.flac", title="T" * 5_000, composer="\x1b[31m" + "1" * 5_000, album="9" * 5_000, artist="P" * 5_000
    )
    (music / "x.flac").rename(latin_1)
    record(music / "y\n;DROP.flac", 300, title="NaN", composer="unknown", artist="Various Artists")
    assert counts(import_folder(database_url, music)) == (2, 0, 0, 0)
    assert counts(import_folder(database_url, music)) == (0, 0, 2, 0)
    [(first, first_composer), (second, second_composer)] = rows(
        "SELECT t.title, c.name FROM tracks t LEFT JOIN composers c ON c.id = t.composer_id ORDER BY t.id"
    )
    assert (first, first_composer) == ("T" * 499 + "…", "[31m" + "1" * 145 + "…")
    assert (second, second_composer) == ("y ;DROP", None)
    stored = sorted(path for (path,) in rows("SELECT path FROM track_files"))
    assert stored == [path_to_text(latin_1), f"{music}/y\n;DROP.flac"]
    assert path_from_text(stored[0]).exists()


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


def test_a_file_that_is_still_being_written_waits(
    music: Path, database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = record(music / "a.wav")
    digest = hashlib.file_digest

    def growing(file: Any, name: str) -> Any:  # Any: as hashlib has it
        found = digest(file, name)
        with path.open("ab") as more:
            more.write(np.zeros(100, np.int16).tobytes())
        return found

    monkeypatch.setattr(hashlib, "file_digest", growing)
    [refused] = import_folder(database_url, music).refused
    assert refused.reason == "it is still being written; import again when it is complete"
