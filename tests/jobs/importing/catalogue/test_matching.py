"""Which file a key means."""

from __future__ import annotations

import unicodedata

import pytest

from jobs.importing.catalogue.matching import FileIndex, Match, Surety

FILES = ["A/01 Air.m4a", "A/02 Élégie.m4a", "B/01 Air.m4a", "B/03.m4a", "Deep/A/04 Waltz.m4a", "top.m4a"]


@pytest.mark.parametrize(
    ("key", "file"),
    [
        ("A/01 Air.m4a", 0),
        ("s3://bucket/prefix/A/01 Air.m4a", 0),
        ("https://host/files/A/01%20Air.m4a", 0),
        (r"C:\Music\B\01 Air.m4a", 2),
        ("music/B/01 Air.m4a", 2),  # the folder's own name
        ("B/01 AIR.M4A", 2),
        (unicodedata.normalize("NFD", "A/02 Élégie.m4a"), 1),
        ("./A//02 Élégie.m4a", 1),
        ("04 Waltz.m4a", 4),
        ("A/04 Waltz.m4a", 4),
        ("top.m4a", 5),
    ],
)
def test_the_end_of_a_path_means_its_file(key: str, file: int) -> None:
    index = FileIndex(FILES, "/srv/music/", [key])
    assert index.match(key) == Match((file,), Surety.PATH)


def test_a_name_alone_is_enough_where_it_is_told_once_and_says_something() -> None:
    keys = ["Gone/02 Élégie.m4a", "C/03.m4a", "C/01 Air.m4a"]
    index = FileIndex(FILES, "/srv/music/", keys)
    assert index.match(keys[0]) == Match((1,), Surety.NAME)
    assert index.match(keys[1]) == Match(())  # any album has a "03"
    assert index.match(keys[2]) == Match(())  # two files have the name
    assert FileIndex(FILES, "/srv/music/", [*keys, "D/02 élégie.m4a"]).match(keys[0]) == Match(())


def test_what_is_ambiguous_is_not_guessed() -> None:
    index = FileIndex(FILES, "/srv/music/", [])
    assert index.match("01 Air.m4a").files == (0, 2)
    assert index.match("nowhere.m4a") == index.match("") == index.match("/") == Match(())


def test_case_counts_where_it_tells_files_apart() -> None:
    index = FileIndex(["A/x.m4a", "A/X.m4a"], "/m/", [])
    assert index.match("A/X.m4a").files == (1,)
    assert index.match("a/X.m4a").files == (0, 1)


def test_the_whole_path_below_the_folder_says_more_than_its_end() -> None:
    assert FileIndex(["old/A/x.m4a", "A/x.m4a"], "/m/", []).match("A/x.m4a").files == (1,)
