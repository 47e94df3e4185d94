"""The API's pool: what waits for a connection waits for a while, behind so many others, and no more."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import anyio
import psycopg
import pytest

from domain.errors.machine import DatabaseUnreachable, Overloaded
from sql.database import WAITING_FOR_EACH, Database
from tests.waiting import until

pytestmark = pytest.mark.anyio

ONE = [(1,)]


@asynccontextmanager
async def busy(database: Database) -> AsyncIterator[None]:
    """While its one connection is taken."""
    taken, done = anyio.Event(), anyio.Event()

    async def work(connection: psycopg.AsyncConnection[Any]) -> None:
        taken.set()
        await done.wait()

    async with anyio.create_task_group() as group:
        group.start_soon(database.transact, work)
        await taken.wait()
        yield
        done.set()


@asynccontextmanager
async def with_one_connection(url: str, wait_seconds: float) -> AsyncIterator[Database]:
    database = Database(url, size=1, statement_timeout_seconds=10, wait_seconds=wait_seconds)
    try:
        yield database
    finally:
        await database.close()


async def test_who_waits_too_long_is_told_that_there_is_too_much_to_do(database_url: str) -> None:
    async with with_one_connection(database_url, 0.1) as database:
        async with busy(database):
            assert (database.in_use, database.waiting) == (1, 0)
            with pytest.raises(Overloaded, match="Try again in 1 s"):
                await database.rows("SELECT 1")
        assert await database.rows("SELECT 1") == ONE
        assert (database.in_use, database.waiting) == (0, 0)


async def test_so_many_wait_and_further_ones_are_told_at_once(database_url: str) -> None:
    answers: list[object] = []
    async with with_one_connection(database_url, 60) as database:

        async def ask() -> None:
            answers.append(await database.rows("SELECT 1"))

        async with anyio.create_task_group() as group, busy(database):
            for _ in range(WAITING_FOR_EACH):
                group.start_soon(ask)
            await until(lambda: database.waiting == WAITING_FOR_EACH)
            await anyio.wait_all_tasks_blocked()
            with anyio.fail_after(5), pytest.raises(Overloaded):
                await database.rows("SELECT 1")
            assert answers == []
        assert answers == [ONE] * WAITING_FOR_EACH


async def test_a_database_that_is_away_is_no_overload() -> None:
    database = Database("postgresql:///x?host=/nowhere", size=1, statement_timeout_seconds=10, wait_seconds=0.1)
    with pytest.raises(DatabaseUnreachable):
        await database.rows("SELECT 1")
    await database.close()


async def test_a_statement_that_fails_leaves_its_connection(database_url: str) -> None:
    async with with_one_connection(database_url, 1) as database:
        for _ in range(3):
            with pytest.raises(psycopg.errors.DivisionByZero):
                await database.rows("SELECT 1 / 0")
        assert await database.rows("SELECT 1") == ONE
