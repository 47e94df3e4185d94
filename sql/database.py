"""The API's way to the database: one async pool in autocommit, one method to read."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any, LiteralString, TypeVar

import psycopg
from pgvector.psycopg import register_vector_async
from psycopg import sql
from psycopg_pool import AsyncConnectionPool, PoolTimeout

from domain.errors.machine import DatabaseFull, DatabaseUnreachable
from domain.settings import Settings
from sql.faults import fault_of, place_of

Statement = LiteralString | bytes | sql.Composed
Row = tuple[Any, ...]  # Any: the columns of the statement
T = TypeVar("T")
# How long a request waits for a connection before it is told that the database is not there.
CONNECTION_WAIT_SECONDS = 5.0
# Candidates an HNSW scan looks at before it first answers; beyond, the scan goes on by itself.
EF_SEARCH = 120


class Database:
    """A pool of connections that are prepared for reading vectors. It opens with the first statement, so that a
    service starts, and recovers, without its database. `url` is its address."""

    def __init__(self, url: str, *, size: int, statement_timeout_seconds: float) -> None:
        self.url = url
        # Settings given at connect cost nothing later. Statements hold their limits and casts as literals, so the
        # generic plan is as good as a custom one, and planning (0.3 ms) is saved on every call.
        settings = {
            "statement_timeout": f"{round(statement_timeout_seconds * 1000)}",
            "hnsw.ef_search": str(EF_SEARCH),
            "hnsw.iterative_scan": "strict_order",
            "plan_cache_mode": "force_generic_plan",
        }
        self._pool = AsyncConnectionPool(
            url,
            min_size=1,
            max_size=size,
            open=False,
            timeout=CONNECTION_WAIT_SECONDS,
            reconnect_timeout=CONNECTION_WAIT_SECONDS,
            configure=register_vector_async,
            kwargs={
                "autocommit": True,
                "prepare_threshold": 0,
                "connect_timeout": 5,
                "application_name": "segue-api",
                "options": " ".join(f"-c {name}={value}" for name, value in settings.items()),
            },
        )

    @classmethod
    def of(cls, url: str, settings: Settings) -> Database:
        return cls(
            url,
            size=settings.database_pool_size,
            statement_timeout_seconds=settings.statement_timeout_seconds,
        )

    async def rows(self, statement: Statement, parameters: dict[str, Any] | None = None) -> list[Row]:
        """All rows of a statement: one that reads, or one that may be sent twice.

        A connection that turns out to be broken (the server was restarted) is replaced once. Raises
        DatabaseUnreachable, or DatabaseFull when there is no room to write.
        """

        async def read(connection: psycopg.AsyncConnection[Row]) -> list[Row]:
            async with connection.cursor(binary=True) as cursor:
                await cursor.execute(statement, parameters)
                return await cursor.fetchall()

        return await self._with_connection(read)

    async def transact(self, work: Callable[[psycopg.AsyncConnection[Row]], Awaitable[T]]) -> T:
        """Run `work` in one transaction; for writes that take several statements.

        As with `rows`, it may be run a second time, and must not mind having been committed before. Raises
        DatabaseUnreachable or DatabaseFull.
        """

        async def transaction(connection: psycopg.AsyncConnection[Row]) -> T:
            async with connection.transaction():
                return await work(connection)

        return await self._with_connection(transaction)

    async def _with_connection(self, work: Callable[[psycopg.AsyncConnection[Row]], Awaitable[T]]) -> T:
        async def attempt() -> T:
            if self._pool.closed:
                await self._pool.open()
            async with self._pool.connection() as connection:
                return await work(connection)

        try:
            return await attempt()
        except psycopg.OperationalError as error:
            if isinstance(error, psycopg.errors.QueryCanceled):
                raise
            fault = fault_of(error, place_of(self.url))
            if isinstance(fault, DatabaseFull):
                raise fault from error
        except PoolTimeout as error:
            raise DatabaseUnreachable(reason=str(error)) from error
        try:
            await self._pool.check()
            return await attempt()
        except (psycopg.OperationalError, PoolTimeout) as error:
            raise DatabaseUnreachable(reason=str(error).strip()) from error

    async def close(self) -> None:
        await self._pool.close()
