"""Finding the files that may be recordings."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from domain.errors.machine import FolderNotFound
from jobs.importing.walk import FoundFile, natural_key, walk


def touch(*paths: Path) -> None:
    for path in paths:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"12345")


def names(root: Path, under: Path | None = None) -> list[str]:
    return [str(file.path.relative_to(under or root)) for file in walk(root).files]


def test_suffixes_decide_in_any_case_and_the_rest_is_counted(tmp_path: Path) -> None:
    touch(*(tmp_path / name for name in ("a.FLAC", "b.m4a", "c.wma", "cover.jpg", "notes.txt", "x.cue", "no_suffix")))
    found = walk(tmp_path)
    assert [file.path.name for file in found.files] == ["a.FLAC", "b.m4a", "c.wma"]
    assert [image.path.name for image in found.images] == ["cover.jpg"]
    assert (found.passed_over, found.unreadable) == (3, [])


def test_size_and_time_are_those_of_the_file(tmp_path: Path) -> None:
    touch(tmp_path / "a.flac")
    os.utime(tmp_path / "a.flac", ns=(1, 1_234_567_890_123_456_789))
    assert walk(tmp_path).files == [FoundFile(tmp_path / "a.flac", 5, 1_234_567_890_123_456_789)]


def test_hidden_and_unfinished_files_are_passed_over(tmp_path: Path) -> None:
    touch(
        tmp_path / "._a.flac",
        tmp_path / ".hidden" / "a.flac",
        tmp_path / "@eaDir" / "a.mp3",
        tmp_path / "a.flac.partial",
        tmp_path / "a.partial.flac",
        tmp_path / "b.tmp.m4a",
        tmp_path / "ok.flac",
    )
    assert names(tmp_path) == ["ok.flac"]
    assert walk(tmp_path).passed_over == 4


def test_the_order_is_a_readers(tmp_path: Path) -> None:
    touch(*(tmp_path / name for name in ("10 z.flac", "2 a.flac", "B/1.flac", "a/1.flac", "A2/1.flac")))
    assert names(tmp_path) == ["2 a.flac", "10 z.flac", "a/1.flac", "A2/1.flac", "B/1.flac"]
    assert sorted(["10", "9b", "a", "9"], key=natural_key) == ["9", "9b", "10", "a"]


def test_links_to_folders_are_followed_once_and_never_round_in_circles(tmp_path: Path) -> None:
    root = tmp_path / "root"
    touch(root / "album" / "a.flac", tmp_path / "elsewhere" / "b.flac")
    (root / "album" / "up").symlink_to(root)
    (root / "again").symlink_to(root / "album")
    (root / "linked").symlink_to(tmp_path / "elsewhere")
    (root / "circle").symlink_to(root / "circle")
    found = walk(root)
    assert [file.path for file in found.files] == [root / "album" / "a.flac", tmp_path / "elsewhere" / "b.flac"]


def test_the_way_to_the_folder_does_not_matter(tmp_path: Path) -> None:
    touch(tmp_path / "music" / "a.flac")
    (tmp_path / "link").symlink_to(tmp_path / "music")
    assert walk(tmp_path / "link").files == walk(tmp_path / "music").files


def test_a_linked_file_keeps_the_name_of_its_link(tmp_path: Path) -> None:
    touch(tmp_path / "objects" / "SHA256E-1.blob")
    (tmp_path / "music").mkdir()
    (tmp_path / "music" / "01 Air.flac").symlink_to(tmp_path / "objects" / "SHA256E-1.blob")
    assert names(tmp_path / "music") == ["01 Air.flac"]


def test_what_cannot_be_looked_at_is_named(tmp_path: Path) -> None:
    (tmp_path / "gone.flac").symlink_to(tmp_path / "nowhere")
    os.mkfifo(tmp_path / "pipe.wav")
    found = walk(tmp_path)
    assert [(finding.path.name, finding.reason) for finding in found.unreadable] == [
        ("gone.flac", "it is a link that leads nowhere"),
        ("pipe.wav", "it is not a regular file"),
    ]
    assert found.files == []


def test_one_file_is_taken_whatever_its_suffix(tmp_path: Path) -> None:
    touch(tmp_path / "recording.dat")
    assert names(tmp_path / "recording.dat", tmp_path) == ["recording.dat"]


def test_no_folder(tmp_path: Path) -> None:
    with pytest.raises(FolderNotFound, match=r"There is no folder or file '.*nowhere'\."):
        walk(tmp_path / "nowhere")
