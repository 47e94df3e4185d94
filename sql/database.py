"""The API's way to the database: one async pool in autocommit, one method to read."""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable
from functools import partial
from typing import Any, TypeVar

import psycopg
from pgvector.psycopg import register_vector_async
from psycopg_pool import AsyncConnectionPool, PoolTimeout, TooManyRequests

from domain.errors.machine import DatabaseFull, DatabaseUnreachable, Overloaded
from domain.errors.operations import StatementTimeout
from domain.settings import Settings
from domain.tracing import Tracer
from sql.faults import fault_of, place_of
from sql.login import conninfo, takes_options
from sql.slow_statements import SlowStatements, as_bytes
from sql.slow_statements import Statement as Statement  # whoever sends one finds it here

Row = tuple[Any, ...]  # Any: the columns of the statement
T = TypeVar("T")
# How long a request waits for a connection before it is told that the database is not there, or has too much to do.
CONNECTION_WAIT_SECONDS = 5.0
# How many may wait for each connection.
WAITING_FOR_EACH = 16
RETRY_SECONDS = 1
# Candidates an HNSW scan looks at before it first answers; beyond, the scan goes on by itself.
EF_SEARCH = 120


class Database:
    """A pool of connections that are prepared for reading vectors. It opens with the first statement, so that a
    service starts, and recovers, without its database. `url` is its address; `slow` are the statements that took longer
    than `slow_seconds`; where `tracer` is set, it is told of every statement."""

    def __init__(
        self,
        url: str,
        *,
        size: int,
        statement_timeout_seconds: float,
        wait_seconds: float = CONNECTION_WAIT_SECONDS,
        slow_seconds: float = float("inf"),
    ) -> None:
        self.url = url
        self.size = size
        self.statement_timeout_seconds = statement_timeout_seconds
        self.in_use = 0
        self.waiting = 0
        self.tracer: Tracer | None = None
        # Settings given at connect cost nothing later. Statements hold their limits and casts as literals, so the
        # generic plan is as good as a custom one, and planning (0.3 ms) is saved on every call.
        settings = {
            "statement_timeout": f"{round(statement_timeout_seconds * 1000)}",
            "hnsw.ef_search": str(EF_SEARCH),
            "hnsw.iterative_scan": "strict_order",
            "plan_cache_mode": "force_generic_plan",
        }
        options = " ".join(f"-c {name}={value}" for name, value in settings.items())
        self.slow = SlowStatements(url, slow_seconds, options)
        self._pool = AsyncConnectionPool(
            partial(conninfo, url),  # each connection has a login of its own
            min_size=1,
            max_size=size,
            max_waiting=WAITING_FOR_EACH * size,
            open=False,
            timeout=wait_seconds,
            reconnect_timeout=CONNECTION_WAIT_SECONDS,
            configure=partial(_prepare, {} if takes_options(url) else settings),
            kwargs={
                "autocommit": True,
                "prepare_threshold": 0,
                "connect_timeout": 5,
                "application_name": "segue-api",
                **({"options": options} if takes_options(url) else {}),
            },
        )

    @classmethod
    def of(cls, url: str, settings: Settings) -> Database:
        return cls(
            url,
            size=settings.database_pool_size,
            statement_timeout_seconds=settings.statement_timeout_seconds,
            wait_seconds=settings.connection_wait_seconds,
            slow_seconds=settings.slow_statement_seconds,
        )

    async def rows(self, statement: Statement, parameters: dict[str, Any] | None = None) -> list[Row]:
        """All rows of a statement: one that reads, or one that may be sent twice.

        A connection that turns out to be broken (the server was restarted) is replaced once. Raises
        DatabaseUnreachable, Overloaded when no connection becomes free in time, StatementTimeout, or DatabaseFull when
        there is no room to write.
        """

        async def read(connection: psycopg.AsyncConnection[Row]) -> list[Row]:
            started = time.perf_counter()
            try:
                cursor = connection.cursor(binary=True)
                await cursor.execute(statement, parameters)
                return await cursor.fetchall()
            finally:
                self.slow.took(statement, time.perf_counter() - started)

        if self.tracer is None:
            return await self._with_connection(read)
        # The text holds placeholders, never what a user sent.
        with self.tracer.span("SQL", {"db.system.name": "postgresql", "db.query.text": as_bytes(statement).decode()}):
            return await self._with_connection(read)

    async def transact(self, work: Callable[[psycopg.AsyncConnection[Row]], Awaitable[T]]) -> T:
        """Run `work` in one transaction; for writes that take several statements.

        As with `rows`, it may be run a second time, and must not mind having been committed before. Raises
        DatabaseUnreachable, Overloaded, StatementTimeout or DatabaseFull.
        """

        async def transaction(connection: psycopg.AsyncConnection[Row]) -> T:
            async with connection.transaction():
                return await work(connection)

        if self.tracer is None:
            return await self._with_connection(transaction)
        with self.tracer.span("SQL transaction", {"db.system.name": "postgresql"}):
            return await self._with_connection(transaction)

    async def _with_connection(self, work: Callable[[psycopg.AsyncConnection[Row]], Awaitable[T]]) -> T:
        async def attempt() -> T:
            if self._pool.closed:
                await self._pool.open()
            # Not `pool.connection()`: that commits, and there is nothing to commit.
            self.waiting += 1
            try:
                connection = await self._pool.getconn()
            finally:
                self.waiting -= 1
            self.in_use += 1
            try:
                return await work(connection)
            finally:
                self.in_use -= 1
                await self._pool.putconn(connection)

        try:
            return await attempt()
        except (PoolTimeout, TooManyRequests) as error:
            raise self._without_connection(error) from error
        except psycopg.OperationalError as error:
            if isinstance(error, psycopg.errors.QueryCanceled):
                raise StatementTimeout(seconds=self.statement_timeout_seconds) from error
            fault = fault_of(error, place_of(self.url))
            if isinstance(fault, DatabaseFull):
                raise fault from error
        try:
            await self._pool.check()
            return await attempt()
        except psycopg.errors.QueryCanceled as error:
            raise StatementTimeout(seconds=self.statement_timeout_seconds) from error
        except psycopg.OperationalError as error:
            raise DatabaseUnreachable(reason=str(error).strip()) from error

    def _without_connection(self, error: psycopg.OperationalError) -> Overloaded | DatabaseUnreachable:
        """Why there is none: others have them all, or there are none to have."""
        return Overloaded(seconds=RETRY_SECONDS) if self.in_use else DatabaseUnreachable(reason=str(error))

    async def renew(self) -> None:
        """Let go of idle connections and open others, after a rest: the network may have forgotten them without telling
        either end, and a statement would wait for an answer until it is timed out."""
        if not self._pool.closed:
            await self._pool.drain()

    async def close(self) -> None:
        await self.slow.close()
        await self._pool.close()


async def _prepare(settings: dict[str, str], connection: psycopg.AsyncConnection[Any]) -> None:  # Any: columns
    """`settings` are those that could not come with the connection."""
    for name, value in settings.items():
        await connection.execute("SELECT set_config(%s, %s, false)", [name, value])
    await register_vector_async(connection)
