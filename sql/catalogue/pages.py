"""Keyset pages: a page begins after the last row seen, named by the values the list is ordered by.

So page 1,000 costs what page 1 costs, and a row that appears meanwhile shifts nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from psycopg import sql

from sql.database import Row

T = TypeVar("T")
Key = tuple[Any, ...]  # Any: the values a list is ordered by
# Literals let a generic plan know how few rows are wanted; a short list of them keeps prepared statements few.
LIMITS = (6, 11, 21, 51, 101)


@dataclass(frozen=True, slots=True)
class Page(Generic[T]):
    """Some rows of a list, each with its key, and whether the list goes on."""

    rows: list[tuple[Key, T]]
    has_next: bool


@dataclass(frozen=True, slots=True)
class Order:
    """What a list is ordered by: expressions that no two rows share all of, none of them null."""

    by: tuple[str, ...]
    descending: bool = False

    @property
    def columns(self) -> sql.Composable:
        """The expressions as columns `key_0`, `key_1` …"""
        return sql.SQL(", ").join(
            sql.SQL("{} AS {}").format(sql.SQL(expression), sql.Identifier(f"key_{place}"))
            for place, expression in enumerate(self.by)
        )

    @property
    def sorting(self) -> sql.Composable:
        """The ORDER BY of a statement that has those columns."""
        direction = sql.SQL(" DESC" if self.descending else "")
        return sql.SQL(", ").join(sql.Identifier(f"key_{place}") + direction for place in range(len(self.by)))

    def begin(self, after: Key | None) -> sql.Composable:
        """The condition that a page's rows fulfil; binds `after_0`, `after_1` … (`parameters`)."""
        if after is None:
            return sql.SQL("TRUE")
        return sql.SQL("({}) {} ({})").format(
            sql.SQL(", ").join(map(sql.SQL, self.by)),
            sql.SQL("<" if self.descending else ">"),
            sql.SQL(", ").join(sql.Placeholder(f"after_{place}") for place in range(len(self.by))),
        )

    def parameters(self, after: Key | None) -> dict[str, Any]:
        return {f"after_{place}": value for place, value in enumerate(after or ())}

    def page(self, rows: Sequence[Row], first: int, item: Callable[[Row], T]) -> Page[T]:
        """A page of at most `first` items from rows that end with the key."""
        width = len(self.by)
        return Page([(tuple(row[-width:]), item(row)) for row in rows[:first]], has_next=len(rows) > first)


def statement(
    columns: str, source: str, order: Order, first: int, after: Key | None, where: sql.Composable | None = None
) -> sql.Composed:
    """Reads a page of `columns` and its key, and at least one row more, which tells whether the list goes on."""
    return sql.SQL(
        "SELECT {columns}, {key} FROM {source} WHERE {where} AND {begin} ORDER BY {sorting} LIMIT {limit}"
    ).format(
        columns=sql.SQL(columns),
        key=order.columns,
        source=sql.SQL(source),
        where=where or sql.SQL("TRUE"),
        begin=order.begin(after),
        sorting=order.sorting,
        limit=sql.Literal(next(limit for limit in LIMITS if limit > first)),
    )


def statement_for_each(
    belongs: str, columns: str, source: str, order: Order, first: int, after: Key | None, key: str = "bigint"
) -> sql.Composed:
    """Reads a page of each of several lists at once. `belongs` is the condition on `p.parent`, each of the parameter
    `parents` (of type `key`), that the rows of its list fulfil; `p.parent` comes as the first column."""
    return sql.SQL(
        "SELECT p.parent, rows.* FROM unnest(%(parents)s::{key}[]) AS p(parent)"
        " CROSS JOIN LATERAL ({page}) AS rows ORDER BY p.parent, {sorting}"
    ).format(
        key=sql.SQL(key),
        page=statement(columns, source, order, first, after, sql.SQL(belongs)),
        sorting=order.sorting,
    )
