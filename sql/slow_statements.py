"""Names statements that take too long, with the plan that PostgreSQL has for them.

A plan is asked for with placeholders (EXPLAIN (GENERIC_PLAN), PostgreSQL 16), so that nobody's data is in the log; the
API runs generic plans, so it is the one that was run. It is asked for on a connection of its own, for one statement at
a time, and nothing is executed.
"""

from __future__ import annotations

import asyncio
import logging
import re
import time
from collections import OrderedDict
from typing import LiteralString

import psycopg
from psycopg import sql

from domain.errors.base import SegueError
from sql.login import conninfo

logger = logging.getLogger("segue.sql")

# Of each statement, so often at most.
SECONDS_BETWEEN = 60.0
STATEMENTS_KNOWN = 256
LONGEST_TEXT = 8_000
PLAN_SECONDS = 5
PLACEHOLDER = re.compile(rb"%(?:\((\w+)\)[sbt]|(%))")

Statement = LiteralString | bytes | sql.Composed


class SlowStatements:
    """Those of one database that took longer than `seconds`, which `options` (of libpq) are in force for."""

    def __init__(self, url: str, seconds: float, options: str) -> None:
        self.seconds = seconds
        self.count = 0
        self._url = url
        self._options = options
        self._said: OrderedDict[bytes, float] = OrderedDict()
        self._asking: asyncio.Task[None] | None = None

    def took(self, statement: Statement, seconds: float) -> None:
        """Says so if it was too long."""
        if seconds <= self.seconds:
            return
        self.count += 1
        text = as_bytes(statement)
        now = time.monotonic()
        if now - self._said.get(text, float("-inf")) < SECONDS_BETWEEN:
            return
        self._said[text] = now
        self._said.move_to_end(text)
        if len(self._said) > STATEMENTS_KNOWN:
            self._said.popitem(last=False)
        if self._asking is None or self._asking.done():
            self._asking = asyncio.create_task(self._explain(text, seconds))
        else:
            _say(text, seconds, "not asked for: another statement's is")

    async def _explain(self, text: bytes, seconds: float) -> None:
        try:
            async with await psycopg.AsyncConnection.connect(
                conninfo(self._url),
                autocommit=True,
                connect_timeout=PLAN_SECONDS,
                prepare_threshold=None,
                application_name="segue-explain",
                options=f"{self._options} -c statement_timeout={PLAN_SECONDS * 1000}",
            ) as connection:
                cursor = await connection.execute(b"EXPLAIN (GENERIC_PLAN) " + numbered(text))
                plan = "\n".join(line for (line,) in await cursor.fetchall())
        except (psycopg.Error, OSError, SegueError) as error:
            # The first line only: the rest shows the statement again.
            plan = f"not to be had: {str(error).partition(chr(10))[0]}"
        _say(text, seconds, plan)

    async def close(self) -> None:
        if self._asking is not None:
            self._asking.cancel()
            await asyncio.wait([self._asking])


def as_bytes(statement: Statement) -> bytes:
    if isinstance(statement, str):
        return statement.encode()
    return statement if isinstance(statement, bytes) else statement.as_bytes(None)


def numbered(text: bytes) -> bytes:
    """A statement with PostgreSQL's own placeholders in place of psycopg's named ones."""
    numbers: dict[bytes, int] = {}

    def place(match: re.Match[bytes]) -> bytes:
        if match[2]:
            return b"%"
        return b"$%d" % numbers.setdefault(match[1], len(numbers) + 1)

    return PLACEHOLDER.sub(place, text)


def _say(text: bytes, seconds: float, plan: str) -> None:
    statement = " ".join(text.decode().split())[:LONGEST_TEXT]
    seconds = round(seconds, 3)
    logger.warning("A statement took %.3f s", seconds, extra={"seconds": seconds, "statement": statement, "plan": plan})
