"""Importing again: what was moved, retagged, copied or replaced meanwhile."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from datetime import date
from pathlib import Path

import mutagen
import pytest

from jobs.hearing.reader import Reader
from jobs.importing import reading
from jobs.importing.importer import import_folder
from ml.probe import probe
from sql.catalogue.imports import Outcome
from tests.jobs.importing.archive import CATALOGUE, Rows, counts, record


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
