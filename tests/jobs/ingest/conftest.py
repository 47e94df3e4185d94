"""An archive for each test."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from sqlalchemy import Engine

from domain.settings import Settings
from jobs.queue import JobQueue
from sql.database import Database
from tests.jobs.ingest.archive import Archive


@pytest.fixture
def settings(database_url: str, tmp_path: Path) -> Settings:
    return Settings(data_dir=tmp_path / "data", database_url=database_url)


@pytest.fixture
async def archive(engine: Engine, queue: JobQueue, settings: Settings) -> AsyncIterator[Archive]:
    assert settings.database_url
    database = Database(settings.database_url, size=2, statement_timeout_seconds=10)
    yield Archive(engine, queue, database, settings)
    await database.close()
