"""What names of files and folders say."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from jobs.importing.file_names import FileName, album_folder, folder_title, read_file_name, without_disc


@pytest.mark.parametrize(
    ("name", "title", "disc", "position"),
    [
        ("03 - Title.flac", "Title", None, 3),
        ("03 Title.flac", "Title", None, 3),
        ("3. Allegro.wav", "Allegro", None, 3),
        ("01-Bye_and_Bye.m4a", "Bye and Bye", None, 1),
        ("1-03 Title.m4a", "Title", 1, 3),
        ("03-12_Lieder_1786.m4a", "12 Lieder 1786", None, 3),
        ("Title.flac", "Title", None, None),
        ("07.flac", "07", None, 7),
        ("Track 07.flac", "Track 07", None, 7),
        # Numbers that belong to the title.
        ("5 Elizabethan Songs.flac", "5 Elizabethan Songs", None, None),
        ("100 Songs.flac", "100 Songs", None, None),
        ("1812 Overture.flac", "1812 Overture", None, None),
        ("2015-08-08 Concert.flac", "2015-08-08 Concert", None, None),
        # Who is who around a dash, nobody knows.
        ("03 - Ma - Prelude.flac", "Ma - Prelude", None, 3),
    ],
)
def test_file_names(name: str, title: str, disc: int | None, position: int | None) -> None:
    assert read_file_name(Path("/music") / name) == FileName(title, disc, position)


def test_a_name_that_is_no_unicode_can_be_shown() -> None:
    assert read_file_name(Path(os.fsdecode(b"/music/01 na\xefve.flac"))).title == "na�ve"


@pytest.mark.parametrize(
    ("folder", "disc"),
    [("CD1", 1), ("CD 02", 2), ("Disc Two", 2), ("disk_3", 3), ("Disc II", 2), ("CD1 - Encores", 1), ("Disc 10", 10)],
)
def test_a_disc_folder_belongs_to_the_album_above(folder: str, disc: int) -> None:
    assert album_folder(Path("/music/Quartets") / folder / "01.flac") == (Path("/music/Quartets"), disc)


@pytest.mark.parametrize("folder", ["CDs", "Disco", "Discovery", "CDX", "Encores CD1"])
def test_other_folders_are_albums_of_their_own(folder: str) -> None:
    path = Path("/music/Quartets") / folder / "01.flac"
    assert album_folder(path) == (path.parent, None)


def test_a_disc_folder_below_nothing_is_an_album() -> None:
    assert album_folder(Path("/CD1/01.flac")) == (Path("/CD1"), None)


def test_titles_without_disc() -> None:
    titles = ["Quartets (Disc Two)", "Quartets [CD 2]", "Quartets - Disc 1", "Quartets", "Disc 2"]
    assert [without_disc(title) for title in titles] == ["Quartets", "Quartets", "Quartets", "Quartets", "Disc 2"]


def test_folder_titles() -> None:
    assert folder_title(Path("/music/Late_Quartets")) == "Late Quartets"
    assert folder_title(Path("/music/Op_18 live")) == "Op_18 live"
    assert folder_title(Path("/")) == "untitled"
