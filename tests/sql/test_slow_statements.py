"""Statements that take too long are named with their plan, seldom, and without anybody's data."""

from __future__ import annotations

import logging
from collections.abc import AsyncIterator

import pytest

from sql.database import Database
from sql.slow_statements import numbered
from tests.waiting import until

pytestmark = pytest.mark.anyio

STATEMENT = (
    "SELECT id, pg_sleep(0.02) FROM tracks WHERE title = %(title)s::text OR id = %(id)s::bigint OR position %% 2 = 7"
)


@pytest.fixture
async def database(database_url: str) -> AsyncIterator[Database]:
    database = Database(database_url, size=1, statement_timeout_seconds=10, slow_seconds=0.0)
    yield database
    await database.close()


async def said(database: Database, caplog: pytest.LogCaptureFixture, number: int) -> list[logging.LogRecord]:
    """So many lines, once they are there."""

    def lines() -> list[logging.LogRecord]:
        return [record for record in caplog.records if record.name == "segue.sql"]

    await until(lambda: len(lines()) >= number)
    return lines()


async def test_a_slow_statement_is_named_once_with_its_plan(
    database: Database, caplog: pytest.LogCaptureFixture
) -> None:
    for _ in range(3):
        await database.rows(STATEMENT, {"title": "a secret", "id": 7_654_321})
    [record] = await said(database, caplog, 1)
    assert record.getMessage() == f"A statement took {record.seconds:.3f} s"  # type: ignore[attr-defined]
    assert record.statement == STATEMENT  # type: ignore[attr-defined]
    plan = record.plan  # type: ignore[attr-defined]
    assert "Scan" in plan
    assert "tracks" in plan
    assert "$1" in plan
    assert "$2" in plan
    assert database.slow.count == 3
    assert not any("secret" in str(vars(record)) or "7654321" in str(vars(record)) for record in caplog.records)


async def test_nothing_is_executed_for_a_plan(database: Database, caplog: pytest.LogCaptureFixture) -> None:
    await database.rows(
        "INSERT INTO albums (folder, title, sort_key) VALUES (%(folder)s, 'x', 'x') RETURNING id", {"folder": "/x"}
    )
    [record] = await said(database, caplog, 1)
    assert "Insert on albums" in record.plan  # type: ignore[attr-defined]
    assert await database.rows("SELECT count(*) FROM albums") == [(1,)]


async def test_where_there_is_no_plan_the_reason_is_said(database: Database, caplog: pytest.LogCaptureFixture) -> None:
    await database.rows("SHOW server_version")
    [record] = await said(database, caplog, 1)
    assert record.plan.startswith("not to be had: syntax error")  # type: ignore[attr-defined]


async def test_quick_statements_are_not_named(database_url: str, caplog: pytest.LogCaptureFixture) -> None:
    database = Database(database_url, size=1, statement_timeout_seconds=10, slow_seconds=60)
    await database.rows("SELECT 1")
    await database.close()
    assert (database.slow.count, [record for record in caplog.records if record.name == "segue.sql"]) == (0, [])


def test_placeholders_are_numbered_by_name() -> None:
    assert numbered(b"SELECT %(a)s, %(b)s::int, %(a)s, 5 %% 3, '%%'") == b"SELECT $1, $2::int, $1, 5 % 3, '%'"
