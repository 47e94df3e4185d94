"""Finds tracks, albums, composers and works by words, best first."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import Any

from psycopg import sql

from domain.search import words
from sql.catalogue.pages import LIMITS
from sql.catalogue.search_spellings import Spellings, spellings
from sql.catalogue.search_tiers import exact_tiers, mistyped_tiers
from sql.database import Database, Row

# So many items are ranked one by one. Where more match, a tier alone fills the answer, and is read in sort order.
RANKED = 1_000
# Of what matches so often, the first few are usually found by walking along the sort order for as many rows.
WALKED = 2_000

RANK = sql.SQL("""
WITH found AS MATERIALIZED (
    SELECT {id}, sort_key, words FROM {table} WHERE words @@ %(tier_{loosest})s::tsquery LIMIT {ranked}
)
SELECT {id}, (SELECT count(*) FROM found) FROM found ORDER BY {tier}sort_key, {id} LIMIT {limit}
""")

OF_TIER = sql.SQL("""
SELECT {id} FROM {rows} AS searched
WHERE words @@ %(tier)s::tsquery AND NOT words @@ %(better)s::tsquery
ORDER BY sort_key, {id} LIMIT {limit}
""")

IN_ORDER = sql.SQL("(SELECT * FROM {table} ORDER BY sort_key, {id} LIMIT {walked})")


@dataclass(frozen=True, slots=True)
class Searched:
    """A table of words: see `sql.tables.search`."""

    table: str
    id: str


TRACKS = Searched("track_words", "track_id")
ALBUMS = Searched("album_words", "album_id")
COMPOSERS = Searched("composer_words", "composer_id")
WORKS = Searched("work_words", "work_id")


class Search:
    """Reads the words of the archive."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def ask(self, text: str) -> SearchQuery:
        """A search for a text as a reader types it. Nothing is read yet. Raises SearchTextTooLong."""
        return SearchQuery(self._database, words(text))


class SearchQuery:
    """One search. Everything it finds holds all its words, in any order, each at least as its beginning or mistyped;
    without words it finds nothing.

    What matches equally well (`sql.catalogue.search_tiers`) comes in sort order. Mistyped words count where the others
    leave room.
    """

    def __init__(self, database: Database, typed: tuple[str, ...]) -> None:
        self._database = database
        self._typed = typed
        self._spellings: asyncio.Task[dict[str, Spellings]] | None = None

    async def tracks(self, first: int) -> list[int]:
        """Keys of the best `first` tracks."""
        return await self._find(TRACKS, first)

    async def albums(self, first: int) -> list[int]:
        return await self._find(ALBUMS, first)

    async def composers(self, first: int) -> list[int]:
        return await self._find(COMPOSERS, first)

    async def works(self, first: int) -> list[int]:
        return await self._find(WORKS, first)

    async def _find(self, searched: Searched, first: int) -> list[int]:
        if not self._typed:
            return []
        tiers = exact_tiers(self._typed)
        found: list[int] = []
        begin = 0
        # Whole words first: where they fill the answer, nobody has to look through all that begins with them.
        for end in (2, 4, 7):
            if end == 7:
                tiers += mistyped_tiers(self._typed, await self._other_spellings())
            rows = await self._ranked(searched, tiers[:end], first) if end <= len(tiers) else found
            if rows is None:
                rows = await self._of_many(searched, tiers[:end], begin, found, first)
            if len(rows) == first:
                return rows
            found, begin = rows, end
        return found

    async def _of_many(
        self, searched: Searched, tiers: list[str], begin: int, found: list[int], first: int
    ) -> list[int]:
        """The best where the last of `tiers` matches too much to be ranked; those before `begin` match `found`."""
        for place in range(begin, len(tiers)):
            last = place == len(tiers) - 1
            rows = None if last else await self._ranked(searched, tiers[: place + 1], first)
            if rows is None:
                better = tiers[place - 1] if place else ""
                rows = found + await self._of_tier(searched, tiers[place], better, first - len(found))
            if len(rows) == first:
                return rows
            found = rows
        return found

    async def _ranked(self, searched: Searched, tiers: list[str], first: int) -> list[int] | None:
        """The best of all that match the last tier; None where they are too many to rank."""
        rows = await self._database.rows(
            ranking(searched, len(tiers), first), {f"tier_{place}": tier for place, tier in enumerate(tiers)}
        )
        if rows and rows[0][1] > RANKED:
            return None
        return _keys(rows, first)

    async def _of_tier(self, searched: Searched, tier: str, better: str, first: int) -> list[int]:
        """The first in sort order of those that match `tier` and not `better`: there are many."""
        parameters = {"tier": tier, "better": better}
        rows = await self._database.rows(of_tier(searched, first, walked=True), parameters)
        if len(rows) < first:
            rows = await self._database.rows(of_tier(searched, first, walked=False), parameters)
        return _keys(rows, first)

    async def _other_spellings(self) -> dict[str, Spellings]:
        """Read once, also where tracks, albums and composers are asked for at the same time."""
        if self._spellings is None:
            self._spellings = asyncio.ensure_future(spellings(self._database, self._typed))
        return await self._spellings


def ranking(searched: Searched, tiers: int, first: int) -> sql.Composed:
    """Ranks what matches the last of so many tiers; binds `tier_0` …"""
    return RANK.format(
        id=sql.Identifier(searched.id),
        table=sql.Identifier(searched.table),
        loosest=sql.SQL(str(tiers - 1)),
        ranked=sql.Literal(RANKED + 1),
        tier=sql.SQL("CASE {} ELSE {} END, ").format(
            sql.SQL(" ").join(
                sql.SQL("WHEN words @@ {}::tsquery THEN {}").format(
                    sql.Placeholder(f"tier_{place}"), sql.Literal(place)
                )
                for place in range(tiers - 1)
            ),
            sql.Literal(tiers - 1),
        )
        if tiers > 1
        else sql.SQL(""),
        limit=_limit(first),
    )


def of_tier(searched: Searched, first: int, *, walked: bool) -> sql.Composed:
    """Reads a tier in sort order; `walked`: only what is among the first rows of the table. Binds `tier`, `better`."""
    parts: dict[str, Any] = {"id": sql.Identifier(searched.id), "table": sql.Identifier(searched.table)}
    rows = IN_ORDER.format(walked=sql.Literal(WALKED), **parts) if walked else parts["table"]
    return OF_TIER.format(rows=rows, limit=_limit(first), **parts)


def _limit(first: int) -> sql.Literal:
    """Rounded up, so that prepared statements stay few."""
    return sql.Literal(next(limit for limit in LIMITS if limit >= first))


def _keys(rows: list[Row], first: int) -> list[int]:
    return [row[0] for row in rows[:first]]
