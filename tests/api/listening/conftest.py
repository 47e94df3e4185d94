"""An archive of its own for each test, and people who ask it."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
from starlette.applications import Starlette

from api.app import create_app
from domain.ids import encode
from domain.settings import Settings
from tests.api.conftest import CountingDatabase
from tests.api.listening.visitor import CURATORS, Visitor, new_visitor
from tests.small_archive import SmallArchive, fill


@pytest.fixture
def archive(database_url: str) -> SmallArchive:
    return fill(database_url)


@pytest.fixture
async def database(database_url: str, archive: SmallArchive) -> AsyncIterator[CountingDatabase]:
    database = CountingDatabase(database_url, size=8, statement_timeout_seconds=10)
    yield database
    await database.close()


@pytest.fixture
def app(database: CountingDatabase) -> Starlette:
    return create_app(Settings(), database)


@pytest.fixture
def stranger(app: Starlette) -> Visitor:
    """Somebody without a token, from elsewhere."""
    return Visitor(app)


@pytest.fixture
def curator(app: Starlette) -> Visitor:
    return Visitor(app, CURATORS)


@pytest.fixture
async def ana(app: Starlette) -> Visitor:
    return await new_visitor(app, name="Ana")


@pytest.fixture
async def ben(app: Starlette) -> Visitor:
    return await new_visitor(app)


@pytest.fixture
def track(archive: SmallArchive) -> str:
    return encode("Track", archive.tracks["Fugue"])
