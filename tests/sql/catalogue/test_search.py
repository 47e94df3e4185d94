"""What is found for a text, and in which order."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable

import psycopg
import pytest

from domain.search import words
from sql.catalogue import search as search_module
from sql.catalogue.search import Search, SearchQuery
from sql.catalogue.search_spellings import Spellings
from sql.database import Database
from tests.sql.catalogue.searched import Catalogue, fill

pytestmark = pytest.mark.anyio


@pytest.fixture(scope="module")
def url(new_database: Callable[[], str]) -> str:
    return new_database()


@pytest.fixture(scope="module")
def catalogue(url: str) -> Catalogue:
    with psycopg.connect(url) as connection:
        return fill(connection)


@pytest.fixture
async def search(url: str, catalogue: Catalogue) -> AsyncIterator[Search]:
    database = Database(url, size=3, statement_timeout_seconds=10)
    yield Search(database)
    await database.close()


@pytest.fixture
def titles(search: Search, catalogue: Catalogue) -> Titles:
    return Titles(search, catalogue)


class Titles:
    """Searches, and names what was found."""

    def __init__(self, search: Search, catalogue: Catalogue) -> None:
        self._search = search
        self._names = {key: name for name, key in catalogue.keys.items()}
        self._tracks = {catalogue.keys[title]: title for title in TITLES}
        self._albums = {catalogue.keys[title]: title for title in ALBUMS}
        self._composers = {catalogue.keys[name]: name for name in COMPOSERS}

    def ask(self, text: str) -> SearchQuery:
        return self._search.ask(text)

    async def tracks(self, text: str, first: int = 10) -> list[str]:
        return [self._tracks[key] for key in await self.ask(text).tracks(first)]

    async def albums(self, text: str) -> list[str]:
        return [self._albums[key] for key in await self.ask(text).albums(10)]

    async def composers(self, text: str) -> list[str]:
        return [self._composers[key] for key in await self.ask(text).composers(10)]


SPRING, ELISE, SONATA, HUMORESQUE = "Spring: I. Allegro", "Für Elise", "Sonata in D", "Humoresque No. 7"
CHACONNE, AIR, BACHIANAS = "Partita No. 2, BWV 1004: Chaconne", "Air", "Bachianas brasileiras No. 5"
BACK, AVE, SONG, EVENING = "Back Home", "Ave Maria", "Straßenlied & Ærø | 'Łódź'", "ערב טוב"
TITLES = (SPRING, ELISE, SONATA, HUMORESQUE, CHACONNE, AIR, BACHIANAS, BACK, AVE, SONG, EVENING)
ALBUMS = ("Encores", "Beethoven and Friends", "Solo", "Songs: A–Z")
COMPOSERS = (
    "Ludwig van Beethoven",
    "Clara Schumann",
    "Antonín Dvořák",
    "Johann Sebastian Bach",
    "Heitor Villa-Lobos",
    "Charles Gounod",
)


async def test_whole_words_then_beginnings_then_mistyped_ones(titles: Titles) -> None:
    assert await titles.tracks("bach") == [
        AIR,  # by Bach, in the order of titles
        AVE,  # also by Bach
        CHACONNE,
        HUMORESQUE,  # played by the Bach Consort
        BACHIANAS,  # begins like it
        BACK,  # one letter is another
    ]
    assert await titles.tracks("bach", first=2) == [AIR, AVE]
    assert await titles.tracks("bach", first=5) == [AIR, AVE, CHACONNE, HUMORESQUE, BACHIANAS]


async def test_what_it_is_called_counts_before_what_is_around_it(titles: Titles) -> None:
    # "Für Elise" comes before "Spring" by title, and both are by Beethoven; "Sonata in D" is on an album of that name.
    assert await titles.tracks("beethoven") == [ELISE, SPRING, SONATA]
    assert await titles.tracks("beeth") == [ELISE, SPRING, SONATA]
    # The work is called a sonata too, so both are equal, and the others are not near.
    assert await titles.tracks("sonata") == [SONATA, SPRING]


@pytest.mark.parametrize("text", ["beethoven elise", "elise beethoven", "ELISE, Beethoven!", "lima elis ludwig"])
async def test_words_in_any_order_each_in_another_field(titles: Titles, text: str) -> None:
    assert await titles.tracks(text) == [ELISE]


async def test_all_words_must_be_there(titles: Titles) -> None:
    assert await titles.tracks("elise gounod") == []


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("dvorak", [HUMORESQUE]),
        ("Dvořák", [HUMORESQUE]),
        ("DVOR", [HUMORESQUE]),
        ("strassenlied", [SONG]),
        ("Straßenlied", [SONG]),
        ("aero", [SONG]),
        ("ærø", [SONG]),
        ("lodz", [SONG]),
        ("fur elise", [ELISE]),
        ("quatuor ebene", [SONATA]),
        ("ערב", [EVENING]),
        ("טוב ערב", [EVENING]),
    ],
)
async def test_case_and_diacritics_do_not_count(titles: Titles, text: str, found: list[str]) -> None:
    assert await titles.tracks(text) == found


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("humoreske", [HUMORESQUE]),  # two errors in 9 letters
        ("humroesque", [HUMORESQUE]),  # swapped letters
        ("chacone", [CHACONNE]),
        ("dvorka", [HUMORESQUE]),
        ("goundo", [AVE]),
        ("partitta", [CHACONNE]),
        ("bethov", [ELISE, SONATA, SPRING]),  # begun and mistyped, where it may be anywhere
        ("elsie", [ELISE]),
        ("eliese beetoven", [ELISE]),
        ("bethov elise", [ELISE]),
        ("arr", []),  # three letters are meant as they are
        ("shcmn", []),  # three errors
        ("1005", []),  # and so are numbers
    ],
)
async def test_small_typing_errors_are_forgiven(titles: Titles, text: str, found: list[str]) -> None:
    assert await titles.tracks(text) == found


@pytest.mark.parametrize("text", ["bwv 1004", "BWV1004", "bwv.1004", "1004"])
async def test_numbers_are_words_of_their_own(titles: Titles, text: str) -> None:
    assert await titles.tracks(text) == [CHACONNE]


async def test_catalogue_numbers_of_works_are_found(titles: Titles) -> None:
    assert await titles.tracks("op 24") == [SPRING]
    assert await titles.tracks("op24 violin") == [SPRING]


async def test_a_letter_before_other_words_stands_for_itself(titles: Titles) -> None:
    assert await titles.tracks("d sonata") == [SONATA]
    # At the end it may be going to be a word: "sonata d…" is the sonata in D and nothing else, "a" begins much.
    assert await titles.tracks("sonata d") == [SONATA]
    assert await titles.tracks("elise a") == [ELISE]
    assert await titles.tracks("a elise") == []


async def test_albums(titles: Titles) -> None:
    # By its name, before the one that is mistyped "Solo".
    assert await titles.albums("songs") == ["Songs: A–Z"]
    # By title, then by what is on them.
    assert await titles.albums("beethoven") == ["Beethoven and Friends", "Encores"]
    assert await titles.albums("dvorak") == ["Encores"]
    assert await titles.albums("ebene friends") == ["Beethoven and Friends"]


async def test_composers(titles: Titles) -> None:
    assert await titles.composers("schuman") == ["Clara Schumann"]
    assert await titles.composers("johan bach") == ["Johann Sebastian Bach"]
    assert await titles.composers("villa-lobos") == ["Heitor Villa-Lobos"]
    assert await titles.composers("c") == ["Charles Gounod", "Clara Schumann"]


async def test_works(search: Search, catalogue: Catalogue) -> None:
    assert await search.ask("beethoven spring").works(10) == [catalogue.keys["Violin Sonata No. 5 'Spring'"]]
    assert await search.ask("humoresque").works(10) == []


@pytest.mark.parametrize(
    "text",
    [
        *("", " ", "&", "|", "!", ":*", "'", "''", "\\", "\0", "()", "<->", "🎻", "\ud800", "%s %(tier_0)s", "{id}"),
        *("elise & !bach", "elise:*A | bach", "'elise'", "elise\0bach", "\u202eelise", "elise 🎻"),
    ],
)  # fmt: skip
async def test_signs_mean_nothing(titles: Titles, text: str) -> None:
    typed = words(text)
    expected = [ELISE] if typed == ("elise",) else []
    assert await titles.tracks(text) == expected


async def test_many_words_are_no_trouble(titles: Titles) -> None:
    assert await titles.tracks("a " * 100) == await titles.tracks("a")
    assert await titles.tracks(" ".join("abcdefghijklmnop")) == []


@pytest.mark.parametrize("title", TITLES)
async def test_a_title_finds_its_track(titles: Titles, title: str) -> None:
    assert (await titles.tracks(title))[0] == title


@pytest.mark.parametrize(("ranked", "walked"), [(0, 3), (0, 100), (1, 5), (4, 1)])
@pytest.mark.parametrize("text", ["bach", "a", "b", "sonata", "no", "beethov", "bahc", "elise a"])
@pytest.mark.parametrize("first", [1, 3, 6])
async def test_what_matches_often_comes_in_the_same_order(
    titles: Titles, monkeypatch: pytest.MonkeyPatch, text: str, first: int, ranked: int, walked: int
) -> None:
    """Where more match than are ranked one by one, tiers are read one after the other."""
    plainly = await titles.tracks(text, first)
    monkeypatch.setattr(search_module, "RANKED", ranked)
    monkeypatch.setattr(search_module, "WALKED", walked)
    assert await titles.tracks(text, first) == plainly


async def test_nothing_goes_on_behind_an_answer(titles: Titles, monkeypatch: pytest.MonkeyPatch) -> None:
    """One holds the words and beginnings fill the answer, while other spellings are still being read."""
    tiers = ["'elise':A", "'elise'", "'elise' | 'air'", "'elise' | 'air'"]
    monkeypatch.setattr(search_module, "exact_tiers", lambda typed: list(tiers))
    ended = []

    async def slowly(database: Database, typed: tuple[str, ...]) -> dict[str, Spellings]:
        await asyncio.sleep(0.1)
        ended.append(typed)
        return {}

    monkeypatch.setattr(search_module, "spellings", slowly)
    assert await titles.tracks("fur elise", first=2) == [ELISE, AIR]
    assert ended == [("fur", "elise")]
