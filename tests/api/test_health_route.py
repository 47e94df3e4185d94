"""Alive, and ready: what a load balancer is told."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import psycopg
import pytest

from api.app import create_app
from domain.settings import Settings
from sql.migrate import head

pytestmark = pytest.mark.anyio

READY = {"status": "ready", "checks": {"database": "ok", "schema": "ok", "models": "ok"}}


@pytest.fixture
async def http(database_url: str, tmp_path: Path) -> AsyncIterator[httpx.AsyncClient]:
    app = create_app(Settings(database_url=database_url, data_dir=tmp_path, connection_wait_seconds=0.2))
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://127.0.0.1") as client:
        yield client
    await app.state.services.close()


async def ready(http: httpx.AsyncClient) -> tuple[int, Any]:
    answer = await http.get("/readyz")
    assert answer.headers["cache-control"] == "no-store"
    return answer.status_code, answer.json()


def not_ready(**checks: str) -> tuple[int, Any]:
    return 503, {"status": "not ready", "checks": READY["checks"] | checks}  # type: ignore[operator]  # both mappings


async def test_a_migrated_database_is_enough(http: httpx.AsyncClient) -> None:
    assert await ready(http) == (200, READY)


async def test_a_schema_that_is_behind_or_ahead(http: httpx.AsyncClient, database_url: str) -> None:
    for revision, code in (("0001", "DATABASE_BEHIND"), ("9999", "DATABASE_NEWER")):
        with psycopg.connect(database_url, autocommit=True) as connection:
            connection.execute("UPDATE alembic_version SET version_num = %s", [revision])
        assert await ready(http) == not_ready(schema=code, models="UNKNOWN")
    with psycopg.connect(database_url, autocommit=True) as connection:
        connection.execute("UPDATE alembic_version SET version_num = %s", [head()])
    assert await ready(http) == (200, READY)


async def test_a_model_that_answers_and_whose_file_is_gone(http: httpx.AsyncClient, database_url: str) -> None:
    with psycopg.connect(database_url, autocommit=True) as connection:
        connection.execute(
            """
            WITH s AS (
                INSERT INTO spaces (name, backend, dimension, metric)
                VALUES ('shallow-1', 'shallow-1', 8, 'cosine') RETURNING id
            )
            INSERT INTO models (name, strategy, status, own_space_id, config, snapshot, metrics, gate, artefact,
                                simulated, seed)
            SELECT 'shallow-1', 'SHALLOW', 'ACTIVE', s.id, '{}', '{}', '{}', '{}', repeat('0', 64), false, 0 FROM s
            """
        )
    status, told = await ready(http)
    assert (status, told) == not_ready(models="ARTEFACT_MISSING")
    # The name of the model and where its file should be are nobody's business.
    assert "shallow" not in str(told)


async def test_without_a_database() -> None:
    app = create_app(Settings(database_url="postgresql:///x?host=/nowhere", connection_wait_seconds=0.1))
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://127.0.0.1") as http:
        assert await ready(http) == not_ready(database="DATABASE_UNREACHABLE", schema="UNKNOWN", models="UNKNOWN")
        assert (await http.get("/healthz")).json() == {"status": "ok"}
    await app.state.services.close()
