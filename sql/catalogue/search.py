"""Finds tracks, albums, composers and works by words, best first."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from functools import cache
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
    SELECT {id}, sort_key, words FROM {table}
    WHERE words @@ %(tier_{loosest})s::tsquery AND {id} <> ALL(%(found)s::bigint[]) LIMIT {ranked}
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
        try:
            return await self._by_tiers(searched, first)
        finally:
            # Nothing goes on behind an answer: a function in the cloud would be frozen in the middle of it.
            if self._spellings is not None:
                await asyncio.wait((self._spellings,))

    async def _by_tiers(self, searched: Searched, first: int) -> list[int]:
        tiers = exact_tiers(self._typed)
        found: list[int] = []
        begin = 0
        # Whole words first: where they fill the answer, nobody has to look through all that begins with them.
        for end in (2, 4, 7):
            # Where whole words were found, but too few, beginnings seldom fill it: other spellings are read meanwhile.
            if end == 4 and found and len(self._typed) > 1:
                self._other_spellings()
            if end == 7:
                tiers += mistyped_tiers(self._typed, await self._other_spellings())
            if begin == len(tiers):
                break
            found = await self._of_tiers(searched, tiers, begin, end, found, first)
            if len(found) == first:
                break
            begin = end
        return found

    async def _of_tiers(
        self, searched: Searched, tiers: list[str], begin: int, end: int, found: list[int], first: int
    ) -> list[int]:
        """`found`, which is all that matches the tiers before `begin`, and behind it the best of those before `end`."""
        rows = await self._ranked(searched, tiers[begin:end], found, first)
        if rows is not None:
            return found + rows
        # The last matches too much to be ranked.
        for place in range(begin, end):
            better = tiers[place - 1] if place else ""
            found = found + await self._of_tier(searched, tiers[place], better, first - len(found))
            if len(found) == first:
                break
        return found

    async def _ranked(self, searched: Searched, tiers: list[str], found: list[int], first: int) -> list[int] | None:
        """What `found` leaves room for, the best of all others that match the last tier; None where they are too many
        to rank."""
        parameters: dict[str, Any] = {f"tier_{place}": tier for place, tier in enumerate(tiers)} | {"found": found}
        rows = await self._database.rows(ranking(searched, len(tiers), _limit(first)), parameters)
        if rows and rows[0][1] > RANKED:
            return None
        return _keys(rows, first - len(found))

    async def _of_tier(self, searched: Searched, tier: str, better: str, first: int) -> list[int]:
        """The first in sort order of those that match `tier` and not `better`: there are many."""
        parameters = {"tier": tier, "better": better}
        rows = await self._database.rows(of_tier(searched, _limit(first), walked=True), parameters)
        if len(rows) < first:
            rows = await self._database.rows(of_tier(searched, _limit(first), walked=False), parameters)
        return _keys(rows, first)

    def _other_spellings(self) -> asyncio.Task[dict[str, Spellings]]:
        """Read once, also where tracks, albums and composers are asked for at the same time."""
        if self._spellings is None:
            self._spellings = asyncio.ensure_future(spellings(self._database, self._typed))
            # Whoever needs it is told if it fails, and nobody else.
            self._spellings.add_done_callback(lambda task: task.cancelled() or task.exception())
        return self._spellings


@cache
def ranking(searched: Searched, tiers: int, limit: int) -> bytes:
    """Ranks what matches the last of so many tiers and is not `found`; binds `found`, `tier_0` …"""
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
        limit=sql.Literal(limit),
    ).as_bytes()


@cache
def of_tier(searched: Searched, limit: int, *, walked: bool) -> bytes:
    """Reads a tier in sort order; `walked`: only what is among the first rows of the table. Binds `tier`, `better`."""
    parts: dict[str, Any] = {"id": sql.Identifier(searched.id), "table": sql.Identifier(searched.table)}
    rows = IN_ORDER.format(walked=sql.Literal(WALKED), **parts) if walked else parts["table"]
    return OF_TIER.format(rows=rows, limit=sql.Literal(limit), **parts).as_bytes()


def _limit(first: int) -> int:
    """Rounded up, so that prepared statements stay few."""
    return next(limit for limit in LIMITS if limit >= first)


def _keys(rows: list[Row], first: int) -> list[int]:
    return [row[0] for row in rows[:first]]
