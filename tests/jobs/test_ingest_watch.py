"""Which files of a watched folder are handed over, and when."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from domain.errors.machine import FolderNotFound
from jobs.importing.walk import FoundFile, walk
from jobs.ingest_watch import FolderWatch


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    folder = tmp_path.resolve() / "music"
    folder.mkdir()
    return folder


@pytest.fixture
def watch(folder: Path) -> FolderWatch:
    return FolderWatch(folder, settle_seconds=5)


def names(files: list[FoundFile]) -> list[str]:
    return [file.path.name for file in files]


def test_a_file_is_complete_when_it_has_stayed_the_same(watch: FolderWatch, folder: Path) -> None:
    (folder / "a.flac").write_bytes(b"x")
    assert watch.look(100) == []
    (folder / "a.flac").write_bytes(b"xy")
    assert watch.look(104) == []  # it grew since 100
    assert watch.look(108.9) == []
    assert names(watch.look(109)) == ["a.flac"]


def test_a_file_is_handed_over_until_it_is_known_and_when_it_changes(watch: FolderWatch, folder: Path) -> None:
    (folder / "a.flac").write_bytes(b"x")
    watch.look(0)
    assert watch.look(5) == watch.look(6)
    watch.know(watch.look(7))
    assert watch.look(20) == []
    os.utime(folder / "a.flac", (0, 0))
    assert watch.look(30) == []
    assert names(watch.look(35)) == ["a.flac"]


def test_what_was_imported_earlier_is_not_handed_over(watch: FolderWatch, folder: Path) -> None:
    (folder / "a.flac").write_bytes(b"x")
    watch.know(walk(folder).files)
    assert watch.look(0) == watch.look(100) == []


def test_a_moved_folder_is_found_under_its_new_name(watch: FolderWatch, folder: Path) -> None:
    (folder / "old").mkdir()
    (folder / "old" / "a.flac").write_bytes(b"x")
    watch.know(walk(folder).files)
    (folder / "old").rename(folder / "new")
    watch.look(0)
    assert [file.path for file in watch.look(5)] == [folder / "new" / "a.flac"]


def test_a_file_that_went_and_came_back_is_handed_over(watch: FolderWatch, folder: Path) -> None:
    """It may have been imported under another name meanwhile."""
    (folder / "a.flac").write_bytes(b"x")
    watch.know(walk(folder).files)
    (folder / "a.flac").rename(folder.parent / "a.flac")
    watch.look(0)
    (folder.parent / "a.flac").rename(folder / "a.flac")
    watch.look(10)
    assert names(watch.look(15)) == ["a.flac"]


def test_other_files_and_unfinished_ones_are_passed_over(watch: FolderWatch, folder: Path) -> None:
    for name in ("cover.jpg", "a.flac.part", ".hidden.flac", "b.part.flac"):
        (folder / name).write_bytes(b"x")
    watch.look(0)
    assert watch.look(100) == []


def test_a_drive_that_is_away_is_an_error_and_nothing_is_forgotten(watch: FolderWatch, folder: Path) -> None:
    (folder / "a.flac").write_bytes(b"x")
    watch.know(walk(folder).files)
    folder.rename(folder.parent / "away")
    with pytest.raises(FolderNotFound):
        watch.look(0)
    (folder.parent / "away").rename(folder)
    assert watch.look(1) == watch.look(100) == []
