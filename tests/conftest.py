"""Fixtures that all tests share: one embedded PostgreSQL for the run, and a fresh migrated database for each test."""

from __future__ import annotations

import os
from collections.abc import Callable, Generator, Iterator
from itertools import count
from urllib.parse import urlsplit, urlunsplit

import psycopg
import pytest

from sql.embedded import ensure_running, stop
from sql.migrate import migrate
from tests.reference import NOT_HERE

_numbers = count(1)
# What no package brings, so that it may be away everywhere.
MAY_BE_AWAY = (NOT_HERE, "terraform is not installed")


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """With SEGUE_SKIP_NOTHING set, as in CI, a test that would be skipped fails: what it needs must be installed. Only
    reference data and Terraform cannot be."""
    report = yield
    away = call.excinfo is not None and str(call.excinfo.value).startswith(MAY_BE_AWAY)
    if report.skipped and not away and not hasattr(report, "wasxfail") and os.environ.get("SEGUE_SKIP_NOTHING"):
        report.outcome = "failed"
        report.longrepr = f"{item.nodeid} must not be skipped here: {call.excinfo and call.excinfo.value}"
    return report


@pytest.hookimpl(wrapper=True)
def pytest_make_collect_report(
    collector: pytest.Collector,
) -> Generator[None, pytest.CollectReport, pytest.CollectReport]:
    """Likewise for a module that is skipped as a whole."""
    report = yield
    if report.skipped and os.environ.get("SEGUE_SKIP_NOTHING"):
        report.outcome = "failed"
        report.longrepr = f"{collector.nodeid} must not be skipped here: {report.longrepr}"
    return report


@pytest.fixture(scope="session")
def postgres_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Address of the run's own server; its database is not for tests.

    Nothing in it has to survive a power cut, so it does not wait for the disk: a database for each test is cheap.
    """
    data_dir = tmp_path_factory.mktemp("server")
    try:
        url = ensure_running(data_dir)
        with psycopg.connect(url, autocommit=True) as connection:
            for setting in ("fsync", "full_page_writes", "synchronous_commit"):
                connection.execute(f"ALTER SYSTEM SET {setting} = off")
            connection.execute("SELECT pg_reload_conf()")
        yield url
    finally:
        stop(data_dir)


@pytest.fixture(scope="session")
def template_database(postgres_url: str) -> str:
    """Name of a migrated, empty database that others are copied from."""
    with psycopg.connect(postgres_url, autocommit=True) as connection:
        connection.execute("CREATE DATABASE template_segue")
    migrate(with_database(postgres_url, "template_segue"))
    return "template_segue"


@pytest.fixture(scope="session")
def new_database(postgres_url: str, template_database: str) -> Callable[[], str]:
    """Makes a fresh database at the newest schema and returns its address; for fixtures that outlive one test."""

    def make() -> str:
        name = f"test_{next(_numbers)}"
        with psycopg.connect(postgres_url, autocommit=True) as connection:
            connection.execute(f"CREATE DATABASE {name} TEMPLATE {template_database} STRATEGY file_copy")
        return with_database(postgres_url, name)

    return make


@pytest.fixture
def database_url(new_database: Callable[[], str], postgres_url: str) -> Iterator[str]:
    """Address of a fresh database at the newest schema, dropped after the test."""
    url = new_database()
    yield url
    with psycopg.connect(postgres_url, autocommit=True) as connection:
        connection.execute(f"DROP DATABASE {urlsplit(url).path[1:]} WITH (FORCE)")


@pytest.fixture(scope="session")
def anyio_backend() -> str:
    """Async tests run on asyncio, as the service does."""
    return "asyncio"


def with_database(url: str, name: str) -> str:
    return urlunsplit(urlsplit(url)._replace(path=f"/{name}"))
