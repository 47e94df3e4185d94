"""Corrections stand over imports, and can be taken back."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from sqlalchemy import Connection, Engine

from domain.edits import EditKind
from domain.errors.asking import TrackNotFound, UnknownName, WorkNotFound
from domain.errors.curators import InvalidEdit, NameTaken, UnknownField
from sql.catalogue.album_rows import AlbumDescription
from sql.catalogue.composer_rows import Rows
from sql.catalogue.described import describe_tracks
from sql.catalogue.edit_rows import edit, edits_of, present_values
from sql.catalogue.named_rows import find_key
from sql.catalogue.people_rows import rows_of
from tests.sql.catalogue.described_tracks import describe_all, description

TITLE = "Winterreise, D. 911: 13. Die Post"


@pytest.fixture
def connection(engine: Engine) -> Iterator[Connection]:
    with engine.begin() as connection:
        yield connection


@pytest.fixture
def rows(connection: Connection) -> Rows:
    return rows_of(connection)


@pytest.fixture
def track(connection: Connection) -> int:
    """The track that is corrected."""
    [track] = describe_all(connection, [(TITLE, "Franz Schubert")])
    return track


def value(rows: Rows, statement: str) -> Any:
    [(found,)] = rows.execute(statement).fetchall()
    return found


def test_a_correction_outlives_imports_and_remembers_what_they_say(
    connection: Connection, rows: Rows, track: int
) -> None:
    edit(rows, EditKind.TRACK, track, {"title": "Die Post", "disc": "2"})
    describe_tracks(connection, {track: description("Winterreise: Die Post", "Franz Schubert")}, anew=True)
    assert value(rows, "SELECT title || ' on ' || disc FROM tracks") == "Die Post on 2"
    assert edits_of(rows, EditKind.TRACK, track) == [
        ("disc", "2", None),
        ("title", "Die Post", "Winterreise: Die Post"),
    ]

    edit(rows, EditKind.TRACK, track, {"title": None, "disc": None})
    assert value(rows, "SELECT title FROM tracks WHERE disc IS NULL") == "Winterreise: Die Post"
    assert edits_of(rows, EditKind.TRACK, track) == []


def test_work_and_movement_follow_a_corrected_title(rows: Rows, track: int) -> None:
    before = present_values(rows, EditKind.TRACK, track)
    assert (before["work"], before["movement"], before["movement_number"]) == ("Winterreise, D. 911", "Die Post", "13")
    edit(rows, EditKind.TRACK, track, {"title": "Schwanengesang, D. 957: 14. Die Taubenpost"})
    after = present_values(rows, EditKind.TRACK, track)
    assert (after["work"], after["movement"], after["movement_number"]) == (
        "Schwanengesang, D. 957",
        "Die Taubenpost",
        "14",
    )
    assert value(rows, "SELECT count(*) FROM works") == 1, "the former work has no tracks left"


def test_a_work_can_be_named_where_titles_say_none(connection: Connection, rows: Rows) -> None:
    one, other = describe_all(
        connection, [("Sonata: I. Allegro", "Ethel Smyth"), ("Cello Sonata, Op. 5", "Ethel Smyth")]
    )
    edit(rows, EditKind.TRACK, one, {"work": "Sonata, Op.5", "movement_number": "3"})
    assert value(rows, "SELECT count(DISTINCT work_id) FROM tracks") == 1
    describe_tracks(connection, {one: description("Sonata: I. Allegro", "Ethel Smyth")}, anew=True)
    assert present_values(rows, EditKind.TRACK, one)["movement_number"] == "3"
    edit(rows, EditKind.TRACK, one, {"work": None, "movement_number": None})
    assert present_values(rows, EditKind.TRACK, one)["work"] is None
    assert present_values(rows, EditKind.TRACK, one)["movement_number"] == "1"
    edit(rows, EditKind.TRACK, other, {"work": ""})
    assert value(rows, "SELECT count(*) FROM works") == 0


def test_composers_of_a_track_can_be_corrected(connection: Connection, rows: Rows, track: int) -> None:
    edit(rows, EditKind.TRACK, track, {"composer": "J. S. Bach; Clara Schumann"})
    credited = """SELECT string_agg(c.name, ', ' ORDER BY tc.position)
                  FROM track_composers tc JOIN composers c ON c.id = tc.composer_id"""
    assert value(rows, credited) == "Johann Sebastian Bach, Clara Schumann"
    assert (
        value(rows, "SELECT c.name FROM tracks t JOIN composers c ON c.id = t.composer_id") == "Johann Sebastian Bach"
    )
    assert value(rows, "SELECT count(*) FROM composers WHERE name = 'Franz Schubert'") == 0
    describe_tracks(connection, {track: description(TITLE, "F. Schubert")}, anew=True)
    assert value(rows, credited) == "Johann Sebastian Bach, Clara Schumann"
    edit(rows, EditKind.TRACK, track, {"composer": None})
    assert value(rows, credited) == "Franz Schubert"


def test_performers_can_be_corrected(connection: Connection, rows: Rows, track: int) -> None:
    describe_tracks(connection, {track: description(TITLE, "Franz Schubert", "Ana Lima")}, anew=True)
    edit(rows, EditKind.TRACK, track, {"performers": "Ana Lima (piano); Jane Doe, soprano; Quatuor Ébène"})
    described = description(TITLE, "Franz Schubert", "Ana Lima", "X")
    describe_tracks(connection, {track: described}, anew=True)
    assert rows.execute(
        "SELECT p.name, tp.role, tp.instrument FROM track_performers tp JOIN performers p ON p.id = performer_id"
        " ORDER BY position"
    ).fetchall() == [
        ("Ana Lima", "", "piano"),
        ("Jane Doe", "", "soprano"),
        ("Quatuor Ébène", "ensemble", None),
    ]
    edit(rows, EditKind.TRACK, track, {"performers": None})
    assert present_values(rows, EditKind.TRACK, track)["performers"] == "Ana Lima; X"


def test_an_albums_corrections_outlive_imports(connection: Connection, rows: Rows, track: int) -> None:
    album = find_key(rows, EditKind.ALBUM, "concert")
    edit(rows, EditKind.ALBUM, album, {"title": "Winter Concert", "date_text": "30 July 1998", "artist": "Ana Lima"})
    again = AlbumDescription("/music/concert", "Concert", artist="Somebody", date_text="1997")
    describe_tracks(connection, {track: description(TITLE, "Franz Schubert", album=again)}, anew=True)
    assert rows.execute("SELECT id, title, artist, date_from::text, date_to::text FROM albums").fetchall() == [
        (album, "Winter Concert", "Ana Lima", "1998-07-30", "1998-07-30")
    ]
    edit(rows, EditKind.ALBUM, album, {"title": None, "date_text": None, "artist": None})
    assert rows.execute("SELECT title, artist, date_text FROM albums").fetchall() == [("Concert", "Somebody", "1997")]


def test_a_renamed_composer_is_meant_by_both_names(connection: Connection, rows: Rows, track: int) -> None:
    edit(rows, EditKind.COMPOSER, find_key(rows, EditKind.COMPOSER, "franz schubert"), {"name": "Schubert Franz Peter"})
    describe_all(connection, [("A", "Franz Schubert"), ("B", "SCHUBERT FRANZ PETER")])
    assert rows.execute("SELECT c.name, count(*) FROM track_composers JOIN composers c ON c.id = composer_id GROUP BY 1"
    ).fetchall() == [("Schubert Franz Peter", 3)]  # fmt: skip


def test_a_name_that_another_has_is_refused_with_a_remedy(connection: Connection, rows: Rows) -> None:
    describe_all(connection, [("A", "Ethel Smyth"), ("B", "E. Smyth-Jones")])
    key = find_key(rows, EditKind.COMPOSER, "E. Smyth-Jones")
    with pytest.raises(NameTaken, match=r'segue composers merge "Ethel Smyth" "E. Smyth-Jones"'):
        edit(rows, EditKind.COMPOSER, key, {"name": "Ethel Smyth"})
    assert edits_of(rows, EditKind.COMPOSER, key) == []


def test_a_works_title_and_number_can_be_corrected(connection: Connection, rows: Rows, track: int) -> None:
    work = find_key(rows, EditKind.WORK, "winterreise, d 911")
    edit(rows, EditKind.WORK, work, {"title": "Die Winterreise", "catalogue_number": ""})
    describe_tracks(connection, {track: description(TITLE, "Franz Schubert")}, anew=True)
    assert rows.execute("SELECT id, title, catalogue_number FROM works").fetchall() == [(work, "Die Winterreise", None)]
    edit(rows, EditKind.WORK, work, {"title": None, "catalogue_number": None})
    assert rows.execute("SELECT title, catalogue_number FROM works").fetchall() == [("Winterreise", "D. 911")]


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"title": "  "}, "`title` of a track cannot be '  ': it must not be empty."),
        ({"disc": "two"}, "`disc` of a track cannot be 'two': it takes a number from 1 to 9,999."),
        ({"position": "0"}, "`position` of a track cannot be '0': it takes a number from 1 to 9,999."),
        ({"movement": "x" * 501}, "it takes at most 500 characters."),
        ({"arranger": "a\0b"}, "it holds what cannot be printed."),
    ],
)
def test_what_a_field_cannot_be_is_said(rows: Rows, track: int, changes: dict[str, str], said: str) -> None:
    with pytest.raises(InvalidEdit) as refused:
        edit(rows, EditKind.TRACK, track, changes)
    assert said in str(refused.value)
    assert edits_of(rows, EditKind.TRACK, track) == []


def test_what_is_not_there_is_said(rows: Rows, track: int) -> None:
    with pytest.raises(UnknownField, match=r"`codec` of a track cannot be edited. What can be: title, composer"):
        edit(rows, EditKind.TRACK, track, {"codec": "mp3"})
    with pytest.raises(TrackNotFound, match="no track 999"):
        edit(rows, EditKind.TRACK, 999, {"title": "X"})
    with pytest.raises(WorkNotFound, match="no work 999"):
        edit(rows, EditKind.WORK, 999, {"title": "X"})
    with pytest.raises(UnknownName, match="Did you mean 'Franz Schubert'"):
        find_key(rows, EditKind.COMPOSER, "Frans Schubert")
