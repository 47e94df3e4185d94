"""What cannot be imported is named, and the rest comes in."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from domain.errors.machine import DecoderNotStarted
from domain.paths import path_from_text, path_to_text
from jobs.hearing.limits import Limits
from jobs.hearing.reader import Reader
from jobs.importing.importer import import_folder
from jobs.importing.reading import read_files
from jobs.importing.walk import Finding, walk
from tests.jobs.hearing import misbehaving
from tests.jobs.importing.archive import RATE, Rows, counts, record
from tests.ml.recordings import sine, write


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
