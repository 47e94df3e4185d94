"""What the archive holds, read for the API: albums, composers and tracks, by key and page by page."""

from __future__ import annotations

from dataclasses import dataclass

from psycopg import sql

from domain.catalogue import Album, Composer, Track, TrackOrder
from domain.date_ranges import Precision
from domain.recommendations import TrackFilter
from sql.catalogue import pages
from sql.catalogue.pages import Key, Order, Page
from sql.database import Database, Row, Statement
from sql.retrieval.candidates import TRACK, TRACK_COLUMNS
from sql.retrieval.track_filter import conditions

ALBUM = "a.id, a.title, a.artist, a.date_text, a.date_from, a.date_to, a.date_precision"
COMPOSER = "c.id, c.name"
ALBUM_COLUMNS, COMPOSER_COLUMNS = 7, 2
ENTRY = f"{TRACK}, {ALBUM}, {COMPOSER}"
ENTRIES = "tracks t LEFT JOIN albums a ON a.id = t.album_id LEFT JOIN composers c ON c.id = t.composer_id"

ALBUMS_BY_ID = sql.SQL("SELECT {} FROM albums a WHERE a.id = ANY(%(ids)s::bigint[])").format(sql.SQL(ALBUM))
COMPOSERS_BY_ID = sql.SQL("SELECT {} FROM composers c WHERE c.id = ANY(%(ids)s::bigint[])").format(sql.SQL(COMPOSER))
TRACKS_BY_ID = sql.SQL("SELECT {} FROM {} WHERE t.id = ANY(%(ids)s::bigint[])").format(sql.SQL(ENTRY), sql.SQL(ENTRIES))
ALBUM_COUNT = "SELECT count(*) FROM albums"
# Composers whom only the table of spellings knows are not in the archive.
HEARD = sql.SQL(
    "(EXISTS (SELECT FROM tracks ht WHERE ht.composer_id = c.id)"
    " OR EXISTS (SELECT FROM track_composers hc WHERE hc.composer_id = c.id))"
)
COMPOSER_COUNT = sql.SQL("SELECT count(*) FROM composers c WHERE {}").format(HEARD)
TRACK_COUNT = sql.SQL("SELECT count(*) FROM tracks t WHERE {matches}")
ALBUM_TRACK_COUNTS = "SELECT album_id, count(*) FROM tracks WHERE album_id = ANY(%(ids)s::bigint[]) GROUP BY album_id"
# A track may have several composers; the first is in its row.
COMPOSER_TRACK_COUNTS = """
SELECT composer_id, count(*)
FROM (
    SELECT id, composer_id FROM tracks WHERE composer_id = ANY(%(ids)s::bigint[])
    UNION
    SELECT track_id, composer_id FROM track_composers WHERE composer_id = ANY(%(ids)s::bigint[])
) AS credited
GROUP BY composer_id
"""
OF_COMPOSER = """t.id = ANY(ARRAY(
    SELECT ct.id FROM tracks ct WHERE ct.composer_id = p.parent
    UNION SELECT tc.track_id FROM track_composers tc WHERE tc.composer_id = p.parent))"""
WORK_TRACK_COUNTS = "SELECT work_id, count(*) FROM tracks WHERE work_id = ANY(%(ids)s::bigint[]) GROUP BY work_id"

BY_ALBUM_TITLE = Order(("a.sort_key", "a.id"))
BY_NAME = Order(("c.sort_key", "c.id"))
BY_MOVEMENT = Order(("coalesce(t.movement_number, 2147483647)", "t.id"))
BY_TITLE = Order(("t.sort_key", "t.id"))
# Tracks without disc or position follow those with one.
BY_POSITION = Order(("coalesce(t.disc, 2147483647)", "coalesce(t.position, 2147483647)", "t.id"))
TRACK_ORDERS = {
    # Keys are given in the order of import.
    TrackOrder.CATALOGUE: Order(("t.id",)),
    TrackOrder.NEWEST: Order(("t.id",), descending=True),
    TrackOrder.TITLE: BY_TITLE,
    TrackOrder.DURATION: Order(("t.duration_seconds", "t.id")),
}


@dataclass(frozen=True, slots=True)
class TrackEntry:
    """A track as the catalogue lists it: with its album and its composer, where it has them."""

    track: Track
    album: Album | None
    composer: Composer | None


class Catalogue:
    """Reads albums, composers and tracks. What is asked for by key and is not there is left out of the answer."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def albums(self, ids: list[int]) -> dict[int, Album]:
        return {row[0]: _album(row) for row in await self._database.rows(ALBUMS_BY_ID, {"ids": ids})}

    async def composers(self, ids: list[int]) -> dict[int, Composer]:
        return {row[0]: Composer(*row) for row in await self._database.rows(COMPOSERS_BY_ID, {"ids": ids})}

    async def tracks(self, ids: list[int]) -> dict[int, TrackEntry]:
        return {row[0]: entry_of(row) for row in await self._database.rows(TRACKS_BY_ID, {"ids": ids})}

    async def album_page(self, first: int, after: Key | None) -> Page[Album]:
        """Albums by title."""
        statement = pages.statement(ALBUM, "albums a", BY_ALBUM_TITLE, first, after)
        rows = await self._database.rows(statement, BY_ALBUM_TITLE.parameters(after))
        return BY_ALBUM_TITLE.page(rows, first, lambda row: _album(row[:ALBUM_COLUMNS]))

    async def composer_page(self, first: int, after: Key | None) -> Page[Composer]:
        """Composers by last name."""
        statement = pages.statement(COMPOSER, "composers c", BY_NAME, first, after, HEARD)
        rows = await self._database.rows(statement, BY_NAME.parameters(after))
        return BY_NAME.page(rows, first, lambda row: Composer(*row[:COMPOSER_COLUMNS]))

    async def track_page(
        self, where: TrackFilter, order_by: TrackOrder, first: int, after: Key | None
    ) -> Page[TrackEntry]:
        """Tracks that pass a filter."""
        order = TRACK_ORDERS[order_by]
        matches, parameters = conditions(where)
        statement = pages.statement(ENTRY, ENTRIES, order, first, after, matches)
        rows = await self._database.rows(statement, parameters | order.parameters(after))
        return order.page(rows, first, entry_of)

    async def album_track_pages(self, ids: list[int], first: int, after: Key | None) -> dict[int, Page[TrackEntry]]:
        """Tracks of each album by disc and position."""
        return await self._track_pages("t.album_id = p.parent", BY_POSITION, ids, first, after)

    async def composer_track_pages(self, ids: list[int], first: int, after: Key | None) -> dict[int, Page[TrackEntry]]:
        """Tracks of each composer by title."""
        return await self._track_pages(OF_COMPOSER, BY_TITLE, ids, first, after)

    async def work_track_pages(self, ids: list[int], first: int, after: Key | None) -> dict[int, Page[TrackEntry]]:
        """Tracks of each work by movement."""
        return await self._track_pages("t.work_id = p.parent", BY_MOVEMENT, ids, first, after)

    async def album_count(self) -> int:
        return await self._count(ALBUM_COUNT)

    async def composer_count(self) -> int:
        return await self._count(COMPOSER_COUNT)

    async def track_count(self, where: TrackFilter) -> int:
        matches, parameters = conditions(where)
        [(count,)] = await self._database.rows(TRACK_COUNT.format(matches=matches), parameters)
        return int(count)

    async def album_track_counts(self, ids: list[int]) -> dict[int, int]:
        return dict(await self._database.rows(ALBUM_TRACK_COUNTS, {"ids": ids}))

    async def composer_track_counts(self, ids: list[int]) -> dict[int, int]:
        return dict(await self._database.rows(COMPOSER_TRACK_COUNTS, {"ids": ids}))

    async def work_track_counts(self, ids: list[int]) -> dict[int, int]:
        return dict(await self._database.rows(WORK_TRACK_COUNTS, {"ids": ids}))

    async def _track_pages(
        self, belongs: str, order: Order, ids: list[int], first: int, after: Key | None
    ) -> dict[int, Page[TrackEntry]]:
        statement = pages.statement_for_each(belongs, ENTRY, ENTRIES, order, first, after)
        rows = await self._database.rows(statement, {"parents": ids} | order.parameters(after))
        rows_of: dict[int, list[Row]] = {key: [] for key in ids}
        for parent_id, *row in rows:
            rows_of[parent_id].append(tuple(row))
        return {key: order.page(rows_of[key], first, entry_of) for key in ids}

    async def _count(self, statement: Statement) -> int:
        [(count,)] = await self._database.rows(statement)
        return int(count)


def _album(row: Row) -> Album:
    key, title, artist, date_text, date_from, date_to, precision = row
    return Album(key, title, artist, date_text, date_from, date_to, Precision(precision) if precision else None)


def entry_of(row: Row) -> TrackEntry:
    """The entry in the columns of `ENTRY`."""
    album_from, composer_from = TRACK_COLUMNS, TRACK_COLUMNS + ALBUM_COLUMNS
    album, composer = row[album_from:composer_from], row[composer_from : composer_from + COMPOSER_COLUMNS]
    return TrackEntry(
        track=Track(*row[:album_from]),
        album=_album(album) if album[0] is not None else None,
        composer=Composer(*composer) if composer[0] is not None else None,
    )
