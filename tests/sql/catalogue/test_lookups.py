"""Pages of the catalogue are right at any depth and cost the same at any depth."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from typing import Any

import psycopg
import pytest
from psycopg import sql

from bench.synthetic import fill
from domain.catalogue import TrackOrder
from domain.recommendations import TrackFilter
from sql.catalogue import lookups as catalogue
from sql.catalogue import pages, track_details
from sql.catalogue.lookups import Catalogue
from sql.catalogue.pages import Order
from sql.catalogue.track_details import TrackDetails
from sql.database import Database
from sql.retrieval.track_filter import conditions

pytestmark = pytest.mark.anyio

COUNT = 3_000
ORDERED = {
    TrackOrder.CATALOGUE: "id",
    TrackOrder.NEWEST: "id DESC",
    TrackOrder.TITLE: "sort_key, id",
    TrackOrder.DURATION: "duration_seconds, id",
}


@pytest.fixture(scope="module")
def url(new_database: Callable[[], str]) -> str:
    """3,000 tracks, ten on each of 300 albums, twenty-five of each of 120 composers."""
    url = new_database()
    fill(url, COUNT)
    return url


@pytest.fixture
async def database(url: str) -> AsyncIterator[Database]:
    database = Database(url, size=2, statement_timeout_seconds=10)
    yield database
    await database.close()


@pytest.fixture
def reader(database: Database) -> Catalogue:
    return Catalogue(database)


def ids_in_order(url: str, order: str) -> list[int]:
    with psycopg.connect(url) as connection:
        return [row[0] for row in connection.execute(f"SELECT id FROM tracks ORDER BY {order}")]


@pytest.mark.parametrize("order", TrackOrder)
async def test_a_walk_sees_every_track_once_in_order(reader: Catalogue, url: str, order: TrackOrder) -> None:
    seen: list[int] = []
    after: pages.Key | None = None
    while True:
        page = await reader.track_page(TrackFilter(), order, 100, after)
        assert len(page.rows) == 100
        seen += [entry.track.id for _, entry in page.rows]
        if not page.has_next:
            break
        after = page.rows[-1][0]
    assert seen == ids_in_order(url, ORDERED[order])


async def test_a_filtered_walk_sees_what_matches(reader: Catalogue, url: str) -> None:
    where = TrackFilter(tags=("piano",), min_duration_seconds=600)
    with psycopg.connect(url) as connection:
        right = [
            row[0]
            for row in connection.execute(
                "SELECT t.id FROM tracks t JOIN track_tags g ON g.track_id = t.id"
                " WHERE 'piano' = ANY(g.top) AND t.duration_seconds >= 600 ORDER BY t.id"
            )
        ]
    seen: list[int] = []
    page = await reader.track_page(where, TrackOrder.CATALOGUE, 7, None)
    while page.rows:
        seen += [entry.track.id for _, entry in page.rows]
        page = await reader.track_page(where, TrackOrder.CATALOGUE, 7, page.rows[-1][0])
    assert len(right) > 50
    assert seen == right
    assert await reader.track_count(where) == len(right)


async def test_pages_of_many_albums_at_once_are_those_of_each(reader: Catalogue, url: str) -> None:
    with psycopg.connect(url) as connection:
        albums = [row[0] for row in connection.execute("SELECT id FROM albums ORDER BY id LIMIT 50")]
    together = await reader.album_track_pages(albums, 3, None)
    for album in albums:
        alone = (await reader.album_track_pages([album], 3, None))[album]
        assert together[album] == alone
        assert [entry.track.position for _, entry in alone.rows] == [1, 2, 3]
        assert {entry.track.album_id for _, entry in alone.rows} == {album}
        assert alone.has_next
    assert await reader.album_track_counts(albums) == dict.fromkeys(albums, 10)


async def test_what_is_not_there_has_an_empty_page(reader: Catalogue) -> None:
    assert await reader.album_track_pages([10**9], 3, None) == {10**9: pages.Page([], has_next=False)}
    assert await reader.tracks([10**9]) == {}
    assert await reader.album_track_counts([10**9]) == {}


async def plan(database: Database, statement: str | sql.Composable, parameters: dict[str, Any]) -> str:
    """The plan of a statement as the API runs it: generic."""
    text = statement if isinstance(statement, str) else statement.as_string(None)
    return "\n".join(row[0] for row in await database.rows(f"EXPLAIN {text}".encode(), parameters))


@pytest.mark.parametrize(
    ("order", "index", "key"),
    [
        (catalogue.TRACK_ORDERS[TrackOrder.CATALOGUE], "tracks_pkey", (1_500,)),
        (catalogue.TRACK_ORDERS[TrackOrder.NEWEST], "tracks_pkey", (1_500,)),
        (catalogue.TRACK_ORDERS[TrackOrder.TITLE], "tracks_by_title", ("piece no 001500", 1_500)),
        (catalogue.TRACK_ORDERS[TrackOrder.DURATION], "tracks_by_duration", (900.0, 1_500)),
    ],
)
async def test_a_deep_page_begins_in_the_index(database: Database, order: Order, index: str, key: pages.Key) -> None:
    statement = pages.statement(catalogue.ENTRY, catalogue.ENTRIES, order, 20, key)
    found = await plan(database, statement, order.parameters(key))
    assert f"using {index} on tracks t" in found or f"Backward using {index} on tracks t" in found
    assert "Index Cond: (" in found
    assert "Seq Scan on tracks" not in found


async def test_tracks_with_a_tag_are_found_through_its_index(database: Database) -> None:
    matches, parameters = conditions(TrackFilter(tags=("piano", "slow")))
    order = catalogue.TRACK_ORDERS[TrackOrder.TITLE]
    statement = pages.statement(catalogue.ENTRY, catalogue.ENTRIES, order, 20, None, matches)
    assert "track_tags_top" in await plan(database, statement, parameters)


async def test_details_of_a_page_do_not_read_the_whole_revision(database: Database) -> None:
    ids = list(range(1, 101))
    parameters = {"ids": ids, "space": "musicnn-mtt"}
    for statement in (track_details.STATUSES, track_details.TAGS):
        found = await plan(database, statement, parameters)
        assert "Seq Scan on track" not in found
        assert "SubPlan" not in found
    statuses = await TrackDetails(database).statuses(ids)
    assert set(statuses.values()) == {"EMBEDDED"}
    assert len(statuses) == 100
