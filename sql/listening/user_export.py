"""Everything that is stored of a user, row by row, as JSON: for whoever asks what is known of them."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

import psycopg
from psycopg import sql

from domain.errors.asking import InvalidCursor
from sql.catalogue import pages
from sql.catalogue.pages import Key, Order, Page
from sql.database import Database

BATCH_ROWS = 1_000


@dataclass(frozen=True, slots=True)
class Part:
    """The rows of one table: what of a row is told, whose it is, and what the rows are ordered by; `key` is the type of
    the last of that."""

    table: str
    row: str
    owner: str
    order: Order
    key: type[int] | type[UUID]

    @property
    def source(self) -> str:
        return f"{self.table} t"

    @property
    def where(self) -> sql.Composed:
        return sql.SQL("{} = %(user_id)s").format(sql.SQL(self.owner))


def _part(table: str, moment: str, key: type[int] | type[UUID], *, row: str = "to_jsonb(t)", owner: str) -> Part:
    return Part(table, row, owner, Order((f"t.{moment}", "t.id")), key)


# Every table with rows of users; a test looks for others.
PARTS = (
    _part("users", "created_at", UUID, owner="t.id"),
    _part("sessions", "started_at", UUID, owner="t.user_id"),
    _part("interactions", "occurred_at", int, owner="t.user_id"),
    _part("impressions", "created_at", UUID, owner="t.user_id"),
    # What is kept of a key's secret is told to nobody.
    _part("api_keys", "created_at", int, row="to_jsonb(t) - 'digest'", owner="t.user_id"),
)
COUNT = sql.SQL(" + ").join(
    sql.SQL("(SELECT count(*) FROM {source} WHERE {where})").format(source=sql.SQL(part.source), where=part.where)
    for part in PARTS
)


class UserRow(NamedTuple):
    """One row of a table, its columns as JSON."""

    table: str
    row: dict[str, Any]  # Any: JSON


class UserExport:
    """Reads what is stored of a user, for the API. Every call may raise DatabaseUnreachable."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def page(self, user_id: UUID, first: int, after: Key | None) -> Page[UserRow]:
        """Rows table by table, the oldest first. A key is the number of the table, the row's time, and its id as text.

        Raises InvalidCursor for a key that no row can have.
        """
        found = [row async for row in self._rows(user_id, first + 1, after)]
        return Page(found[:first], has_next=len(found) > first)

    async def count(self, user_id: UUID) -> int:
        [(count,)] = await self._database.rows(sql.SQL("SELECT {}").format(COUNT), {"user_id": user_id})
        return int(count)

    async def _rows(self, user_id: UUID, wanted: int, after: Key | None) -> AsyncIterator[tuple[Key, UserRow]]:
        begin, begin_after = _begin(after)
        for number, part in enumerate(PARTS[begin:], begin):
            if not wanted:
                return
            key = begin_after if number == begin else None
            statement = pages.statement(part.row, part.source, part.order, min(wanted, 100), key, part.where)
            rows = await self._database.rows(statement, {"user_id": user_id} | part.order.parameters(key))
            for row, moment, id_ in rows[:wanted]:
                yield (number, moment, str(id_)), UserRow(part.table, row)
            wanted -= min(wanted, len(rows))


def stream_user(connection: psycopg.Connection[tuple[Any, ...]], user_id: UUID) -> Iterator[UserRow]:  # Any: columns
    """All of it, as one moment left it, some rows at a time."""
    with connection.transaction():
        connection.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY")
        for part in PARTS:
            statement = sql.SQL("SELECT {row}, {key} FROM {source} WHERE {where} ORDER BY {sorting}").format(
                row=sql.SQL(part.row),
                key=part.order.columns,
                source=sql.SQL(part.source),
                where=part.where,
                sorting=part.order.sorting,
            )
            with connection.cursor(name=part.table) as cursor:
                cursor.execute(statement, {"user_id": user_id})
                while rows := cursor.fetchmany(BATCH_ROWS):
                    yield from (UserRow(part.table, row) for row, *_ in rows)


def _begin(after: Key | None) -> tuple[int, tuple[datetime, int | UUID] | None]:
    """The table to begin with, and after which of its rows."""
    if after is None:
        return 0, None
    number, moment, id_ = after
    try:
        if not 0 <= number < len(PARTS):
            raise ValueError("of no table")
        key = PARTS[number].key(id_)
        if isinstance(key, int) and not 0 <= key < 2**63:
            raise ValueError("no bigint")
    except ValueError:
        raise InvalidCursor(cursor=json.dumps([number, str(moment), id_])[:60]) from None
    return number, (moment, key)
