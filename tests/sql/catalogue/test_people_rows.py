"""Composers of imported tracks, what people decide about their spellings, and works that follow."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from sqlalchemy import Connection, Engine

from domain.errors.asking import UnknownName
from domain.errors.curators import NothingToSplit
from sql.catalogue.alias_rows import aliases, doubtful, merge, split
from sql.catalogue.composer_rows import Rows
from sql.catalogue.described import describe_tracks
from sql.catalogue.people_rows import rows_of
from tests.sql.catalogue.described_tracks import describe_all, description


@pytest.fixture
def connection(engine: Engine) -> Iterator[Connection]:
    with engine.begin() as connection:
        yield connection


@pytest.fixture
def rows(connection: Connection) -> Rows:
    return rows_of(connection)


def composers(rows: Rows) -> dict[str, list[str]]:
    """Titles by composer, in every place a composer has them."""
    found: dict[str, list[str]] = {}
    for name, title in rows.execute("""
        SELECT c.name, t.title FROM composers c
        LEFT JOIN track_composers tc ON tc.composer_id = c.id LEFT JOIN tracks t ON t.id = tc.track_id
        ORDER BY c.sort_key, t.title"""):
        found.setdefault(name, []).extend([title] if title else [])
    return found


def principals(rows: Rows) -> list[tuple[Any, ...]]:
    return rows.execute(
        "SELECT t.title, c.name FROM tracks t LEFT JOIN composers c ON c.id = t.composer_id ORDER BY t.title"
    ).fetchall()


def test_spellings_become_one_composer_by_their_best_name(connection: Connection, rows: Rows) -> None:
    spelled = ["Antonin Dvorak", "DVOŘÁK, ANTONÍN", "Lili Boulanger", "LILI BOULANGER", "Krzyzanowska, Halina"]
    describe_all(connection, [(f"T{number}", name) for number, name in enumerate([*spelled, "Halina Krzyżanowska"])])
    assert composers(rows) == {
        "Lili Boulanger": ["T2", "T3"],
        "Antonín Dvořák": ["T0", "T1"],
        "Halina Krzyżanowska": ["T4", "T5"],
    }


def test_umlauts_may_be_written_out(connection: Connection, rows: Rows) -> None:
    describe_all(connection, [("A", "Johanna Mueller-Hermann"), ("B", "Johanna Müller-Hermann")])
    assert list(composers(rows).values()) == [["A", "B"]]


def test_without_the_umlaut_itself_nobody_can_tell(connection: Connection, rows: Rows) -> None:
    describe_all(connection, [("A", "Johanna Mueller-Hermann"), ("B", "Johanna Muller-Hermann")])
    assert [doubt.alias for doubt in doubtful(rows)] == ["Johanna Muller-Hermann"]


def test_relatives_are_kept_apart_whatever_order_they_come_in(connection: Connection, rows: Rows) -> None:
    names = ["Schumann", "Clara Schumann", "R. Schumann", "Robert Schumann", "J. Strauss", "Johann Strauss II", "Bach",
             "J. S. Bach", "J. C. Bach", "Johann Christian Bach"]  # fmt: skip
    describe_all(connection, [(name, name) for name in names])
    assert composers(rows) == {
        "Bach": ["Bach"],
        "J. C. Bach": ["J. C. Bach"],
        "Johann Christian Bach": ["Johann Christian Bach"],
        "Johann Sebastian Bach": ["J. S. Bach"],
        "Schumann": ["Schumann"],
        "Clara Schumann": ["Clara Schumann"],
        "Robert Schumann": ["R. Schumann", "Robert Schumann"],
        "J. Strauss": ["J. Strauss"],
        "Johann Strauss II": ["Johann Strauss II"],
    }
    assert [doubt.alias for doubt in doubtful(rows)] == ["Bach", "J. C. Bach", "Schumann", "J. Strauss"]


def test_a_short_name_is_nobodys_where_the_archive_has_a_relative(connection: Connection, rows: Rows) -> None:
    describe_all(connection, [("A", "Ferdinand Schubert"), ("B", "F. Schubert"), ("C", "Franz Schubert")])
    assert composers(rows) == {"F. Schubert": ["B"], "Ferdinand Schubert": ["A"], "Franz Schubert": ["C"]}


def test_several_composers_are_all_credited_and_arrangers_are_not(connection: Connection, rows: Rows) -> None:
    [track] = describe_all(connection, [("Chaconne", "J. S. Bach; Vitali, T. A. (arr.); Ferruccio Busoni")])
    assert composers(rows) == {"Johann Sebastian Bach": ["Chaconne"], "Ferruccio Busoni": ["Chaconne"]}
    assert principals(rows) == [("Chaconne", "Johann Sebastian Bach")]
    assert rows.execute("SELECT arranger FROM tracks WHERE id = %s", [track]).fetchone() == ("Vitali, T. A.",)


def test_composers_whom_nothing_names_any_more_go(connection: Connection, rows: Rows) -> None:
    [track] = describe_all(connection, [("A", "Bahc; Ethel Barns")])
    describe_tracks(connection, {track: description("A", "Bach")}, anew=True)
    assert composers(rows) == {"Bach": ["A"]}
    assert [row.alias for row in aliases(rows)] == ["Bach"]


def test_a_merge_moves_tracks_and_works_and_is_remembered(connection: Connection, rows: Rows) -> None:
    tracks = describe_all(connection, [("Viking Song", "E. Philp"), ("Viking Song (live)", "Elizabeth Philp")])
    assert rows.execute("SELECT count(*) FROM works").fetchone() == (2,)
    assert merge(rows, "Elizabeth Philp", ["E. Philp"]) == ["E. Philp"]
    assert composers(rows) == {"Elizabeth Philp": ["Viking Song", "Viking Song (live)"]}
    assert [name for _, name in principals(rows)] == ["Elizabeth Philp"] * 2
    assert rows.execute("SELECT count(*), count(DISTINCT t.work_id) FROM tracks t").fetchone() == (2, 1)
    assert rows.execute("SELECT count(*) FROM works").fetchone() == (1,)
    assert doubtful(rows) == []

    describe_tracks(connection, {tracks[0]: description("Viking Song", "Philp, E.")}, anew=True)
    assert list(composers(rows)) == ["Elizabeth Philp"]


def test_a_split_undoes_a_merge_and_a_merge_a_split(connection: Connection, rows: Rows) -> None:
    describe_all(connection, [("A", "E. Philp"), ("B", "Elizabeth Philp")])
    merge(rows, "Elizabeth Philp", ["E. Philp"])
    assert split(rows, "E. Philp") == "E. Philp"
    assert composers(rows) == {"E. Philp": ["A"], "Elizabeth Philp": ["B"]}
    assert doubtful(rows) == [], "what a person decided is not asked again"
    merge(rows, "Elizabeth Philp", ["E. Philp"])
    assert composers(rows) == {"Elizabeth Philp": ["A", "B"]}


def test_a_spelling_can_be_taken_from_a_known_composer(connection: Connection, rows: Rows) -> None:
    [track, _] = describe_all(connection, [("A", "F. Schubert"), ("B", "Franz Schubert")])
    assert list(composers(rows)) == ["Franz Schubert"]
    assert split(rows, "F. Schubert") == "F. Schubert"
    assert composers(rows) == {"F. Schubert": ["A"], "Franz Schubert": ["B"]}
    describe_tracks(connection, {track: description("A", "F. SCHUBERT")}, anew=True)
    assert composers(rows) == {"F. Schubert": ["A"], "Franz Schubert": ["B"]}


def test_leaving_a_doubt_as_it_is_settles_it(connection: Connection, rows: Rows) -> None:
    describe_all(connection, [("A", "Schumann"), ("B", "Clara Schumann")])
    assert [doubt.alias for doubt in doubtful(rows)] == ["Schumann"]
    assert split(rows, "Schumann") == "Schumann"
    assert doubtful(rows) == []
    assert composers(rows) == {"Schumann": ["A"], "Clara Schumann": ["B"]}


def test_merging_into_someone_known_makes_them(connection: Connection, rows: Rows) -> None:
    describe_all(connection, [("A", "Bach")])
    merge(rows, "Johann Sebastian Bach", ["Bach"])
    assert composers(rows) == {"Johann Sebastian Bach": ["A"]}


def test_a_track_by_both_of_two_who_are_one_has_one_composer(connection: Connection, rows: Rows) -> None:
    describe_all(connection, [("A", "E. Philp; Elizabeth Philp"), ("B", "Elizabeth Philp")])
    merge(rows, "Elizabeth Philp", ["E. Philp"])
    assert composers(rows) == {"Elizabeth Philp": ["A", "B"]}
    assert principals(rows) == [("A", "Elizabeth Philp"), ("B", "Elizabeth Philp")]


def test_names_that_are_not_there_are_answered_with_those_that_are(connection: Connection, rows: Rows) -> None:
    describe_all(connection, [("A", "Clara Schumann")])
    with pytest.raises(UnknownName, match=r"no composer 'Klara Schuman'. Did you mean 'Clara Schumann'"):
        merge(rows, "Clara Schumann", ["Klara Schuman"])
    with pytest.raises(NothingToSplit, match="'Clara Schumann' is how 'Clara Schumann' is always written"):
        split(rows, "Clara Schumann")


def test_anonymous_and_traditional_are_nobody(connection: Connection, rows: Rows) -> None:
    describe_all(connection, [("Greensleeves", "Trad."), ("Londonderry Air", "traditional"), ("Air", "Anon.")])
    assert composers(rows) == {"Anonymous": ["Air"], "Traditional": ["Greensleeves", "Londonderry Air"]}
    assert rows.execute("SELECT count(*) FROM composers WHERE person").fetchone() == (0,)
    assert rows.execute("SELECT count(*) FROM works").fetchone() == (0,)
