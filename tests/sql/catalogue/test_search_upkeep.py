"""What is searched is what is there, whoever writes it and however."""

from __future__ import annotations

import asyncio
import unicodedata
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from random import Random
from threading import Barrier

import psycopg
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from domain import search
from domain.names import fold
from sql.catalogue.search import Search
from sql.database import Database
from tests.sql.catalogue.searched import Catalogue, fill

WORDS = "SELECT count(*) FROM track_words WHERE words @@ %s::tsquery"


@pytest.fixture
def connection(database_url: str) -> Iterator[psycopg.Connection]:
    with psycopg.connect(database_url, autocommit=True) as connection:
        yield connection


@pytest.fixture
def catalogue(connection: psycopg.Connection) -> Catalogue:
    return fill(connection)


def tracks(connection: psycopg.Connection, word: str) -> int:
    [(count,)] = connection.execute(WORDS, [f"'{word}'"])
    return int(count)


def known(connection: psycopg.Connection, word: str) -> bool:
    [(there,)] = connection.execute("SELECT EXISTS (SELECT FROM search_words WHERE word = %s)", [word])
    return bool(there)


@pytest.mark.parametrize(
    ("statement", "former", "new", "count"),
    [
        ("UPDATE composers SET name = 'Jean-Sébastien Ruisseau' WHERE name LIKE '%%Bach'", "johann", "ruisseau", 3),
        ("UPDATE albums SET title = 'Zugaben' WHERE title = 'Encores'", "encores", "zugaben", 4),
        ("UPDATE albums SET artist = 'Trio Élan' WHERE title = 'Encores'", None, "elan", 4),
        ("UPDATE performers SET name = 'Anna Limón' WHERE name = 'Ana Lima'", "lima", "limon", 3),
        ("UPDATE works SET title = 'Frühling' WHERE catalogue_number = 'Op. 24'", "violin", "fruhling", 1),
        ("UPDATE works SET catalogue_number = 'Hess 7' WHERE catalogue_number = 'Op. 24'", "24", "hess", 1),
        ("UPDATE tracks SET title = 'Luft' WHERE title = 'Air'", "air", "luft", 1),
        ("UPDATE tracks SET arranger = 'A. Wilhelmj' WHERE title = 'Air'", None, "wilhelmj", 1),
        ("UPDATE tracks SET movement = 'Ciaccona' WHERE title LIKE 'Partita%%'", None, "ciaccona", 1),
        ("DELETE FROM tracks WHERE title = 'Air'", "air", None, 0),
        ("DELETE FROM performers WHERE name = 'Ana Lima'", "lima", None, 0),
        ("DELETE FROM works WHERE catalogue_number = 'Op. 24'", "24", None, 0),
        ("DELETE FROM composers WHERE name = 'Charles Gounod'", "gounod", None, 0),
        (
            "INSERT INTO composer_aliases (composer_id, alias, key, decided)"
            " SELECT id, 'Dworschak', 'd', false FROM composers WHERE name LIKE 'Anton%%'",
            None,
            "dworschak",
            1,
        ),
    ],
)
def test_a_change_reaches_every_track_it_concerns(
    connection: psycopg.Connection,
    catalogue: Catalogue,
    statement: str,
    former: str | None,
    new: str | None,
    count: int,
) -> None:
    connection.execute(statement)
    if new is not None:
        assert tracks(connection, new) == count
        assert known(connection, new)
    if former is not None:
        assert tracks(connection, former) == 0
        assert not known(connection, former)


def test_a_track_that_moves_leaves_its_album_without_its_people(
    connection: psycopg.Connection, catalogue: Catalogue
) -> None:
    album, other = catalogue.keys["Encores"], catalogue.keys["Solo"]
    connection.execute("UPDATE tracks SET album_id = %s WHERE title = 'Humoresque No. 7'", [other])
    found = connection.execute("SELECT album_id FROM album_words WHERE words @@ 'dvorak'::tsquery").fetchall()
    assert found == [(other,)]
    connection.execute("DELETE FROM albums WHERE id = %s", [album])
    assert connection.execute("SELECT count(*) FROM album_words").fetchall() == [(3,)]
    assert tracks(connection, "encores") == 0


def test_a_track_that_comes_to_an_album_concerns_none_of_its_others(
    database_url: str, connection: psycopg.Connection, catalogue: Catalogue
) -> None:
    assert tracks(connection, "encores") > 1
    with psycopg.connect(database_url) as transaction:
        added = Catalogue(transaction, catalogue.keys).track("Une pièce", album="Encores")
        noted = transaction.execute("SELECT kind, keys FROM search_changes ORDER BY kind").fetchall()
        assert noted == [("contents", [catalogue.keys["Encores"]]), ("track", [added])]


def test_nothing_is_left_to_do_and_nothing_is_done_before_the_end(database_url: str, catalogue: Catalogue) -> None:
    with psycopg.connect(database_url) as connection:
        connection.execute("UPDATE tracks SET title = 'Luft' WHERE title = 'Air'")
        assert tracks(connection, "luft") == 0
        connection.commit()
        assert tracks(connection, "luft") == 1
        assert connection.execute("SELECT count(*) FROM search_changes").fetchall() == [(0,)]
        connection.execute("UPDATE tracks SET title = 'Wind' WHERE title = 'Luft'")
        connection.rollback()
        assert tracks(connection, "luft") == 1


def test_what_is_not_searched_notes_no_change(database_url: str, catalogue: Catalogue) -> None:
    with psycopg.connect(database_url) as connection:
        connection.execute("UPDATE tracks SET silent = true, position = 3")
        assert connection.execute("SELECT count(*) FROM search_changes").fetchall() == [(0,)]


def test_words_too_long_for_an_index_are_cut(connection: psycopg.Connection, catalogue: Catalogue) -> None:
    catalogue.track("x" * 30_000 + " " + "é" * 3_000)
    assert tracks(connection, "x" * 64) == 1


def test_a_work_renamed_while_a_track_of_it_is_imported(database_url: str, catalogue: Catalogue) -> None:
    """Neither sees what the other writes, and the later one brings both together when it commits."""
    work = catalogue.keys["Violin Sonata No. 5 'Spring'"]
    with psycopg.connect(database_url) as importing, psycopg.connect(database_url) as renaming:
        for later, (first, second) in enumerate([(renaming, importing), (importing, renaming)]):
            Catalogue(importing, dict(catalogue.keys)).track(f"Take {later}", work=work)
            renaming.execute("UPDATE works SET title = %s WHERE id = %s", [f"Lenz{later}", work])
            first.commit()
            second.commit()
            assert tracks(importing, "lenz") == 2 + later
            importing.commit()


def test_writers_do_not_lock_each_other_out(database_url: str, catalogue: Catalogue) -> None:
    """Four at a time, over the same albums and people in opposite orders."""
    start = Barrier(4)

    def write(writer: int) -> None:
        with psycopg.connect(database_url) as connection:
            start.wait()
            for turn in range(10):
                own = Catalogue(connection, dict(catalogue.keys))
                for title in ("Solo", "Encores") if writer % 2 else ("Encores", "Solo"):
                    own.track(f"Take {turn} of {writer} {title}", "Johann Sebastian Bach", album=title)
                connection.commit()
                if writer == 0:
                    connection.execute("DELETE FROM tracks WHERE title = %s", [f"Take {turn} of 0 Solo"])
                    connection.commit()

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(write, range(4)))
    with psycopg.connect(database_url) as connection:
        # 4 writers × 10 turns × 2 albums, less the 10 that were removed again.
        assert tracks(connection, "take") == 70
        assert tracks(connection, "bach") == 4 + 70


assigned = st.characters(exclude_categories=("Cs", "Cn", "Co"), exclude_characters="\0")


@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(texts=st.lists(st.text(alphabet=assigned, max_size=40), min_size=1, max_size=40))
def test_the_database_folds_as_the_domain_does(connection: psycopg.Connection, texts: list[str]) -> None:
    words = connection.execute(
        "SELECT tsvector_to_array(search_vector(said, '')) FROM unnest(%s::text[]) WITH ORDINALITY AS t (said, place)"
        " ORDER BY place",
        [texts],
    )
    assert [sorted(found) for (found,) in words] == [sorted(search.words(text)) for text in texts]


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(titles=st.lists(st.text(alphabet=assigned, min_size=1, max_size=60), min_size=1, max_size=8), data=st.data())
def test_the_words_of_any_title_find_it(
    database_url: str, connection: psycopg.Connection, titles: list[str], data: st.DataObject
) -> None:
    keys = [Catalogue(connection).track(title) for title in titles]
    asked = [" ".join(data.draw(st.permutations(search.words(title)))) for title in titles]
    found = asyncio.run(found_tracks(database_url, asked))
    missed = [title for title, key, keys_ in zip(titles, keys, found, strict=True) if key not in keys_]
    connection.execute("DELETE FROM tracks")
    assert [title for title in missed if search.words(title)] == []
    assert connection.execute("SELECT count(*) FROM search_words").fetchall() == [(0,)]


async def found_tracks(database_url: str, texts: list[str]) -> list[list[int]]:
    database = Database(database_url, size=1, statement_timeout_seconds=10)
    try:
        return [await Search(database).ask(text).tracks(20) for text in texts]
    finally:
        await database.close()


def test_every_letter_folds_as_the_domain_does(connection: psycopg.Connection) -> None:
    letters = [
        chr(code)
        for code in (*range(1, 0x3400), *range(0xA000, 0xAC00), *range(0xF900, 0x20000))  # without CJK and Hangul
        if unicodedata.category(chr(code)) not in ("Cs", "Cn", "Co")
    ]
    said = [f"a{letter}a" for letter in letters]
    folded = connection.execute(
        "SELECT trim(regexp_replace(search_fold(said), '[\u0001-\u002f\u003a-\u0060\u007b-\u007f]+', ' ', 'g'))"
        " FROM unnest(%s::text[]) WITH ORDINALITY AS t (said, place) ORDER BY place",
        [said],
    )
    pairs = zip((fold(unicodedata.normalize("NFKD", text)) for text in said), (ours for (ours,) in folded), strict=True)
    assert [pair for pair in pairs if pair[0] != pair[1]] == []


def test_whatever_is_near_shares_a_remainder(connection: psycopg.Connection) -> None:
    random = Random(3)  # noqa: S311 -- it makes typing errors
    pairs = []
    while len(pairs) < 2_000:
        word = "".join(random.choices("abcde", k=random.randint(3, 11)))
        typed = mistyped(word[: random.randint(3, len(word))], random)
        if search.distance(typed, word).beginning <= search.errors_allowed(typed) > 0:
            pairs.append((typed, word))
    said = [word for _, word in pairs]
    rows = connection.execute("SELECT search_remainders(word) FROM unnest(%s::text[]) AS word", [said])
    shared = [{*found} & {*search.remainders(typed)} for (typed, _), (found,) in zip(pairs, rows, strict=True)]
    assert [pair for pair, both in zip(pairs, shared, strict=True) if not both] == []


def mistyped(word: str, random: Random) -> str:
    """`word` with up to two errors."""
    letters = list(word)
    for _ in range(random.randint(0, 2)):
        place, letter = random.randrange(len(letters) + 1), random.choice("abcde")
        match random.randrange(4):
            case 0:
                letters.insert(place, letter)
            case 1:
                letters[place : place + 1] = []
            case 2:
                letters[place : place + 1] = letter
            case _:
                letters[place : place + 2] = letters[place : place + 2][::-1]
    return "".join(letters)
