"""Fixtures of the API's tests: a small archive, the application on it, and a count of the statements it runs."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from starlette.applications import Starlette

from api.app import create_app
from domain.settings import Settings
from sql.database import Database, Row, Statement
from tests.api.client import Client
from tests.small_archive import SmallArchive, fill


class CountingDatabase(Database):
    """Counts the statements that are sent."""

    statements = 0

    async def rows(self, statement: Statement, parameters: dict[str, Any] | None = None) -> list[Row]:
        self.statements += 1
        return await super().rows(statement, parameters)


@pytest.fixture(scope="session", autouse=True)
def _answered_as_archive_test() -> Iterator[None]:
    """Visitors come to `http://archive.test`; who comes to the machine's own address is a curator there."""
    with pytest.MonkeyPatch.context() as patched:
        patched.setenv("SEGUE_ALLOWED_HOSTS", "archive.test")
        yield


@pytest.fixture(scope="session")
def audio_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What serves as the recording of "Prelude": 1,000 bytes that tell where they are."""
    file = tmp_path_factory.mktemp("audio") / "01 Prélude & Fuge.m4a"
    file.write_bytes(bytes(number % 251 for number in range(1_000)))
    return file


@pytest.fixture(scope="session")
def archive_url(new_database: Callable[[], str]) -> str:
    return new_database()


@pytest.fixture(scope="session")
def archive(archive_url: str, audio_file: Path) -> SmallArchive:
    """Shared by all tests of the API: they only read."""
    return fill(archive_url, audio_file)


@pytest.fixture
async def database(archive_url: str, archive: SmallArchive) -> AsyncIterator[CountingDatabase]:
    database = CountingDatabase(archive_url, size=4, statement_timeout_seconds=10)
    yield database
    await database.close()


@pytest.fixture
def app(database: CountingDatabase) -> Starlette:
    return create_app(Settings(allowed_hosts=("archive.test",)), database)


@pytest.fixture
async def http(app: Starlette) -> AsyncIterator[httpx.AsyncClient]:
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://archive.test") as client:
        yield client


@pytest.fixture
def client(http: httpx.AsyncClient, database: CountingDatabase) -> Client:
    return Client(http, database)


@pytest.fixture
async def curator(app: Starlette, database: CountingDatabase) -> AsyncIterator[Client]:
    """Somebody at the server itself, which is open."""
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://127.0.0.1:8000") as http:
        yield Client(http, database)
